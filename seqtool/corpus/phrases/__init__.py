"""Phrases: scored, kept, and joined in a corpus."""
