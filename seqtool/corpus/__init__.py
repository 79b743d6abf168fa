"""Corpora: from text to memory-mapped ids."""
