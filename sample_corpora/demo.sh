#!/bin/sh
# A text → a corpus → a language model → its perplexity, texts of its own, a report; all in ./demo/.
# Run from the root of the repository (`make demo`). A second run finds everything up to date.
set -eu
seqtool=${SEQTOOL:-seqtool}

step() {
    printf '\n$ seqtool %s\n' "$*"
    "$seqtool" "$@"
}

mkdir -p demo
step preprocess sample_corpora/toy_world.en.txt --split 0.9,0.05,0.05 -o demo/toy.corpus
step train-lm demo/toy.corpus --emb-dim 128 --hidden-dim 128 --layers 1 --epochs 8 -o demo/toy.lm
step perplexity demo/toy.lm demo/toy.corpus:test -o demo/toy.eval
step generate demo/toy.lm --num 3 --temperature 0.8
step report demo/toy.lm demo/toy.eval -o demo/report

cat <<'END'

Everything is in demo/:
  demo/toy.corpus        the text as ids, its vocabulary, its train, valid and test parts
  demo/toy.lm            the language model
  demo/toy.eval          its perplexity on the test part, sentence by sentence
  demo/report/report.md  results, learning curve, cost and lineage on one page
Run it again: what is there is up to date.
END
