"""Commands that use language models of any kind: perplexity, score, generate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from seqtool.commands.answers import Items, Lines, Record, Table
from seqtool.commands.declaration import USUAL_FORMS, EvaluationTarget, SavedTarget, answers_in
from seqtool.corpus.options import SourceOptions
from seqtool.decoding.options import GenerateOptions
from seqtool.errors import UsageError
from seqtool.evaluation.options import MixtureOptions, ScoringOptions
from seqtool.lm.options import AdaptOptions
from seqtool.nn.options import DeviceOptions
from seqtool.options import Argument, Option

_KENLM_LINES = {
    "Perplexity including OOVs": "perplexity",
    "Perplexity excluding OOVs": "perplexity_without_oov",
    "OOVs": "oov",
    "Tokens": "tokens",
}


@answers_in(*USUAL_FORMS, "native")
def perplexity(
    model: Annotated[Path, Argument("a language model (.lm) or an ARPA file")],
    text: Annotated[list[str], Argument("a text or corpus: path, glob, - (standard input) or hf:NAME")],
    *,
    target: EvaluationTarget,
    scoring: ScoringOptions,
    learning: AdaptOptions,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> Record:
    """Measure the perplexity of a language model on a text.

    Prints perplexity, and bits per character and per byte, which can be compared between tokenizers. Characters are
    counted in the NFC-normalized text before case or digits are changed, with line ends; the bits of an unknown token
    include its spelling. SRILM's ppl corresponds to the perplexity without unknown words. With --cache or
    --dynamic-lr, a neural model adapts to each token after scoring it. --format native prints KenLM's lines.

    Example: seqtool perplexity corpus.lstm.lm test.txt --json
    """
    from seqtool.evaluation.language_models import evaluate_perplexity

    summary = evaluate_perplexity(
        model,
        text,
        **vars(target),
        **vars(scoring),
        learning=learning,
        sources=sources,
        compute=compute,
    ).summary
    return Record(summary, native=[f"{name}:\t{_number(summary, key)}" for name, key in _KENLM_LINES.items()])


def _number(summary: Mapping[str, Any], key: str) -> str:
    return "inf" if summary[key] is None else str(summary[key])


def score(
    model: Annotated[Path, Argument("a language model (.lm) or an ARPA file")],
    text: Annotated[list[str] | None, Argument("a text or corpus: path, glob, - (standard input) or hf:NAME")] = None,
    per_token: Annotated[bool, Option("print one line per token", negatable=False)] = False,
    next_after: Annotated[
        str | None,
        Option("instead of scoring a text, print the most probable words after these", flag="--next", metavar="WORDS"),
    ] = None,
    top: Annotated[int, Option("number of words that --next prints", short="-k", minimum=1)] = 10,
    *,
    target: EvaluationTarget,
    scoring: ScoringOptions,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> Table:
    """Compute the log10 probability of each line of a text.

    Prints one line for each input line. With --next, it prints the words most likely to follow a given beginning of
    a sentence, with their probabilities.

    Example: seqtool score corpus.lstm.lm sentences.txt
    """
    from seqtool.evaluation.generation import NextToken, predict_next
    from seqtool.evaluation.language_models import ScoredToken, score_sentences, score_tokens

    texts = text or []
    if bool(texts) == (next_after is not None):
        raise UsageError("score needs either a text or --next WORDS", "give one of them")
    if per_token and (next_after is not None or target.output):
        raise UsageError("--per-token cannot be combined with --next or -o", "leave one of them out")
    how = {**vars(scoring), "sources": sources, "compute": compute}
    if next_after is not None:
        return Table(NextToken._fields, predict_next(model, next_after, top, **how))
    if per_token:
        return Table(ScoredToken._fields, score_tokens(model, texts, **how))
    found = score_sentences(model, texts, **vars(target), **how)
    return Table(found.columns, found.rows)


def generate(
    model: Annotated[Path, Argument("a language model (.lm) or an ARPA file")],
    *,
    target: SavedTarget,
    mixture: MixtureOptions,
    how: GenerateOptions,
    compute: DeviceOptions,
) -> Lines:
    """Generate text with a language model.

    Prints generated texts, one per line. Each starts at the beginning of a sentence or continues --prompt.

    Example: seqtool generate corpus.lstm.lm --num 5 --prompt "the king" --temperature 0.8
    """
    from seqtool.evaluation.generation import TEXT_COLUMNS, write_texts

    texts = Items(write_texts(model, how, **vars(mixture), **vars(target), compute=compute))
    lines = (text.text.replace("\n", " " if how.lines == 1 else "\n") for text in texts)
    rows = ((number, text.text, text.log10) for number, text in enumerate(texts, 1))
    return Lines(lines, table=Table(TEXT_COLUMNS, rows), tabular=("text", "tsv", "json"), items=texts)
