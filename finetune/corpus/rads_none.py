"""Reports to which none of the ten RADS systems applies: other organs, acute questions. Imports its siblings only."""

from __future__ import annotations

from finetune.corpus.rads_frame import Draft, Pen

REGIONS = (
    "knee",
    "brain",
    "spine",
    "chest",
    "kidney",
    "abdomen",
    "shoulder",
    "hip",
    "wrist",
    "embolism",
    "aorta",
    "veins",
    "rectum",
    "ankle",
    "foot",
    "elbow",
    "cervical",
    "sinus",
    "temporal",
    "pituitary",
    "carotid",
    "bowel",
    "pancreas",
    "heart",
    "scan",
    "groin",
    "interstitial",
    "trauma",
)
SEXED = {
    "scrotum": (("man", "male"), (21, 70)),
    "pregnancy": (("woman", "female", "lady"), (21, 42)),
    "fibroid": (("woman", "female", "lady"), (21, 52)),
}
"""Regions of one sex: who is examined, and the ages."""
BABY = "neonate"
"""The region whose reports tell neither age nor sex."""


def describe_other(pen: Pen) -> Draft:
    """One region's report: a finding or two, and normal remarks of that region."""
    region = pen.rng.choice((*REGIONS, *SEXED, BABY))
    side = pen.rng.choice(("right", "left"))
    size = pen.size(pen.rng.randint(4, 30))
    findings = pen.rng.sample(pen.bank.terms(f"{region}.finding"), pen.rng.randint(1, 2))
    key = tuple(pen.say("finding", finding=f.format(side=side, size=size)) for f in findings)
    normal = pen.rng.sample(pen.bank.terms(f"{region}.normal"), pen.rng.randint(1, 3))
    extra = tuple(pen.say("normal", normal=n) for n in normal)
    exam = pen.term(f"{region}.exam").format(side=side)
    patients, ages = SEXED.get(region, ((), (21, 86)))
    history = "" if region == BABY else pen.term(f"{region}.reason")
    return Draft(exam, key, extra, history=history, alone=True, ages=ages, patients=patients)
