"""Commands that use language models of any kind: perplexity, score, generate."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seqtool.cli.mixing import Mix, Tune
from seqtool.cli.options import Format, Json, Overwrite
from seqtool.cli.saved_options import Kept
from seqtool.corpus.options import SourceOptions
from seqtool.decoding.options import GenerateOptions
from seqtool.errors import UsageError
from seqtool.evaluation.saved_answers import SavedAnswer
from seqtool.lm.options import AdaptOptions
from seqtool.nn.options import DeviceOptions
from seqtool.options import determining

if TYPE_CHECKING:
    from seqtool.artifact.manifest import Recipe
    from seqtool.cli.models import LoadedModel
    from seqtool.corpus.model_text import HeldOut

PANEL = "Language models"
_MANY_UNKNOWN = 0.25  # of the tokens: a text of another kind than the model's
Model = Annotated[Path, typer.Argument(help="a language model (.lm), or ARPA text", show_default=False)]
Text = Annotated[list[str], typer.Argument(help="a text or corpus: path, glob, - or hf:NAME", show_default=False)]
Texts = Annotated[
    list[str] | None, typer.Argument(help="a text or corpus: path, glob, - or hf:NAME", show_default=False)
]
NativeFormat = Annotated[
    Literal["text", "tsv", "json", "native"] | None,
    typer.Option("--format", help="form of the answer, native: KenLM's lines [default: text on a terminal, else tsv]"),
]
Context = Annotated[
    Literal["stream", "sentence"] | None,
    typer.Option("--context", help="carry the state over line ends, or not [default: as the model was trained]"),
]


def perplexity(
    model: Model,
    text: Text,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="also write an evaluation artifact")] = None,
    context: Context = None,
    mix: Mix = None,
    tune: Tune = None,
    overwrite: Overwrite = False,
    output_format: NativeFormat = None,
    as_json: Json = False,
    *,
    learning: AdaptOptions,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> None:
    """Perplexity, bits per character and per byte of a text under a language model.

    Bits per character divide by the characters of the NFC-normalised text before case or digits are folded, line ends
    included; an unknown token is charged its spelling, so that models with different tokens can be compared. What
    SRILM calls ppl is here without oov. With --cache or --dynamic-lr a neural model learns from the text as it goes,
    from each token after it is scored.

    Example: seqtool perplexity corpus.lstm.lm test.txt --json
    """
    from seqtool.cli.answer import form_of, print_record
    from seqtool.cli.mixing import opened_mixture
    from seqtool.progress import warn

    native = output_format == "native" and not as_json
    form = form_of(None if native else output_format, as_json)
    _refuse_two_stdins(tune, text)
    with opened_mixture(model, mix, tune, sources, compute, context) as loaded:
        if not loaded.probabilistic:
            raise UsageError(f"{loaded.name} gives scores, no probabilities: it has no perplexity", "use score")
        summary = _evaluate(loaded, text, output, context, overwrite, sources, compute, learning=learning)[0]
    if summary["perplexity"] is None and summary["tokens"]:
        causes = "--smoothing ml, --cache-weight 1 and too high a --dynamic-lr do that"
        warn(f"the perplexity is infinite: a token of the text has probability 0; {causes}")
    if summary["oov"] > _MANY_UNKNOWN * summary["tokens"]:
        share = summary["oov"] / summary["tokens"]
        told = f"{share:.0%} of the tokens are not known to {summary['model']}"
        warn(f"{told}: is it a text of another kind? perplexity_without_oov leaves them out")
    if native:
        for name, key in (("Perplexity including OOVs", "perplexity"),
                          ("Perplexity excluding OOVs", "perplexity_without_oov"),
                          ("OOVs", "oov"), ("Tokens", "tokens")):  # fmt: skip
            print(f"{name}:\t{'inf' if summary[key] is None else summary[key]}")
        return
    print_record(summary, form)


def score(
    model: Model,
    text: Texts = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="also write an evaluation artifact")] = None,
    context: Context = None,
    mix: Mix = None,
    tune: Tune = None,
    per_token: Annotated[bool, typer.Option("--per-token", help="a line for every token")] = False,
    next_after: Annotated[
        str | None,
        typer.Option("--next", metavar="WORDS", help="instead of a text: the most probable words after these"),
    ] = None,
    top: Annotated[int, typer.Option("-k", "--top", min=1, help="how many words --next shows")] = 10,
    overwrite: Overwrite = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    sources: SourceOptions,
    compute: DeviceOptions,
) -> None:
    """The log10 probability of every sentence of a text: one line out for every line in.

    With --next, the words that may follow others, from the beginning of a sentence on, and their probabilities.

    Example: seqtool score corpus.lstm.lm sentences.txt
    """
    from seqtool.cli.answer import form_of, print_rows
    from seqtool.cli.mixing import opened_mixture
    from seqtool.metrics.perplexity import ITEM_COLUMNS

    form = form_of(output_format, as_json)
    if bool(text) == (next_after is not None):
        raise UsageError("score takes a text, or --next WORDS", "give one of them")
    if per_token and (next_after is not None or output):
        raise UsageError("--per-token goes with neither --next nor -o", "leave one of them out")
    if sources.errors == "skip":
        raise UsageError("score answers every line: it cannot skip any", "use --errors replace")
    _refuse_two_stdins(tune, text or [])
    with opened_mixture(model, mix, tune, sources, compute, context) as loaded:
        if next_after is not None:
            print_rows(("rank", "token", "probability", "log10_probability"), _next(loaded, next_after, top), form)
        elif per_token:
            columns = ("sentence", "position", "token", "log10_probability", "oov")
            print_rows(columns, _tokens(loaded, text or [], context, sources), form)
        else:
            rows = _evaluate(loaded, text or [], output, context, overwrite, sources, compute, keep_blank=True)[1]
            print_rows(ITEM_COLUMNS, rows, form)


def _refuse_two_stdins(tune: str | None, text: list[str]) -> None:
    if tune == "-" and "-" in text:
        raise UsageError("--tune and the text cannot both be standard input", "write one of them to a file")


def _next(loaded: LoadedModel, words: str, top: int) -> Iterator[tuple[int, str, float, float]]:
    """The most probable tokens after some words; ``</s>`` is the end of the sentence."""
    import numpy as np

    from seqtool.decoding.generate import prompt_of
    from seqtool.decoding.sampling import next_log_probs

    log_probs_V = next_log_probs(loaded.step_model(), prompt_of(loaded, words))
    tokens = ["<unk>", "</s>", *loaded.vocabulary.tokens[2:]]
    for rank, token_id in enumerate(np.argsort(-log_probs_V, kind="stable")[:top].tolist(), 1):
        log_prob = float(log_probs_V[token_id])
        yield rank, tokens[token_id], float(np.exp(log_prob)), log_prob / float(np.log(10))


def _tokens(
    loaded: LoadedModel, text: list[str], context: str | None, sources: SourceOptions
) -> Iterator[tuple[int, int, str, float, int]]:
    """A row for every token, as the text spells it."""
    from seqtool.corpus.text_inputs import model_text
    from seqtool.metrics.perplexity import LN10

    with model_text(loaded.artifact, text, sources, keep_blank=True) as held_out:
        encoded = loaded.encode_corpus(held_out.name, held_out.corpus, held_out.sentences)
        spelled = ["<unk>", "</s>", *held_out.corpus.vocabulary.tokens[2:]]
        at, sentence, position = 0, 1, 1
        for piece in loaded.log_probs(encoded, context or loaded.context):
            ids, known = encoded.ids.ids[at : at + len(piece)], encoded.ids[at : at + len(piece)]
            at += len(piece)
            for token_id, known_id, log_prob in zip(ids.tolist(), known.tolist(), piece.tolist(), strict=True):
                yield sentence, position, spelled[token_id], log_prob / LN10, int(known_id == loaded.unk_id)
                ended = known_id == 1
                sentence, position = (sentence + 1, 1) if ended else (sentence, position + 1)


def _evaluate(
    loaded: LoadedModel,
    text: list[str],
    output: Path | None,
    context: str | None,
    overwrite: bool,
    sources: SourceOptions,
    compute: DeviceOptions,
    keep_blank: bool = False,
    learning: AdaptOptions | None = None,
) -> tuple[dict[str, Any], list[Any]]:
    from seqtool.artifact.write import RunRecord
    from seqtool.cli.mixing import Mixture
    from seqtool.corpus.text_inputs import model_text
    from seqtool.evaluation.artifact import keep_evaluation, kept_evaluation
    from seqtool.metrics.perplexity import ITEM_COLUMNS, items, measure
    from seqtool.options import changed, operational
    from seqtool.progress import note

    learned = determining(learning) if learning and learning.used else {}
    run = RunRecord(operational(compute))
    run.details["device"] = str(loaded.device)
    asked = {} if context is None and isinstance(loaded, Mixture) else {"context": context or loaded.context}
    context = context or loaded.context
    with model_text(loaded.artifact, text, sources, keep_blank) as held_out:
        # `score` keeps the blank lines that the model's preprocessing drops.
        command = "score" if keep_blank and loaded.preprocessing.blank_lines == "drop" else "perplexity"
        recipe = _recipe(loaded, held_out, {**asked, **learned, **changed(sources)}, command)
        kept = kept_evaluation(output, recipe, overwrite) if output else None
        if kept is not None:
            note(f"{output} is up to date")
            return kept
        encoded = loaded.encode_corpus(held_out.name, held_out.corpus, held_out.sentences)
        log_probs = _learning_probs(loaded, encoded, context, learning) if learned else None
        result = measure(encoded, log_probs or loaded.log_probs(encoded, context), context)
        rows = list(items(encoded, result.sentences)) if keep_blank or output else []
    names = {"model": loaded.name, "data": held_out.name}
    kind = {"tokenizer": loaded.tokenizer.name, "lossless": loaded.lossless}
    summary = result.to_json() | names | kind | learned
    if output is not None:
        keep_evaluation(output, recipe, run, summary, ITEM_COLUMNS, rows, held_out.ledger, overwrite=overwrite)
        note(f"wrote {output}")
    return summary, rows


def _learning_probs(loaded: LoadedModel, text: Any, context: str, learning: AdaptOptions | None) -> Iterator[Any]:
    from seqtool.lm.artifact import LanguageModel

    if not isinstance(loaded, LanguageModel):
        raise UsageError("--cache and --dynamic-lr are for one neural model", "leave them out")
    return loaded.log_probs(text, context, learning)


def _recipe(loaded: LoadedModel, text: HeldOut | None, options: dict[str, Any], command: str) -> Recipe:
    from seqtool.artifact.manifest import Recipe
    from seqtool.cli.mixing import Mixture

    models = [loaded.artifact.as_input()]
    if isinstance(loaded, Mixture):
        models = loaded.inputs
        if loaded.given is not None:
            options["weights"] = list(loaded.given)
    texts = [text.source] if text is not None and text.source is not None else []
    return Recipe("evaluation", command, options, [*models, *texts])


def generate(
    model: Model,
    mix: Mix = None,
    tune: Tune = None,
    output: Kept = None,
    overwrite: Overwrite = False,
    output_format: Format = None,
    as_json: Json = False,
    *,
    how: GenerateOptions,
    compute: DeviceOptions,
) -> None:
    """Write text with a language model, one text a line.

    Example: seqtool generate corpus.lstm.lm --num 5 --prompt "the king" --temperature 0.8
    """
    from seqtool.cli.answer import form_of, print_rows
    from seqtool.cli.mixing import opened_mixture
    from seqtool.decoding.generate import generate_texts

    form, columns = form_of(output_format, as_json), ("number", "text", "log10_probability")
    with opened_mixture(model, mix, tune, SourceOptions(), compute) as loaded:
        texts = generate_texts(loaded, how)
        if output is not None:
            recipe = _recipe(loaded, None, determining(how), "generate")
            exhibit = SavedAnswer(output, "generate", recipe.options, recipe.inputs, overwrite)
            texts = iter(kept := list(texts))
            lines = ((i, text.text, "" if text.log10 is None else text.log10) for i, text in enumerate(kept, 1))
            exhibit.keep(loaded.name, how.prompt, columns, lines)
        if as_json or output_format is not None:
            rows = ((number, text.text, text.log10) for number, text in enumerate(texts, 1))
            print_rows(columns, rows, form)
            return
        for text in texts:
            print(text.text.replace("\n", " " if how.lines == 1 else "\n"))
            sys.stdout.flush()
