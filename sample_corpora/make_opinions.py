"""Opinions with a label each, in English and Korean, and sentences with chunks, all drawn from small grammars.

    python sample_corpora/make_opinions.py

writes opinions.en.tsv, opinions.ko.tsv and chunks.en.txt beside this file. A label follows from the words and from what
negates them, so that a bag of words is not enough: "not good" is neg.
"""

from __future__ import annotations

import random
from pathlib import Path

FOLDER = Path(__file__).parent
COUNT, CHUNKED, SEED = 600, 300, 1

THINGS_EN = ("film", "story", "music", "ending", "cast", "book", "song", "play", "soup", "room")
GOOD_EN = ("good", "fine", "warm", "clever", "lovely", "moving", "bright", "fresh")
BAD_EN = ("bad", "dull", "cold", "silly", "weak", "boring", "grey", "stale")
OPENINGS_EN = ("", "for me", "all in all", "last night", "to be honest", "as I said")
PLAIN_EN = ("I saw it with my sister", "we came by train", "it was raining", "the hall was full", "it took two hours")

THINGS_KO = ("영화는", "이야기는", "음악은", "결말은", "배우는", "책은", "노래는", "연극은", "국은", "방은")
GOOD_KO = ("좋았다", "훌륭했다", "따뜻했다", "재미있었다", "아름다웠다", "감동적이었다", "밝았다", "새로웠다")
BAD_KO = ("나빴다", "지루했다", "차가웠다", "엉성했다", "약했다", "답답했다", "어두웠다", "뻔했다")
NOT_GOOD_KO = ("좋지 않았다", "훌륭하지 않았다", "따뜻하지 않았다", "재미있지 않았다", "아름답지 않았다")
NOT_BAD_KO = ("나쁘지 않았다", "지루하지 않았다", "차갑지 않았다", "엉성하지 않았다", "뻔하지 않았다")
OPENINGS_KO = ("", "내게는", "솔직히", "어젯밤에", "다시 봐도", "말했듯이")
PLAIN_KO = ("동생과 함께 봤다", "기차를 타고 갔다", "비가 왔다", "자리가 꽉 찼다", "두 시간이 걸렸다")

DETERMINERS, ADJECTIVES = ("the", "a", "this"), ("old", "small", "green", "quiet")
NOUNS = ("river", "teacher", "garden", "letter", "clock", "bird")
VERBS, PARTICIPLES = ("sees", "finds", "leaves", "paints"), ("waiting", "sleeping", "singing")
PREPOSITIONS = ("in", "near", "with", "behind")


def english(draw: random.Random, good: bool) -> str:
    """An opinion; a third of them say it by denying the opposite."""
    negated = draw.random() < 1 / 3
    word = draw.choice(GOOD_EN if good != negated else BAD_EN)
    said = f"the {draw.choice(THINGS_EN)} was {'not ' if negated else ''}{word}"
    return mixed(draw, draw.choice(OPENINGS_EN), said, draw.choice(PLAIN_EN))


def korean(draw: random.Random, good: bool) -> str:
    """The same in Korean."""
    negated = draw.random() < 1 / 3
    words = (NOT_BAD_KO if negated else GOOD_KO) if good else (NOT_GOOD_KO if negated else BAD_KO)
    said = f"{draw.choice(THINGS_KO)} {draw.choice(words)}"
    return mixed(draw, draw.choice(OPENINGS_KO), said, draw.choice(PLAIN_KO))


def mixed(draw: random.Random, opening: str, said: str, plain: str) -> str:
    """What was said, with something else before or after it."""
    parts = [f"{opening} {said}".strip()]
    if draw.random() < 2 / 3:
        parts.insert(draw.choice((0, 1)), plain)
    return " . ".join(parts) + " ."


def noun_phrase(draw: random.Random) -> list[tuple[str, str, str]]:
    """Determiner, adjectives, noun."""
    words = [(draw.choice(DETERMINERS), "DT")]
    words += [(draw.choice(ADJECTIVES), "JJ") for _ in range(draw.choice((0, 0, 1, 2)))]
    words.append((draw.choice(NOUNS), "NN"))
    return [(word, tag, "B-NP" if place == 0 else "I-NP") for place, (word, tag) in enumerate(words)]


def chunked(draw: random.Random) -> list[tuple[str, str, str]]:
    """A sentence of words, parts of speech and chunks."""
    words = noun_phrase(draw)
    if draw.random() < 0.4:
        words += [("is", "VBZ", "B-VP"), (draw.choice(PARTICIPLES), "VBG", "I-VP")]
    else:
        words += [(draw.choice(VERBS), "VBZ", "B-VP"), *noun_phrase(draw)]
    for _ in range(draw.choice((0, 1, 2))):
        words += [(draw.choice(PREPOSITIONS), "IN", "B-PP"), *noun_phrase(draw)]
    return [*words, (".", ".", "O")]


def main() -> None:
    """Write the three files."""
    for name, opinion in (("en", english), ("ko", korean)):
        draw = random.Random(SEED)
        labels = [draw.random() < 0.5 for _ in range(COUNT)]
        lines = [f"{'pos' if good else 'neg'}\t{opinion(draw, good)}\n" for good in labels]
        (FOLDER / f"opinions.{name}.tsv").write_text("".join(lines), encoding="utf-8")
    draw = random.Random(SEED)
    sentences = ("".join(" ".join(word) + "\n" for word in chunked(draw)) for _ in range(CHUNKED))
    (FOLDER / "chunks.en.txt").write_text("\n".join(sentences) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
