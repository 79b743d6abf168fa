"""What `seqtool.load` gives: artifacts and files of vectors as objects that answer in plain Python and numpy."""
