"""The ``ngram`` artifact: an n-gram model that stands alone; from a corpus, or from ARPA text."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from seqtool.artifact.digests import file_digest
from seqtool.artifact.files import replacing
from seqtool.artifact.manifest import Input, Recipe
from seqtool.artifact.read import Artifact, open_artifact
from seqtool.artifact.write import Draft, RunRecord, claim, write_artifact
from seqtool.corpus.artifact import open_corpus, output_path
from seqtool.corpus.characters import CharacterModel
from seqtool.corpus.options import PreprocessOptions, counting_bytes, thread_count, warn_of_types
from seqtool.corpus.text_processor import (
    ARPA,
    preprocessing_summary,
    read_text_processor,
    write_text_processor,
)
from seqtool.errors import UsageError, damaged
from seqtool.ngrams.arpa.read import read_arpa
from seqtool.ngrams.arpa.write import write_arpa
from seqtool.ngrams.counting.count import Nodes, count_ngrams
from seqtool.ngrams.counting.text import CountedText, counted_text
from seqtool.ngrams.estimation.estimate import Order, estimate
from seqtool.ngrams.estimation.smoothing import Smoothing
from seqtool.ngrams.model import NgramModel
from seqtool.ngrams.options import NgramOptions, pruned_counts
from seqtool.ngrams.querying.quantized import quantize, unpack
from seqtool.ngrams.trie import open_trie, order_file, write_trie
from seqtool.options import determining, operational
from seqtool.progress import warn

KIND, COMMAND = "ngram", "train-ngram"
_WORKING = "counts"


def build_ngram(corpus: Artifact, options: NgramOptions, output: Path, overwrite: bool = False) -> bool:
    """Train a model on the training part of a corpus; whether there was anything to do.

    Raises:
        InputError: where there is nothing to train on.
        OutputError: where ``output`` may not be replaced or cannot be written.
        UsageError: options that contradict each other.
    """
    memory, pruned = counting_bytes(options.memory), pruned_counts(options)
    recipe = Recipe(KIND, COMMAND, determining(options), [corpus.as_input(), *_vocabulary_input(options)])
    if claim(output, recipe, overwrite) == "up to date":
        return False
    run = RunRecord(operational(options))
    with write_artifact(output, recipe, run, overwrite) as draft:
        opened = open_corpus(corpus)
        text, threads = counted_text(opened, options), thread_count(options.threads)
        warn_of_types(len(text.vocabulary), options.memory, "a higher --min-count, or --max-vocab, keeps fewer")
        smoothing = Smoothing(options, len(text.vocabulary))
        working = draft.path / _WORKING
        working.mkdir()
        with run.timed("count"):
            counts = count_ngrams(text, options.order, smoothing.continuation, memory, threads, working)
        with run.timed("estimate"):
            orders = estimate(counts, smoothing, pruned, text.end, memory, threads)
            done = write_trie(orders, draft.path, threads)
        shutil.rmtree(working)
        if options.quantize:
            with run.timed("quantize"):
                quantize(draft.path, options.order, options.quantize)
        write_text_processor(draft.path, text.vocabulary, corpus)
        _summarise(draft, text, options, done)
        draft.ledger.extend([*map(dict, corpus.manifest.ledger), *text.ledger])
        draft.summary.update(
            tokenizer=opened.tokenizer.name,
            lossless=opened.tokenizer.lossless,
            preprocessing=preprocessing_summary(corpus),
        )
    return draft.written


def build_from_arpa(path: Path, output: Path, overwrite: bool = False) -> bool:
    """Make a model of ARPA text, whose words are separated by blanks; whether there was anything to do.

    Raises:
        InputError: text that is not ARPA, or damaged.
        OutputError: where ``output`` may not be replaced or cannot be written.
    """
    recipe = Recipe(KIND, COMMAND, {}, [Input(path.name, ARPA, file_digest(path))])
    if claim(output, recipe, overwrite) == "up to date":
        return False
    preprocessing = PreprocessOptions(normalize="none")
    run = RunRecord()
    with write_artifact(output, recipe, run, overwrite) as draft, run.timed("read"):
        vocabulary, sizes = read_arpa(path, draft.path)
        vocabulary.write(draft.path / "vocab.tsv")
        CharacterModel.of(vocabulary).write(draft.path / "characters.tsv")
        draft.summary.update(
            architecture=f"{len(sizes)}-gram, ARPA",
            order=len(sizes),
            ngrams=sizes,
            parameters=sum(sizes),
            vocabulary=len(vocabulary),
            tokenizer=preprocessing.tokenizer,
            lossless=False,
            preprocessing=determining(preprocessing),
        )
    return draft.written


def arpa_output_path(path: Path) -> Path:
    """The name of the model made from ARPA text: ``m.arpa`` → ``m.arpa.lm``; ``m.lm``, SRILM's name, → ``m.lm.lm``."""
    usual = output_path(path, "lm")
    return path.with_name(f"{path.name}.lm") if usual == path else usual


def load_ngram(path: Path, threads: int | None = None) -> NgramModel:
    """Open an n-gram model.

    Raises:
        ArtifactError: where it is not one, or damaged.
    """
    artifact = open_artifact(path, KIND)
    processor = read_text_processor(artifact)
    order, alpha = artifact.summary.get("order"), artifact.summary.get("alpha")
    if type(order) is not int or order < 1 or not isinstance(alpha, float | None):
        raise damaged(path, ValueError(f"invalid order {order} or alpha {alpha} in the summary"))
    bits = artifact.options.get("quantize")
    if bits is not None and (type(bits) is not int or not 2 <= bits <= 16):
        raise damaged(path, ValueError(f"invalid quantize {bits} in the options"))

    def opened(n: int) -> Nodes:
        return unpack(artifact, n, order, bits) if bits and n > 1 else artifact.array(order_file(n), ("uint32",), 2)

    trie = open_trie(artifact, order, len(processor["vocabulary"]), opened)
    return NgramModel(**processor, trie=trie, alpha=alpha, threads=thread_count(threads))


def export_arpa(model: NgramModel, path: Path) -> None:
    """Write a model as ARPA text, compressed where the name ends in ``.gz``.

    Raises:
        UsageError: for a model that ARPA cannot hold.
        OutputError: where the file cannot be written.
    """
    if not model.probabilistic:
        raise UsageError("ARPA needs probabilities, which stupid-backoff does not give", "choose another --smoothing")
    with replacing([path], overwrite=True) as (temporary,):
        write_arpa(model.trie, model.vocabulary.tokens, temporary, model.threads, path.suffix == ".gz")


def describe(corpus: Artifact, options: NgramOptions) -> dict[str, Any]:
    """What training would do: its options, and the words and tokens that would be counted."""
    counting_bytes(options.memory)
    pruned_counts(options)
    text = counted_text(open_corpus(corpus), options)
    return determining(options) | operational(options) | {"vocabulary": len(text.vocabulary), "tokens": text.tokens}


def _vocabulary_input(options: NgramOptions) -> list[Input]:
    if options.vocab is None:
        return []
    path = Path(options.vocab)
    if not path.is_file():
        raise UsageError(f"--vocab {path} is not a file", "give a file with one word per line")
    return [Input(path.name, "vocab:file", file_digest(path))]


def _summarise(draft: Draft, text: CountedText, options: NgramOptions, orders: list[Order]) -> None:
    sizes = [order.kept for order in orders]
    fallen_back = [n for n, order in enumerate(orders, 1) if order.discounts.fallen_back]
    if fallen_back:
        which = ", ".join(map(str, fallen_back))
        warn(
            f"fixed discounts are used for order {which}: the text has too few n-grams to estimate them (usual for "
            "small or character-level texts)"
        )
    draft.summary.update(
        architecture=f"{options.order}-gram, {options.smoothing}",
        order=options.order,
        ngrams=sizes,
        parameters=sum(sizes),
        vocabulary=len(text.vocabulary),
        tokens=text.tokens,
        discounts=[list(order.discounts.named) for order in orders],
        discounts_fallen_back=fallen_back,
        **({"alpha": options.alpha} if options.smoothing == "stupid-backoff" else {}),
    )
