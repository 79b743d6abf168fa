"""Names of commands in other tools, and the seqtool command for each, to suggest for an unknown command."""

from __future__ import annotations

_TRAIN = (
    "use seqtool train-lm, train-ngram or train-word2vec TEXT, or seqtool train-classifier, train-tagger or "
    "train-seq2seq DATA"
)
_EVALUATE = "use seqtool perplexity, eval-labels, eval-similarity or eval-analogy MODEL DATA, or eval-translation"

OTHER_NAMES = {
    name: ours
    for names, ours in (
        ("fit train learn", _TRAIN),
        ("evaluate eval test score-model", _EVALUATE),
        (
            "predict predict-prob label",
            "use seqtool classify MODEL TEXT (a line) or tag MODEL TEXT (a word)",
        ),
        ("supervised", "use seqtool train-classifier TEXTS.tsv"),
        (
            "wc count frequency freq wordlist",
            "use seqtool doctor TEXT (lines, words) or vocab CORPUS (counts)",
        ),
        (
            "kwic concordance grep",
            "for lines with a word, use grep -nw WORD TEXT; for counts of the words near it, use seqtool cooccur TEXT",
        ),
        ("collocations collocates ngrams", "use seqtool phrases TEXT (collocations) or cooccur and ppmi (association)"),
        ("word2phrase", "use seqtool phrases TEXT"),
        (
            "tokenize tokenise encode bpe spm_train sentencepiece subword-nmt",
            "use seqtool preprocess TEXT --tokenizer word (or bpe, korean, …)",
        ),
        ("lmplz ngram-count build-lm", "use seqtool train-ngram TEXT --order 3"),
        ("query ngram ppl", "use seqtool perplexity MODEL TEXT"),
        ("build_binary quantize", "use seqtool train-ngram TEXT --quantize 8"),
        ("word2vec skipgram cbow", "use seqtool train-word2vec TEXT"),
        ("fasttext", "use seqtool train-fasttext TEXT"),
        ("glove", "use seqtool train-glove COUNTS (made with seqtool cooccur TEXT)"),
        ("vocab_count", "use seqtool cooccur TEXT --min-count 5"),
        ("lsa lsi pca", "use seqtool svd MATRIX"),
        ("distance nn most-similar nearest", "use seqtool neighbors VECTORS WORD"),
        ("word-analogy analogies", "use seqtool analogy VECTORS man king woman"),
        ("compute-accuracy", "use seqtool eval-analogy VECTORS QUESTIONS"),
        ("print-word-vectors export import", "use seqtool convert VECTORS OUTPUT"),
        ("tsne umap plot map", "use seqtool plot-vectors VECTORS -o words.png"),
        ("sample write complete", "use seqtool generate MODEL"),
        ("decode", "use seqtool translate MODEL TEXT"),
        ("attention", "use seqtool plot-attention MODEL LINE"),
        ("bleu sacrebleu chrf", "use seqtool eval-translation TRANSLATIONS REFERENCES"),
        ("conlleval seqeval f1", "use seqtool eval-labels MODEL DATA"),
        ("significance ttest", "use seqtool compare A.eval B.eval"),
        ("wordnet synonyms", "use seqtool thesaurus WORD"),
        ("check stats statistics describe", "use seqtool doctor TEXT, or seqtool info ARTIFACT"),
        ("lm rnn lstm gru transformer", "use seqtool train-lm TEXT"),
        ("seq2seq nmt", "use seqtool train-seq2seq PAIRS.tsv"),
        ("classifier sentiment", "use seqtool train-classifier TEXTS.tsv"),
        ("tagger ner pos", "use seqtool train-tagger COLUMNS.txt"),
        ("help man", "use seqtool --help, or seqtool COMMAND -h"),
    )
    for name in names.split()
}


def advice(name: str) -> str | None:
    """What to use in place of a command of another tool, if it is known."""
    return OTHER_NAMES.get(name.lower())
