"""Chest radiograph cases: the 14 findings, the impression and the entities, all from one scene.

May import `finetune.corpus` modules and `radlite_tui.tasks`; must never read gold out of a text: spans come from the
passage that was written.
"""

from __future__ import annotations

import random

from finetune.corpus import chest_scene, chest_text, radiograph
from finetune.corpus.bank import Bank
from finetune.corpus.case import Case, Split
from finetune.corpus.text import Passage, british, draw_style
from radlite_tui import tasks
from radlite_tui.errors import ParseError
from radlite_tui.tasks.abnormality_detection import output as all_labels
from radlite_tui.tasks.outputs import Entity, ImpressionOutput, NerOutput
from radlite_tui.tasks.report import Report

SYSTEMATIC = 0.2
"""Share of patients whose report is composed of single findings rather than of a working report's remarks."""


def generate(rng: random.Random, split: Split) -> list[Case]:
    """Findings and impression of one radiograph, and the entities of a shorter report."""
    return _systematic(rng, split) if rng.random() < SYSTEMATIC else _working(rng, split)


def _working(rng: random.Random, split: Split) -> list[Case]:
    """A report of remarks, as radiologists write them day by day."""
    style = draw_style(rng)
    film = radiograph.draw(rng, split, style)
    concluded = radiograph.impression(rng, film)
    if style.usage != "US":
        concluded = british(concluded)
    report = Report(radiograph.report(rng, split, style, film))
    whole = Report(radiograph.report(rng, split, style, film, concluded))
    subset = style.form
    labels = all_labels(dict(film.labels))
    cases = [
        Case("", "abnormality_detection", whole if rng.random() < 0.4 else report, labels, subset=subset),
        Case("", "impression_generation", report, ImpressionOutput(concluded), subset=subset),
    ]
    brief = radiograph.draw(rng, split, style)
    return cases + named(radiograph.findings(brief, style))


def _systematic(rng: random.Random, split: Split) -> list[Case]:
    bank = Bank.load("chest", split)
    style = draw_style(rng)
    scene = chest_scene.draw(rng, bank, most=rng.randint(4, 10), density=1.45)
    report = Report(chest_text.report(rng, bank, style, scene, literal=True).text)
    impression = chest_text.impression(rng, bank, style, scene)
    subset = style.form
    whole = Report(f"{report.text}\n{'IMPRESSION' if style.shout else 'Impression'}: {impression}")
    cases = [
        Case(
            "",
            "abnormality_detection",
            whole if rng.random() < 0.15 else report,
            all_labels(dict(scene.statuses())),
            subset=subset,
        ),
        Case("", "impression_generation", report, ImpressionOutput(impression), subset=subset),
    ]
    brief = chest_scene.draw(rng, bank, most=rng.randint(2, 6))
    return cases + named(chest_text.report(rng, bank, draw_style(rng), brief, header=False))


def named(passage: Passage) -> list[Case]:
    """The case of the passage's entities; none where a grade is said in two classes, or the text is too long."""
    gold, text = entities(passage), passage.text
    if len(text.split()) > MOST_NAMED or not _readable(text, gold):
        return []
    return [Case("", "radiology_ner", Report(text), gold, subset=passage.style.form)]


def _readable(text: str, gold: NerOutput) -> bool:
    """Whether the written answer leads back to these spans."""
    task = tasks.get("radiology_ner")
    try:
        return task.parse(task.render(gold), Report(text)) == gold
    except ParseError:
        return False


MOST_NAMED = 90
"""Words of a report whose entities are all listed."""


def entities(passage: Passage) -> NerOutput:
    """The passage's marks as the four classes, in order of appearance."""
    found: dict[str, list[Entity]] = {"anatomy": [], "present": [], "absent": [], "uncertain": []}
    text = passage.text
    for span in sorted(passage.spans, key=lambda s: s.start):
        found[span.kind].append(Entity(text[span.start : span.end], span.start, span.end))
    return NerOutput(*(tuple(found[kind]) for kind in ("anatomy", "present", "absent", "uncertain")))
