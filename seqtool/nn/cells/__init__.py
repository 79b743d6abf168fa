"""Recurrent cells, stacks of them, and the encoder built from them."""
