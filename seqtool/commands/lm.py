"""The command train-lm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from seqtool.commands.answers import Answer
from seqtool.commands.declaration import PresetName, TargetOfText
from seqtool.commands.training import described, made_model
from seqtool.corpus.options import PreprocessOptions, SourceOptions
from seqtool.lm.options import LanguageModelOptions
from seqtool.nn.options import TrainingOptions
from seqtool.options import Argument, Option

if TYPE_CHECKING:
    import numpy as np

    from seqtool.corpus.model_text import ModelText


def train_lm(
    corpus: Annotated[list[str], Argument("a corpus or text to train on")],
    valid: Annotated[str | None, Option("text or corpus to validate on after each epoch", metavar="TEXT")] = None,
    test: Annotated[
        list[str] | None, Option("text or corpus to test at the end (may be repeated)", metavar="TEXT")
    ] = None,
    preset: PresetName = None,
    *,
    target: TargetOfText,
    model: LanguageModelOptions,
    training: TrainingOptions,
    sources: SourceOptions,
    preprocessing: PreprocessOptions,
    explicit: frozenset[str],
) -> Answer:
    """Train a language model: recurrent (RNN, LSTM, GRU, minGRU, minLSTM), transformer or of a fixed window.

    A raw text is first made into a corpus artifact beside it. Run the same command again after an interruption and the
    training goes on where it stood.

    Example: seqtool train-lm train.txt --valid valid.txt --test test.txt --preset book-rnnlm -o book.lm
    """
    from seqtool.corpus.artifact import ensure_corpus, output_path
    from seqtool.corpus.text_inputs import held_out_texts, warn_if_trained_on
    from seqtool.lm.planning import plan
    from seqtool.nn.training.distributed import training_world
    from seqtool.nn.training.driver import run_training

    written = explicit - set(LanguageModelOptions.__dataclass_fields__)
    with training_world() as world:
        with world.first_process_first():
            remake = target.overwrite and not world.rank
            artifact = ensure_corpus(corpus, sources, preprocessing, written, target.output, remake)
        kind = model.cell if model.arch == "recurrent" else model.arch
        output = target.output or output_path(artifact.path, f"{kind}.lm")
        with held_out_texts(artifact, [*([valid] if valid else []), *(test or [])], sources) as texts:
            for source in () if world.rank else [text.source for text in texts if text.source is not None]:
                warn_if_trained_on(artifact, source)
            planned = plan(artifact, texts[0] if valid else None, texts[bool(valid) :], model, training, _measure)
            if target.dry_run:
                return described(planned, world.rank)
            return made_model(run_training(planned, output, target.overwrite), world.rank, _scores)


def _measure(text: ModelText, log_probs: Iterable[np.ndarray], context: str) -> dict[str, Any]:
    from seqtool.metrics.perplexity import measure

    return measure(text, log_probs, context).to_json()


def _scores(summary: Mapping[str, Any]) -> dict[str, Any]:
    tests = {f"test_perplexity:{test['data']}": test["perplexity"] for test in summary.get("tests", ())}
    return {"valid_perplexity": summary.get("best_valid_perplexity"), **tests}
