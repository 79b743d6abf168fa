#!/bin/sh
# Word vectors: counts and SVD, skip-gram, fastText and GloVe on one corpus, evaluated on the same analogies and pairs.
#
#   sh examples/vectors.sh [CORPUS [ANALOGIES [PAIRS]]]
#
# The report is $OUT/report/report.html. A second run repeats only the steps that depend on a change. Set DIM, EPOCHS and
# MIN_COUNT for your corpus, and WORDS to the words whose neighbors are shown.
set -eu
corpus=${1:-sample_corpora/toy_world.en.txt}
analogies=${2:-sample_corpora/toy_world.en.analogies.txt}
pairs=${3:-sample_corpora/toy_world.en.similarity.tsv}
seqtool=${SEQTOOL:-seqtool} out=${OUT:-vectors-example}
dim=${DIM:-100} epochs=${EPOCHS:-5} min_count=${MIN_COUNT:-1}
mkdir -p "$out"

$seqtool preprocess "$corpus" -o "$out/text.corpus" --overwrite
$seqtool cooccur "$out/text.corpus" --min-count "$min_count" -o "$out/text.counts" --overwrite
$seqtool ppmi "$out/text.counts" --cds 0.75 -o "$out/text.matrix" --overwrite
$seqtool svd "$out/text.matrix" --dim "$dim" -o "$out/svd.vectors" --overwrite
$seqtool train-word2vec "$out/text.corpus" --dim "$dim" --epochs "$epochs" --min-count "$min_count" -o "$out/sgns.vectors" --overwrite
$seqtool train-fasttext "$out/text.corpus" --dim "$dim" --epochs "$epochs" --min-count "$min_count" -o "$out/fasttext.vectors" --overwrite
$seqtool train-glove "$out/text.counts" --dim "$dim" --epochs "$epochs" -o "$out/glove.vectors" --overwrite

words=${WORDS:-$($seqtool vocab "$out/sgns.vectors" | cut -f2 | sed -n 20,22p)}
for name in svd sgns fasttext glove; do
    $seqtool eval-analogy "$out/$name.vectors" "$analogies" -o "$out/$name.analogies.eval" --overwrite > "$out/$name.analogies.tsv"
    $seqtool eval-similarity "$out/$name.vectors" "$pairs" -o "$out/$name.pairs.eval" --overwrite > "$out/$name.pairs.tsv"
    # shellcheck disable=SC2086
    $seqtool neighbors "$out/$name.vectors" $words -k 8 -o "$out/$name.near.eval" --overwrite > "$out/$name.near.tsv"
    $seqtool plot-vectors "$out/$name.vectors" --num 60 -o "$out/$name.map.eval" --overwrite
done
for name in svd fasttext glove; do
    $seqtool compare "$out/$name.analogies.eval" "$out/sgns.analogies.eval" -o "$out/$name-sgns.eval" --overwrite > "$out/$name-sgns.tsv"
done
$seqtool doctor "$corpus" -o "$out/texts.eval" --overwrite > "$out/texts.tsv"
$seqtool report "$out"/*.corpus "$out"/*.vectors "$out"/*.eval --title "Word vectors on $(basename "$corpus")" -o "$out/report" --overwrite
