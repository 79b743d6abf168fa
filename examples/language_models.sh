#!/bin/sh
# Language models: n-grams, an LSTM and a transformer on one corpus, and a comparison of each pair.
#
#   sh examples/language_models.sh [CORPUS]
#
# The report is $OUT/report/report.html. An interrupted run can be continued, and a second run repeats only the steps
# that depend on a change. Set DIM and EPOCHS for your corpus.
set -eu
corpus=${1:-sample_corpora/toy_world.en.txt}
seqtool=${SEQTOOL:-seqtool} out=${OUT:-language-models-example}
dim=${DIM:-128} epochs=${EPOCHS:-5}
mkdir -p "$out"

$seqtool preprocess "$corpus" --split 0.9,0.05,0.05 -o "$out/text.corpus" --overwrite
$seqtool train-ngram "$out/text.corpus" --order 3 -o "$out/3gram.lm" --overwrite
$seqtool train-lm "$out/text.corpus" --emb-dim "$dim" --hidden-dim "$dim" --epochs "$epochs" -o "$out/lstm.lm" --overwrite
$seqtool train-lm "$out/text.corpus" --arch transformer --emb-dim "$dim" --layers 2 --epochs "$epochs" -o "$out/transformer.lm" --overwrite

for name in 3gram lstm transformer; do
    $seqtool perplexity "$out/$name.lm" "$out/text.corpus:test" -o "$out/$name.eval" --overwrite > "$out/$name.tsv"
done
for name in 3gram transformer; do
    $seqtool compare "$out/$name.eval" "$out/lstm.eval" -o "$out/$name-lstm.eval" --overwrite > "$out/$name-lstm.tsv"
done
for name in 3gram lstm transformer; do
    $seqtool generate "$out/$name.lm" --num 5 --temperature 0.8 -o "$out/$name.samples.eval" --overwrite > "$out/$name.samples.txt"
done
$seqtool gradient-flow "$out/lstm.lm" --steps 50 -o "$out/gradients.eval" --overwrite > "$out/gradients.tsv"
$seqtool doctor "$corpus" -o "$out/texts.eval" --overwrite > "$out/texts.tsv"
$seqtool report "$out"/*.corpus "$out"/*.lm "$out"/*.eval --title "Language models on $(basename "$corpus")" -o "$out/report" --overwrite
