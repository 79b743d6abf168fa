"""Asking a model for probabilities."""
