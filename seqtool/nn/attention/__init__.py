"""Attention, causal and over a source, and the transformer."""
