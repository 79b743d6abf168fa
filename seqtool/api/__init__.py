"""The objects that `seqtool.load` returns. Their methods take and return plain Python values and numpy arrays."""
