"""Names of commands in other tools, and the seqtool command for each, to suggest for an unknown command."""

from __future__ import annotations

_TRAIN = "train-lm, train-ngram, train-word2vec, train-classifier, train-tagger or train-seq2seq"
_EVALUATE = "perplexity, eval-labels, eval-similarity, eval-analogy or eval-translation"

OTHER_NAMES = {
    name: ours
    for names, ours in (
        ("fit train learn", _TRAIN),
        ("evaluate eval test score-model", _EVALUATE),
        ("predict predict-prob label", "classify for a label per line, tag for a label per word"),
        ("supervised", "train-classifier"),
        ("wc count frequency freq wordlist", "vocab for token counts, doctor for lines, words and types"),
        ("kwic concordance grep", "grep -nw WORD FILE; seqtool has no concordance"),
        ("collocations collocates ngrams", "phrases for collocations, cooccur and ppmi for association scores"),
        ("word2phrase", "phrases"),
        ("tokenize tokenise encode bpe spm_train sentencepiece subword-nmt", "preprocess with --tokenizer"),
        ("lmplz ngram-count build-lm", "train-ngram"),
        ("query ngram ppl", "perplexity"),
        ("build_binary quantize", "train-ngram with --quantize"),
        ("word2vec skipgram cbow", "train-word2vec"),
        ("fasttext", "train-fasttext"),
        ("glove", "train-glove"),
        ("vocab_count", "cooccur with --min-count"),
        ("lsa lsi pca", "svd"),
        ("distance nn most-similar nearest", "neighbors"),
        ("word-analogy analogies", "analogy"),
        ("compute-accuracy", "eval-analogy"),
        ("print-word-vectors export import", "convert"),
        ("tsne umap plot map", "plot-vectors"),
        ("sample write complete", "generate"),
        ("decode", "translate"),
        ("attention", "plot-attention"),
        ("bleu sacrebleu chrf", "eval-translation"),
        ("conlleval seqeval f1", "eval-labels"),
        ("significance ttest", "compare"),
        ("wordnet synonyms", "thesaurus"),
        ("check stats statistics describe", "doctor for a text, info for an artifact"),
        ("lm rnn lstm gru transformer", "train-lm"),
        ("seq2seq nmt", "train-seq2seq"),
        ("classifier sentiment", "train-classifier"),
        ("tagger ner pos", "train-tagger"),
        ("help man", "seqtool --help, or seqtool COMMAND -h"),
    )
    for name in names.split()
}


def advice(name: str) -> str | None:
    """The seqtool command for a name from another tool, if it is known."""
    return OTHER_NAMES.get(name.lower())
