"""A toy world: a grammar that plants analogies and similarities in a corpus.

Every target word is an *identity* (king/queen, walk/walked) in a *role* (female, past tense).
A frame puts the word, context words of its identity and context words of its role into one sentence,
all within five words of it. The vectors of `queen` and `woman` then differ from those of `king` and `man`
by the same offset (Mikolov, Yih & Zweig 2013), whatever the method that learns them.

`Lexicon` holds the data, `write_sentences` reads it into text, `list_questions` and `list_pairs` into
the answers that were planted.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

QUESTIONS_PER_SECTION = 60
PAIRS_PER_RELATION = 26
SIMILARITY = {"identity": 8.0, "role": 6.0, "family": 3.0, "none": 0.0}
"""Planted similarity of two words that share their identity, their role, only their family, or nothing."""

T = TypeVar("T")
Pools = dict[str, tuple[str, ...]]
_SLOT = re.compile(r"\{([a-z]+)(\d*)\}")


@dataclass(frozen=True)
class Role:
    """A grammatical form: the context words of everything that has it, and frames of its own if need be."""

    name: str
    pools: Pools
    frames: tuple[str, ...] = ()


@dataclass(frozen=True)
class Identity:
    """One meaning: its word in each role, and the context words these words have in common."""

    words: tuple[str, ...]
    pools: Pools


@dataclass(frozen=True)
class Family:
    """Identities that come in the same roles, the frames for them, and the analogy sections asked about them."""

    name: str
    roles: tuple[Role, ...]
    identities: tuple[Identity, ...]
    sections: tuple[tuple[str, int, int], ...]
    frames: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lexicon:
    """A language: its families, the pools that every frame may use, and a last touch to each sentence."""

    language: str
    families: tuple[Family, ...]
    pools: Pools
    finish: Callable[[str], str] = field(default=str)


@dataclass(frozen=True)
class Target:
    """A word to be planted: identity and role are positions in the family."""

    family: Family
    identity: int
    role: int

    @property
    def word(self) -> str:
        """The word as it stands in the text."""
        return self.family.identities[self.identity].words[self.role]


def read_pools(text: str) -> Pools:
    """Read lines `name: one | or two words | three`."""
    pools: Pools = {}
    for line in text.strip().splitlines():
        name, choices = line.split(":", 1)
        pools[name.strip()] = tuple(choice.strip() for choice in choices.split("|"))
    return pools


def read_identities(text: str, columns: str) -> tuple[Identity, ...]:
    """Read lines `words | context words | …`, a column of context words for each name in `columns`."""
    names = columns.split()
    identities = []
    for line in text.strip().splitlines():
        words, *contexts = (tuple(cell.split()) for cell in line.split("|"))
        identities.append(Identity(words, dict(zip(names, contexts, strict=True))))
    return tuple(identities)


def read_frames(text: str) -> tuple[str, ...]:
    """Read a frame a line."""
    return tuple(line.strip() for line in text.strip().splitlines())


def list_targets(lexicon: Lexicon) -> list[Target]:
    """Every word that the world plants."""
    return [
        Target(family, identity, role)
        for family in lexicon.families
        for identity in range(len(family.identities))
        for role in range(len(family.roles))
    ]


def pick(random: Random, choices: Sequence[T]) -> T:
    """Draw a choice, from `random.random()` alone, the one sequence that Python promises for a seed."""
    return choices[int(random.random() * len(choices))]


def shuffle(random: Random, items: Sequence[T]) -> list[T]:
    """Return the items in random order."""
    keys = [random.random() for _ in items]
    return [items[position] for position in sorted(range(len(items)), key=keys.__getitem__)]


def write_sentence(random: Random, lexicon: Lexicon, target: Target) -> str:
    """Write one sentence around a target: a frame, its slots filled, no pool giving the same choice twice."""
    role = target.family.roles[target.role]
    identity = target.family.identities[target.identity]
    pools = {**lexicon.pools, **role.pools, **identity.pools, "w": (target.word,)}
    used: dict[str, str] = {}

    def fill(slot: re.Match[str]) -> str:
        name = slot.group(1)
        if slot.group(0) not in used:
            taken = {choice for key, choice in used.items() if key.startswith("{" + name)}
            free = [choice for choice in pools[name] if choice not in taken]
            used[slot.group(0)] = pick(random, free)
        return used[slot.group(0)]

    return lexicon.finish(_SLOT.sub(fill, pick(random, role.frames or target.family.frames)))


def write_sentences(lexicon: Lexicon, seed: int, count: int) -> Iterator[str]:
    """Write `count` sentences, every target equally often, in random order."""
    random = Random(seed)
    targets = list_targets(lexicon)
    for start in range(0, count, len(targets)):
        for target in shuffle(random, targets)[: count - start]:
            yield write_sentence(random, lexicon, target)


def list_questions(lexicon: Lexicon, seed: int) -> Iterator[str]:
    """List the analogy file: `: section`, then `a b c d` where a is to b as c is to d."""
    random = Random(seed)
    for family in lexicon.families:
        count = len(family.identities)
        pairs = [(first, second) for first in range(count) for second in range(count) if first != second]
        for section, left, right in family.sections:
            yield f": {section}"
            for first, second in shuffle(random, pairs)[:QUESTIONS_PER_SECTION]:
                a, c = family.identities[first].words, family.identities[second].words
                yield f"{a[left]} {a[right]} {c[left]} {c[right]}"


def name_relation(first: Target, second: Target) -> str:
    """Name the most that two targets share; a key of `SIMILARITY`."""
    if first.family is not second.family:
        return "none"
    if first.identity == second.identity:
        return "identity"
    return "role" if first.role == second.role else "family"


def list_pairs(lexicon: Lexicon, seed: int) -> Iterator[str]:
    """List the similarity file: a header, then `word1 TAB word2 TAB score`."""
    random = Random(seed)
    targets = list_targets(lexicon)
    pairs: dict[str, list[tuple[Target, Target]]] = {relation: [] for relation in SIMILARITY}
    for position, first in enumerate(targets):
        for second in targets[position + 1 :]:
            pairs[name_relation(first, second)].append((first, second))
    yield "word1\tword2\tscore"
    for relation, score in SIMILARITY.items():
        for first, second in shuffle(random, pairs[relation])[:PAIRS_PER_RELATION]:
            yield f"{first.word}\t{second.word}\t{score}"
