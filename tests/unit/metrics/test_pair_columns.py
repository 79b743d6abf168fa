"""Files of pairs as they are published: ids, parts of speech, contexts, ratings, decimal commas, names of columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from finished import Finished

from seqtool.errors import InputError, UsageError
from seqtool.metrics.pairs import Pairs, read_pairs
from seqtool.metrics.similarity import measure

PAIRS = (("gem", "jewel"), ("boy", "lad"), ("cock", "rooster"))
SCORES = (3.94, 3.82, 3.68)


def table(*rows: str, by: str = "\t") -> str:
    """Lines of cells that are written with ``|`` between them."""
    return "".join(row.replace("|", by) + "\n" for row in rows)


def scws(number: int, words: tuple[str, str], tag: str, mean: float, spread: float) -> str:
    first, second = words
    contexts = f"... they saw a <b> {first} </b> in, say, {number} of them ...|and so a <b> {second} </b> it is"
    ratings = "|".join(f"{mean + step * spread:.2f}" for step in (-2, -1, 0, 1, 2))
    return f"{number}|{first}|{tag}|{second}|{tag}|{contexts}|{mean}|{ratings}"


FORMS = {
    "SCWS": (table(*(scws(n + 1, PAIRS[n], "nvn"[n], SCORES[n], 0.5) for n in range(3))), (1, 3, 7)),
    "JWSAN": (
        "pairID,word1,word2,similarity,association\n210,gem,jewel,3.94,1.5\n12,boy,lad,3.82,2.5\n7,cock,rooster,3.68,9\n",
        (1, 2, 3),
    ),
    "Gur65": ("#WORT1:WORT2:GOLD\n" + table("gem|jewel|3,94", "boy|lad|3,82", "cock|rooster|3,68", by=":"), (0, 1, 2)),
    "Gur65 with tags": (table("gem|jewel|3.94|n|n", "boy|lad|3.82|v|v", "cock|rooster|3.68|a|n", by=":"), (0, 1, 2)),
    "colon and TAB": ("gem:jewel\t3,94\nboy:lad\t3,82\ncock:rooster\t3,68\n", (0, 1, 2)),
    "colon and space": ("gem:jewel 3.94\nboy:lad 3.82\ncock:rooster 3.68\n", (0, 1, 2)),
    "semicolons, decimal commas": (
        table(
            "Wort 1|Wort 2|Ähnlichkeit|SD", "gem|jewel|3,94|0,5", "boy|lad|3,82|0,75", "cock|rooster|3,68|1,5", by=";"
        ),
        (0, 1, 2),
    ),
    "spaces, decimal commas": (
        table("gem|jewel|3,94|0,5", "boy|lad|3,82|0,7", "cock|rooster|3,68|1,2", by=" "),
        (0, 1, 2),
    ),
    "quoted decimal commas": ('gem,jewel,"3,94"\nboy,lad,"3,82"\ncock,rooster,"3,68"\n', (0, 1, 2)),
    "SimLex": (
        table(
            "word1|word2|POS|SimLex999|conc(w1)|conc(w2)|concQ|Assoc(USF)|SimAssoc333|SD(SimLex)",
            "gem|jewel|N|3.94|2.7|2.8|2|7.2|1|1.2",
            "boy|lad|N|3.82|2.6|2.2|2|7.1|1|1.1",
            "cock|rooster|N|3.68|2.6|2.2|2|5.8|1|1.1",
        ),
        (0, 1, 3),
    ),
    "SimVerb": (table("gem|jewel|V|3.94|SYNONYMS", "boy|lad|V|3.82|NONE", "cock|rooster|V|3.68|NONE"), (0, 1, 3)),
    "relation first": (table("s|gem|jewel|3.94", "i|boy|lad|3.82", "t|cock|rooster|3.68"), (1, 2, 3)),
    "rare words": (table("gem|jewel|3.94|4|5|2|9", "boy|lad|3.82|4|4|4|4", "cock|rooster|3.68|1|1|1|9"), (0, 1, 2)),
    "ratings before their mean": (
        "word1,word2,r1,r2,mean\ngem,jewel,3,5,3.94\nboy,lad,4,4,3.82\ncock,rooster,3,4,3.68\n",
        (0, 1, 4),
    ),
    "ratings before their mean, unnamed": (
        table("gem|jewel|3.44|4.44|3.94", "boy|lad|3.82|3.82|3.82", "cock|rooster|2.68|4.68|3.68"),
        (0, 1, 4),
    ),
    "Multi-SimLex": ("ID,KOR 1,KOR 2,Average\n5,gem,jewel,3.94\n3,boy,lad,3.82\n9,cock,rooster,3.68\n", (1, 2, 3)),
    "an index of pandas": (",w1,w2,score\n0,gem,jewel,3.94\n1,boy,lad,3.82\n2,cock,rooster,3.68\n", (1, 2, 3)),
    "Korean": (
        "번호\t단어1\t단어2\t유사도\n4\tgem\tjewel\t3.94\n2\tboy\tlad\t3.82\n9\tcock\trooster\t3.68\n",
        (1, 2, 3),
    ),
    "ids of letters": (table("p-1|gem|jewel|3.94", "p-2|boy|lad|3.82", "p-7|cock|rooster|3.68"), (1, 2, 3)),
    "a running number behind": (table("gem|jewel|1|3.94", "boy|lad|2|3.82", "cock|rooster|3|3.68"), (0, 1, 3)),
    "score first": (table("3.94|gem|jewel", "3.82|boy|lad", "3.68|cock|rooster"), (1, 2, 0)),
    "tags between": (table("gem|NN|jewel|NN|3.94", "boy|NN|lad|VB|3.82", "cock|JJ|rooster|NN|3.68"), (0, 2, 4)),
}


def read(tmp_path: Path, text: str, columns: str | None = None) -> Pairs:
    (tmp_path / "pairs.txt").write_text(text, encoding="utf-8")
    return read_pairs(tmp_path / "pairs.txt", columns)


@pytest.mark.parametrize("name", FORMS)
def test_a_published_form_is_read(tmp_path: Path, name: str) -> None:
    text, columns = FORMS[name]
    found = read(tmp_path, text)
    assert found.pairs == PAIRS
    assert found.gold.tolist() == list(SCORES)
    assert found.columns == columns
    commas = "," in "".join(text.split("\n")[-2:]) and "3,68" in text
    assert (found.read_as is None) == (columns == (0, 1, 2) and not commas)
    assert all(str(column) in (found.read_as or "012") for column in columns)


@pytest.mark.parametrize(
    "text",
    [
        table("1|gem|jewel", "2|boy|lad", "3|cock|rooster"),  # a running number is not a score
        table("a7|gem|3.94", "b3|boy|3.82", "c1|cock|3.68"),  # an id is not a word
        table("gem|jewel|stone|3.94", "boy|lad|son|3.82", "cock|rooster|bird|3.68"),
        table("7x|gem|jewel|3.94", "q1a|boy|lad|3.82", "p7|cock|rooster|3.68"),
    ],
)
def test_where_there_is_a_choice_the_columns_are_listed(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError) as refused:
        read(tmp_path, text)
    assert "--columns" in (refused.value.remedy or "")
    assert all(cell in str(refused.value) for cell in text.split("\n")[0].split("\t"))


@pytest.mark.parametrize(
    ("columns", "pairs", "score"),
    [
        ("1,2,4", PAIRS, 1.5),
        ("word1,word2,association", PAIRS, 1.5),
        ("2,1,similarity", tuple((second, first) for first, second in PAIRS), 3.94),
        ("WORD1, Word2, Similarity", PAIRS, 3.94),
        ("1,2,3", PAIRS, 3.94),
    ],
)
def test_columns_are_chosen(tmp_path: Path, columns: str, pairs: Sequence[tuple[str, str]], score: float) -> None:
    found = read(tmp_path, FORMS["JWSAN"][0], columns)
    assert found.pairs == pairs
    assert found.gold[0] == score
    assert found.header is not None


def test_columns_of_a_file_that_leaves_a_choice(tmp_path: Path) -> None:
    text = table("gem|jewel|stone|3.94", "boy|lad|son|3.82", "cock|rooster|bird|3.68")
    assert read(tmp_path, text, "0,2,3").pairs[0] == ("gem", "stone")
    assert read(tmp_path, FORMS["SCWS"][0], "1,3,8").gold.tolist() == pytest.approx([2.94, 2.82, 2.68])


@pytest.mark.parametrize("columns", ["1,2", "1,1,2", "a,b,c,d", ",,"])
def test_columns_that_are_not_three(tmp_path: Path, columns: str) -> None:
    with pytest.raises(UsageError, match="--columns"):
        read(tmp_path, FORMS["JWSAN"][0], columns)


@pytest.mark.parametrize("columns", ["word1,word2,nearness", "7,8,9", "1,2,word1"])
def test_columns_that_the_file_lacks(tmp_path: Path, columns: str) -> None:
    with pytest.raises(InputError) as refused:
        read(tmp_path, FORMS["JWSAN"][0], columns)
    assert "association" in str(refused.value)


def test_a_broken_row_is_named_with_its_columns(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 3.*1, 2, 3"):
        read(tmp_path, "n\tw1\tw2\tscore\n4\tgem\tjewel\t3.94\n2\tboy\tlad\tmuch\n9\tcock\trooster\t3.68\n")


class Scorer:
    """Words are alike as their first letters are; a word with a tag is unknown, but for one."""

    def pair_scores(self, pairs: Sequence[tuple[str, str]], fold_case: bool, spell: bool) -> np.ndarray:
        known = [not ("-" in first or "_" in first) or first == "gem-n" for first, _ in pairs]
        return np.array(
            [len(first) if is_known else math.nan for is_known, (first, _) in zip(known, pairs, strict=True)]
        )


@pytest.mark.parametrize("tags", ["-n -n -v", "_N _V _A", "-n -j -n"])
def test_lemmas_with_their_parts_of_speech(tmp_path: Path, tags: str) -> None:
    rows = zip(PAIRS, SCORES, tags.split(), strict=True)
    found = read(tmp_path, "".join(f"{one}{tag} {two}{tag} {score}\n" for (one, two), score, tag in rows))
    assert found.untagged == PAIRS
    scores = measure(Scorer(), found, resamples=0).scores.tolist()
    assert scores == [5 if tags.startswith("-") else 3, 3, 4]


def test_words_with_hyphens_are_not_tagged(tmp_path: Path) -> None:
    assert read(tmp_path, "t-n vitamin-a 3\nboy lad 2\n").untagged is None
    assert read(tmp_path, "x-ray picture-n 3\n").untagged is None


def test_what_was_read_is_in_the_answer(run: Callable[..., Finished], tmp_path: Path) -> None:
    words = sorted({word for pair in PAIRS for word in pair})
    vectors = "".join(f"{word} {n} {n * n % 5} 1\n" for n, word in enumerate(words, 1))
    (tmp_path / "v.txt").write_text(vectors)
    (tmp_path / "scws.txt").write_text(FORMS["SCWS"][0])
    (tmp_path / "plain.txt").write_text(
        table(*(f"{one}|{two}|{n}" for (one, two), n in zip(PAIRS, SCORES, strict=True)))
    )
    found = run("eval-similarity", "v.txt", "scws.txt", "--json").noted("scws.txt", "1", "3", "7", "--columns")
    plain = run("eval-similarity", "v.txt", "plain.txt", "--json").ok()
    assert plain.stderr == ""
    (of_scws,), (of_plain,) = found.json, plain.json
    assert (of_scws["columns"], of_plain["columns"]) == ([1, 3, 7], [0, 1, 2])
    assert of_scws["spearman"] == of_plain["spearman"]
    asked = run("eval-similarity", "v.txt", "scws.txt", "--columns", "1,3,8", "--json").ok()
    assert asked.json[0]["columns"] == [1, 3, 8]
    assert "--columns" not in asked.stderr
