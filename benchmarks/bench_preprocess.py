"""From a text file to ids: seqtool beside pyarrow and Hugging Face tokenizers.

    seqtool     file → corpus artifact on disk: vocabulary, ids, sentence bounds, lengths, digests
    pyarrow     file → dictionary-encoded words in memory, per chunk and merged; no sentence bounds
    tokenizers  WordLevel: train on the file, then encode it line by line in batches; ids in memory

Every contestant is a process of its own, timed from its start; they alternate.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Run, alternate, medians, run, save, setting

PYARROW = """
import sys
import pyarrow as pa, pyarrow.compute as pc
from concurrent.futures import ThreadPoolExecutor
data = open(sys.argv[1], "rb").read()
edges = [0]
while edges[-1] < len(data):
    edges.append(data.find(b"\\n", min(len(data) - 1, edges[-1] + (8 << 20))) + 1 or len(data))
def words(edge):
    text = pa.array([data[edge[0]:edge[1]].decode()], pa.large_string())
    return pc.dictionary_encode(pc.list_flatten(pc.ascii_split_whitespace(text)))
with ThreadPoolExecutor(2) as pool:
    ids = pa.chunked_array(list(pool.map(words, zip(edges, edges[1:])))).unify_dictionaries()
print(len(ids), len(ids.chunk(0).dictionary))
"""
TOKENIZERS = """
import sys
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
tokenizer.train([sys.argv[1]],
                trainers.WordLevelTrainer(vocab_size=1_000_000, special_tokens=["<unk>", "<eos>"], show_progress=False))
total, batch = 0, []
for line in open(sys.argv[1], encoding="utf-8"):
    batch.append(line)
    if len(batch) == 1000:
        total += sum(len(e.ids) for e in tokenizer.encode_batch_fast(batch)); batch = []
total += sum(len(e.ids) for e in tokenizer.encode_batch_fast(batch))
print(total)
"""


def seqtool(text: Path, tokenizer: str) -> Run:
    """``seqtool preprocess`` into a fresh folder."""
    with tempfile.TemporaryDirectory(dir=text.parent) as folder:
        command = [sys.executable, "-m", "seqtool", "preprocess", str(text), "--tokenizer", tokenizer]
        return run([*command, "-o", f"{folder}/c.corpus", "--quiet"])


def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("SEQTOOL_DATA"), help="folder with imdb/")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", type=Path, help="keep the made corpora here")
    arguments = parser.parse_args()
    work = arguments.work or Path(tempfile.mkdtemp())
    clean, raw = work / "imdb.txt", work / "imdb-raw.txt"
    for path, option in ((clean, []), (raw, ["--raw"])):
        if not path.exists():
            make = [sys.executable, str(Path(__file__).parent / "make_imdb.py"), "--data", arguments.data, str(path)]
            subprocess.run([*make, *option], check=True)
    contestants = {
        "seqtool whitespace": lambda: seqtool(clean, "whitespace"),
        "seqtool word": lambda: seqtool(clean, "word"),
        "seqtool word, raw text": lambda: seqtool(raw, "word"),
        "pyarrow, 2 threads": lambda: run([sys.executable, "-c", PYARROW, str(clean)]),
        "tokenizers WordLevel": lambda: run([sys.executable, "-c", TOKENIZERS, str(clean)]),
    }
    result = medians(alternate(contestants, arguments.rounds))
    words = {name: sum(len(line.split()) for line in path.open()) for name, path in (("clean", clean), ("raw", raw))}
    rows = ["| | wall s (median) | peak MiB | M words/s |", "|---|---:|---:|---:|"]
    for name, median in result.items():
        count = words["raw" if "raw" in name else "clean"]
        rows.append(f"| {name} | {median.seconds:.2f} | {median.peak_mib:.0f} | {count / median.seconds / 1e6:.1f} |")
    where = setting("seqtool", "numpy", "numba", "pyarrow", "tokenizers") | {"rounds": arguments.rounds, "words": words}
    save("bench_preprocess", where, "\n".join(rows), {name: vars(median) for name, median in result.items()})
    if arguments.work is None:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
