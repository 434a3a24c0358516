"""Near-duplicates across splits: rows that would let a model be tested on what it has read.

MinHash and its index are datasketch's (numpy and scipy, no torch). What the index proposes is checked exactly, so
nothing is dropped by chance. Must never know a data set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from finetune.corpus.row import SPLITS

WORDS = 3
"""Texts are compared by the sets of their runs of this many words."""
ALIKE = 0.8
"""Share of runs in common (Jaccard) from which two texts count as the same."""
SHORT = 40
"""Words; a shorter report is compared together with what is asked of it, or every short sentence would be one."""
PERMUTATIONS = 128


def compared(row: Mapping[str, str]) -> str:
    """What of a row is compared: report and prior, and the words where these are short."""
    text = f"{row['report']}\n{row['prior']}"
    return text if len(text.split()) >= SHORT else f"{text}\n{row['words']}"


def runs(text: str) -> frozenset[bytes]:
    """The runs of words of a text, whatever the case and the punctuation, as digests."""
    words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
    spans = range(max(1, len(words) - WORDS + 1))
    return frozenset(blake2b(" ".join(words[i : i + WORDS]).encode(), digest_size=8).digest() for i in spans)


def crossing(rows: Sequence[Mapping[str, str]], splits: Sequence[str]) -> dict[int, int]:
    """Rows to leave out -> the row of another split that each resembles.

    Test rows always stay; a validation row gives way to test, a train row to both. rows may be read from disk: each is
    looked at once, and again when another one may resemble it.
    """
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=ALIKE, num_perm=PERMUTATIONS)
    empty = MinHash(num_perm=PERMUTATIONS, seed=1)
    same: dict[bytes, int] = {}
    dropped: dict[int, int] = {}
    for split in reversed(SPLITS):
        fresh: list[tuple[int, Any]] = []
        for number in (i for i, own in enumerate(splits) if own == split):
            shingles = runs(compared(rows[number]))
            key = blake2b(b"".join(sorted(shingles)), digest_size=16).digest()
            if key in same:
                if splits[same[key]] != split:
                    dropped[number] = same[key]
                continue
            hashed = empty.copy()
            hashed.update_batch(list(shingles))
            match = _resembled(shingles, index.query(hashed), rows)
            if match is not None:
                dropped[number] = match
                continue
            same[key] = number
            if split != SPLITS[0]:
                fresh.append((number, hashed))
        for number, hashed in fresh:
            index.insert(number, hashed)
    return dropped


def _resembled(shingles: frozenset[bytes], proposed: Sequence[int], rows: Sequence[Mapping[str, str]]) -> int | None:
    """The first of the proposed rows that is alike indeed."""
    for number in sorted(proposed):
        other = runs(compared(rows[number]))
        if len(shingles & other) >= ALIKE * len(shingles | other):
            return number
    return None
