"""What a type checker says about calls of the Python API: `make type` reads this file, nothing runs it.

A line with ``type: ignore`` must be an error; one without must not.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import seqtool

made = seqtool.preprocess("x.txt", lower=True, tokenizer="word", output="m.corpus")
seqtool.preprocess([Path("a"), Path("b")], output=Path("m.corpus"))
seqtool.preprocess(["the cat", "a dog"], output="m.corpus", vocab_size=300)
seqtool.preprocess([["the", "cat"], ["a", "dog"]], output="m.corpus", max_vocab=None)
print(made.path, made["tokens"], made.load(), made.to_pandas())
table = seqtool.vocab(made)
print(table[0]["token"], table.to_pandas(), seqtool.__version__, seqtool.info(made, lineage=True))

print(seqtool.perplexity("m.lm", ["a b", "c"])["perplexity"], seqtool.score("m.lm", [["a", "b"]])[0]["tokens"])
print([line.upper() for line in seqtool.generate(made, num=3, temperature=0.8, method="sample")])

vectors: seqtool.WordVectors = seqtool.load("v.vectors")
print(vectors["king"].shape, vectors.most_similar("king", topn=3)[0][0].upper(), np.mean(vectors["king"]))
model: seqtool.LanguageModel = seqtool.load(Path("m.lm"))
total: float = sum(model.score(["a b", ["a", "b"]])) + model.score("a b")
try:
    seqtool.vocab("x")
except seqtool.SeqtoolError as error:
    print(error.remedy)

seqtool.preprocess("x.txt", vocab_size="a")  # type: ignore[arg-type]
seqtool.preprocess("x.txt", tokenizer="wrod")  # type: ignore[arg-type]
seqtool.preprocess("x.txt", lowr=True)  # type: ignore[call-arg]
seqtool.generate("m.lm", num="3")  # type: ignore[arg-type]
seqtool.preprocess(3)  # type: ignore[arg-type]
seqtool.vocab()  # type: ignore[call-arg]
seqtool.no_such_command()  # type: ignore[attr-defined]
vectors.similarity("king", 3)  # type: ignore[arg-type]
