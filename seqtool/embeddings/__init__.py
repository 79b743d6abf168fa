"""Predictive word vectors: word2vec and GloVe (docs/models/embeddings.md)."""
