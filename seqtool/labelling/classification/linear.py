"""Linear classifiers: logistic regression on TF-IDF of n-grams, or on the mean of word vectors.

The regression and the weights of TF-IDF are scikit-learn's; n-grams are counted on arrays of ids.

N texts, F features, C labels, V vocabulary, D dimension of vectors.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression

from seqtool import progress
from seqtool.artifact.read import Artifact
from seqtool.artifact.write import RunRecord, examine, write_artifact
from seqtool.compute.arrays import save_array
from seqtool.errors import plural
from seqtool.labelling.classification.examples import Examples
from seqtool.labelling.measures import quick_measures
from seqtool.nn.training.driver import Trained
from seqtool.options import operational
from seqtool.vectors.artifact import chosen_vectors

if TYPE_CHECKING:
    from seqtool.labelling.classification.plan import ClassifierPlan

Ids = NDArray[np.int64]
_LEAST_TEXTS = 2  # of an n-gram that is a feature
_MOST_STEPS = 1000
_FILES = {"tfidf": ("features.npy", "idf.npy"), "averaged": ("vectors.npy",)}
_WEIGHTS = ("weights.npy", "bias.npy")
_DETERMINING = ("arch", "ngrams", "c", "min_count", "max_vocab", "class_weights", "valid_share")
_NEURAL = ("epochs:", "precision:", "device:")  # what is chosen for networks alone


@dataclass(frozen=True)
class TfidfFeatures:
    """1 + log(count) of each n-gram times its idf, rows of length one (Salton and Buckley 1988: ltc).

    Attributes:
        keys_F: ascending; of a token its id, of two of them V + first · V + second.
        idf_F: log((1 + N) / (1 + texts with it)) + 1, scikit-learn's.
        vocabulary: V.
        longest: 1 or 2 tokens.
    """

    keys_F: Ids
    idf_F: NDArray[np.float64]
    vocabulary: int
    longest: int

    @classmethod
    def of(cls, texts: Sequence[Ids], vocabulary: int, longest: int) -> TfidfFeatures:
        """Those of all n-grams in two texts or more (in one, where there are no others)."""
        numbers, keys = _ngrams(texts, vocabulary, longest)
        found, places = np.unique(keys, return_inverse=True)
        once = np.unique(numbers * len(found) + places)
        counts = np.bincount(once % len(found), minlength=len(found))
        if counts.max(initial=0) >= _LEAST_TEXTS:
            found, counts = found[counts >= _LEAST_TEXTS], counts[counts >= _LEAST_TEXTS]
        return cls(found, np.log((1 + len(texts)) / (1 + counts)) + 1, vocabulary, longest)

    def rows(self, texts: Sequence[Ids]) -> Any:
        """(N, F), sparse; n-grams that are no features are passed over."""
        numbers, keys = _ngrams(texts, self.vocabulary, self.longest)
        columns = np.minimum(np.searchsorted(self.keys_F, keys), len(self.keys_F) - 1)
        known = self.keys_F[columns] == keys
        shape = (len(texts), len(self.keys_F))
        counts = sparse.csr_matrix((np.ones(known.sum()), (numbers[known], columns[known])), shape)
        counts.sum_duplicates()
        weights = TfidfTransformer(sublinear_tf=True)
        weights.idf_ = self.idf_F
        return weights.transform(counts)

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What is written of them."""
        return self.keys_F, self.idf_F


@dataclass(frozen=True)
class AveragedFeatures:
    """The mean of the vectors of a text's tokens, zero where none has one.

    Attributes:
        matrix_VD: float32; zeros where a token has no vector.
    """

    matrix_VD: NDArray[np.float32]

    def rows(self, texts: Sequence[Ids]) -> Any:
        """(N, D)."""
        known = np.asarray(self.matrix_VD.any(1))
        found = np.zeros((len(texts), self.matrix_VD.shape[1]))
        for row, ids in enumerate(texts):
            ids = ids[known[ids]]
            if len(ids):
                found[row] = self.matrix_VD[ids].mean(0)
        return found

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What is written of them."""
        return (self.matrix_VD,)


Features = TfidfFeatures | AveragedFeatures


def _ngrams(texts: Sequence[Ids], vocabulary: int, longest: int) -> tuple[Ids, Ids]:
    """The number of the text and the key of every n-gram."""
    lengths = np.asarray([len(ids) for ids in texts])
    tokens = np.concatenate([*texts, np.zeros(0, np.int64)]).astype(np.int64)
    numbers = np.repeat(np.arange(len(texts)), lengths)
    if longest == 1:
        return numbers, tokens
    same = numbers[1:] == numbers[:-1]
    pairs = vocabulary + tokens[:-1][same] * vocabulary + tokens[1:][same]
    return np.concatenate([numbers, numbers[1:][same]]), np.concatenate([tokens, pairs])


@dataclass(frozen=True)
class LinearClassifier:
    """softmax(W x + b).

    Attributes:
        weights_CF: float64.
        bias_C: float64.
    """

    features: Features
    weights_CF: NDArray[np.float64]
    bias_C: NDArray[np.float64]

    def probabilities(self, texts: Sequence[Ids]) -> NDArray[np.float64]:
        """P(label | text), (N, C)."""
        scores: NDArray[np.float64] = softmax(self.features.rows(texts) @ self.weights_CF.T + self.bias_C, axis=1)
        return scores

    def measures(self, examples: Examples) -> dict[str, float]:
        """Accuracy and mean F1 on examples."""
        found = self.probabilities(token_ids(examples)).argmax(1)
        return quick_measures(found, examples.labels_N[examples.rows])


def token_ids(examples: Examples) -> list[Ids]:
    """The ids of the examples' texts, which are read whole."""
    text, rows = examples.whole, examples.rows
    places = zip(text.starts[rows].tolist(), text.ends[rows].tolist(), strict=True)
    return [np.asarray(text.ids[first:last]) for first, last in places]


def fit(plan: ClassifierPlan, arch: str) -> LinearClassifier:
    """Fit a linear classifier to the training texts of a plan."""
    import warnings

    texts, labels_N = token_ids(plan.train), plan.train.labels_N[plan.train.rows]
    features = _features(plan, arch, texts)
    weights = "balanced" if plan.training.class_weights == "balanced" else None
    regression = LogisticRegression(C=plan.options.c, max_iter=_MOST_STEPS, class_weight=weights)
    with warnings.catch_warnings(), progress.stage(f"fit {arch}", "texts", len(texts)) as stage:
        warnings.simplefilter("ignore", ConvergenceWarning)
        regression.fit(features.rows(texts), labels_N)
        stage.advance(len(texts))
    if int(np.max(regression.n_iter_)) >= _MOST_STEPS:
        slow = f"the {arch} classifier did not converge in {_MOST_STEPS:,} steps, so its labels may be less accurate"
        progress.warn(f"{slow}; a lower --C converges sooner")
    return _all_labels(features, regression, len(plan.labels))


def _features(plan: ClassifierPlan, arch: str, texts: Sequence[Ids]) -> Features:
    if arch == "tfidf":
        return TfidfFeatures.of(texts, len(plan.vocabulary), plan.options.ngrams)
    assert plan.options.init_vectors is not None
    vectors = chosen_vectors(Path(plan.options.init_vectors), set(plan.vocabulary.tokens[2:]))
    dim = len(next(iter(vectors.values()), np.zeros(1)))
    matrix_VD = np.zeros((len(plan.vocabulary), dim), np.float32)
    for token, vector in vectors.items():
        matrix_VD[plan.vocabulary.ids[token]] = vector
    progress.note(f"word vectors: found for {len(vectors):,} of {plural(len(plan.vocabulary) - 2, 'token')}")
    return AveragedFeatures(matrix_VD)


def _all_labels(features: Features, regression: Any, labels: int) -> LinearClassifier:
    """Weights of every label: of two labels scikit-learn gives one row, of a label held out whole none."""
    weights, bias = regression.coef_, regression.intercept_
    if len(weights) == 1:
        weights, bias = np.concatenate([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    full_CF, full_C = np.zeros((labels, weights.shape[1])), np.full(labels, -np.inf)
    full_CF[regression.classes_], full_C[regression.classes_] = weights, bias
    return LinearClassifier(features, full_CF, full_C)


def write_linear(plan: ClassifierPlan, output: Path, overwrite: bool = False) -> Trained:
    """Fit a linear classifier and write its artifact."""
    recipe = plan.recipe()
    recipe = dataclasses.replace(
        recipe, options={name: recipe.options[name] for name in (*_DETERMINING, *plan.reading)}
    )
    found = examine(output, recipe, overwrite)
    if found.status == "up to date" and found.existing is not None:
        return Trained("up to date", output, found.existing.summary)
    for line in plan.choices:
        if not line.startswith(_NEURAL):
            progress.note(line)
    run = RunRecord(operational(plan.training))
    with write_artifact(output, recipe, run, overwrite) as draft, run.timed("train"):
        fitted = fit(plan, plan.options.arch)
        plan.write_common(draft)
        arrays = (*fitted.features.arrays(), fitted.weights_CF, fitted.bias_C)
        for name, values in zip((*_FILES[plan.options.arch], *_WEIGHTS), arrays, strict=True):
            save_array(draft.path / name, values)
        measures = {f"valid_{name}": value for name, value in fitted.measures(plan.valid).items()}
        draft.summary |= {
            "architecture": f"{plan.options.arch} {fitted.weights_CF.shape[1]:,} features",
            "parameters": int(fitted.weights_CF.size + fitted.bias_C.size),
            **measures,
        }
        draft.ledger.extend(dict(row) for row in plan.ledger)
    assert draft.manifest is not None
    return Trained("finished" if draft.written else "up to date", output, draft.manifest.summary)


def read_linear(artifact: Artifact, arch: str, vocabulary: int, longest: int) -> LinearClassifier:
    """The classifier in an artifact.

    Raises:
        ArtifactError: a file is damaged.
        ValueError: the files do not fit each other.
    """
    weights_CF, bias_C = artifact.array("weights.npy", ("float64",), 2), artifact.array("bias.npy", ("float64",), 1)
    features: Features
    if arch == "tfidf":
        keys, idf = artifact.array("features.npy", ("int64",), 1), artifact.array("idf.npy", ("float64",), 1)
        features, size = TfidfFeatures(np.asarray(keys), np.asarray(idf), vocabulary, longest), len(keys)
        fits = len(idf) == size and bool((np.diff(keys) > 0).all())
    else:
        matrix = artifact.array("vectors.npy", ("float32",), 2)
        features, size, fits = AveragedFeatures(np.asarray(matrix)), matrix.shape[1], len(matrix) == vocabulary
    if not fits or weights_CF.shape != (len(bias_C), size):
        raise ValueError("the shapes of its arrays do not match")
    return LinearClassifier(features, np.asarray(weights_CF), np.asarray(bias_C))
