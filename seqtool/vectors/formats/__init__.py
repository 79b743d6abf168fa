"""Files of word vectors, in every format of the ecosystem."""
