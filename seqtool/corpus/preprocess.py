"""A text on disk → the payload of a corpus artifact.

ids.npy         uint16 or uint32: the tokens of all sentences, each sentence ended by ``<eos>`` (1)
bounds.npy      int64, sentences + 1: sentence i is ``ids[bounds[i]:bounds[i + 1]]``
lengths.npy     uint32, (sentences, 2): characters and UTF-8 bytes of each line in NFC, before case and digits were
                folded, the line end included
vocab.tsv       token and count in the training part, by rank
characters.tsv  the character model that prices unknown words
tokenizer.json  of a bpe or unigram tokenizer, in the Hugging Face format
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqtool import progress
from seqtool.compute.threads import abandonable
from seqtool.corpus.characters import CharacterModel
from seqtool.corpus.corpus import Corpus
from seqtool.corpus.encoding.encode import Encoded, encode
from seqtool.corpus.normalize import Normalizer
from seqtool.corpus.oddities import warn_of_oddities
from seqtool.corpus.options import (
    AUTO_ENCODING,
    BYTES_OF_A_TYPE,
    SUBWORD_TOKENIZERS,
    PreprocessOptions,
    SourceOptions,
    byte_count,
    thread_count,
)
from seqtool.corpus.phrases.scoring import Phrases, PhraseTokenizer
from seqtool.corpus.reading.blocks import BLOCK_BYTES, LONGEST_LINE, Block
from seqtool.corpus.reading.sources import Source, open_sources, tell_encodings
from seqtool.corpus.tokenizers.load import load_tokenizer
from seqtool.corpus.tokenizers.tokenize import Tokenizer
from seqtool.corpus.vocabulary import SPECIALS, Vocabulary, read_token_list, warn_if_foreign
from seqtool.errors import UsageError
from seqtool.options import validate

# How many blocks' worth of memory a thread needs: bytes, decoded text, pretoken numbers, and one waiting.
_BLOCKS_PER_THREAD = 8
_SMALLEST_BLOCK = 1 << 16
_TIMES_A_LINE = 4  # a line is held as pieces, bytes, text and tokens
_MANY_TYPES = 1 << 21  # of a vocabulary that is read


@dataclass(frozen=True)
class EncodedSummary:
    """What was read and written.

    Attributes:
        sources: what was read: name, kind, sha256 (known once read).
        summary: sentences, tokens (``<eos>`` left out), types, characters, bytes, splits, lossless …
        ledger: what was dropped or changed: ``{"what": …, "count": …, "why": …}``.
        vocabulary: the vocabulary written.
    """

    sources: list[Source]
    summary: dict[str, Any]
    ledger: list[dict[str, Any]]
    vocabulary: Vocabulary


def encode_corpus(
    sources: Sequence[Source], source_options: SourceOptions, options: PreprocessOptions, directory: Path
) -> EncodedSummary:
    """Preprocess a text: normalise, tokenise, number, split.

    Args:
        sources: opened (`open_sources`), read one after the other.
        source_options, options: how.
        directory: an existing empty folder, which receives the files above.

    Raises:
        InputError: a source that cannot be read.
        UsageError: options that contradict each other.
    """
    _check(source_options, options)
    only = set(map(Normalizer(options), read_token_list(Path(options.vocab)))) if options.vocab else None
    train = None
    tokenizer = load_tokenizer(options) if options.tokenizer not in SUBWORD_TOKENIZERS else _pretokens_as_tokens()
    if options.tokenizer in SUBWORD_TOKENIZERS:

        def train(pretokens: list[str], counts: NDArray[np.int64]) -> Tokenizer:
            from seqtool.corpus.tokenizers.subword import train_subword

            return abandonable(lambda: train_subword(pretokens, counts, options, directory))

    blocks = _blocks(sources, source_options, options)
    encoded = encode(blocks, source_options, options, tokenizer, directory, train=train, only=only)
    if options.vocab:
        warn_if_foreign(options.vocab, encoded.tokens - encoded.unknown, encoded.tokens)
    CharacterModel.of(encoded.vocabulary).write(directory / "characters.tsv")
    warn_of_oddities(encoded.vocabulary, encoded.splits["train"][1], options)
    if (types := len(encoded.vocabulary)) > _MANY_TYPES:
        needed = BYTES_OF_A_TYPE * types // 1_000_000
        progress.warn(
            f"commands that read these {types:,} types need about {needed:,} MB for them; --max-vocab keeps only the "
            "most frequent"
        )
    return _summary(sources, source_options, encoded, options, tokenizer.lossless)


def encode_text(
    sources: Sequence[str],
    source_options: SourceOptions,
    options: PreprocessOptions,
    tokenizer: Tokenizer,
    directory: Path,
) -> EncodedSummary:
    """Encode a text for a trained model: with its tokenizer, but the text's own full vocabulary.

    `Vocabulary.mapping` gives the ids in the model's vocabulary; the spelling of a token unknown there is still known.

    Args:
        sources, source_options: the text.
        options: the model's; its split and vocabulary limits are left aside.
        tokenizer: the model's.
        directory: an existing empty folder, which receives ids, bounds, lengths and vocabulary.

    Raises:
        InputError: a source that cannot be read.
    """
    options = replace(options, split=None, vocab=None, max_vocab=None)
    _check(source_options, options)
    opened = open_sources(sources, source_options)
    encoded = encode(_blocks(opened, source_options, options), source_options, options, tokenizer, directory)
    if isinstance(tokenizer, PhraseTokenizer):
        encoded = _with_phrases(encoded, options, tokenizer.phrases, directory)
    return _summary(opened, source_options, encoded, options, tokenizer.lossless)


def _with_phrases(encoded: Encoded, options: PreprocessOptions, phrases: Phrases, directory: Path) -> Encoded:
    """Join phrases in what was encoded, in place."""
    from seqtool.corpus.phrases.joining import with_phrases, write_joined

    corpus, folder = Corpus(directory, options), directory / "joined"
    folder.mkdir()
    joined = write_joined(with_phrases(corpus, phrases), len(corpus), folder)
    for file in folder.iterdir():
        file.replace(directory / file.name)
    folder.rmdir()
    return replace(encoded, vocabulary=joined.vocabulary, tokens=joined.tokens)


def _check(source_options: SourceOptions, options: PreprocessOptions) -> None:
    validate(source_options)
    validate(options)
    if options.tokenizer in SUBWORD_TOKENIZERS and (options.vocab or options.max_vocab):
        flag = "--vocab" if options.vocab else "--max-vocab"
        raise UsageError(
            f"{flag} cannot be used with --tokenizer {options.tokenizer}, which learns its own vocabulary",
            "use --vocab-size instead",
        )


def _pretokens_as_tokens() -> Tokenizer:
    from seqtool.corpus.tokenizers.tokenize import SPACED, SplitTokenizer, whole

    return SplitTokenizer("pretokens", whole, mode=SPACED)


def _blocks(sources: Iterable[Source], source_options: SourceOptions, options: PreprocessOptions) -> Iterator[Block]:
    size, longest = BLOCK_BYTES, None
    if options.memory is not None:
        memory = byte_count(options.memory)
        share = memory // (_BLOCKS_PER_THREAD * (thread_count(options.threads) + 1))
        size, longest = max(_SMALLEST_BLOCK, min(size, share)), min(LONGEST_LINE, memory // _TIMES_A_LINE)
    sources = list(sources)
    total = sum(source.size or 0 for source in sources) if all(source.size for source in sources) else None
    with progress.stage("reading", "bytes", total) as stage:
        for source in sources:
            before = 0
            for block in source.blocks(size, longest):
                yield block
                stage.advance(source.bytes_read - before)
                before = source.bytes_read
    tell_encodings(sources, source_options)


_WHY = {
    "bom": ("byte order marks", "removed from the start of a file"),
    "later_boms": ("byte order marks", "removed from line starts (concatenated files)"),
    "crlf": ("carriage returns", "removed from line ends"),
    "nul": ("NUL bytes", "read as white space"),
    "surrogates": ("lone surrogates", "replaced by ?"),
    "replaced": ("invalid byte sequences", "replaced by U+FFFD (--errors replace)"),
    "undecodable": ("lines", "skipped because of invalid bytes (--errors skip)"),
    "blank": ("blank lines", "dropped (--blank-lines drop)"),
    "cr": ("carriage returns", "within lines, read as line ends (--newline any)"),
    "unwrapped": ("line ends", "within paragraphs, replaced by a space or dropped (--unwrap)"),
    "hyphens": ("hyphens", "kept at joined line ends (--unwrap)"),
    "breaks": ("line ends", "within table cells, replaced by a space"),
    "nulls": ("missing cells", "read as blank"),
    "bad_rows": ("rows", "damaged, skipped (--bad-rows skip)"),
    "labels": ("lines", "with several labels, reduced to the first one (--labels first)"),
    "ranges": ("CoNLL-U ranges", "skipped; the words inside are read"),
    "empty_nodes": ("CoNLL-U empty nodes", "skipped (not part of the text)"),
    "joined": ("CoNLL-U sentences", "without a # text comment, built from the word forms"),
    "unspecified": ("words", "without a value (_), read as the token _"),
    "inner_spaces": ("spaces", "within CoNLL-U words, replaced by _"),
}


def changes(counts: Counter[str]) -> list[dict[str, Any]]:
    """What was dropped or changed while a text was read, in words, as rows of a ledger."""
    return [{"what": what, "count": counts[key], "why": why} for key, (what, why) in _WHY.items() if counts[key]]


def _summary(
    sources: Sequence[Source],
    source_options: SourceOptions,
    encoded: Encoded,
    options: PreprocessOptions,
    lossless: bool,
) -> EncodedSummary:
    counts = encoded.totals.counts.copy()
    for source in sources:
        counts.update(source.counts)
    ledger = changes(counts)
    if encoded.unknown:
        why = "missing from --vocab" if options.vocab else f"beyond --max-vocab {options.max_vocab}"
        ledger.append({"what": "tokens", "count": encoded.unknown, "why": f"{why}, replaced by <unk>"})
    summary = {
        "lines_read": encoded.totals.read,
        "sentences": max(end for _, end in encoded.splits.values()),
        "tokens": encoded.tokens,
        "types": len(encoded.vocabulary) - len(SPECIALS),
        "characters": encoded.totals.characters,
        "bytes": encoded.totals.bytes,
        "splits": {name: list(bounds) for name, bounds in encoded.splits.items()},
        "lossless": lossless,
    }
    if len(sources) > 1:
        summary["source_lines"] = [source.lines for source in sources]
    if source_options.encoding == AUTO_ENCODING:
        summary["encodings"] = [source.taken.encoding for source in sources]
    return EncodedSummary(list(sources), summary, ledger, encoded.vocabulary)
