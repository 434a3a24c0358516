"""Chest radiographs in the manner of working reports: many ways of saying the 14 findings, and what is seen beside.

May import `finetune.corpus` modules; the sentences, their labels and their conclusions are data in
`banks/radiograph.toml`. A report is drawn as remarks; labels and impression follow from the remarks that were drawn.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from finetune.corpus import remarks
from finetune.corpus.case import Split
from finetune.corpus.remarks import Remark, Remarks, Writer
from finetune.corpus.text import Passage, Style, british

RANK = (
    *("pneumothorax", "lung lesion", "pneumonia", "consolidation", "edema", "pleural effusion", "lung opacity"),
    *("fracture", "enlarged cardiomediastinum", "cardiomegaly", "atelectasis", "pleural other", "support devices"),
)
"""Gravest first, as impressions have them."""
AIRSPACE = ("lung opacity", "consolidation", "pneumonia", "atelectasis", "lung lesion", "edema")
ORDERS = tuple(
    tuple(order.split())
    for order in (
        "technique devices surgery heart mediastinum aorta vessels hila volumes lungs denial nodules nodes pleura "
        "bones spine belly",
        "technique volumes lungs denial nodules nodes pleura vessels heart mediastinum aorta hila devices surgery "
        "belly bones spine",
        "heart mediastinum hila aorta vessels lungs denial pleura volumes nodules nodes surgery devices bones spine "
        "belly technique",
    )
)
"""Orders in which different readers go through a film."""
USUAL = {
    "heart": 0.85,
    "mediastinum": 0.4,
    "vessels": 0.25,
    "hila": 0.2,
    "volumes": 0.12,
    "lungs": 0.75,
    "nodules": 0.12,
    "pleura": 0.6,
    "bones": 0.4,
    "devices": 0.05,
    "belly": 0.12,
    "technique": 0.12,
}
"""How often a region without a finding is said to be normal."""
DENIED = {
    "consolidation": 4,
    "lung opacity": 2,
    "pleural effusion": 5,
    "pneumothorax": 5,
    "edema": 1,
    "pneumonia": 1,
    "lung lesion": 1,
    "fracture": 1,
    "atelectasis": 1,
}
"""What is denied several at a time, and how often each beside the others."""
GAPPED = re.compile(r"\b(bony|osseous|angles?|typical|median|lateral|previous|projection|ray|likely|nodes?|views?)\b")
Mood = Literal["normal", "incidental", "abnormal"]


@dataclass(frozen=True)
class Told:
    """A remark as it was drawn: with its slots and the sentence, marks still in it."""

    remark: Remark
    slots: dict[str, str]
    text: str


@dataclass(frozen=True)
class Film:
    """One radiograph as its reader tells it. labels: CheXpert label -> status, of the labels that are spoken of."""

    told: tuple[Told, ...]
    labels: Mapping[str, str]
    conclusions: tuple[str, ...]


def draw(rng: random.Random, split: Split, style: Style) -> Film:
    """A film: normal, with something of no matter today, or abnormal."""
    bank = remarks.load("radiograph", split)
    writer = Writer(rng, bank, style)
    mood: Mood = rng.choices(("normal", "incidental", "abnormal"), (0.24, 0.2, 0.56))[0]
    chosen = _findings(rng, bank) if mood == "abnormal" else []
    labels = {label: status for r in chosen for label, status in r.labels.items()}
    beside = rng.choice((0, 0, 1, 2)) if mood == "abnormal" else rng.choice((1, 1, 2, 3)) if mood == "incidental" else 0
    for _ in range(beside):
        _add(chosen, labels, _weighted(rng, bank.of("incidental")))
    told = [_tell(writer, r) for r in chosen]
    for r in _normals(rng, bank, chosen):
        if _add(chosen, labels, r):
            told.append(_tell(writer, r))
    if denial := _denial(rng, writer, labels, chosen):
        told.append(denial)
    order = rng.choice(ORDERS)
    told.sort(key=lambda t: order.index(t.remark.region))
    return Film(tuple(told), labels, tuple(_conclusions(rng, writer, told)))


def _weighted(rng: random.Random, listed: Sequence[Remark]) -> Remark:
    return rng.choices(listed, [r.weight for r in listed])[0]


def _add(chosen: list[Remark], labels: dict[str, str], r: Remark) -> bool:
    """Add the remark unless it is there or speaks of a label that is spoken of."""
    if r in chosen or labels.keys() & r.labels.keys():
        return False
    if any(status == "negative" for status in r.labels.values()) and _denies_seen(r.labels, labels):
        return False
    chosen.append(r)
    labels |= r.labels
    return True


def _denies_seen(denied: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether a reader would find the denial at odds with a finding: "no opacity" beside a consolidation, say."""
    seen = {label for label, status in labels.items() if status != "negative"}
    rules = {
        "lung opacity": set(AIRSPACE),
        "consolidation": {"pneumonia", "lung opacity"},
        "pneumonia": {"consolidation", "lung opacity"},
        "lung lesion": {"lung opacity"},
        "atelectasis": {"lung opacity", "consolidation"},
        "enlarged cardiomediastinum": {"cardiomegaly"},
    }
    return any(seen & rules.get(label, set()) for label in denied)


def _findings(rng: random.Random, bank: Remarks) -> list[Remark]:
    """One to four findings; the label of each is drawn first, so that rare ones are met as often."""
    chosen: list[Remark] = []
    labels: dict[str, str] = {}
    every = bank.of("finding")
    for _ in range(rng.choice((1, 1, 2, 2, 3, 4))):
        label = rng.choice(RANK[:-1])
        fitting = [r for r in every if label in r.labels]
        r = _weighted(rng, fitting)
        if not (r.region == "lungs" and any(c.region == "lungs" for c in chosen) and rng.random() < 0.7):
            _add(chosen, labels, r)
    return chosen


def _normals(rng: random.Random, bank: Remarks, chosen: Sequence[Remark]) -> list[Remark]:
    """Normal remarks on regions that have no finding, each region once, as thoroughly as this reader is."""
    taken = {r.region for r in chosen} | ({"lungs"} if any(r.region == "nodules" for r in chosen) else set())
    if any(r.kind == "finding" and r.region in ("lungs", "vessels") for r in chosen):
        taken |= {"lungs", "volumes"}
    thorough = rng.choice((0.5, 0.8, 1.0, 1.3))
    every, found = bank.of("normal"), []
    for region, share in USUAL.items():
        if region in taken or rng.random() > share * thorough:
            continue
        fitting = [r for r in every if r.region == region and not taken & set(r.covers)]
        r = _weighted(rng, fitting)
        found.append(r)
        taken |= {region, *r.covers}
    return found


def _denial(rng: random.Random, writer: Writer, labels: dict[str, str], chosen: Sequence[Remark]) -> Told | None:
    """Several things denied in one sentence, of those that nothing else speaks of. Adds to `labels`."""
    free = [label for label in DENIED if label not in labels and not _denies_seen({label: "negative"}, labels)]
    if not free or rng.random() < 0.3:
        return None
    names: list[str] = []
    for _ in range(rng.choice((1, 2, 2, 3, 3, 4))):
        name = rng.choices(free, [DENIED[label] for label in free])[0]
        if name not in names:
            names.append(name)
    airspace = {"consolidation", "lung opacity", "pneumonia"} & set(names)
    names = [n for n in names if n not in airspace or n == min(airspace) or rng.random() < 0.3]
    items = [rng.choice(writer.bank.lists[f"denied.{name.replace(' ', '_')}"]) for name in names]
    if len(items) > 1 and rng.random() < 0.15:
        items.append(rng.choice(writer.bank.lists["denied.other"]))
    clear = any(s in AIRSPACE for s in labels if labels[s] != "negative") or any(r.region == "lungs" for r in chosen)
    carriers = [c for c in writer.bank.lists["deny"] if not (clear and ("ungs" in c))]
    comma = ", or " if len(items) > 2 and rng.random() < 0.6 else " or "
    joined = ", ".join(items[:-1]) + comma + items[-1] if len(items) > 1 else items[0]
    labels |= dict.fromkeys(names, "negative")
    text = rng.choice(carriers).replace("{list}", joined)
    return Told(Remark("denial", "normal", "denial", {}, 1.0, ()), {}, writer.fill(text, {}))


def _tell(writer: Writer, r: Remark) -> Told:
    text, slots = writer.tell(r)
    return Told(r, slots, text)


def _conclusions(rng: random.Random, writer: Writer, told: Sequence[Told]) -> list[str]:
    """What an impression says, gravest first: findings, and that nothing acute is seen where that is so."""
    lists = writer.bank.lists
    findings = [t for t in told if t.remark.kind == "finding"]
    beside = [t for t in told if t.remark.kind == "incidental" and t.remark.conclude]
    if not findings:
        said = [writer.plain(rng.choice(lists["normal"]), {})]
        for t in beside:
            if rng.random() < 0.25 and (aside := writer.agreeing(t.remark, t.slots, t.text)):
                said.insert(rng.choice((0, 1)), aside)
        return said
    findings.sort(key=lambda t: min(RANK.index(label) for label in t.remark.labels))
    said = [writer.agreeing(t.remark, t.slots, t.text) for t in findings]
    said += filter(None, (writer.agreeing(t.remark, t.slots, t.text) for t in beside if rng.random() < 0.2))
    if all(t.remark.calm for t in findings):
        if len(said) == 1 and rng.random() < 0.35 and "." not in said[0]:
            return [f"{said[0]} {writer.plain(rng.choice(lists['without']), {}).lower()}"]
        if rng.random() < 0.6:
            said.insert(rng.choice((0, len(said))), writer.plain(rng.choice(lists["calm"]), {}))
    return said


def impression(rng: random.Random, film: Film) -> str:
    """The conclusions as sentences, numbered as some readers do."""
    said = list(film.conclusions)
    if len(said) > 1 and rng.random() < 0.12 and not any("." in part or " is " in part for part in said[:2]):
        said[:2] = [f"{said[0]} {rng.choice(('and', 'with'))} {said[1][0].lower()}{said[1][1:]}"]
    if rng.random() < (0.3 if len(said) > 1 else 0.08):
        return " ".join(f"{number}. {part}." for number, part in enumerate(said, 1))
    return " ".join(f"{part}." for part in said)


def findings(film: Film, style: Style) -> Passage:
    """The film's sentences alone, marked."""
    passage = Passage(style)
    for told in film.told:
        remarks.write(passage, told.text)
    if not film.told:
        remarks.write(passage, "[Chest] *unremarkable*")
    return passage


def report(rng: random.Random, split: Split, style: Style, film: Film, concluded: str = "") -> str:
    """The film as a whole report: headings, what was asked, and here and there the slips of real ones."""
    bank = remarks.load("radiograph", split)
    writer = Writer(rng, bank, style)
    body = findings(film, replace(style, form="telegraphic" if style.form == "telegraphic" else "prose")).text
    parts = [("findings", body)]
    if concluded:
        parts.append(("impression", concluded))
    for name, share in (("comparison", 0.35), ("indication", 0.4), ("exam", 0.35)):
        if rng.random() < share:
            parts.insert(0, (name, _finished(writer.plain(rng.choice(bank.lists[name]), {}))))
    if len(parts) == 1:
        text = body if rng.random() < 0.7 else f"{_title('findings', style)}: {body}"
    else:
        joint = rng.choice(("\n", "\n\n", " "))
        text = joint.join(
            f"{value}" if name == "exam" and rng.random() < 0.5 else f"{_title(name, style)}: {value}"
            for name, value in parts
        )
    return _worn(rng, text if style.usage == "US" else british(text))


def _finished(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


def _title(name: str, style: Style) -> str:
    return name.upper() if style.shout else name.capitalize()


def _worn(rng: random.Random, text: str) -> str:
    """Now and then all capitals, gaps where names were taken out, or a slip of the keys."""
    roll = rng.random()
    if roll < 0.04:
        return text.upper()
    if roll < 0.2:
        return GAPPED.sub(lambda match: "XXXX" if rng.random() < 0.5 else match[0], text)
    if roll < 0.24:
        words = text.split(" ")
        long = [n for n, word in enumerate(words) if len(word) > 6 and word.isalpha()]
        if long:
            n, at = rng.choice(long), rng.randint(1, 4)
            words[n] = words[n][:at] + words[n][at + 1] + words[n][at] + words[n][at + 2 :]
        return " ".join(words)
    return text
