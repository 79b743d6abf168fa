"""Count-based word vectors: co-occurrence counts, association, truncated SVD (docs/models/counts.md)."""
