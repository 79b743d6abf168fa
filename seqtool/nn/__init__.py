"""Building blocks of neural models, and the one training loop."""
