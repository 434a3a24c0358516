"""Cases for `rads_assignment`: one report of one of the ten RADS systems, or of an organ no system covers.

May import its siblings and `radlite_tui.tasks`; knows no criteria itself (each family of systems has a module). The
category is balanced within a system. One report in twelve states its category; from the others it must be derived.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from finetune.corpus.bank import Bank
from finetune.corpus.case import Case, Split
from finetune.corpus.rads_abdomen import GB_RADS, LI_RADS
from finetune.corpus.rads_breast import BI_RADS
from finetune.corpus.rads_chest import CAD_RADS, LUNG_RADS
from finetune.corpus.rads_frame import Pen, RadsSystem, compose
from finetune.corpus.rads_neck import NI_RADS, TI_RADS
from finetune.corpus.rads_none import describe_other
from finetune.corpus.rads_ovary import O_RADS
from finetune.corpus.rads_pelvis import PI_RADS, VI_RADS
from finetune.corpus.text import draw_style
from radlite_tui.tasks.rads import NONE_APPLIES
from radlite_tui.tasks.rads_assignment import output
from radlite_tui.tasks.report import Report

SYSTEMS: tuple[RadsSystem[Any], ...] = (
    BI_RADS,
    TI_RADS,
    LI_RADS,
    PI_RADS,
    VI_RADS,
    O_RADS,
    CAD_RADS,
    LUNG_RADS,
    NI_RADS,
    GB_RADS,
)

WEIGHTS = {
    "BI-RADS": 20,
    "TI-RADS": 9,
    "LI-RADS": 13,
    "PI-RADS": 9,
    "VI-RADS": 7,
    "O-RADS": 9,
    "CAD-RADS": 9,
    "Lung-RADS": 9,
    "NI-RADS": 8,
    "GB-RADS": 7,
    NONE_APPLIES: 6,
}
"""How often a system is drawn: about a fifth breast, and a floor for each."""

PATIENTS = {
    "BI-RADS": ("woman", "female", "lady"),
    "O-RADS": ("woman", "female", "lady"),
    "PI-RADS": ("man", "male", "gentleman"),
}
ANYONE = ("woman", "man", "female", "male")

STATED, ADVISED, SEVERAL = 1 / 12, 0.1, 0.3
"""Shares of reports that state their category, that end with a recommendation, and that have a second lesion where
the system allows one."""
SAME_ADVICE = {
    ("BI-RADS", "2"): "1",
    ("BI-RADS", "4A"): "4",
    ("BI-RADS", "4B"): "4",
    ("BI-RADS", "4C"): "4",
    ("TI-RADS", "2"): "1",
    ("Lung-RADS", "2"): "1",
    ("Lung-RADS", "4X"): "4B",
}
"""Category -> the category whose recommendation it shares."""
TRIES = 20
SHORT = {"LI-RADS": "LR-", "TI-RADS": "TR"}

_BY_NAME = {system.name: system for system in SYSTEMS}
_NAMES, _SHARES = tuple(WEIGHTS), tuple(WEIGHTS.values())


def generate(rng: random.Random, split: Split) -> list[Case]:
    """One patient with one report."""
    name = rng.choices(_NAMES, _SHARES)[0]
    return [case_of(rng, split, name)]


def case_of(rng: random.Random, split: Split, name: str, code: str | None = None) -> Case:
    """A case of the named system (or of none), of the given category or any."""
    style = draw_style(rng)
    system = _BY_NAME.get(name)
    stated = ""
    if system is None:
        draft, label = describe_other(Pen(rng, Bank.load("rads_none", split), style)), NONE_APPLIES
    else:
        bank = Bank.load(system.bank, split)
        scene = system.draw(rng, code or rng.choice(system.codes))
        category = system.categorise(scene)
        second = _second(rng, system, scene, category)
        draft = system.describe(Pen(rng, bank, style, several=second is not None), scene)
        if second is not None:
            draft = replace(draft, also=system.describe(Pen(rng, bank, style, several=True), second).key)
        label = f"{name} {category}"
        stated = spelt(rng, name, category) if rng.random() < STATED else ""
        if not stated and rng.random() < ADVISED:
            draft = replace(draft, advice=_advice(rng, split, name, category))
    pen = Pen(rng, Bank.load("rads_frame", split), style)
    text = compose(pen, draft, rng.choice(draft.patients or PATIENTS.get(name, ANYONE)), stated)
    subset = name if system else "none"
    return Case("", "rads_assignment", Report(text), output(label, draft.modifiers), subset=subset, tags=(label,))


def _advice(rng: random.Random, split: Split, name: str, code: str) -> str:
    """What the report recommends, in its own words; empty where a category has no usual words."""
    bank = Bank.load("rads_advice", split)
    key = f"{name}.{SAME_ADVICE.get((name, code), code)}"
    return bank.pick(rng, key) if bank.has(key) else ""


def _second(rng: random.Random, system: RadsSystem[Any], scene: Any, category: str) -> Any | None:
    """A lesser lesion for the same report, or None: the worst one decides, whatever else is there."""
    codes = system.lesser.get(category)
    if not codes or rng.random() >= SEVERAL:
        return None
    for _ in range(TRIES):
        second = system.draw(rng, rng.choice(codes))
        if system.beside(scene, second):
            return second
    return None


def spelt(rng: random.Random, name: str, code: str) -> str:
    """The category as reports write it: "BI-RADS category 4A", "BIRADS 4a", "LR-5"."""
    short = SHORT.get(name)
    if short and rng.random() < 0.4:
        return f"{short}{code}"
    system = name if rng.random() < 0.7 else name.replace("-", "")
    return f"{system}{rng.choice((' ', ' ', ' category ', ': '))}{code}"
