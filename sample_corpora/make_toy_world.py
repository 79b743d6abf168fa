"""Write a toy world: the corpus, and beside it the analogies and similarities planted in it.

python sample_corpora/make_toy_world.py --language en --seed 1 --sentences 16000 -o sample_corpora/toy_world.en.txt
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

from toy_world import Lexicon, list_pairs, list_questions, write_sentences
from toy_world_en import ENGLISH
from toy_world_ko import KOREAN

LEXICONS = {lexicon.language: lexicon for lexicon in (ENGLISH, KOREAN)}
SENTENCES = {"en": 16_000, "ko": 14_000}


def make_files(lexicon: Lexicon, seed: int, sentences: int) -> dict[str, bytes]:
    """Make the contents of the three files, by the end of their names."""
    parts: dict[str, Iterable[str]] = {
        ".txt": write_sentences(lexicon, seed, sentences),
        ".analogies.txt": list_questions(lexicon, seed),
        ".similarity.tsv": list_pairs(lexicon, seed),
    }
    return {ending: "".join(f"{line}\n" for line in lines).encode() for ending, lines in parts.items()}


def main() -> None:
    """Read the options and write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", choices=sorted(LEXICONS), required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sentences", type=int, help="by default 16000 (en), 14000 (ko)")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the corpus, NAME.txt")
    options = parser.parse_args()
    sentences = options.sentences or SENTENCES[options.language]
    for ending, content in make_files(LEXICONS[options.language], options.seed, sentences).items():
        options.output.with_suffix(ending).write_bytes(content)


if __name__ == "__main__":
    main()
