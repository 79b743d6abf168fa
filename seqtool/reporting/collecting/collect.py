"""Artifacts → plain rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from seqtool.artifact.lineage import Ancestor, lineage
from seqtool.artifact.manifest import DAMAGE, Manifest, parse
from seqtool.artifact.read import Artifact
from seqtool.artifact.tables import read_rows
from seqtool.errors import ArtifactError
from seqtool.reporting.collecting.corpora import CorpusFacts, read_corpus
from seqtool.reporting.collecting.provenance import Text, input_texts, ledgers, mismatched_inputs, other_corpora
from seqtool.reporting.collecting.saved_answers import COLUMNS, AnswerRows, read_saved_answer

MODEL_KINDS = ("lm", "ngram", "seq2seq", "classifier", "tagger")
WORD_KINDS = ("counts", "matrix", "vectors")
EVALUATION = "evaluation"
SIMILARITY, ANALOGY, STABILITY = "eval-similarity", "eval-analogy", "eval-stability"
TRANSLATION, LABELS, COMPARISON = "eval-translation", "eval-labels", "compare"
_MOST_HISTORY = 5_000_000  # cells
# Word vectors have no held-out text.
_VECTOR_COLUMNS = {"epoch": "epoch", "tokens": "words", "train_loss": "loss", "lr": "lr"}


@dataclass(frozen=True)
class Model:
    """A trained model, or counts, a matrix or vectors of words: what it is, how it learned, what it cost."""

    name: str
    kind: str
    digest: str
    summary: Mapping[str, Any]
    options: Mapping[str, Any]
    run: Mapping[str, Any]
    history: Sequence[Mapping[str, str]]
    unfinished: bool

    def measured(self) -> list[str]:
        """The columns of the history that are measures of the held-out text, other than its loss."""
        return _measured(self.history[0]) if self.history else []


@dataclass(frozen=True)
class Result:
    """One model on one text. ``digest`` identifies the text, ``data`` is its name, ``text`` the raw text's name."""

    model: str
    data: str
    digest: str
    measures: Mapping[str, Any]
    lossless: bool
    text: str = ""
    from_training: bool = False


@dataclass
class Collected:
    """Everything a report shows; ``warnings`` are about artifacts that do not match, training texts and labels."""

    corpora: list[CorpusFacts] = field(default_factory=list)
    models: list[Model] = field(default_factory=list)
    vectors: list[Model] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    similarities: list[Result] = field(default_factory=list)
    analogies: list[Result] = field(default_factory=list)
    stabilities: list[Result] = field(default_factory=list)
    translations: list[Result] = field(default_factory=list)
    labels: list[Result] = field(default_factory=list)
    comparisons: list[Result] = field(default_factory=list)
    saved_answers: list[AnswerRows] = field(default_factory=list)
    ledgers: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    lineages: list[tuple[str, list[Ancestor]]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def by_table(self) -> dict[str, list[Result]]:
        """The results of every kind, by the name of their table."""
        return {
            "results": self.results,
            "similarity": self.similarities,
            "analogy": self.analogies,
            "stability": self.stabilities,
            "translation": self.translations,
            "labels": self.labels,
            "comparison": self.comparisons,
        }

    def learned(self) -> list[Model]:
        """What has a learning curve."""
        return [model for model in (*self.models, *self.vectors) if model.history]


def collect(artifacts: Sequence[Artifact]) -> Collected:
    """Read the artifacts of a report, in the order given.

    Raises:
        ArtifactError: an artifact is damaged, or of a kind that a report cannot show.
    """
    collected, manifests = Collected(), list[tuple[str, Manifest]]()
    for artifact in artifacts:
        path = artifact.path
        try:
            _add(collected, artifact)
        except DAMAGE as error:
            raise ArtifactError(f"{path} is damaged ({type(error).__name__}: {error})", "recreate it") from None
        own, *ancestors = lineage(path.name, artifact.manifest)
        # For an unfinished training, the digest is that of its best model, which its evaluations name too.
        collected.lineages.append((path.name, [replace(own, digest=artifact.as_input().digest), *ancestors]))
        manifests.append((path.name, artifact.manifest))
    collected.ledgers = ledgers(manifests)
    collected.warnings = mismatched_inputs(collected.lineages) + other_corpora(collected.lineages)
    _drop_repeated(collected)
    _name_texts(collected)
    judged = (*collected.results, *collected.translations, *collected.labels)
    collected.warnings += [
        f"{r.model} was trained on {r.measures.get('trained_on_texts', r.data)}: its scores on this data are too good"
        for r in judged
        if r.measures.get("trained_on")
    ]
    collected.warnings += [
        f"{r.data}, labeled by {r.model}, has labels other than B-X, I-X and O: {', '.join(r.measures['odd_labels'])}"
        for r in collected.labels
        if r.measures.get("odd_labels")
    ]
    return collected


def _add(collected: Collected, artifact: Artifact) -> None:
    measure = artifact.summary.get("measure")
    if artifact.kind in MODEL_KINDS:
        _add_model(collected, artifact)
    elif artifact.kind in WORD_KINDS:
        collected.vectors.append(_model(artifact, _history(artifact, _VECTOR_COLUMNS)))
    elif artifact.kind == EVALUATION and measure in (SIMILARITY, ANALOGY):
        _add_data_sets(collected, artifact, measure)
    elif artifact.kind == EVALUATION and measure == STABILITY:
        runs = " ".join(entry.name for entry in artifact.manifest.recipe.inputs)
        of = (runs, artifact.path.name, artifact.manifest.digest)
        collected.stabilities += [Result(*of, band, False) for band in artifact.summary["bands"]]
    elif artifact.kind == EVALUATION and measure in COLUMNS:
        collected.saved_answers.append(read_saved_answer(artifact))
    elif artifact.kind == EVALUATION:
        kinds = {TRANSLATION: collected.translations, LABELS: collected.labels, COMPARISON: collected.comparisons}
        _add_evaluation(kinds.get(str(measure), collected.results), artifact)
    elif artifact.kind == "corpus":
        collected.corpora.append(read_corpus(artifact))
    else:
        raise ArtifactError(
            f"{artifact.path}: a report cannot show an artifact of kind {artifact.kind}",
            "give models, evaluations and corpora",
        )


def _add_model(collected: Collected, artifact: Artifact) -> None:
    name, summary, digest = artifact.path.name, artifact.summary, artifact.manifest.digest
    collected.models.append(_model(artifact, _history(artifact)))
    for test in summary.get("tests", ()):
        measures = {key: value for key, value in test.items() if key != "data"}
        data = str(test.get("data"))
        text = input_texts(artifact, "test:").get(data, Text(f"{digest}:{data}", data))
        lossless = bool(summary.get("lossless"))
        collected.results.append(Result(name, data, text.digest, measures, lossless, text.name, from_training=True))


def _history(artifact: Artifact, names: Mapping[str, str] | None = None) -> list[dict[str, str]]:
    """The epochs of a training; with ``names`` only these columns, by what the artifact calls them."""
    if not artifact.has("history.tsv"):
        return []
    rows = read_rows(artifact.file("history.tsv"), _MOST_HISTORY)
    columns = next(rows, [])
    lines = [dict(zip(columns, row, strict=True)) for row in rows]
    return [_checked({name: line[own] for name, own in names.items()} if names else line) for line in lines]


def _model(artifact: Artifact, history: Sequence[Mapping[str, str]]) -> Model:
    what = (artifact.path.name, artifact.kind, artifact.manifest.digest, artifact.summary, artifact.options)
    return Model(*what, artifact.run, history, artifact.unfinished)


def _measured(line: Mapping[str, str]) -> list[str]:
    return [name for name in line if name.startswith("valid_") and name != "valid_loss"]


def _checked(line: dict[str, str]) -> dict[str, str]:
    for name in ("epoch", "tokens"):
        int(line[name])
    for name in ("train_loss", "valid_loss", "lr", "grad_norm", *_measured(line)):
        float(line.get(name) or "nan")
    return line


def _add_evaluation(results: list[Result], artifact: Artifact) -> None:
    summary = artifact.summary
    for name in ("labels", "confusion", "odd_labels"):
        _require_mappings(dict(summary.get(name, {})).values())
    _require_mappings(summary.get("mistakes", ()))
    measures = {key: value for key, value in summary.items() if key not in ("model", "data", "lossless")}
    data = str(summary.get("data"))
    text, lossless = _text(artifact, data), bool(summary.get("lossless"))
    results.append(Result(str(summary.get("model")), data, text.digest, measures, lossless, text.name))


def _text(artifact: Artifact, data: str) -> Text:
    """The text of an evaluation; for a comparison, the text of the first evaluation it compares."""
    compared = [entry for entry in artifact.manifest.recipe.inputs if entry.kind == EVALUATION]
    of = artifact
    if compared and compared[0].manifest is not None:
        of = Artifact(artifact.path, parse(compared[0].manifest, Path(compared[0].name)))
    return input_texts(of, "").get(data, Text(data, data))


def _require_mappings(values: Iterable[Any]) -> None:
    """Refuse rows that are not mappings.

    Raises:
        TypeError: a row is not a mapping.
    """
    if not all(isinstance(value, Mapping) for value in values):
        raise TypeError("expected an object with named values")


def _add_data_sets(collected: Collected, artifact: Artifact, measure: str) -> None:
    """One row per data set of a similarity evaluation, one per data set and method of an analogy evaluation."""
    for record in artifact.summary["data_sets"]:
        model, data, digest = str(record["model"]), str(record["data"]), str(record["sha256"])
        if measure == SIMILARITY:
            collected.similarities.append(Result(model, data, digest, record, False))
        else:
            for method in record["methods"]:
                collected.analogies.append(Result(model, data, digest, _totals(method), False))


def _totals(method: Mapping[str, Any]) -> dict[str, Any]:
    """The totals, and the accuracies of semantic and syntactic questions if there are any."""
    parts = {str(part["section"]): part for part in method["totals"]}
    halves = {name: parts[name]["accuracy"] for name in ("semantic", "syntactic") if name in parts}
    return {"method": method["method"], **parts["total"], **halves}


def _drop_repeated(collected: Collected) -> None:
    """An evaluation artifact says more than the model's own test of the same text: keep the former."""
    evaluated = [(r.model, r.digest, r.measures.get("context")) for r in collected.results if not r.from_training]
    collected.results = [
        r
        for r in collected.results
        if not (r.from_training and (r.model, r.digest, r.measures.get("context")) in evaluated)
    ]


def _name_texts(collected: Collected) -> None:
    """Give each text one name: its own, or the raw text's if several corpora were made from it.

    If two texts of a table have the same name, the beginning of the digest is added.
    """
    kinds = (collected.results, collected.similarities, collected.analogies, collected.translations, collected.labels)
    known: dict[str, str] = {}
    for results in kinds:
        called: dict[str, dict[str, str]] = {}
        for result in results:
            called.setdefault(result.digest, {})[result.data] = result.text
        chosen = {digest: _one_name(names) for digest, names in called.items()}
        shared = Counter(chosen.values())
        names = {digest: name if shared[name] == 1 else f"{name} ({digest[:6]})" for digest, name in chosen.items()}
        results[:] = [replace(result, data=names[result.digest]) for result in results]
        known = names | known
    collected.comparisons[:] = [replace(r, data=known.get(r.digest, r.data)) for r in collected.comparisons]


def _one_name(texts: Mapping[str, str]) -> str:
    first, text = next(iter(texts.items()))
    return first if len(texts) == 1 or not text else text
