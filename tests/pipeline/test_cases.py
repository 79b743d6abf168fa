"""Files as users of other tools have them: each is read as its format says, or refused with the reason.

The inputs are made here. Where SEQTOOL_CASES names a folder of the same cases (one folder each, with the files that
the tests name), those files are read instead, and the same must hold.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from finished import Finished, says

Run = Callable[..., Finished]

_IRSTLM = """
\\data\\
ngram  1=         5
ngram  2=\t4
\\1-grams:
-0.9\t<s>\t-0.3
-0.7\ta\t-0.2
-0.8\tb\t-0.1
-0.9\t</s>
-1.2 <unk>
\\2-grams:
-0.3\t<s> a
-0.4\ta b
-0.5\tb </s>
-0.6\tb a
\\end\\
"""
_PADDED = """\\data\\ \nngram 1=4 \nngram 2=3\r\n \t \n\\1-grams: \n-0.9\t<s>\t-0.3 \n-0.7\ta\t-0.2\t\n-0.8\tb\t-0.1
-0.9\t</s>\n  \n\\2-grams: \n-0.3\t<s> a\n-0.4\ta b \n-0.5\tb </s>\n   \n\\end\\ \n"""
_CONLLU = """# sent_id = 1
# text = Dogs run .
1\tDogs\tdog\tNOUN\tNNS\t_\t2\tnsubj\t_\t_
2\trun\trun\tVERB\tVBP\t_\t0\troot\t_\tSpaceAfter=No
3\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_

# sent_id = 2
# text = Ann vámonos
1\tAnn\tAnn\tPROPN\tNNP\t_\t2\tnsubj\t_\t_
2-3\tvámonos\t_\t_\t_\t_\t_\t_\t_\t_
2\tvamos\tir\tVERB\tVBP\t_\t0\troot\t_\t_
3\tnos\tnos\tPRON\tPRP\t_\t2\tobj\t_\t_

"""
_NAVER = "1\t이 순신\tPER_B\n2\t장군\tPER_I\n3\t만세\t-\n4\t한국\tORG_B\n5\t은행\tORG_I\n6\t갔다\t-\n\n"
_SPACED = "Ann\tB-PER\nruns\tO \nfast\tO\n\t\nBob\tB-PER \nsits\tO\n\n"

REMADE: dict[str, dict[str, str]] = {
    "01-arpa-irstlm": {"irstlm.lm": _IRSTLM, "test.txt": "a b\nb a zz\n"},
    "02-arpa-padded": {"padded.arpa": _PADDED, "test.txt": "a b\n"},
    "05-text-with-tags": {"tagged.txt": "<s> one bird sang </s>\n<s> one frog sang </s>\n<s> the end </s>\n"},
    "06-cr-only": {"mac.txt": "line one here\rline two here\rline three here\r"},
    "11-vocab-with-counts": {
        "glove_vocab.txt": "the 2\nsat 2\ncat 1\n",
        "w2v_vocab.txt": "</s> 2\r\nthe 2\r\nsat 2\r\n",
        "t.txt": "the cat sat\nthe dog sat\n",
    },
    "12-long-line": {},
    "13-cp949": {},
    "14-tsv-stray-tab": {
        "r.tsv": "label\ttext\n1\tgood film\n0\tbad\tfilm really\n1\tfine\n",
        "nohead.tsv": "1\tgood film\n0\tbad\tfilm really\n1\tfine\n",
    },
    "15-csv-unquoted-comma": {
        "r.csv": "label,text\n1,good film\n0,bad, really bad film\n1,fine\n",
        "cls.csv": "text,label\nthe film, which was long, was bad,0\ngood film,1\ngreat film,1\nbad one,0\n",
    },
    "17-json-array": {
        "one.json": '[{"text": "a b"}, {"text": "c d"}]\n',
        "pretty.json": '[\n  {"text": "a b"},\n  {"text": "c d"}\n]\n',
        "nested.json": '{"data": [{"text": "a b"}]}\n',
        "bom.jsonl": '\ufeff{"text": "a b"}\r\n{"text": "c d"}\n',
        "missing.jsonl": '{"text": "a b", "meta": 1}\n{"meta": 2}\n',
        "deep.jsonl": '{"doc": {"text": "a b"}}\n',
    },
    "18-json-nan": {
        "n.jsonl": '{"text": "good film"}\n{"text": NaN}\n{"text": null}\n{"text": true}\n{"text": 1e3}\n',
        "na.csv": "label,text\n1,NA\n0,null\n1,nan\n0,\n",
    },
    "21-conllu": {
        "s.conllu": _CONLLU,
        "hash.txt": "the O\n# O\n1 O\nprize O\n\n# O\nme B-PER\nnow O\n\n",
    },
    "23-suffix-labels": {
        "judged.txt": "1\t이 순신\tPER_B\tPER_B\n2\t장군\tPER_I\t-\n3\t만세\t-\t-\n"
        "4\t한국\tORG_B\tORG_B\n5\t은행\tORG_I\t-\n6\t갔다\t-\t-\n",
        "suffix.txt": "a\tPER-B\tPER-B\nb\tPER-I\tO\nc\tO\tO\nd\tPER-B\tPER-B\ne\tPER-B\tPER-I\n",
        "under.txt": "a\tB_PER\tB_PER\nb\tI_PER\tO\nc\tO\tO\n",
        "zero.txt": "a\t0\t0\nb\tB-PER\t0\nc\t0\t0\nd\t0\t0\n",
        "naver.txt": _NAVER * 3,
    },
    "25-label-trailing-space": {
        "tr.txt": _SPACED * 3,
        "judged.txt": "Ann\tB-PER\tB-PER\r\nruns\tO\tO \r\nfast\tO \tO\r\n\r\nBob\tB-PER \tB-PER\r\n",
        "trailtab.txt": "Ann\tB-PER\t\nruns\tO\t\n",
    },
    "27-fasttext-multilabel": {
        "cook.txt": "__label__sauce __label__cheese thick white sauce\n__label__oven bake it\n__label__cheese melt it\n"
        * 3,
        "comma.txt": "__label__1 , first text\n__label__2 , second text\n__label__1, third text\n",
        "end.txt": "bake it __label__oven\nmelt it __label__cheese\n" * 2,
    },
}

_SMALL = ("--hidden-dim", 8, "--emb-dim", 8, "--epochs", 1, "--device", "cpu", "--threads", 1)


@pytest.fixture
def case(tmp_path: Path) -> Callable[[str], Path]:
    """Put the files of a case into ``tmp_path``."""

    def place(name: str) -> Path:
        given = os.environ.get("SEQTOOL_CASES")
        if given:
            shutil.copytree(Path(given) / name, tmp_path, dirs_exist_ok=True)
        else:
            for file, text in REMADE[name].items():
                (tmp_path / file).write_bytes(text.encode())
        return tmp_path

    return place


def tokens(run: Run, corpus: str) -> dict[str, int]:
    """The vocabulary of a corpus without its special tokens, with counts."""
    lines = run("vocab", corpus, "--format", "tsv").ok().stdout.splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    return {token: int(count) for _, token, count, *_ in rows if token not in ("<unk>", "<eos>")}


def scores(run: Run, model: str, text: str) -> list[float]:
    header, *rows = [line.split("\t") for line in run("score", model, text, "--format", "tsv").ok().stdout.splitlines()]
    return [float(row[header.index("log10_probability")]) for row in rows]


@pytest.mark.parametrize(("name", "model"), [("01-arpa-irstlm", "irstlm.lm"), ("02-arpa-padded", "padded.arpa")])
def test_arpa_files_of_other_tools_are_read(case: Callable[[str], Path], run: Run, name: str, model: str) -> None:
    case(name)
    assert scores(run, model, "test.txt")[0] == pytest.approx(-0.3 - 0.4 - 0.5)


def test_tags_of_sentences_in_a_text_are_named_and_never_written_twice(case: Callable[[str], Path], run: Run) -> None:
    folder = case("05-text-with-tags")
    assert "<s>" in run("doctor", "tagged.txt", "--format", "tsv").stdout
    trained = run("train-ngram", "tagged.txt", "--order", 2, "--arpa", "m.arpa", "-o", "m.lm")
    if trained.returncode:
        assert "s>" in trained.failed(1).stderr
        assert not (folder / "m.arpa").exists()
        return
    unigrams = (folder / "m.arpa").read_text().partition("\\1-grams:")[2].partition("\\2-grams:")[0]
    assert [line.split("\t")[1] for line in unigrams.split("\n") if "\t" in line].count("<s>") == 1
    assert scores(run, "m.arpa", "tagged.txt") == pytest.approx(scores(run, "m.lm", "tagged.txt"), abs=1e-4)


def test_a_text_with_cr_line_ends_is_named(case: Callable[[str], Path], run: Run) -> None:
    case("06-cr-only")
    run("preprocess", "mac.txt", "-o", "mac.corpus").noted("carriage returns")
    assert says(run("doctor", "mac.txt", "--format", "tsv").ok().stdout, "carriage returns", "--newline any")


@pytest.mark.parametrize("vocabulary", ["glove_vocab.txt", "w2v_vocab.txt"])
def test_counts_in_a_vocabulary_are_no_part_of_its_words(
    case: Callable[[str], Path], run: Run, vocabulary: str
) -> None:
    case("11-vocab-with-counts")
    run("preprocess", "t.txt", "--vocab", vocabulary, "-o", "v.corpus").ok()
    found = tokens(run, "v.corpus")
    assert found["the"] == 2
    assert found["sat"] == 2
    assert "dog" not in found


@pytest.mark.long
@pytest.mark.parametrize("tokenizer", ["bpe", "unigram"])
def test_a_line_without_spaces_ends_in_good_time(
    case: Callable[[str], Path], cli: Run, tmp_path: Path, tokenizer: str
) -> None:
    case("12-long-line")
    draw = random.Random(1)
    (tmp_path / "dna.txt").write_text("".join(draw.choices("ACGT", k=1_000_000)) + "\n")
    options = ("--tokenizer", tokenizer, "--vocab-size", 1000, "-o", "dna.corpus", "-q")
    assert cli("preprocess", "dna.txt", *options, timeout=300).returncode == 0


@pytest.mark.parametrize(
    ("text", "written", "asked", "named"),
    [
        ("안녕 똠방각하 뷁\n둘째 줄\n", "cp949", "euc-kr", "cp949"),
        ("①番目 ㈱会社\n", "cp932", "shift_jis", "cp932"),
    ],
)
def test_a_narrow_encoding_is_read_or_its_wider_one_is_named(
    run: Run, tmp_path: Path, text: str, written: str, asked: str, named: str
) -> None:
    (tmp_path / "k.txt").write_bytes(text.encode(written))
    done = run("preprocess", "k.txt", "--encoding", asked, "-o", "k.corpus")
    assert done.returncode == 1
    assert named in done.stderr
    run("preprocess", "k.txt", "--encoding", named, "-o", "k.corpus").ok()
    assert tokens(run, "k.corpus").keys() == set(text.split())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "auto"])
def test_utf_16_without_a_mark_is_read_or_refused_never_garbled(run: Run, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "u.txt").write_bytes("안녕 친구\n다시 안녕\n".encode("utf-16-le"))
    run("preprocess", "u.txt", "-o", "plain.corpus").failed(1)
    done = run("preprocess", "u.txt", "--encoding", encoding, "-o", "u.corpus")
    assert done.returncode == 1 or tokens(run, "u.corpus") == {"안녕": 2, "친구": 1, "다시": 1}


@pytest.mark.parametrize(
    ("name", "file", "column", "line"),
    [
        ("14-tsv-stray-tab", "r.tsv", "text", 3),
        ("14-tsv-stray-tab", "nohead.tsv", "1", 2),
        ("15-csv-unquoted-comma", "r.csv", "text", 3),
    ],
)
def test_a_row_of_another_width_is_refused_or_counted(
    case: Callable[[str], Path], run: Run, name: str, file: str, column: str, line: int
) -> None:
    case(name)
    refused = run("preprocess", file, "--column", column, "-o", "r.corpus")
    refused.failed(1, f"line {line}")
    done = run("preprocess", file, "--column", column, "--bad-rows", "skip", "-o", "r.corpus", "--json")
    done.ok()
    assert tokens(run, "r.corpus") == {"good": 1, "film": 1, "fine": 1}
    assert [row["count"] for row in done.json["dropped"]] == [1]


def test_an_unquoted_comma_makes_no_label(case: Callable[[str], Path], run: Run) -> None:
    case("15-csv-unquoted-comma")
    done = run("train-classifier", "cls.csv", "--arch", "tfidf", "-o", "c.classifier")
    done.failed(1, "line 2")


def test_json_documents_are_read_or_named(case: Callable[[str], Path], run: Run) -> None:
    case("17-json-array")
    for file in ("one.json", "pretty.json", "bom.jsonl"):
        done = run("preprocess", file, "-o", f"{file}.corpus")
        done.ok()
        assert tokens(run, f"{file}.corpus") == {"a": 1, "b": 1, "c": 1, "d": 1}
    run("preprocess", "nested.json", "-o", "n.corpus").failed(1)
    missing = run("preprocess", "missing.jsonl", "-o", "m.corpus")
    missing.failed(1, "line 2")
    run("preprocess", "deep.jsonl", "--column", "doc", "-o", "d.corpus").failed(1)


def test_nan_is_a_missing_text_and_na_a_word(case: Callable[[str], Path], run: Run) -> None:
    case("18-json-nan")
    done = run("preprocess", "n.jsonl", "-o", "n.corpus", "--json")
    found = tokens(run, "n.corpus")
    assert found["good"] == found["film"] == 1
    assert not {"nan", "NaN", "None"} & found.keys()
    assert sum(row["count"] for row in done.json["dropped"]) == 2
    run("preprocess", "na.csv", "-o", "na.corpus")
    assert tokens(run, "na.corpus") == {"NA": 1, "null": 1, "nan": 1}


def test_comments_and_ranges_of_conllu_are_no_words(case: Callable[[str], Path], run: Run) -> None:
    folder = case("21-conllu")
    treebank = (folder / "s.conllu").read_text()
    (folder / "train.conllu").write_text(treebank * 8)
    for columns in (("--word-column", 1, "--label-column", 3),):
        done = run("train-tagger", "train.conllu", *columns, *_SMALL, "-o", "u.tagger")
        done.ok()
        words = {line.split("\t")[0].lower() for line in (folder / "u.tagger" / "vocab.tsv").read_text().splitlines()}
        assert {"dogs", "run", "ann", "vamos", "nos"} <= words
        assert not {"#", "vámonos", "sent_id"} & words
    done = run("train-tagger", "hash.txt", *_SMALL, "-o", "h.tagger")
    done.ok()
    assert "#" in {line.split("\t")[0] for line in (folder / "h.tagger" / "vocab.tsv").read_text().splitlines()}


def test_a_treebank_as_a_text_is_its_sentences(case: Callable[[str], Path], run: Run) -> None:
    case("21-conllu")
    run("preprocess", "s.conllu", "-o", "text.corpus").ok()
    assert tokens(run, "text.corpus") == {"Dogs": 1, "run": 1, ".": 1, "Ann": 1, "vámonos": 1}
    run("preprocess", "s.conllu", "--column", "lemma", "-o", "lemma.corpus").ok()
    assert {"dog", "ir"} <= tokens(run, "lemma.corpus").keys()


@pytest.mark.parametrize("file", ["judged.txt", "suffix.txt"])
def test_spans_of_suffix_labels_are_spans(case: Callable[[str], Path], run: Run, file: str) -> None:
    case("23-suffix-labels")
    done = run("eval-labels", file, "--columns", "--json")
    done.ok()
    assert done.json["f1"] == 0


def test_marks_for_outside_are_no_entities(case: Callable[[str], Path], run: Run) -> None:
    folder = case("23-suffix-labels")
    found = run("eval-labels", "zero.txt", "--columns", "--json").ok().json
    assert found["f1"] == 0
    assert "0" not in found["labels"]
    done = run("train-tagger", "naver.txt", "--word-column", 1, *_SMALL, "-o", "n.tagger")
    done.ok()
    assert (folder / "n.tagger" / "labels.tsv").exists()


def test_blanks_after_a_label_are_no_part_of_it(case: Callable[[str], Path], run: Run) -> None:
    folder = case("25-label-trailing-space")
    run("train-tagger", "tr.txt", *_SMALL, "-o", "t.tagger").ok()
    labels = (folder / "t.tagger" / "labels.tsv").read_text().splitlines()
    assert sorted(line.split("\t")[0] for line in labels) == ["B-PER", "O"]
    assert run("eval-labels", "judged.txt", "--columns", "--json").ok().json["f1"] == 1
    run("train-tagger", "trailtab.txt", *_SMALL, "-o", "e.tagger").ok()
    labels = (folder / "e.tagger" / "labels.tsv").read_text().splitlines()
    assert sorted(line.split("\t")[0] for line in labels) == ["B-PER", "O"]


def test_several_labels_of_fasttext_are_refused_or_the_first_is_taken(case: Callable[[str], Path], run: Run) -> None:
    folder = case("27-fasttext-multilabel")
    refused = run("train-classifier", "cook.txt", "--arch", "tfidf", "-o", "k.classifier")
    refused.failed(1, "--labels first")
    run("train-classifier", "cook.txt", "--labels", "first", "--arch", "tfidf", "-o", "k.classifier").ok()
    run("train-classifier", "comma.txt", "--arch", "tfidf", "-o", "c.classifier").failed(1)
    run("train-classifier", "end.txt", "--arch", "tfidf", "-o", "e.classifier").ok()
    labels = (folder / "e.classifier" / "labels.tsv").read_text().splitlines()
    assert sorted(line.split("\t")[0] for line in labels) == ["cheese", "oven"]
