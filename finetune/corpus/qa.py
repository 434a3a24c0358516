"""Questions and answers about a chest radiograph report, and closed-book ones about radiology.

May import `finetune.corpus` modules and `radlite_tui.tasks`; must never answer from the text: answers come from the
scene, and closed-book ones from `banks/facts.toml` and the RADS tables.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial

from finetune.corpus import chest_scene, chest_text
from finetune.corpus.bank import BANKS, Bank
from finetune.corpus.case import Case, Split
from finetune.corpus.chest_scene import KINDS, SIDES, Finding, Scene, Status
from finetune.corpus.nli import singular
from finetune.corpus.text import Passage, Style, british, draw_style, size
from radlite_tui.tasks import rads
from radlite_tui.tasks.outputs import TextOutput
from radlite_tui.tasks.report import Report

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

STATUSES: tuple[Status, ...] = ("positive", "negative")
CHANGED = {"worsened": "Worsened.", "improved": "Improved.", "resolved": "Resolved.", "unchanged": "Unchanged."}


@dataclass(frozen=True)
class Asking:
    """What questions about one report are written with."""

    rng: random.Random
    chest: Bank
    words: Bank
    style: Style
    scene: Scene

    def ask(self, key: str, f: Finding | None = None) -> str:
        """A question in one of the split's wordings, about the finding's name."""
        name = singular(f) if f else ""
        return self.spell(self.words.fill(self.rng, key, np=name, a_np=chest_text.articled(name)))

    def spell(self, text: str) -> str:
        return text if self.style.usage == "US" else british(text)

    def short(self, f: Finding) -> str:
        """The finding in one phrase, as an impression would have it."""
        phrase = chest_text.noun(random.Random(0), f, self.style, before=f.kind.site == "lung")
        return self.spell(phrase.plain())


def generate(rng: random.Random, split: Split) -> list[Case]:
    """Up to three questions about one report, or a report with a change, and now and then one without a report."""
    chest, words = Bank.load("chest", split), Bank.load("qa", split)
    style = draw_style(rng)
    cases = [_changed(rng, chest, words, split, style)] if rng.random() < 0.25 else _open_book(rng, chest, words, style)
    if rng.random() < 0.6:
        cases.append(_closed_book(rng, words))
    return cases


def _open_book(rng: random.Random, chest: Bank, words: Bank, style: Style) -> list[Case]:
    scene = chest_scene.draw(rng, chest, most=rng.randint(2, 5))
    report = Report(chest_text.report(rng, chest, style, scene, header=rng.random() < 0.3).text)
    asking = Asking(rng, chest, words, style, scene)
    pairs = _about_details(asking, report.text.lower())
    rng.shuffle(pairs)
    pairs = [_about_existence(asking), *pairs[:2]]
    return [Case("", "radiology_qa", report, TextOutput(a), words=q, subset="open-book") for q, a in pairs]


def _about_existence(asking: Asking) -> tuple[str, str]:
    """Whether a finding is there: yes with the finding, no, possible, or not said."""
    rng = asking.rng
    wanted = rng.choice(
        ("positive", "positive", "positive", "negative", "negative", "uncertain", "uncertain", "unsaid")
    )
    told = [f for f in asking.scene.findings if f.status == wanted and f.kind.name != "device"]
    if told:
        f = rng.choice(told)
        question = asking.ask("exists", f)
        if wanted == "negative":
            return question, asking.words.pick(rng, "answer.no")
        return question, f"{'Yes' if wanted == 'positive' else 'Possibly'}: {asking.short(f)}."
    spoken = {f.kind.label for f in asking.scene.findings}
    airspace = {f.kind.site for f in asking.scene.findings} & {"lung", "diffuse"}
    free = [
        k
        for k in KINDS.values()
        if k.label not in spoken and k.name != "device" and not (airspace and k.site in ("lung", "diffuse"))
    ]
    if not free or (asking.scene.present and rng.random() < 0.5):
        return asking.ask("main"), _main(asking)
    f = chest_scene.finding(rng, asking.chest, rng.choice(free), "positive")
    return asking.ask("exists", f), asking.words.pick(rng, "answer.unsaid")


def _about_details(asking: Asking, text: str) -> list[tuple[str, str]]:
    """Every detail that the scene knows, as question and answer. text: the report, which may leave a grade out."""
    pairs = [(asking.ask("main"), _main(asking))]
    for f in asking.scene.present:
        if f.kind.site == "lung":
            pairs.append((asking.ask("where", f), _sentence(asking.spell(f.location))))
        if f.kind.site == "bone":
            pairs.append((asking.ask("bone", f), _sentence(f.location)))
        if f.side in (*SIDES, "bilateral"):
            pairs.append((asking.ask("side", f), _sentence(f.side)))
        if f.mm:
            pairs.append((asking.ask("size", f), f"{size(asking.rng, asking.style, f.mm)}."))
        if f.severity and f.severity in text and f.kind.name in chest_scene.GRADED:
            pairs.append((asking.ask("severity", f), _sentence(f.severity)))
    for f in asking.scene.findings:
        if f.kind.name == "device":
            answer = "None." if f.status == "negative" else _sentence(f.obs)
            pairs.append((asking.ask("devices"), answer))
    return pairs


def _main(asking: Asking) -> str:
    """The gravest positive finding, else the gravest doubt, else that the chest is normal."""
    present = sorted(asking.scene.present, key=lambda f: (f.status != "positive", f.kind.rank))
    if not present:
        return asking.words.pick(asking.rng, "answer.normal")
    lead = "Possible " if present[0].status == "uncertain" else ""
    return _sentence(lead + asking.short(present[0]))


def _changed(rng: random.Random, chest: Bank, words: Bank, split: Split, style: Style) -> Case:
    """A report that says how a finding changed, and the question how."""
    moves = Bank.load("temporal", split)
    kind = KINDS[rng.choice(chest_scene.MOVING)]
    f = chest_scene.finding(rng, chest, kind, "positive")
    status = rng.choice(tuple(CHANGED))
    passage = Passage(style)
    bystander = KINDS[rng.choice(("fracture", "mediastinum", "cardiomegaly", "thickening"))]
    beside = chest_scene.finding(rng, chest, bystander, rng.choice(STATUSES))
    sentences = [
        partial(chest_text.state, rng, chest, passage, beside),
        partial(_move, rng, moves, passage, f, status),
    ]
    rng.shuffle(sentences)
    for write in sentences:
        write()
    asking = Asking(rng, chest, words, style, Scene((f,)))
    question, answer = asking.ask("change", f), TextOutput(CHANGED[status])
    return Case("", "radiology_qa", Report(passage.text), answer, words=question, subset="open-book")


def _move(rng: random.Random, moves: Bank, passage: Passage, f: Finding, status: str) -> None:
    verb = rng.choice([v for v in moves.terms(f"cue.{status}") if v not in ("larger", "smaller", "partly cleared")])
    phrase = chest_text.noun(rng, f, passage.style, before=True, detail=False)
    template = moves.pick(rng, status)
    if verb == "no longer seen":
        template = template.replace("{has}", "{is}")
    passage.sentence(phrase.put(template, verb=verb, since=moves.pick(rng, "since")), **phrase.slots)


def _closed_book(rng: random.Random, words: Bank) -> Case:
    """A fact or a recommendation, with no report."""
    if rng.random() < 0.5:
        x, answer = rng.choice(tuple(facts().items()))
        question = words.fill(rng, "closed.meaning", x=x)
    else:
        category = rng.choice([c for system in rads.SYSTEMS for c in system.categories])
        x, answer = category.label, category.management
        question = words.fill(rng, "closed.management", x=x)
    question = question[0].upper() + question[1:]
    return Case("", "radiology_qa", Report(""), TextOutput(answer), words=question, subset="closed-book")


@cache
def facts() -> Mapping[str, str]:
    """Term -> what it means."""
    with (BANKS / "facts.toml").open("rb") as file:
        meanings: dict[str, str] = tomllib.load(file)["meaning"]
    return meanings


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
