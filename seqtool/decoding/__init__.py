"""Decoding for any model: one sampler and one beam search over the small `protocol`."""
