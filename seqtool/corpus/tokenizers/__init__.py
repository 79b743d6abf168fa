"""Tokenizers: words, characters, subwords, Korean morphemes."""
