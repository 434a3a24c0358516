"""What the ten RADS generators share: a pen that writes phrases in one style, and the frame of a report.

May import its siblings in `finetune.corpus`; must never know a RADS category. A system draws a scene, computes its
category from the scene by a rule, and describes the scene as a `Draft`; `compose` turns the draft into a report.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from finetune.corpus.bank import Bank
from finetune.corpus.layout import body, draw_layout, heading, measured, shouted
from finetune.corpus.text import Passage, Style, abbreviate

Scene = TypeVar("Scene")


LISTED, STRUNG, OWN, UNSAID = 0.3, 0.25, 0.5, 0.2
"""Shares of lesions whose features stand in a list, of others with all in one sentence, of other features with a
sentence of their own, and of bland features left out."""


@dataclass(frozen=True)
class Draft:
    """A report before it is written. key: the sentences the category rests on, in order; extra: what surrounds them.

    also: the same of a lesser second lesion. advice: what is recommended at the end, if anything. alone: the scene has
    no earlier study, so the report may say so. patients: words for who is examined, where that is not for the system
    to say.
    """

    exam: str
    key: tuple[str, ...]
    extra: tuple[str, ...] = ()
    history: str = ""
    comparison: str = ""
    modifiers: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    advice: str = ""
    alone: bool = False
    ages: tuple[int, int] = (28, 84)
    patients: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pen:
    """Writes with one bank in one style. several: more than one lesion, so nothing may be called otherwise normal."""

    rng: random.Random
    bank: Bank
    style: Style
    several: bool = False

    def term(self, key: str) -> str:
        """One of the words under the key: the guideline's own, which splits share, or a paraphrase of the split's."""
        return self.rng.choice(self.bank.words(key))

    def features(self, *values: str, silent: tuple[str, ...] = ()) -> list[str]:
        """What the category rests on, feature by feature ("margin.smooth"), in any order.

        All are listed by name, or strung together, or each is told in a sentence, of its own or made around the
        descriptor.
        silent: values that may go without saying, such as the absence of a capsule.
        """
        values = tuple(value for value in values if value not in silent or not self.maybe(UNSAID))
        order = self.rng.sample(values, len(values))
        if self.maybe(LISTED):
            return [f"{self.say('label.' + value.partition('.')[0])}: {self.term(value)}" for value in order]
        if self.maybe(STRUNG):
            return [", ".join(self._join(value) for value in order)]
        return [self._tell(value) for value in order]

    def _join(self, value: str) -> str:
        key = "join." + value.partition(".")[0]
        return self.bank.fill(self.rng, key, value=self.term(value)) if self.bank.has(key) else self.term(value)

    def say(self, key: str, **slots: object) -> str:
        """One of the split's phrases under the key, filled."""
        return self.bank.fill(self.rng, key, **slots)

    def _tell(self, value: str) -> str:
        if self.maybe(OWN):
            return self.say(f"tell.{value}")
        return self.say("carry." + value.partition(".")[0], value=self.term(value))

    def some(self, key: str, least: int, most: int, **slots: object) -> tuple[str, ...]:
        """Between `least` and `most` different phrases under the key, filled."""
        phrases = self.bank.phrases(key)
        chosen = self.rng.sample(phrases, min(len(phrases), self.rng.randint(least, most)))
        return tuple(phrase.format(**slots) for phrase in chosen)

    def size(self, *millimetres: int) -> str:
        """A measurement in the style's unit."""
        return measured(self.rng, self.style, *millimetres)

    def maybe(self, chance: float) -> bool:
        """True with this chance."""
        return self.rng.random() < chance


@dataclass(frozen=True)
class RadsSystem(Generic[Scene]):
    """One reporting system: how scenes are drawn, judged and described.

    draw: a scene meant for the given category code; categorise: the published rule, which has the last word.
    lesser: categories a second lesion of a report of this category may have; beside: whether the two go together.
    """

    name: str
    bank: str
    codes: tuple[str, ...]
    draw: Callable[[random.Random, str], Scene]
    categorise: Callable[[Scene], str]
    describe: Callable[[Pen, Scene], Draft]
    lesser: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    beside: Callable[[Scene, Scene], bool] = lambda _scene, _second: True


def compose(pen: Pen, draft: Draft, patient: str, label: str = "") -> str:
    """The report. patient: who it is about ("woman"), for the history line; `pen.bank` must be the frame's own bank.

    label: the category as the report words it, where it shall state its own.
    """
    rng, style = pen.rng, pen.style
    passage = Passage(style)
    headed, layout = style.form == "headed", draw_layout(rng)
    history = (
        pen.say("history", age=rng.randint(*draft.ages), patient=patient, reason=draft.history) if draft.history else ""
    )
    if pen.maybe(0.9):
        if headed and pen.maybe(0.7):
            heading(rng, passage, "exam")
        _write(pen, passage, draft.exam)
    if history and pen.maybe(0.85 if headed else 0.6):
        if headed or pen.maybe(0.4):
            heading(rng, passage, "history")
        _write(pen, passage, history)
    if draft.comparison or (draft.alone and pen.maybe(0.25)):
        if headed or pen.maybe(0.4):
            passage.heading("comparison")
        _write(pen, passage, draft.comparison or pen.say("no prior"))
    if headed or (style.form == "telegraphic" and passage.text and pen.maybe(0.5)):
        heading(rng, passage, "findings")
    elif passage.text and pen.maybe(0.5):
        passage.line()
    body(passage, layout, [abbreviate(rng, style, sentence) for sentence in _arrange(pen, draft)])
    close = pen.say("stated", label=label) if label else _close(pen, draft)
    if close:
        if headed or pen.maybe(0.5):
            heading(rng, passage, "impression")
        _write(pen, passage, close)
    return shouted(rng, passage.text)


def _close(pen: Pen, draft: Draft) -> str:
    """The recommendation, or else empty words, the decisive sentence once more, or nothing."""
    if draft.advice:
        return draft.advice
    chance = pen.rng.random()
    if chance < 0.12:
        return draft.key[0]
    return pen.say("impression") if chance < 0.38 else ""


def _write(pen: Pen, passage: Passage, sentence: str) -> None:
    body(passage, "flow", [abbreviate(pen.rng, pen.style, sentence)])


def _arrange(pen: Pen, draft: Draft) -> list[str]:
    """Key sentences together and in order, for "it" refers back; a second lesion's after or before; others around."""
    rng = pen.rng
    extra = rng.sample(draft.extra, len(draft.extra))
    if pen.maybe(0.12):
        extra.append(pen.say("quality"))
    before = rng.randint(0, len(extra))
    key = list(draft.key)
    if draft.also:
        pair = [key, list(draft.also)]
        rng.shuffle(pair)
        if pen.maybe(0.6):
            number = rng.randrange(len(pen.bank.terms("pair.first")))
            for group, name in zip(pair, ("pair.first", "pair.second"), strict=True):
                group[0] = pen.bank.terms(name)[number] + group[0]
        key = [sentence for group in pair for sentence in group]
    return [*extra[:before], *key, *extra[before:]]
