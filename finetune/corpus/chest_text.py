"""Chest radiograph scenes as sentences, with every anatomy and observation marked where it stands.

May import `finetune.corpus` bank, text and chest_scene; must never change what a scene says.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from finetune.corpus.bank import Bank
from finetune.corpus.chest_scene import Finding, Scene
from finetune.corpus.text import Marked, Passage, Style, size

KIND_OF = {"positive": "present", "negative": "absent", "uncertain": "uncertain"}
"""Finding status -> span kind."""
ADVERB = {"mild": "mildly", "moderate": "moderately", "severe": "severely"}
AN = (*"aeiou", "8", "11 ", "18 ")
"""How a word or number begins that takes "an"."""
MASS_NOUNS = (
    "pneumonia",
    "consolidation",
    "atelectasis",
    "edema",
    "cardiomegaly",
    "widening",
    "thickening",
    "collapse",
)


def articled(name: str) -> str:
    """The name with the article that it takes, if any: "an opacity", "a 12 mm nodule", "pneumonia"."""
    if name.endswith(MASS_NOUNS):
        return name
    return f"an {name}" if name.startswith(AN) else f"a {name}"


@dataclass(frozen=True)
class Phrase:
    """A noun phrase as a sentence template with its slots, and how verbs and articles agree with it."""

    template: str
    slots: dict[str, str | Marked] = field(default_factory=dict)
    plural: bool = False
    countable: bool = True

    def put(self, carrier: str, **words: str) -> str:
        """The carrier with the phrase in it; the slots stay open for `Passage.sentence`."""
        article = ("an " if self.plain().startswith(AN) else "a ") if self.countable and not self.plural else ""
        filled = carrier.format(
            np=self.template,
            a_np=article + self.template,
            **{"is": "are" if self.plural else "is", "has": "have" if self.plural else "has"},
            **words,
        )
        return filled[0].upper() + filled[1:]

    def plain(self) -> str:
        """The phrase as text, in US spelling."""
        return self.template.format(**{k: v.text if isinstance(v, Marked) else v for k, v in self.slots.items()})


def noun(
    rng: random.Random, f: Finding, style: Style, tag: str = "", *, detail: bool = True, before: bool = False
) -> Phrase:
    """The finding as a noun phrase.

    tag keeps the slots of several phrases apart; before puts the place before the finding; detail adds size and grade.
    """
    kind = KIND_OF[f.status]
    measure = size(rng, style, f.mm) + " " if f.mm and detail else ""
    severity = f.severity if detail else ""
    behind = f.kind.site in ("lung", "bone") and bool(f.place) and not before and rng.random() < 0.55
    slots: dict[str, str | Marked] = {}
    adjacent = f"{severity} {f.obs}" if severity and not f.anatomy and (behind or not f.location) else ""
    slots[f"obs{tag}"] = Marked(kind, adjacent or f.obs)
    parts = [measure.strip()] if measure else []
    if severity and not adjacent:
        slots[f"sev{tag}"] = Marked(kind, severity)
        parts.append(f"{{sev{tag}}}")
    anatomy = " ".join(p for p in ("" if behind else f.lead, f.anatomy) if p)
    if anatomy:
        slots[f"anat{tag}"] = Marked("anatomy", anatomy)
        parts.append(f"{{anat{tag}}}")
    parts.append(f"{{obs{tag}}}")
    if behind:
        slots[f"loc{tag}"] = Marked("anatomy", f.location)
        parts.append(("of" if f.kind.site == "bone" else "in") + f" the {{loc{tag}}}")
    return Phrase(" ".join(parts), slots, f.plural, not f.obs.endswith(MASS_NOUNS))


def state(rng: random.Random, bank: Bank, passage: Passage, f: Finding, *, literal: bool = False) -> None:
    """One sentence that says the finding, positive, negative or uncertain; literal: denied by its name alone."""
    if f.kind.name == "device":
        _device(rng, bank, passage, f)
    elif f.kind.name in ("cardiomegaly", "mediastinum") and rng.random() < 0.6:
        _size_of(rng, bank, passage, f)
    elif f.status == "negative" and not literal and bank.has(f"organ.{f.kind.name}") and rng.random() < 0.35:
        organ = Marked("anatomy", rng.choice(bank.terms(f"organ.{f.kind.name}")))
        fine = Marked("present", rng.choice(bank.terms(f"fine.{f.kind.name}")))
        template = bank.pick(rng, "fine")
        passage.sentence(
            template.replace("Both", "The") if organ.text.startswith("bon") else template, organ=organ, fine=fine
        )
    else:
        phrase = noun(rng, f, passage.style)
        passage.sentence(phrase.put(bank.pick(rng, f.status)), **phrase.slots)


def _size_of(rng: random.Random, bank: Bank, passage: Passage, f: Finding) -> None:
    """The heart or mediastinum as enlarged, widened or normal."""
    key = f"{f.kind.name}.{f.status}"
    heart = f.kind.name == "cardiomegaly"
    word = rng.choice(bank.terms("words.enlarged" if heart else "words.widened"))
    how = ADVERB.get(f.severity, "")
    template = bank.pick(rng, key)
    if how and f.status == "positive" and heart:
        word = f"{how} {word}"
    organ = Marked("anatomy", rng.choice(bank.terms("place.heart" if heart else "place.mediastinum")))
    passage.sentence(
        template,
        heart=organ,
        mediastinum=organ,
        obs=Marked(KIND_OF[f.status], word),
        normal=Marked("present", "normal"),
    )


def _device(rng: random.Random, bank: Bank, passage: Passage, f: Finding) -> None:
    if f.status == "negative":
        passage.sentence(bank.pick(rng, "device.negative"), np=Marked("absent", f.obs))
        return
    phrase = Phrase("{device}", {"device": Marked("present", f.obs)})
    lead, _, anatomy = f.where.partition(" the ")
    tip = "leads" if f.obs == "pacemaker" else "tip"
    template = bank.pick(rng, "device.positive").replace("{where}", f"{lead} the {{{{place}}}}").replace("{tip}", tip)
    if tip == "leads":
        template = template.replace("lies", "lie")
    passage.sentence(phrase.put(template), **phrase.slots, place=Marked("anatomy", anatomy))


def deny(rng: random.Random, bank: Bank, passage: Passage, findings: list[Finding]) -> None:
    """Two or three negative findings in one sentence."""
    phrases = [noun(rng, f, passage.style, str(i)) for i, f in enumerate(findings)]
    template = ", ".join(p.template for p in phrases[:-1]) + " or " + phrases[-1].template
    slots = {k: v for p in phrases for k, v in p.slots.items()}
    passage.sentence(Phrase(template, slots).put(bank.pick(rng, "negative")), **slots)


def report(
    rng: random.Random, bank: Bank, style: Style, scene: Scene, *, header: bool = True, literal: bool = False
) -> Passage:
    """The scene as a report in this style, without an impression. literal: as for `state`."""
    passage = Passage(style)
    if header and rng.random() < 0.6:
        passage.sentence(bank.pick(rng, "exam"))
    if header and rng.random() < 0.15:
        passage.sentence(bank.pick(rng, "history"))
    if style.form == "headed":
        passage.heading("findings")
    groups = [list(g) for g in _grouped(rng, scene)]
    if style.form == "telegraphic":
        rng.shuffle(groups)
    for group in groups:
        if len(group) > 1:
            deny(rng, bank, passage, group)
        else:
            state(rng, bank, passage, group[0], literal=literal)
        if rng.random() < 0.06:
            passage.sentence(bank.pick(rng, "filler"))
    return passage


def _grouped(rng: random.Random, scene: Scene) -> list[list[Finding]]:
    """Findings in sentences: now and then two or three denials share one."""
    shared = [
        f
        for f in scene.findings
        if f.status == "negative" and f.kind.name not in ("device", "cardiomegaly", "mediastinum")
    ]
    together = shared[: rng.choice((2, 2, 3))] if len(shared) > 1 and rng.random() < 0.6 else []
    groups = [[f] for f in scene.findings if f not in together]
    if together:
        groups.append(together)
    return groups


def impression(rng: random.Random, bank: Bank, style: Style, scene: Scene, most: int = 4) -> str:
    """The positives and doubts, gravest first, or that the chest is normal."""
    passage = Passage(Style("prose", style.usage, style.unit, style.shout))
    for f in sorted(scene.present, key=lambda f: f.kind.rank)[:most]:
        phrase = noun(random.Random(0), f, passage.style, before=f.kind.site == "lung")
        passage.sentence(phrase.put(rng.choice(bank.terms(f"impression.{f.status}"))), **phrase.slots)
    if not scene.present:
        passage.sentence(rng.choice(bank.terms("impression.normal")))
    return passage.text
