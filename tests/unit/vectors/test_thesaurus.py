"""WordNet on a dictionary whose similarities a hand can follow."""

from __future__ import annotations

import errno
import math
import os
import zipfile
from pathlib import Path

import pytest

from seqtool.errors import InputError, UsageError
from seqtool.vectors.wordnet.taxonomy import Taxonomy
from seqtool.vectors.wordnet.thesaurus import MEASURES, Thesaurus, WordNetScorer, find_folder, wordnet_input

LN = math.log


@pytest.fixture
def known(tiny_wordnet: Path) -> Thesaurus:
    return Thesaurus(tiny_wordnet)


def names(known: Thesaurus, word: str, part: str | None = None) -> list[str]:
    return [known.name(synset) for synset in known.synsets(word, part)]


def test_senses_of_a_word(known: Thesaurus) -> None:
    assert names(known, "dog") == ["dog.n.01", "frump.n.01"]
    first = known.synsets("dog")[0]
    assert first.words == ("dog", "domestic dog")
    assert first.gloss == "what is called dog"
    assert names(known, "Domestic  Dog") == ["dog.n.01"]
    assert names(known, "rex") == ["rex.n.01"]
    assert known.synsets("rex")[0].words == ("Rex",)
    assert names(known, "goose") == []


@pytest.mark.parametrize(
    ("word", "base"),
    [
        ("dogs", "dog.n.01"),
        ("mice", "mouse.n.01"),
        ("running", None),
        ("walked", "walk.v.01"),
        ("hottest", None),
        ("colder", "cold.a.01"),
        ("geese", None),
        ("s", None),
        ("", None),
    ],
)
def test_inflected_words_are_found(known: Thesaurus, word: str, base: str | None) -> None:
    assert names(known, word)[:1] == ([base] if base else [])


def test_every_part_of_speech(known: Thesaurus) -> None:
    assert [synset.part for word in ("cat", "think", "warm", "quickly") for synset in known.synsets(word)] == [
        "noun",
        "verb",
        "adj",
        "adv",
    ]
    assert known.synsets("cat", "verb") == []
    assert known.synsets("torrid")[0].words == ("hot", "torrid"), "the marker of an adjective's place is no part of it"


def test_synonyms_leave_out_the_word_itself(known: Thesaurus) -> None:
    assert [known.synonyms("dogs", synset) for synset in known.synsets("dogs")] == [["domestic dog"], ["frump"]]


def test_antonyms_hold_between_words(known: Thesaurus) -> None:
    (hot,) = known.synsets("hot")
    assert known.antonyms("hot", hot) == ["cold"]
    assert known.antonyms("torrid", hot) == [], "cold is the opposite of hot, not of its synonyms"


def test_the_tree_of_hypernyms(known: Thesaurus) -> None:
    node, chain = known.hypernyms(known.synsets("rex")[0]), []
    while node.hypernyms:
        (node,) = node.hypernyms
        chain.append(known.name(node.synset))
    assert chain == ["dog.n.01", "canine.n.01", "animal.n.01", "object.n.01", "entity.n.01"]


@pytest.mark.parametrize(
    ("left", "right", "path", "wup", "lch"),
    [
        # entity 1 > object 2 > animal 3 > canine 4 > dog 5 > Rex 6: the deepest branch has 5 edges, so D is 5.
        ("cat", "domestic dog", 1 / 5, 2 * 3 / (5 + 5), -LN(5 / 10)),
        ("cat", "dog", 1 / 5, 2 * 3 / (5 + 5), -LN(5 / 10)),  # the other sense is entity > frump: 1 / 6
        ("dog", "car", 1 / 5, 2 * 2 / (5 + 4), -LN(5 / 10)),  # path through frump: frump, entity, object, artifact, car
        ("domestic dog", "car", 1 / 6, 2 * 2 / (5 + 4), -LN(6 / 10)),
        ("dog", "rex", 1 / 2, 2 * 5 / (5 + 6), -LN(2 / 10)),
        ("mice", "cat", 1 / 4, 2 * 3 / (4 + 5), -LN(4 / 10)),  # the animal, not the pointing device
        ("mouse", "auto", 1 / 3, 2 * 3 / (4 + 4), -LN(3 / 10)),  # the pointing device, not the animal
        ("dog", "dogs", 1, 1, -LN(1 / 10)),
        # A root above all verbs: root 1 > travel 2 > run 3; D is 2.
        ("run", "walk", 1 / 3, 2 * 2 / (3 + 3), -LN(3 / 4)),
        ("run", "think", 1 / 4, 2 * 1 / (3 + 2), -LN(4 / 4)),
        ("run", "dog", math.nan, math.nan, math.nan),
        ("hot", "cold", math.nan, math.nan, math.nan),
        ("hot", "martian", math.nan, math.nan, math.nan),
    ],
)
def test_similarities_by_hand(known: Thesaurus, left: str, right: str, path: float, wup: float, lch: float) -> None:
    for one, other in ((left, right), (right, left)):
        found = [known.similarity(one, other, measure).value for measure in MEASURES]
        assert found == pytest.approx([path, wup, lch], nan_ok=True)


def test_the_nearest_senses_are_named(known: Thesaurus) -> None:
    found = known.similarity("mouse", "car", "path")
    assert found.left is not None
    assert found.right is not None
    assert (known.name(found.left), known.name(found.right)) == ("mouse.n.02", "car.n.01")
    assert math.isnan(known.similarity("mouse", "car", "path", "verb").value)
    assert math.isnan(known.similarity("hot", "cold", "path", "adj").value)


def test_the_lowest_common_subsumer_has_the_longest_shortest_way_to_the_root() -> None:
    # 0 > 1 > 2 > 3; 4 is under 3 and under 0, so its shortest way is one edge though its longest is four.
    taxonomy = Taxonomy({0: (), 1: (0,), 2: (1,), 3: (2,), 4: (3, 0), 5: (4,), 6: (4, 2)}, rooted=False)
    assert taxonomy.depth == 5
    assert taxonomy.wup(5, 6) == 2 * 3 / (2 + 1 + 2 * 3), "through 2, two edges from the root, not through 4"
    assert taxonomy.path(5, 6) == 1 / 3


def test_a_scorer_answers_nan_for_what_it_does_not_know(tiny_wordnet: Path) -> None:
    scores = WordNetScorer(tiny_wordnet, "path").pair_scores(
        [("Dog", "cat"), ("dog", "martian"), ("hot", "cold")], True
    )
    assert scores.dtype == "float64"
    assert scores.tolist() == pytest.approx([1 / 5, math.nan, math.nan], nan_ok=True)
    with pytest.raises(UsageError, match="path, wup, lch"):
        WordNetScorer(tiny_wordnet, "cosine")


def test_unknown_words_name_their_neighbours(known: Thesaurus) -> None:
    with pytest.raises(InputError, match=r"'doge'.* dog\?"):
        known.known_synsets("doge")
    with pytest.raises(InputError, match="spelling"):
        known.known_synsets("고양이")
    with pytest.raises(InputError, match=r"verb 'dog'.* noun"):
        known.known_synsets("dog", "verb")


def test_the_dictionary_is_found(tiny_wordnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WNSEARCHDIR", "WNHOME", "NLTK_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.setattr("seqtool.vectors.wordnet.thesaurus._SYSTEM", (str(tmp_path / "system"),))
    monkeypatch.setattr("seqtool.vectors.wordnet.thesaurus._NLTK", ())
    with pytest.raises(InputError, match=r"nobody/nltk_data, .*wordnet-base"):
        find_folder()
    with pytest.raises(InputError, match=r"nowhere.*install"):
        find_folder(Path("nowhere"))
    monkeypatch.setenv("WNSEARCHDIR", str(tiny_wordnet))
    assert find_folder() == tiny_wordnet
    monkeypatch.delenv("WNSEARCHDIR")
    nltk = tmp_path / "nltk" / "corpora" / "wordnet"
    nltk.parent.mkdir(parents=True)
    tiny_wordnet.rename(nltk)
    monkeypatch.setenv("NLTK_DATA", f"{tmp_path / 'empty'}:{tmp_path / 'nltk'}")
    assert find_folder() == nltk
    assert find_folder(tmp_path / "nltk") == nltk


def test_the_zip_file_that_nltk_downloads(tiny_wordnet: Path, tmp_path: Path) -> None:
    packed = tmp_path / "corpora" / "wordnet.zip"
    packed.parent.mkdir()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in tiny_wordnet.iterdir():
            archive.write(file, f"wordnet/{file.name}")
    known = Thesaurus(tmp_path)
    assert known.folder == packed
    assert names(known, "mice") == ["mouse.n.01", "mouse.n.02"]
    assert wordnet_input(packed).kind == "wordnet:file"
    packed.write_bytes(b"PK no zip")
    with pytest.raises(InputError, match=r"wordnet\.zip.*install"):
        Thesaurus(tmp_path).synsets("dog")


def test_the_digest_is_that_of_the_files(tiny_wordnet: Path) -> None:
    before = wordnet_input(tiny_wordnet)
    assert (before.name, before.kind) == ("wordnet", "wordnet:folder")
    with (tiny_wordnet / "data.noun").open("a") as file:
        file.write("\n")
    assert wordnet_input(tiny_wordnet).digest != before.digest


def test_a_missing_file_is_named(tiny_wordnet: Path) -> None:
    (tiny_wordnet / "index.verb").unlink()
    with pytest.raises(InputError, match=rf"index\.verb: {os.strerror(errno.ENOENT)}"):
        Thesaurus(tiny_wordnet).synsets("dog")
    assert Thesaurus(tiny_wordnet).synsets("dog", "noun")


@pytest.mark.parametrize("file", ["index.noun", "data.noun"])
@pytest.mark.parametrize("damage", ["empty", "cut", "shifted", "bytes", "letters"])
def test_damaged_files_are_named(tiny_wordnet: Path, file: str, damage: str) -> None:
    path = tiny_wordnet / file
    data = path.read_bytes()
    changed = {
        "empty": b"",
        "cut": data[: data.index(b"\n") + 9],
        "shifted": b"x" + data if file == "data.noun" else data.replace(b" n 2 ", b" n x "),
        "bytes": bytes(255 - byte if byte > 127 or byte % 7 == 0 else byte for byte in data),
        "letters": data.replace(b"0", b"O"),
    }[damage]
    path.write_bytes(changed)
    known = Thesaurus(tiny_wordnet)
    told = []
    for word in ("dog", "mouse", "rex", "object"):
        try:
            for synset in known.synsets(word, "noun"):
                known.name(synset)
                known.hypernyms(synset)
        except InputError as error:
            told.append(str(error))
    assert all(str(tiny_wordnet) in line for line in told)
    if file == "data.noun" or damage in ("empty", "shifted"):
        assert told


def test_a_synset_stands_where_it_says(tiny_wordnet: Path) -> None:
    path = tiny_wordnet / "data.noun"
    data = path.read_text()
    at = data.index("03 n 02 dog") - 9
    path.write_text(data[:at] + "00000001" + data[at + 8 :])
    with pytest.raises(InputError, match=rf"data\.noun: .*byte {at};"):
        Thesaurus(tiny_wordnet).synsets("dog")


def test_hypernyms_in_a_cycle_are_refused(tiny_wordnet: Path) -> None:
    path = tiny_wordnet / "data.noun"
    data = path.read_text()
    entity, animal = data.index("03 n 01 entity") - 9, data.index("03 n 01 animal") - 9
    above = data.index("@", animal)
    path.write_text(data[: above + 2] + data[animal : animal + 8] + data[above + 10 :])
    assert entity != animal
    known = Thesaurus(tiny_wordnet)
    with pytest.raises(InputError, match="cycle"):
        known.hypernyms(known.synsets("cat")[0])
    with pytest.raises(InputError, match="cycle"):
        known.similarity("cat", "dog", "lch")


def test_a_long_chain_needs_no_recursion() -> None:
    chain = {synset: (synset - 1,) if synset else () for synset in range(5000)}
    assert Taxonomy(chain, rooted=True).depth == 5000
