"""seqtool takes a text corpus to models.

    text ──preprocess──▶ corpus ──train-lm──▶ language model ──perplexity, score──▶ evaluation ──┐
                            │                       │                                            ├─report─▶ tables
                            │                       ├──generate──▶ text                          │
                            │                       └────────────────────────────────────────────┤
                            └──cooccur──▶ counts ──ppmi──▶ matrix ──svd──▶ vectors ──eval-…──▶ evaluation

Every arrow is a command and a plain function; every noun is a folder on disk (`seqtool.artifact`).
"""

__version__ = "0.1.0"
