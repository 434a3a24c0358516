"""Pairs of chest radiographs: a prior, the current one, and what changed between them.

May import `finetune.corpus` modules and `radlite_tui.tasks`; must never call a change that neither report shows.
"""

from __future__ import annotations

import random
from dataclasses import replace

from finetune.corpus import chest_scene, chest_text
from finetune.corpus.bank import Bank
from finetune.corpus.case import Case, Split
from finetune.corpus.chest_scene import GRADED, KINDS, MOVING, Finding
from finetune.corpus.text import Marked, Passage, british, draw_style, size
from radlite_tui.tasks.outputs import STATUSES, Change, TemporalOutput
from radlite_tui.tasks.report import Report

STILL = ("cardiomegaly", "thickening")
"""Kinds that change slowly: only unchanged or worsened."""
LARGER_IS = {"worsened": 1, "improved": -1}
SIZED = ("effusion", "pneumothorax", "nodule", "mass")
"""Kinds that grow larger or smaller; the others increase, clear and so on."""


def generate(rng: random.Random, split: Split) -> list[Case]:
    """One pair of reports with one to three changes."""
    bank, words = Bank.load("chest", split), Bank.load("temporal", split)
    style = draw_style(rng)
    before, now = Passage(replace(style, form="prose")), Passage(style)
    if rng.random() < 0.4:
        before.sentence(bank.pick(rng, "exam"))
    if rng.random() < 0.4:
        now.sentence(words.pick(rng, "exam"))
    if style.form == "headed":
        now.heading("findings")
    changes: list[Change] = []
    labels: set[str] = set()
    for _ in range(rng.choice((1, 2, 2, 3))):
        status = rng.choice(STATUSES)
        kind = KINDS[rng.choice(_kinds(status))]
        if kind.label in labels:
            continue
        labels.add(kind.label)
        write = _device_change if kind.name == "device" else _change
        changes.append(write(rng, bank, words, status, chest_scene.finding(rng, bank, kind, "positive"), before, now))
    _bystanders(rng, bank, labels, before, now)
    if not before.text:
        chest_text.state(rng, bank, before, chest_scene.finding(rng, bank, KINDS["fracture"], "negative"))
    return [
        Case(
            "",
            "temporal_comparison",
            Report(now.text, prior=before.text),
            TemporalOutput(tuple(changes)),
            subset=style.form,
        )
    ]


def _kinds(status: str) -> tuple[str, ...]:
    """The kinds of finding that can change so."""
    return (
        *MOVING,
        *("nodule", "mass"),
        *(STILL if status in ("unchanged", "worsened") else ()),
        *(("device",) if status not in LARGER_IS else ()),
    )


def _device_change(
    rng: random.Random, bank: Bank, words: Bank, status: str, f: Finding, before: Passage, now: Passage
) -> Change:
    """A tube or line that was put in, taken out or left in place."""
    if status != "new":
        chest_text.state(rng, bank, before, f)
    template = words.pick(rng, f"device.{status}")
    if f.obs.startswith(chest_text.AN):
        template = template.replace("A {np}", "An {np}")
    span = now.sentence(template, np=Marked("present", f.obs), since=words.pick(rng, "since"))
    return Change(status, f.obs, (span.start, span.end))


def _change(
    rng: random.Random, bank: Bank, words: Bank, status: str, f: Finding, before: Passage, now: Passage
) -> Change:
    """Write the finding into both reports in the state that the status asks for; the change, with its sentence."""
    then, f = _earlier(rng, bank, status, f)
    if then is None:
        chest_text.state(rng, bank, before, chest_scene.finding(rng, bank, f.kind, "negative"))
    else:
        phrase = chest_text.noun(rng, then, before.style)
        before.sentence(phrase.put(bank.pick(rng, "positive")), **phrase.slots)
    bare = status in ("resolved", "worsened", "improved") or (f.kind.name in ("nodule", "mass") and rng.random() < 0.5)
    phrase = chest_text.noun(rng, f, now.style, before=True, detail=not bare)
    if then and then.mm and status in LARGER_IS and rng.random() < 0.6:
        template = words.pick(rng, "sized")
        sizes = {"now": size(rng, now.style, f.mm), "then": size(rng, now.style, then.mm)}
    else:
        verb = rng.choice([v for v in words.terms(f"cue.{status}") if _said_of(v, f)])
        template = words.pick(rng, status)
        if verb in ("larger", "smaller", "no longer seen"):
            template = template.replace("{has}", "{is}")
        sizes = {"verb": verb, "since": words.pick(rng, "since")}
    span = now.sentence(phrase.put(template, **sizes), **phrase.slots)
    name = f.core if now.style.usage == "US" else british(f.core)
    return Change(status, name, (span.start, span.end))


def _said_of(verb: str, f: Finding) -> bool:
    """A pneumothorax grows smaller, an opacity partly clears; not the other way round."""
    if verb in ("larger", "smaller"):
        return f.kind.name in SIZED
    if verb in ("worsened", "improved") and f.kind.label == "lung lesion":
        return False
    return verb != "partly cleared" or f.kind.name not in ("nodule", "mass", "pneumothorax")


def _earlier(rng: random.Random, bank: Bank, status: str, f: Finding) -> tuple[Finding | None, Finding]:
    """The finding as the prior shows it (None where it was absent) and as the current report does."""
    if status == "new":
        return None, f
    if status not in LARGER_IS:
        return f, f
    step = LARGER_IS[status]
    if f.mm:
        then = max(4, round(f.mm * (rng.uniform(0.5, 0.8) if step > 0 else rng.uniform(1.3, 1.7))))
        return replace(f, mm=then), f
    if f.kind.name in GRADED and not f.obs.startswith("plaque"):
        scale = bank.terms(f"severity.{ {'thickening': 'pleural'}.get(f.kind.name, f.kind.name) }")
        now = rng.randrange(1, len(scale)) if step > 0 else rng.randrange(len(scale) - 1)
        return replace(f, severity=scale[now - step]), replace(f, severity=scale[now])
    return f, f


def _bystanders(rng: random.Random, bank: Bank, labels: set[str], before: Passage, now: Passage) -> None:
    """Denials that neither report changes."""
    for name in rng.sample(("fracture", "mediastinum", "thickening"), 2):
        kind = KINDS[name]
        if kind.label in labels:
            continue
        for passage in (before, now):
            if rng.random() < 0.45:
                chest_text.state(rng, bank, passage, chest_scene.finding(rng, bank, kind, "negative"))
