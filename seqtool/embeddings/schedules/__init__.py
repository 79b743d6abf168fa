"""Which words are learned from when, on CPUs and on a device."""
