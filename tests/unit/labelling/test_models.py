"""Classifier and tagger: what stands in the padding, and in whose company a text is, changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from seqtool.corpus.model_text import ModelText
from seqtool.corpus.vocabulary import EOS, Vocabulary
from seqtool.labelling.classification.classifier import TextClassifier
from seqtool.labelling.classification.examples import cut_text, texts_tensor
from seqtool.labelling.options import ClassifierOptions
from seqtool.labelling.tagging.columns import Sentence, sentences
from seqtool.labelling.tagging.options import TaggerOptions
from seqtool.labelling.tagging.tagged import Alphabet, Codes, TaggedBatches, encode, lookup_form
from seqtool.labelling.tagging.tagger import Tagger
from seqtool.nn.batches.batching import IGNORED


def text_of(texts: Sequence[Sequence[int]]) -> ModelText:
    ids = np.asarray([token for text in texts for token in (*text, EOS)])
    bounds = np.cumsum([0, *(len(text) + 1 for text in texts)])
    return ModelText("t", ids, bounds, np.zeros(len(texts)), np.zeros(len(texts)))  # type: ignore[arg-type]


@pytest.mark.parametrize("cut", ["start", "end"])
def test_a_cut_text_is_read_alike_in_training_and_afterwards(cut: str) -> None:
    texts = [[2, 3, 4, 5, 6], [], [7], [2, 3, 4]]
    found = cut_text(text_of(texts), 3, cut)
    expected = [[4, 5, 6] if cut == "start" else [2, 3, 4], [EOS], [7], [2, 3, 4]]
    read = [found.ids[a:b].tolist() for a, b in zip(found.starts, found.ends, strict=True)]
    assert read == expected
    columns = texts_tensor(texts, 3, cut).t().tolist()
    assert [[token for token in column if token != IGNORED] for column in columns] == expected


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "attention"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padding_never_changes_a_classification(pooling: str, bidirectional: bool) -> None:
    options = ClassifierOptions(emb_dim=6, hidden_dim=8, layers=2, pooling=pooling, bidirectional=bidirectional)
    model = TextClassifier(options, 10, 3).eval()
    alone, padded = torch.tensor([[2], [3]]), torch.tensor([[2, 4], [3, 5], [IGNORED, 6]])
    torch.testing.assert_close(model(alone), model(padded)[:1])


def test_groups_are_freed_from_the_top() -> None:
    model = TextClassifier(ClassifierOptions(emb_dim=6, hidden_dim=8, layers=2, bidirectional=False), 10, 3)
    learning = []
    for count in range(1, 5):
        model.free(count)
        learning.append(
            sorted({n.split(".")[0] + n.split(".")[1][:1] for n, p in model.named_parameters() if p.requires_grad})
        )
    assert learning[0] == ["outputb", "outputw"]
    assert "encoderf" in learning[1]
    assert "embeddingw" not in learning[2]
    assert "embeddingw" in learning[3]


def some_sentences() -> list[Sentence]:
    lines = ["The DT B", "Cat NN I", "", "a DT B", "x SY O", "The DT B", "zebra NN I", "!", ""]
    return [s for s in sentences("t", [line if line != "!" else "! SY O" for line in lines]) if s.words]


def labels(sentence: Sentence) -> list[str]:
    return sentence.column(2)


def codes() -> Codes:
    words = Vocabulary(["<unk>", "<eos>", "the", "cat", "a"], np.zeros(5, np.int64))
    return Codes(words, Alphabet(tuple("Thecatxzbr"), 2), (Alphabet(("DT", "NN"), 1),), Alphabet(("B", "I", "O"), 0))


@pytest.mark.parametrize("characters", ["cnn", "lstm", "none"])
def test_a_sentence_is_tagged_alike_in_any_company(characters: str) -> None:
    options = TaggerOptions(emb_dim=6, hidden_dim=8, characters=characters, char_hidden=4, layers=2)
    known = codes()
    torch.manual_seed(1)
    model = Tagger(options, (5, 0), len(known.characters), [3], np.ones((5, 3), bool)).eval()
    text = encode(some_sentences(), known, lookup_form(options), 0, [1], labels)
    together = TaggedBatches(text, np.arange(2), 2, shuffle=False).batch(0)
    assert together.source is not None
    scores, mask = model.emissions(together.source)
    for place, row in enumerate([0, 1]):
        alone = encode(some_sentences()[row : row + 1], known, lookup_form(options), 0, [1], labels)
        batch = TaggedBatches(alone, np.arange(1), 1).batch(0)
        assert batch.source is not None
        own, _ = model.emissions(batch.source)
        torch.testing.assert_close(own[:, 0], scores[: len(own), place])
        assert int(mask[:, place].sum()) == len(own)
        torch.testing.assert_close(batch.targets[:, 0], together.targets[: len(own), place])


@pytest.mark.parametrize("crf", [True, False])
def test_no_gradient_is_summed_in_an_order_that_threads_choose(crf: bool) -> None:
    """As that of indexing by a tensor would be. (Recurrent spellings are indexed too, each row once.)"""
    options = TaggerOptions(emb_dim=6, hidden_dim=8, char_dim=4, char_hidden=5, characters="cnn", crf=crf)
    known = codes()
    model = Tagger(options, (5, 0), len(known.characters), [3], np.ones((5, 3), bool))
    text = encode(some_sentences()[:2], known, lookup_form(options), 0, [1], labels)
    batch = TaggedBatches(text, np.arange(2), 2, shuffle=False).batch(0)
    assert batch.source is not None
    seen: set[object] = set()
    waiting = [model.loss(batch.source, batch.targets).grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            waiting += [parent for parent, _ in node.next_functions]
    assert not {node.name() for node in seen} & {"IndexBackward0", "IndexPutBackward0", "ScatterAddBackward0"}


def test_words_are_looked_up_in_lower_case_and_spelled_as_they_stand() -> None:
    text = encode(some_sentences(), codes(), lookup_form(TaggerOptions()), 0, [1], labels)
    assert text.words_U[text.numbers_N].tolist() == [2, 3, 4, 0, 2, 0, 0]
    assert text.spelled_UW[0].tolist() == [2, 3, 4, 0, 0]
    assert text.features_FN.tolist() == [[1, 2, 1, 0, 1, 2, 0]]
    assert text.labels_N.tolist() == [0, 1, 0, 2, 0, 1, 2]


def test_rare_words_are_unknown_at_times_while_training() -> None:
    model = Tagger(
        TaggerOptions(emb_dim=6, hidden_dim=8, unknown_share=1.0, dropout=0.0), (5, 0), 12, [3], np.ones((5, 3), bool)
    )
    model.singletons[3] = True
    text = encode(some_sentences()[:1], codes(), lookup_form(TaggerOptions()), 0, [1], labels)
    source = TaggedBatches(text, np.arange(1), 1).batch(0).source
    assert source is not None
    unknown = source.clone()
    unknown[1] = torch.where(unknown[1] == 3, 0, unknown[1])
    torch.testing.assert_close(model.train().emissions(source)[0], model.eval().emissions(unknown)[0])


def test_columns_keep_their_lines() -> None:
    found = list(sentences("t", ["a  X", "", "", "b X"]))
    assert [(s.number, s.lines, s.words) for s in found] == [
        (1, ["a  X"], [["a", "X"]]),
        (2, [""], []),
        (3, [""], []),
        (4, ["b X"], [["b", "X"]]),
    ]
    assert next(sentences("t", ["a b\t\tX"])).words == [["a b", "", "X"]]
