"""Vectors of the lines of a text."""
