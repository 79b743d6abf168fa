"""ARPA text, read and written."""
