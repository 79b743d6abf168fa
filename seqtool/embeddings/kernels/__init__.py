"""The compiled loops of word2vec and fastText."""
