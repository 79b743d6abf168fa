"""The artifact of the vectors of a text's lines.

vectors.npy   float32 (N, D): a row per line
clusters.tsv  line (from 1), cluster (from 0, the largest first; -1: no word of the line has a vector), distance
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from seqtool.artifact.digests import file_digest
from seqtool.artifact.files import writing
from seqtool.artifact.manifest import Input, Recipe
from seqtool.artifact.paths import is_file
from seqtool.artifact.read import Artifact, is_artifact, open_artifact
from seqtool.artifact.scratch import remove_orphans, scratch_folder
from seqtool.artifact.write import Draft, RunRecord, claim, existing_artifact, write_artifact
from seqtool.corpus.artifact import open_corpus, preprocess_options
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.options import PreprocessOptions, SourceOptions, with_word_rules
from seqtool.corpus.output_names import free_output_path, only_text
from seqtool.corpus.preprocess import encode_text
from seqtool.corpus.reading.sources import open_sources
from seqtool.corpus.text_processor import phrases_file
from seqtool.corpus.tokenizers.load import load_tokenizer
from seqtool.corpus.tokenizers.tokenize import PHRASES, TOKENIZER
from seqtool.errors import InputError, UsageError
from seqtool.options import determining
from seqtool.progress import note
from seqtool.vectors.artifact import KIND as VECTORS_KIND
from seqtool.vectors.artifact import load_vectors, vectors_input
from seqtool.vectors.documents.mixture import Documents, cluster, write_document_vectors
from seqtool.vectors.options import DocumentOptions
from seqtool.vectors.word_vectors import WordVectors

KIND = "document-vectors"
VECTORS, CLUSTERS = "vectors.npy", "clusters.tsv"
_WORDS, _FREQUENT = 5, 20_000  # so many words, of the most frequent, tell what a cluster is about
_SAME = ("tokenizer", "normalize", "lower", "digits")


_Text = tuple[Corpus, list[Input], list[dict[str, Any]]]
"""A text as a corpus, its inputs for the manifest, and the ledger of what was changed or dropped."""


def build_documents(
    vectors: Path,
    texts: Sequence[str],
    sources: SourceOptions,
    options: DocumentOptions,
    output: Path,
    overwrite: bool = False,
) -> bool:
    """Write the vectors of the lines of texts, and their clusters where ``options`` ask for them.

    Args:
        vectors: of words: an artifact or a file.
        texts: paths, globs, ``-`` or ``hf:`` names, read one after the other; or one corpus artifact.
        sources, options: how.
        output: the artifact's folder.
        overwrite: replace an artifact made differently.

    Returns:
        Whether there was anything to do.

    Raises:
        InputError: something that cannot be read; more clusters than different lines.
        UsageError: options that contradict how the vectors' text was tokenized.
        OutputError: where ``output`` may not be replaced or cannot be written.
    """
    if sources.errors == "skip":
        raise UsageError("--errors skip would drop lines, but every line needs a vector", "use --errors replace")
    made_of = vectors_input(vectors)
    remove_orphans(output.absolute().parent)
    if existing_artifact(output) is not None:
        known = _known_inputs(texts, sources)
        if known is not None and claim(output, _recipe(sources, options, [made_of, *known]), overwrite) == "up to date":
            return False
    preprocessing = _preprocessing(vectors, options)
    with _encoded(vectors, texts, sources, preprocessing, output.absolute().parent) as (corpus, inputs, ledger):
        recipe, run = _recipe(sources, options, [made_of, *inputs]), RunRecord()
        if claim(output, recipe, overwrite) == "up to date":
            return False
        words = load_vectors(vectors)
        with write_artifact(output, recipe, run, overwrite) as draft:
            with run.timed("vectors"):
                documents = write_document_vectors(words, corpus, options, draft.path / VECTORS)
            draft.summary.update(_summary(documents, words, options, preprocessing))
            draft.ledger.extend(ledger)
            if documents.unknown:
                draft.ledger.append({"what": "tokens", "count": documents.unknown, "why": "without a vector, left out"})
            if options.clusters is not None:
                with run.timed("clusters"):
                    _write_clusters(draft, words, options.clusters, options.seed)
    return draft.written


def documents_output_path(texts: Sequence[str], options: DocumentOptions) -> Path:
    """``reviews.txt`` → ``reviews.sif.documents``.

    Raises:
        UsageError: the texts have no name of their own (a pipe, a data set, several).
    """
    return free_output_path(only_text(texts), f"{options.weighting}.documents")


def _recipe(sources: SourceOptions, options: DocumentOptions, inputs: Sequence[Input]) -> Recipe:
    values = determining(options) | determining(sources)
    seed = values.pop("seed")
    if options.weighting != "sif":
        del values["sif_a"]
    return Recipe(KIND, "document-vectors", values, inputs, seed if options.clusters else None)


def _summary(
    documents: Documents, words: WordVectors, options: DocumentOptions, preprocessing: PreprocessOptions
) -> dict[str, Any]:
    counts = dataclasses.asdict(documents)
    made = {"dim": words.dim, "weighting": options.weighting}
    return counts | made | {"preprocessing": determining(preprocessing)}


def _write_clusters(draft: Draft, words: WordVectors, count: int, seed: int) -> None:
    found = cluster(np.load(draft.path / VECTORS, mmap_mode="r", allow_pickle=False), count, seed)
    with (draft.path / CLUSTERS).open("w", encoding="utf-8") as file:
        file.write("line\tcluster\tdistance\n")
        for line, (label, distance) in enumerate(zip(found.labels.tolist(), found.distances.tolist(), strict=True), 1):
            file.write(f"{line}\t{label}\t{distance:.6g}\n")
    nearest_KE, _ = words.neighbors(found.centres, min(_WORDS, len(words)), restrict=_FREQUENT)
    draft.summary["clusters"] = [
        {"cluster": number, "lines": int(size), "words": [words.words[i] for i in ids if i >= 0]}
        for number, (size, ids) in enumerate(zip(found.sizes, nearest_KE.tolist(), strict=True))
    ]


def _preprocessing(vectors: Path, options: DocumentOptions) -> PreprocessOptions:
    """How to tokenize the text: as the text of the vectors was tokenized, where that is recorded.

    Raises:
        UsageError: the options say otherwise.
    """
    recorded = open_artifact(vectors, VECTORS_KIND).summary.get("preprocessing") if is_artifact(vectors) else None
    if not isinstance(recorded, dict):
        if options.tokenizer is None and options.lower is None:
            note(f"{vectors} does not record how its text was tokenized; using --tokenizer whitespace --no-lower")
        chosen = PreprocessOptions(tokenizer=options.tokenizer or "whitespace", lower=bool(options.lower))
        return dataclasses.replace(chosen, blank_lines="keep")
    known = preprocess_options(recorded)
    for name in ("tokenizer", "lower"):
        if getattr(options, name) not in (None, getattr(known, name)):
            raise UsageError(
                f"{_setting(name, getattr(options, name))} contradicts {vectors}, whose text was read with "
                f"{_setting(name, getattr(known, name))}",
                f"leave out --{name}",
            )
    return dataclasses.replace(known, blank_lines="keep", split=None, vocab=None, max_vocab=None)


def _setting(name: str, value: object) -> str:
    """An option and its value as they are written on the command line: ``--no-lower``."""
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    return f"--{name} {value}"


def _known_inputs(texts: Sequence[str], sources: SourceOptions) -> list[Input] | None:
    """The texts as inputs, without encoding them; ``None`` where only reading tells (pipes, data sets)."""
    if len(texts) == 1 and is_artifact(Path(texts[0])):
        return [open_artifact(Path(texts[0]), "corpus").as_input()]
    opened = open_sources(texts, sources)
    if not all(is_file(source.name) for source in opened):
        return None
    return [Input(Path(source.name).name, source.kind, file_digest(Path(source.name))) for source in opened]


@contextmanager
def _encoded(
    vectors: Path, texts: Sequence[str], sources: SourceOptions, preprocessing: PreprocessOptions, beside: Path
) -> Iterator[_Text]:
    """The texts as a corpus in a temporary folder of ``beside``; a corpus artifact as it is."""
    if len(texts) == 1 and is_artifact(Path(texts[0])):
        artifact = open_artifact(Path(texts[0]), "corpus")
        _same_tokens(artifact, preprocessing)
        _same_pieces(artifact, vectors)
        yield open_corpus(artifact), [artifact.as_input()], []
        return
    with scratch_folder(beside) as folder:
        with writing(folder):
            phrases = phrases_file(open_artifact(vectors)) if is_artifact(vectors) else None
            tokenizer = load_tokenizer(preprocessing, vectors, phrases=phrases)
            encoded = encode_text(texts, sources, preprocessing, tokenizer, folder)
        inputs = [
            Input(Path(source.name).name if is_file(source.name) else source.name, source.kind, source.sha256)
            for source in encoded.sources
        ]
        yield Corpus(folder, preprocessing), inputs, encoded.ledger


def _same_pieces(corpus: Artifact, vectors: Path) -> None:
    """Refuse a corpus of other subwords or phrases than those of the vectors.

    Raises:
        InputError: naming both.
    """
    if not is_artifact(vectors):
        return
    for name in (TOKENIZER, PHRASES):
        if open_artifact(vectors).manifest.files.get(name) != corpus.manifest.files.get(name):
            raise InputError(
                f"{corpus.path} and {vectors} were tokenized differently ({name})", "give the raw text instead"
            )


def _same_tokens(corpus: Artifact, preprocessing: PreprocessOptions) -> None:
    """Refuse a corpus whose tokens were made otherwise than those of the vectors.

    Raises:
        InputError: naming the difference.
    """
    theirs = preprocess_options(corpus.options)
    for name in _SAME:
        ours = getattr(preprocessing, name)
        if getattr(theirs, name) != ours:
            raise InputError(
                f"{corpus.path} was read with {_setting(name, getattr(theirs, name))}, but the text of the "
                f"vectors with {_setting(name, ours)}",
                "give the raw text instead",
            )
    rules = [getattr(options, "word_rules", None) for options in (with_word_rules(preprocessing), theirs)]
    if rules[0] != rules[1]:
        raise InputError(
            f"{corpus.path} was read with version {rules[1]} of the word rules, but the text of the vectors with "
            f"version {rules[0]}",
            "give the raw text instead",
        )
