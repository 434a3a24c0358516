"""Statements about a chest radiograph report that it entails, contradicts or leaves open.

May import `finetune.corpus` modules and `radlite_tui.tasks`; must never use a wording for one answer only: a statement
is drawn first, and the scene decides which answer it gets.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from finetune.corpus import chest_scene, chest_text
from finetune.corpus.bank import Bank
from finetune.corpus.case import Case, Split
from finetune.corpus.chest_scene import GRADED, KINDS, MOVING, SIDES, Finding, Kind, Scene, Status
from finetune.corpus.chest_text import articled
from finetune.corpus.text import Passage, Style, british, draw_style, size
from radlite_tui.tasks.outputs import LabelOutput
from radlite_tui.tasks.report import Report

LABELS = ("entailment", "contradiction", "neutral")
ASKED = (*MOVING, "nodule", "mass", "cardiomegaly", "fracture")


LUNG = ("lung", "diffuse")
WIDEST = {k: k for k in ("opacity", "consolidation", "fracture", "nodule", "mass", "edema")}


@dataclass(frozen=True)
class Draft:
    """A finding as the report shall show it (None: the report does not speak of it) and the statement about it."""

    shown: Finding | None
    statement: str
    change: str = ""
    """Instead of stating the finding, the report says that it worsened or improved."""


@dataclass(frozen=True)
class Drawing:
    """What a statement is drawn with."""

    rng: random.Random
    chest: Bank
    words: Bank
    change: Bank
    style: Style

    def finding(self, kind: Kind, status: Status = "positive") -> Finding:
        """A finding of the kind with random details."""
        return chest_scene.finding(self.rng, self.chest, kind, status)

    def denied(self, kind: Kind) -> Finding:
        """The kind denied in its widest word, so that any finding of the kind contradicts it."""
        f = self.finding(kind, "negative")
        return replace(f, obs=WIDEST.get(kind.name, f.obs), anatomy="" if kind.name in WIDEST else f.anatomy)

    def kind(self, *names: str) -> Kind:
        return KINDS[self.rng.choice(names or ASKED)]

    def say(self, key: str, **slots: str) -> str:
        """A statement in one of the split's wordings, as a sentence in the report's spelling."""
        name = slots.get("np", "")
        plural = name.endswith("effusions")
        agreeing = {"a_np": name if plural or not name else articled(name), "is": "are" if plural else "is"}
        text = self.words.fill(self.rng, key, **slots, **agreeing)
        if self.style.usage != "US":
            text = british(text)
        return f"{text[0].upper()}{text[1:]}."


def generate(rng: random.Random, split: Split) -> list[Case]:
    """Three cases, one of each answer, each with a report and a statement of its own."""
    drawing = Drawing(
        rng, Bank.load("chest", split), Bank.load("nli", split), Bank.load("temporal", split), draw_style(rng)
    )
    return [_case(drawing, label) for label in LABELS]


def _case(d: Drawing, label: str) -> Case:
    topic = d.rng.choice((*TOPICS, "exists", "absent"))
    draft = TOPICS[topic](d, label)
    scene = _normal_scene(d, label) if topic == "normal" else _around(d, draft.shown, draft.statement)
    style = replace(d.style, form=d.rng.choice(("telegraphic", "prose")))
    if draft.change and draft.shown:
        others = Scene(tuple(f for f in scene.findings if f is not draft.shown))
        passage = chest_text.report(d.rng, d.chest, style, others, header=False)
        _moved(d, passage, draft.shown, draft.change)
    else:
        passage = chest_text.report(d.rng, d.chest, style, scene, header=False)
    return Case("", "radiology_nli", Report(passage.text), LabelOutput(label), words=draft.statement, subset=topic)


def _moved(d: Drawing, passage: Passage, f: Finding, change: str) -> None:
    """One sentence that says how the finding changed."""
    phrase = chest_text.noun(d.rng, f, passage.style, before=True, detail=False)
    verb, since = d.rng.choice(d.words.terms(change)), d.change.pick(d.rng, "since")
    passage.sentence(phrase.put(d.change.pick(d.rng, change), verb=verb, since=since), **phrase.slots)


def _around(d: Drawing, shown: Finding | None, statement: str) -> Scene:
    """A short scene with the finding, and up to two others that the statement does not speak of."""
    findings = [shown] if shown else []
    lower = statement.lower()
    lung = [kind for kind in KINDS.values() if kind.site in LUNG]
    about_lungs = any(word in lower for kind in lung for word in _words_for(d.chest, d.words, kind))
    others = [
        kind
        for kind in KINDS.values()
        if not any(word in lower for word in _words_for(d.chest, d.words, kind))
        and not (about_lungs and kind.site in LUNG)
    ]
    for kind in d.rng.sample(others, d.rng.choice((1, 1, 2)) if shown is None else d.rng.choice((0, 1, 1, 2))):
        other = d.finding(kind, d.rng.choice(("positive", "negative")))
        if not any(other.kind.label == f.kind.label for f in findings) and not _odd(findings, other):
            findings.append(other)
    d.rng.shuffle(findings)
    return Scene(tuple(findings))


def _odd(findings: list[Finding], other: Finding) -> bool:
    """A second lung finding would muddle "no opacity", so one report has at most one of them."""
    return other.kind.site in LUNG and any(f.kind.site in LUNG for f in findings)


def _words_for(bank: Bank, words: Bank, kind: Kind) -> tuple[str, ...]:
    """Words that speak of the kind: "effusion" is said by any statement with "effusion" in it."""
    if kind.name == "device":
        return ("tube", "line", "catheter")
    absent = bank.terms(f"absent.{ {'thickening': 'pleural'}.get(kind.name, kind.name) }")
    obs = bank.terms(f"obs.{ {'fracture': 'rib'}.get(kind.name, kind.name) }")
    also = words.terms(f"also.{kind.name}") if words.has(f"also.{kind.name}") else ()
    return tuple(spelt(word) for word in (*absent, *obs, *also) for spelt in (british, str))


def _exists(d: Drawing, label: str) -> Draft:
    """ "There is X": entailed by any X, contradicted by no X, open when X is unmentioned or only possible."""
    kind = d.kind()
    f = d.finding(kind)
    if label == "entailment":
        return Draft(f, d.say("exists", np=_general(d, f)))
    if label == "contradiction":
        return Draft(d.denied(kind), d.say("exists", np=_general(d, f)))
    shown = d.finding(kind, "uncertain") if d.rng.random() < 0.35 else None
    return Draft(shown, d.say("exists", np=_general(d, shown or f)))


def _absent(d: Drawing, label: str) -> Draft:
    """ "No X": entailed by no X, contradicted by any X, open when X is unmentioned or only possible."""
    kind = d.kind()
    if label == "entailment":
        f = d.denied(kind)
        return Draft(f, d.say("absent", np=_named(d, f)))
    f = d.finding(kind)
    if label == "contradiction":
        return Draft(f, d.say("absent", np=_named(d, f)))
    shown = d.finding(kind, "uncertain") if d.rng.random() < 0.35 else None
    return Draft(shown, d.say("absent", np=_named(d, shown or f)))


def _side(d: Drawing, label: str) -> Draft:
    """Laterality: the same side, the other side, or a finding that the report has not got."""
    kind = d.kind("effusion", "pneumothorax", "consolidation", "pneumonia", "opacity", "nodule", "mass")
    f = d.finding(kind)
    while f.side not in SIDES:
        f = d.finding(kind)
    other = "left" if f.side == "right" else "right"
    side = other if label == "contradiction" else f.side
    statement = d.say("side", np=singular(f), side=side)
    return Draft(_open(d, f) if label == "neutral" else f, statement)


def _severity(d: Drawing, label: str) -> Draft:
    kind = d.kind(*sorted(GRADED - {"thickening"}))
    scale = d.chest.terms(f"severity.{kind.name}")
    f = replace(d.finding(kind), severity=d.rng.choice(scale))
    wrong = d.rng.choice([s for s in scale if s != f.severity])
    if label == "neutral":
        shown = replace(f, severity="") if d.rng.random() < 0.5 else None
        return Draft(shown, d.say("severity", np=singular(f), sev=f.severity))
    return Draft(f, d.say("severity", np=singular(f), sev=f.severity if label == "entailment" else wrong))


def _size(d: Drawing, label: str) -> Draft:
    kind = d.kind("nodule", "mass")
    f = d.finding(kind)
    f = replace(f, mm=f.mm or d.rng.randint(8, 28))
    said = f.mm if label != "contradiction" else max(5, f.mm + d.rng.choice((-12, -9, 8, 11, 15)))
    statement = d.say("size", np=singular(f), size=size(d.rng, d.style, said))
    return Draft(replace(f, mm=0) if label == "neutral" else f, statement)


def _place(d: Drawing, label: str) -> Draft:
    kind = d.kind("consolidation", "opacity", "pneumonia", "atelectasis", "nodule", "mass")
    f = d.finding(kind)
    while f.side not in SIDES:
        f = d.finding(kind)
    if label == "contradiction":
        denied = d.rng.random() < 0.4
        elsewhere = f
        while elsewhere.side not in SIDES or elsewhere.side == f.side:
            elsewhere = d.finding(kind)
        shown = d.denied(kind) if denied else f
        return Draft(shown, d.say("place", np=singular(f), loc=elsewhere.location))
    return Draft(_open(d, f) if label == "neutral" else f, d.say("place", np=singular(f), loc=f.location))


def _compare(d: Drawing, label: str) -> Draft:
    """Change: the same, the opposite, or a report that makes no comparison."""
    kind = d.kind(*MOVING)
    f = d.finding(kind)
    while f.plural:
        f = d.finding(kind)
    said, opposite = d.rng.sample(("worsened", "improved"), 2)
    statement = d.say("compare", np=singular(f), verb=d.rng.choice(d.words.terms(said)))
    change = {"entailment": said, "contradiction": opposite}.get(label, "")
    return Draft(f, statement, change)


def _normal(d: Drawing, label: str) -> Draft:
    return Draft(None, d.say("normal"))


def _normal_scene(d: Drawing, label: str) -> Scene:
    """ "The film is normal": three denials and no more entail it, a finding contradicts it, a doubt leaves it open."""
    kinds = d.rng.sample([KINDS[n] for n in ("effusion", "pneumothorax", "fracture", "cardiomegaly", "mediastinum")], 2)
    findings = [d.finding(kind, "negative") for kind in kinds]
    lung = d.kind("consolidation", "opacity", "pneumonia", "nodule", "edema")
    if label == "entailment":
        findings.append(d.finding(KINDS["opacity"], "negative"))
    else:
        findings.insert(d.rng.randrange(3), d.finding(lung, "positive" if label == "contradiction" else "uncertain"))
    return Scene(tuple(findings))


def _open(d: Drawing, f: Finding) -> Finding | None:
    """Something that leaves a statement about the finding open: nothing, or only the possibility of it."""
    return replace(f, status="uncertain") if d.rng.random() < 0.35 else None


def singular(f: Finding) -> str:
    """The finding's name in the singular: "pleural effusion" also of both sides."""
    return f.name.removesuffix("s") if f.plural else f.name


def _general(d: Drawing, f: Finding) -> str:
    """The finding's name, now and then with a true detail kept: its location."""
    return f.core if d.rng.random() < 0.3 else _named(d, f)


def _named(d: Drawing, f: Finding) -> str:
    """The finding's name, now and then in other words: "fluid in the pleural space"."""
    key = f"also.{f.kind.name}"
    return d.rng.choice(d.words.terms(key)) if d.words.has(key) and d.rng.random() < 0.25 else singular(f)


TOPICS: dict[str, Callable[[Drawing, str], Draft]] = {
    "exists": _exists,
    "absent": _absent,
    "side": _side,
    "severity": _severity,
    "size": _size,
    "place": _place,
    "normal": _normal,
    "compare": _compare,
}
