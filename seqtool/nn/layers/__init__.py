"""Dropout, convolution and pooling."""
