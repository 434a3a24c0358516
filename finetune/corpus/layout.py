"""How the sentences of a report stand on the page: one paragraph, lines, bullets, numbers, or all in capitals.

May import `text` only; must never write a sentence of its own.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Literal

from finetune.corpus.text import Passage, Style, size

Layout = Literal["flow", "lines", "bullets", "numbers"]

HEADS = {
    "exam": ("examination", "exam", "study", "procedure", "investigation"),
    "history": (
        "clinical history",
        "indication",
        "history",
        "clinical details",
        "clinical information",
        "reason for exam",
    ),
    "technique": ("technique", "protocol"),
    "findings": ("findings", "report", "description", "result"),
    "impression": ("impression", "conclusion", "opinion", "summary"),
}
"""Names of the sections."""
SHOUTED, LOWERED = 0.03, 0.03
"""Shares of reports all in capitals, and all in small letters as some dictate them."""

_ARTICLE = re.compile(
    r"\b([Aa]) (?!one\b)(?=[aeioAEIO]\w|(?:8|11|18|8\d)\b(?!\.)|8\.|un(?!i)|ul|FDG|SCC|MRI |US |LN|RCC|NSCLC|NPC)"
)
_START = re.compile(r"(?<=[a-z\d%)]\. )[a-z]")


def measured(rng: random.Random, style: Style, *millimetres: int) -> str:
    """A measurement as people type it: "22 x 18 mm", "22 by 18 mm", "2.2x1.8x1.6 cm", "22mm", "approximately 22 mm"."""
    chance = rng.random()
    if len(millimetres) == 2 and chance < 0.15:
        millimetres = (*millimetres, max(2, int(millimetres[1] * rng.uniform(0.7, 1.0))))
    text = size(rng, style, *millimetres)
    if chance > 0.92:
        return text.replace(" x ", " by ") if " x " in text else text.replace(" ", "")
    if chance > 0.87:
        return f"{rng.choice(('approximately', 'about', 'approx.'))} {text}"
    return text.replace(" mm", "mm").replace(" cm", "cm") if chance > 0.75 else text


def draw_layout(rng: random.Random) -> Layout:
    """Mostly one paragraph."""
    layouts: tuple[Layout, ...] = ("flow", "lines", "bullets", "numbers")
    return rng.choices(layouts, (60, 24, 10, 6))[0]


def heading(rng: random.Random, passage: Passage, section: str) -> None:
    """Start the section under one of its names."""
    passage.heading(rng.choice(HEADS[section]))


def body(passage: Passage, layout: Layout, sentences: Sequence[str]) -> None:
    """The sentences in the layout, after whatever stands there."""
    for number, sentence in enumerate(sentences, 1):
        mark = {"bullets": "- ", "numbers": f"{number}. "}.get(layout, "")
        if layout != "flow" and passage.text and not passage.text.endswith("\n"):
            passage.line()
        sentence = _ARTICLE.sub(r"\1n ", sentence)
        raised = _START.sub(lambda match: match[0].upper(), sentence[:1].upper() + sentence[1:])
        passage.sentence("{text}", text=mark + raised if mark else raised)


def lay_out(
    rng: random.Random,
    passage: Passage,
    layout: Layout,
    title: str,
    history: str,
    sentences: Sequence[str],
    close: str,
) -> None:
    """A whole report: title, history, sentences, closing words; any but the sentences may be empty."""
    headed = passage.style.form == "headed"
    if title:
        if headed and rng.random() < 0.6:
            heading(rng, passage, "exam")
        passage.sentence("{text}", text=title)
    if history:
        if headed or rng.random() < 0.4:
            heading(rng, passage, "history")
        passage.sentence("{text}", text=history)
    if headed or (passage.style.form == "telegraphic" and passage.text and rng.random() < 0.3):
        heading(rng, passage, "findings")
    elif passage.text and rng.random() < 0.4:
        passage.line()
    body(passage, layout, sentences)
    if close:
        if headed or rng.random() < 0.3:
            heading(rng, passage, "impression")
        passage.sentence("{text}", text=close)


def shouted(rng: random.Random, text: str) -> str:
    """The text as it is, or now and then in capitals or in small letters only."""
    chance = rng.random()
    return text.upper() if chance < SHOUTED else text.lower() if chance < SHOUTED + LOWERED else text
