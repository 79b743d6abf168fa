"""From counts to probabilities."""
