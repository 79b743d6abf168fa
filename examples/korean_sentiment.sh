#!/bin/sh
# Korean sentiment: one classifier with four tokenizers, and logistic regression as a baseline.
#
#   sh examples/korean_sentiment.sh [TRAIN.tsv [TEST.tsv]]      label TAB text, such as NSMC
#
# The report is $OUT/report/report.html. A second run repeats only the steps that depend on a change. Set EPOCHS, VOCAB
# and TOKENIZERS for your corpus.
set -eu
train=${1:-sample_corpora/opinions.ko.tsv}
test=${2:-$train}
seqtool=${SEQTOOL:-seqtool} out=${OUT:-korean-sentiment-example}
epochs=${EPOCHS:-5} vocab=${VOCAB:-1000}
tokenizers=${TOKENIZERS:-syllable jamo korean bpe}
mkdir -p "$out"

for name in $tokenizers tfidf; do
    case $name in
        bpe) options="--tokenizer bpe --vocab-size $vocab --epochs $epochs" ;;
        tfidf) options="--tokenizer syllable --arch tfidf" ;;
        *) options="--tokenizer $name --epochs $epochs" ;;
    esac
    # shellcheck disable=SC2086
    $seqtool train-classifier "$train" $options -o "$out/$name.classifier" --overwrite
    $seqtool eval-labels "$out/$name.classifier" "$test" -o "$out/$name.eval" --overwrite > "$out/$name.tsv"
done
for name in $tokenizers; do
    $seqtool compare "$out/tfidf.eval" "$out/$name.eval" -o "$out/tfidf-$name.eval" --overwrite > "$out/tfidf-$name.tsv"
done
$seqtool doctor "$train" "$test" --column 1 -o "$out/texts.eval" --overwrite > "$out/texts.tsv"
$seqtool report "$out"/*.classifier "$out"/*.eval --title "Sentiment on $(basename "$test")" -o "$out/report" --overwrite
