"""What the ten RADS generators share: a pen that writes phrases in one style, and the frame of a report.

May import its siblings in `finetune.corpus`; must never know a RADS category. A system draws a scene, computes its
category from the scene by a rule, and describes the scene as a `Draft`; `compose` turns the draft into a report.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from finetune.corpus.bank import Bank
from finetune.corpus.text import Passage, Style, abbreviate, size

Scene = TypeVar("Scene")

_ARTICLE = re.compile(r"\b([Aa]) (?=[aeioAEIO]\w|8\d? |8 mm|11 |18 |un(?!i)|ul|ill|US |MRI )")
_START = re.compile(r"(?<=[a-z\d%)]\. )[a-z]")


@dataclass(frozen=True)
class Draft:
    """A report before it is written. key: the sentences the category rests on, in order; extra: what surrounds them.

    alone: the scene has no earlier study, so the report may say so. patients: words for who is examined,
    where that is not for the system to say.
    """

    exam: str
    key: tuple[str, ...]
    extra: tuple[str, ...] = ()
    history: str = ""
    comparison: str = ""
    modifiers: tuple[str, ...] = ()
    alone: bool = False
    ages: tuple[int, int] = (28, 84)
    patients: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pen:
    """Writes with one bank in one style."""

    rng: random.Random
    bank: Bank
    style: Style

    def term(self, key: str) -> str:
        """One of the shared words under the key."""
        return self.rng.choice(self.bank.terms(key))

    def say(self, key: str, **slots: object) -> str:
        """One of the split's phrases under the key, filled."""
        return self.bank.fill(self.rng, key, **slots)

    def some(self, key: str, least: int, most: int, **slots: object) -> tuple[str, ...]:
        """Between `least` and `most` different phrases under the key, filled."""
        phrases = self.bank.phrases(key)
        chosen = self.rng.sample(phrases, min(len(phrases), self.rng.randint(least, most)))
        return tuple(phrase.format(**slots) for phrase in chosen)

    def size(self, *millimetres: int) -> str:
        """A measurement in the style's unit."""
        return size(self.rng, self.style, *millimetres)

    def maybe(self, chance: float) -> bool:
        """True with this chance."""
        return self.rng.random() < chance


@dataclass(frozen=True)
class RadsSystem(Generic[Scene]):
    """One reporting system: how scenes are drawn, judged and described.

    draw: a scene meant for the given category code; categorise: the published rule, which has the last word.
    """

    name: str
    bank: str
    codes: tuple[str, ...]
    draw: Callable[[random.Random, str], Scene]
    categorise: Callable[[Scene], str]
    describe: Callable[[Pen, Scene], Draft]


def compose(pen: Pen, draft: Draft, patient: str) -> str:
    """The report. patient: who it is about ("woman"), for the history line; `pen.bank` must be the frame's own bank."""
    rng, style = pen.rng, pen.style
    passage = Passage(style)
    headed = style.form == "headed"
    history = (
        pen.say("history", age=rng.randint(*draft.ages), patient=patient, reason=draft.history) if draft.history else ""
    )
    if headed and pen.maybe(0.8):
        passage.heading(pen.term("heading.exam"))
    _write(pen, passage, draft.exam)
    if history and (headed or pen.maybe(0.6)):
        if headed or pen.maybe(0.4):
            passage.heading(pen.term("heading.history"))
        _write(pen, passage, history)
    if draft.comparison or (draft.alone and pen.maybe(0.25)):
        if headed:
            passage.heading(pen.term("heading.comparison"))
        _write(pen, passage, draft.comparison or pen.say("no prior"))
    if headed or (style.form == "telegraphic" and pen.maybe(0.5)):
        passage.heading(pen.term("heading.findings"))
    elif pen.maybe(0.5):
        passage.line()
    for sentence in _arrange(rng, draft):
        _write(pen, passage, sentence)
    if pen.maybe(0.3):
        if style.form != "prose":
            passage.heading(pen.term("heading.impression"))
        _write(pen, passage, pen.say("impression"))
    return passage.text


def _write(pen: Pen, passage: Passage, sentence: str) -> None:
    text = _START.sub(lambda match: match[0].upper(), _ARTICLE.sub(r"\1n ", sentence))
    passage.sentence("{text}", text=abbreviate(pen.rng, pen.style, text))


def _arrange(rng: random.Random, draft: Draft) -> list[str]:
    """Key sentences together and in order, for "it" refers back; the others before and after them."""
    extra = rng.sample(draft.extra, len(draft.extra))
    before = rng.randint(0, len(extra))
    return [*extra[:before], *draft.key, *extra[before:]]
