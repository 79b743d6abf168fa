#!/bin/sh
# Make docs/images/report.png, the picture in README.md (make picture): five language models of the toy world, their
# report, and a browser that takes the picture: Chromium or Chrome, or the one that BROWSER names.
set -eu
seqtool=${SEQTOOL:-seqtool} out=${OUT:-build/picture}
browser=${BROWSER:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
[ -n "$browser" ] || { echo 'no Chromium or Chrome was found; name one: BROWSER=/path/to/it make picture' >&2; exit 1; }
mkdir -p "$out"

$seqtool preprocess sample_corpora/toy_world.en.txt --split 0.9,0.05,0.05 -o "$out/toy.corpus"
for order in 2 4; do
    $seqtool train-ngram "$out/toy.corpus" --order "$order" -o "$out/${order}gram.lm"
done
for cell in rnn gru lstm; do
    [ "$cell" = lstm ] && epochs=8 || epochs=4
    $seqtool train-lm "$out/toy.corpus" --cell "$cell" --emb-dim 100 --hidden-dim 100 --layers 1 --epochs "$epochs" -o "$out/$cell.lm"
done
for model in 2gram 4gram rnn gru lstm; do
    $seqtool perplexity "$out/$model.lm" "$out/toy.corpus:test" -o "$out/$model.eval" > "$out/$model.tsv"
done
$seqtool report "$out"/*.lm "$out"/*.eval --title 'Language models of the toy world' -o "$out/report" --overwrite

"$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1100,1650 \
    --screenshot="$PWD/docs/images/report.png" "file://$(cd "$out" && pwd)/report/report.html" 2> "$out/browser.log"
