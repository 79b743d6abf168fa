"""Measures of models, and the evaluation artifacts that keep them."""
