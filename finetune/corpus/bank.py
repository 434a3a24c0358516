"""Phrase banks: the words the synthetic reports are written with, read from `banks/NAME.toml`.

May import the standard library and `radlite_tui.errors`; must never hold phrases itself. A bank has two kinds of slot:

    [terms]                     words of the field that train and test must share: anatomy, guideline descriptors
    "shape.taller" = [...]
    [phrases."carrier"]         our own sentences and paraphrases, disjoint between the splits
    train = [...]
    test = [...]

Paraphrases of a key of `terms` stand under `phrases.also.KEY`. A long list of single words may be one string with white
space between them. Keys may be nested tables; they are joined with dots. Disjointness is checked on loading.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from finetune.corpus.case import Split
from radlite_tui.errors import BadInput

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

BANKS = Path(__file__).parent / "banks"

Slots = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Bank:
    """One bank as one split sees it. `train` and `validation` write with the train phrases, `test` with its own."""

    name: str
    split: Split
    _terms: Slots
    _phrases: Slots

    @staticmethod
    def load(name: str, split: Split) -> Bank:
        """The bank `banks/{name}.toml`. Raises BadInput naming the file and key when it is malformed."""
        terms, train, test = _read(name)
        return Bank(name, split, terms, test if split == "test" else train)

    def terms(self, key: str) -> tuple[str, ...]:
        """The shared words under `terms.KEY`."""
        return self._slot(self._terms, "terms", key)

    def phrases(self, key: str) -> tuple[str, ...]:
        """This split's phrases under `phrases.KEY`."""
        return self._slot(self._phrases, "phrases", key)

    def words(self, key: str) -> tuple[str, ...]:
        """The shared words under `terms.KEY` and this split's own paraphrases under `phrases.also.KEY`."""
        return (*self.terms(key), *self._phrases.get(f"also.{key}", ()))

    def has(self, key: str) -> bool:
        """Whether the bank has the key, as phrases or as terms."""
        return key in self._phrases or key in self._terms

    def pick(self, rng: random.Random, key: str) -> str:
        """One of the phrases under the key; one of its terms where there are no phrases."""
        return rng.choice(self._phrases.get(key) or self.terms(key))

    def fill(self, rng: random.Random, key: str, **slots: object) -> str:
        """A picked phrase with its `{slots}` filled in by `str.format`."""
        return self.pick(rng, key).format(**slots)

    def _slot(self, slots: Slots, kind: str, key: str) -> tuple[str, ...]:
        try:
            return slots[key]
        except KeyError:
            raise BadInput(f"banks/{self.name}.toml has no {kind}.{key}; add it.") from None


@cache
def _read(
    name: str,
) -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    path = BANKS / f"{name}.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"There is no phrase bank {path.name} in {BANKS}.") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path.name} is not valid TOML: {error}.") from None
    terms = _lists(data.get("terms", {}), path.name)
    phrases = _lists(data.get("phrases", {}), path.name)
    train: dict[str, tuple[str, ...]] = {}
    test: dict[str, tuple[str, ...]] = {}
    for key, words in phrases.items():
        slot, _, split = key.rpartition(".")
        if not slot or split not in ("train", "test"):
            raise BadInput(f"{path.name}: phrases.{key} must end in .train or .test.")
        (train if split == "train" else test)[slot] = words
    for slot in train.keys() ^ test.keys():
        raise BadInput(f"{path.name}: phrases.{slot} needs both a train and a test list.")
    for slot, words in train.items():
        shared = {_plain(w) for w in words} & {_plain(w) for w in test[slot]}
        if shared:
            raise BadInput(f"{path.name}: phrases.{slot} has {sorted(shared)[0]!r} in both train and test.")
    return terms, train, test


def _lists(table: Mapping[str, Any], name: str, prefix: str = "") -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for key, value in table.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            found |= _lists(value, name, f"{path}.")
        elif isinstance(value, list) and value and all(isinstance(w, str) for w in value):
            found[path] = tuple(value)
        elif isinstance(value, str) and value.split():
            found[path] = tuple(dict.fromkeys(value.split()))
        else:
            raise BadInput(f"{name}: {path} must be a non-empty list of strings, or words in one string.")
    return found


def _plain(phrase: str) -> str:
    return " ".join(phrase.lower().split()).rstrip(".")
