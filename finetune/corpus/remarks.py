"""Remarks: sentences of working reports with marks, choices and slots, read from a bank of `[remark.NAME]` tables.

May import `finetune.corpus` bank and text; must never hold phrases itself. A sentence may have

    <a|b|>        a choice, one of which may be empty
    {slot}        a word of the bank's [terms], drawn once a remark, or {size}, a measurement between its `mm`
    [x] *x* !x! ?x?   anatomy, and an observation that is present, absent or uncertain
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import Any

from finetune.corpus.bank import BANKS
from finetune.corpus.case import Split
from finetune.corpus.text import Marked, Passage, Span, Style, british, size
from radlite_tui.errors import BadInput

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

STATUS_OF = {"+": "positive", "-": "negative", "?": "uncertain"}
_WORD = re.compile(r"\w+")
_CHOICE = re.compile(r"<([^<>]*)>")
_SLOT = re.compile(r"\{(\w+)\}")
_MARK = re.compile(r"\[([^\]]+)\]|\*([^*]+)\*|!([^!]+)!|\?([^?\s](?:[^?]*[^?\s])?)\?")
_KINDS = ("anatomy", "present", "absent", "uncertain")
_ARTICLE = re.compile(r"\b([Aa]) (?=[\[*!?]?(?:[aeioAEIO]|8|11 |18 |un(?!i)|ul|NG |ET |MR))")
_START = re.compile(r"(?<=[a-z\d)*!?\]]\. )[\[*!?]?[a-z]")


@dataclass(frozen=True)
class Remark:
    """One thing that a report may say. labels: CheXpert label -> status. `say` is of one split; `conclude` is shared.

    more: whatever else the bank's table holds, as it stands there.
    """

    name: str
    kind: str
    region: str
    labels: Mapping[str, str]
    weight: float
    say: tuple[str, ...]
    conclude: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    calm: bool = False
    mm: tuple[int, int] = (5, 30)
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Remarks:
    """A bank of remarks as one split sees it. terms: slot -> its words; lists: other templates by key."""

    remarks: Mapping[str, Remark]
    terms: Mapping[str, tuple[str, ...]]
    lists: Mapping[str, tuple[str, ...]]

    def of(self, kind: str) -> list[Remark]:
        """The remarks of a kind."""
        return [r for r in self.remarks.values() if r.kind == kind]


@cache
def load(name: str, split: Split) -> Remarks:
    """The remarks in `banks/{name}.toml`. Raises BadInput naming the table when one is malformed."""
    with (BANKS / f"{name}.toml").open("rb") as file:
        data = tomllib.load(file)
    side = "test" if split == "test" else "train"
    terms = {key: tuple(words) for key, words in data.pop("terms").items()}
    remarks = {key: _remark(f"{name}.toml: remark.{key}", key, t, side) for key, t in data.pop("remark").items()}
    lists: dict[str, tuple[str, ...]] = {}
    for key, table in data.items():
        if set(table) == {"train", "test"}:
            lists[key] = _disjoint(f"{name}.toml: {key}", table)[side]
        else:
            lists |= {key if k == "all" else f"{key}.{k}": tuple(v) for k, v in table.items()}
    return Remarks(remarks, terms, lists)


def _remark(where: str, name: str, table: Mapping[str, Any], side: str) -> Remark:
    try:
        labels = {word[:-1].replace("_", " "): STATUS_OF[word[-1]] for word in table.get("labels", "").split()}
        say = _disjoint(where, table["say"])[side]
        conclude = tuple(table.get("conclude", ()))
        kind, region = table["kind"], table["region"]
    except KeyError as error:
        raise BadInput(f"{where} lacks or does not know {error}.") from None
    low, high = table.get("mm", (5, 30))
    known = {"labels", "say", "conclude", "kind", "region", "mm", "weight", "covers", "calm"}
    return Remark(
        name,
        kind,
        region,
        labels,
        float(table.get("weight", 1.0)),
        say,
        conclude,
        tuple(table.get("covers", "").split()),
        bool(table.get("calm", False)),
        (low, high),
        {key: value for key, value in table.items() if key not in known},
    )


def _disjoint(where: str, table: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    plain = {side: {bare(text).lower().rstrip(".") for text in table[side]} for side in ("train", "test")}
    if shared := plain["train"] & plain["test"]:
        raise BadInput(f"{where} has {sorted(shared)[0]!r} in both train and test.")
    return {side: tuple(table[side]) for side in ("train", "test")}


class Writer:
    """Writes the remarks of one report: choices at random, slots drawn once a remark."""

    def __init__(self, rng: random.Random, bank: Remarks, style: Style) -> None:
        self.rng, self.bank, self.style = rng, bank, style

    def tell(self, remark: Remark) -> tuple[str, dict[str, str]]:
        """One of the remark's sentences, filled, and the slots it was filled with."""
        template = self.rng.choice(remark.say)
        slots: dict[str, str] = {}
        if "{size}" in template:
            slots["size"] = size(self.rng, self.style, self.rng.randint(*remark.mm))
        return self.fill(template, slots), slots

    def fill(self, template: str, slots: dict[str, str]) -> str:
        """The template with choices made and slots filled, marks still in it. New slots are added to `slots`."""

        def slot(match: re.Match[str]) -> str:
            key = match[1]
            if key not in slots:
                slots[key] = self._word(key)
            return slots[key]

        return articled(_SLOT.sub(slot, self._choose(template)))

    def agreeing(self, remark: Remark, slots: dict[str, str], told: str) -> str:
        """A conclusion that claims nothing which the sentence does not say; empty where every one of them does."""
        made = (chosen for template in remark.conclude for chosen in choices(template))
        fitting = [chosen for chosen in made if not self.claims(chosen, slots, told)]
        return self.plain(self.rng.choice(fitting), slots) if fitting else ""

    def claims(self, conclusion: str, slots: Mapping[str, str] | set[str], told: str) -> set[str]:
        """What a conclusion adds to the sentence: slots it has not got, and words of the bank's specific ones."""
        specific = set(_WORD.findall(conclusion.lower())) & set(self.bank.terms["specific"])
        return (set(_SLOT.findall(conclusion)) - set(slots)) | (specific - set(_WORD.findall(told.lower())))

    def _word(self, key: str) -> str:
        if key == "age":
            return str(self.rng.randint(19, 91))
        return (
            size(self.rng, self.style, self.rng.randint(6, 30))
            if key == "size"
            else self.rng.choice(self.bank.terms[key])
        )

    def _choose(self, template: str) -> str:
        return _CHOICE.sub(lambda match: self.rng.choice(match[1].split("|")), template)

    def plain(self, template: str, slots: dict[str, str]) -> str:
        """The same without marks, in the report's spelling, with a capital at its start."""
        text = bare(self.fill(template, slots))
        text = text[:1].upper() + text[1:]
        return text if self.style.usage == "US" else british(text)


def articled(text: str) -> str:
    """The text with "an" before vowels and a capital after a full stop."""
    return _START.sub(lambda match: match[0].upper(), _ARTICLE.sub(r"\1n ", text))


def bare(text: str) -> str:
    """The text without its marks."""
    return _MARK.sub(lambda match: next(part for part in match.groups() if part), text)


def write(passage: Passage, text: str) -> Span:
    """Append one filled sentence, its marks as spans; where it stands."""
    template, end = "", 0
    slots: dict[str, str | Marked] = {}
    for number, match in enumerate(_MARK.finditer(text)):
        kind = next(k for k, part in zip(_KINDS, match.groups(), strict=True) if part)
        template += text[end : match.start()] + f"{{m{number}}}"
        slots[f"m{number}"] = Marked(kind, next(part for part in match.groups() if part))
        end = match.end()
    return passage.sentence(template + text[end:], **slots)


def choices(template: str, most: int = 4000) -> Iterator[str]:
    """Every way the choices of a template can be made, slots left open; at most so many."""
    parts = _CHOICE.split(template)
    options = [part.split("|") if number % 2 else [part] for number, part in enumerate(parts)]
    for number, chosen in enumerate(product(*options)):
        if number == most:
            return
        yield "".join(chosen)
