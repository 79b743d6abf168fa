"""Damaged input for every parser: whatever the bytes, it reads them or says in one line what is wrong."""
