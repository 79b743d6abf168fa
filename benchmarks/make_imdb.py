"""Make the corpus "IMDB, 23 M words" of the benchmarks from the review files.

The reviews of train.tsv.gz, test.tsv.gz and unsup.txt.gz, lower-cased; every run of characters outside a-z, 0-9 and
the apostrophe becomes a space; a review a line. With --raw the reviews are kept as they are.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
from collections.abc import Iterator
from pathlib import Path

_OUTSIDE = re.compile(r"[^a-z0-9']+")


def reviews(folder: Path) -> Iterator[str]:
    """The reviews of the three files, without their labels."""
    for name in ("train.tsv.gz", "test.tsv.gz", "unsup.txt.gz"):
        with gzip.open(folder / name, "rt", encoding="utf-8", newline="\n") as file:
            for line in file:
                yield line.rstrip("\n").partition("\t")[2] if name.endswith(".tsv.gz") else line.rstrip("\n")


def cleaned(review: str) -> str:
    """Lower-cased words of a-z, 0-9 and the apostrophe, a space between them."""
    return _OUTSIDE.sub(" ", review.lower()).strip()


def main() -> None:
    """Write the corpus and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("SEQTOOL_DATA"), help="folder with imdb/")
    parser.add_argument("--raw", action="store_true", help="keep case and punctuation")
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    lines = words = 0
    with arguments.output.open("w", encoding="utf-8", newline="\n") as file:
        for review in reviews(Path(arguments.data) / "imdb"):
            text = review if arguments.raw else cleaned(review)
            file.write(text + "\n")
            lines += 1
            words += len(text.split())
    print(f"{lines:,} lines, {words:,} words, {arguments.output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
