"""Chest radiograph cases: the 14 findings, the impression and the entities, all from one scene.

May import `finetune.corpus` modules and `radlite_tui.tasks`; must never read gold out of a text: spans come from the
passage that was written.
"""

from __future__ import annotations

import random

from finetune.corpus import chest_scene, chest_text
from finetune.corpus.bank import Bank
from finetune.corpus.case import Case, Split
from finetune.corpus.text import Passage, draw_style
from radlite_tui import tasks
from radlite_tui.tasks.abnormality_detection import output as all_labels
from radlite_tui.tasks.outputs import Entity, ImpressionOutput, NerOutput
from radlite_tui.tasks.report import Report


def generate(rng: random.Random, split: Split) -> list[Case]:
    """Findings and impression of one radiograph, and the entities of a shorter report."""
    bank = Bank.load("chest", split)
    style = draw_style(rng)
    scene = chest_scene.draw(rng, bank, most=rng.randint(4, 10), density=1.45)
    passage = chest_text.report(rng, bank, style, scene)
    report = Report(passage.text)
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
    short = chest_text.report(rng, bank, draw_style(rng), brief, header=False)
    named = entities(short)
    if _readable(short.text, named):
        cases.append(Case("", "radiology_ner", Report(short.text), named, subset=short.style.form))
    return cases


def _readable(text: str, gold: NerOutput) -> bool:
    """Whether the written answer leads back to these spans; a grade said twice in two classes does not."""
    task = tasks.get("radiology_ner")
    return task.parse(task.render(gold), Report(text)) == gold


def entities(passage: Passage) -> NerOutput:
    """The passage's marks as the four classes, in order of appearance."""
    found: dict[str, list[Entity]] = {"anatomy": [], "present": [], "absent": [], "uncertain": []}
    text = passage.text
    for span in sorted(passage.spans, key=lambda s: s.start):
        found[span.kind].append(Entity(text[span.start : span.end], span.start, span.end))
    return NerOutput(*(tuple(found[kind]) for kind in ("anatomy", "present", "absent", "uncertain")))
