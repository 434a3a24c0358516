"""What a synthetic chest radiograph shows: findings with status, side, place, severity and size. Text comes later.

May import `finetune.corpus.bank`; must never write a sentence. A scene is the single source of the report and of every
gold answer about it. Labels: Irvin J et al. CheXpert, AAAI 2019.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Literal

from finetune.corpus.bank import Bank

Status = Literal["positive", "negative", "uncertain"]
SIDES = ("left", "right")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding: its CheXpert label, where it sits, and how often it is seen, doubted or denied."""

    name: str
    label: str
    site: Literal["lung", "pleura", "diffuse", "heart", "mediastinum", "bone", "device"]
    rank: int
    """Place in an impression; 0 first."""
    positive: float
    uncertain: float
    negative: float


KINDS: dict[str, Kind] = {
    k.name: k
    for k in (
        Kind("pneumothorax", "pneumothorax", "pleura", 0, 0.17, 0.06, 0.35),
        Kind("mass", "lung lesion", "lung", 1, 0.08, 0.03, 0.05),
        Kind("nodule", "lung lesion", "lung", 2, 0.11, 0.05, 0.09),
        Kind("pneumonia", "pneumonia", "lung", 3, 0.09, 0.13, 0.15),
        Kind("consolidation", "consolidation", "lung", 4, 0.17, 0.07, 0.25),
        Kind("edema", "edema", "diffuse", 5, 0.15, 0.08, 0.19),
        Kind("effusion", "pleural effusion", "pleura", 6, 0.26, 0.08, 0.30),
        Kind("opacity", "lung opacity", "lung", 7, 0.19, 0.07, 0.12),
        Kind("fracture", "fracture", "bone", 8, 0.14, 0.06, 0.22),
        Kind("mediastinum", "enlarged cardiomediastinum", "mediastinum", 9, 0.10, 0.06, 0.27),
        Kind("cardiomegaly", "cardiomegaly", "heart", 10, 0.22, 0.06, 0.28),
        Kind("atelectasis", "atelectasis", "lung", 11, 0.20, 0.07, 0.10),
        Kind("thickening", "pleural other", "pleura", 12, 0.11, 0.05, 0.12),
        Kind("device", "support devices", "device", 13, 0.28, 0.0, 0.10),
    )
}
ORDER = (
    *("device", "cardiomegaly", "mediastinum"),
    *("edema", "consolidation", "opacity", "pneumonia", "atelectasis", "nodule", "mass"),
    *("effusion", "pneumothorax", "thickening", "fracture"),
)
"""The order of a systematic read: devices, heart, mediastinum, lungs, pleura, bones."""
MOVING = ("effusion", "pneumothorax", "consolidation", "opacity", "pneumonia", "atelectasis", "edema")
"""Kinds that come and go within days."""
GRADED = {"effusion", "pneumothorax", "atelectasis", "edema", "cardiomegaly", "thickening"}
"""Kinds whose severities are a scale, mildest first."""


ADJECTIVE = {"lingula": "lingular", "apex": "apical", "lung base": "basal", "perihilar region": "perihilar"}
"""Places that change form before a finding."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. severity: index into the kind's scale or None; mm: size or None; plural: bilateral.

    obs: the observation in US spelling; anatomy: the anatomical word it opens with ("pleural"), or empty.
    device: devices only, with `where` its tip lies, or empty.
    """

    kind: Kind
    status: Status
    obs: str
    anatomy: str = ""
    side: str = ""
    place: str = ""
    severity: str = ""
    mm: int = 0
    where: str = ""

    @property
    def plural(self) -> bool:
        return self.side == "bilateral"

    @property
    def location(self) -> str:
        """Side and place: "left lower lobe", "right", or empty."""
        return f"{self.side} {self.place}".strip()

    @property
    def lead(self) -> str:
        """The location as it stands before the finding: "left lower lobe", "left basal"."""
        return f"{self.side} {ADJECTIVE.get(self.place, self.place)}".strip()

    @property
    def name(self) -> str:
        """The finding without location or grade: "pleural effusion"."""
        return f"{self.anatomy} {self.obs}".strip()

    @property
    def core(self) -> str:
        """The finding with its location before it: "left lower lobe consolidation", "left pleural effusion"."""
        return " ".join(part for part in (self.lead, self.anatomy, self.obs) if part)


@dataclass(frozen=True, slots=True)
class Scene:
    """One radiograph: its findings in reading order."""

    findings: tuple[Finding, ...]

    @property
    def present(self) -> tuple[Finding, ...]:
        """Positive and uncertain findings, devices apart."""
        return tuple(f for f in self.findings if f.status != "negative" and f.kind.name != "device")

    def statuses(self) -> dict[str, Status]:
        """CheXpert label -> status, of the labels the scene speaks of."""
        return {f.kind.label: f.status for f in self.findings}


def draw(rng: random.Random, bank: Bank, most: int = 7, density: float = 1.0) -> Scene:
    """A scene of up to `most` findings, one a label. One in five is normal: nothing positive but devices.

    density multiplies how often each kind of finding is spoken of.
    """
    normal = rng.random() < 0.2
    chosen: list[Finding] = []
    labels: set[str] = set()
    kinds = list(KINDS.values())
    rng.shuffle(kinds)
    for kind in kinds:
        if kind.label in labels or len(chosen) >= most:
            continue
        status = _status(rng, kind, normal, density)
        if status and not _clash(kind, status, chosen):
            labels.add(kind.label)
            chosen.append(finding(rng, bank, kind, status))
    if not chosen:
        chosen.append(finding(rng, bank, KINDS["pneumothorax"], "negative"))
    return Scene(tuple(sorted(chosen, key=lambda f: ORDER.index(f.kind.name))))


def _clash(kind: Kind, status: Status, chosen: list[Finding]) -> bool:
    """Whether a reader would find this status at odds with what is there: "no opacity" beside a consolidation, say."""
    airspace = ("consolidation", "opacity", "pneumonia", "mass", "nodule", "atelectasis", "edema")
    if kind.name not in airspace:
        return False
    seen = {f.kind.name for f in chosen if f.status != "negative"} & set(airspace)
    denied = {f.kind.name for f in chosen if f.status == "negative"}
    if status == "negative":
        return (kind.name == "opacity" and bool(seen)) or (kind.name == "consolidation" and "pneumonia" in seen)
    return "opacity" in denied or (kind.name == "pneumonia" and "consolidation" in denied)


def _status(rng: random.Random, kind: Kind, normal: bool, density: float) -> Status | None:
    roll = rng.random() / density
    if normal and kind.name != "device":
        return "negative" if roll < kind.negative + kind.positive else None
    if roll < kind.positive:
        return "positive"
    if roll < kind.positive + kind.uncertain:
        return "uncertain"
    return "negative" if roll < kind.positive + kind.uncertain + kind.negative else None


def finding(rng: random.Random, bank: Bank, kind: Kind, status: Status) -> Finding:
    """A finding of this kind and status with its details drawn at random; a negative one has no details."""
    if kind.name == "device":
        return _device(rng, bank, status)
    if status == "negative":
        slot = {"thickening": "pleural"}.get(kind.name, kind.name)
        return _named(Finding(kind, status, rng.choice(bank.terms(f"absent.{slot}"))))
    obs = rng.choice(bank.terms(f"obs.{'rib' if kind.name == 'fracture' else kind.name}"))
    if kind.name == "thickening" and rng.random() < 0.4:
        obs = rng.choice(bank.terms("obs.plaque"))
    seen = _placed(rng, bank, _named(Finding(kind, status, obs)))
    key = f"severity.{ {'thickening': 'pleural'}.get(kind.name, kind.name) }"
    if bank.has(key) and rng.random() < 0.65 and not seen.obs.startswith("plaque"):
        seen = replace(seen, severity=rng.choice(bank.terms(key)))
    if kind.name in ("nodule", "mass") and rng.random() < 0.75:
        seen = replace(seen, mm=rng.randint(5, 29) if kind.name == "nodule" else rng.randint(31, 78))
    return seen


def _named(f: Finding) -> Finding:
    """Split "pleural effusion" into the anatomy it opens with and the observation."""
    first, _, rest = f.obs.partition(" ")
    if rest and first in ("pleural", "pulmonary", "mediastinal", "rib"):
        return replace(f, anatomy=first, obs=rest)
    return f


def _placed(rng: random.Random, bank: Bank, f: Finding) -> Finding:
    side = rng.choice(SIDES)
    if f.kind.site == "lung":
        places = bank.terms("place.lesion") if f.kind.label == "lung lesion" else bank.terms("place.lobe")
        if rng.random() < 0.3 and f.kind.label != "lung lesion":
            places = bank.terms(f"place.{side}")
        place = rng.choice(places)
        return replace(f, side="" if place == "lingula" else side, place=place)
    if f.kind.site == "pleura":
        if f.kind.name == "effusion" and rng.random() < 0.25:
            return replace(f, side="bilateral", obs=f"{f.obs}s")
        return replace(f, side=side)
    if f.kind.site == "bone":
        place = rng.choice((*bank.terms("place.rib"), "clavicle"))
        return replace(f, side=side, place=place)
    return f


def _device(rng: random.Random, bank: Bank, status: Status) -> Finding:
    if status == "negative":
        return Finding(KINDS["device"], status, rng.choice(bank.terms("words.devices")))
    name = rng.choice(bank.terms("device.names"))
    where = rng.choice(bank.terms(f"device.{name}")).format(cm=rng.randint(3, 6))
    return Finding(KINDS["device"], status, name, where=where)
