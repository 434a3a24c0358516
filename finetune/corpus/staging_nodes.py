"""Nodes drawn for a wanted N stage, organ by organ, and the regions a report may deny or call small.

Imports `staging_rules` only; must never write text.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from finetune.corpus.staging_rules import COUNTED, Nodes, Organ, Side

REGIONS: dict[Organ, tuple[str, ...]] = {
    "lung": ("hilar", "lower paratracheal", "subcarinal", "upper paratracheal", "interlobar"),
    "colon": ("mesorectal", "pericolic", "mesenteric", "mesocolic", "ileocolic", "superior rectal"),
    "breast": ("axillary", "level I axillary", "level II axillary"),
    "neck": ("level IB", "level II", "level IIA", "level III", "level IV", "level VA"),
    "oropharynx": ("level II", "level IIA", "level III", "level IIB"),
    "nasopharynx": ("level II", "retropharyngeal", "level IIB", "level III"),
    "stomach": ("perigastric", "left gastric", "lesser curvature", "celiac", "splenic hilar", "infrapyloric"),
    "esophagus": ("paraesophageal", "left gastric", "celiac", "subcarinal", "paratracheal"),
    "pancreas": ("peripancreatic", "hepatoduodenal", "celiac", "superior mesenteric", "portocaval"),
    "kidney": ("renal hilar", "para-aortic", "retroperitoneal", "aortocaval"),
    "prostate": ("obturator", "external iliac", "internal iliac", "pelvic", "presacral"),
    "bladder": ("obturator", "external iliac", "internal iliac", "perivesical", "presacral"),
    "endometrium": ("obturator", "external iliac", "pelvic", "internal iliac"),
    "cervix": ("obturator", "external iliac", "parametrial", "pelvic", "internal iliac"),
    "thyroid": ("level VI", "central compartment", "level III", "level IV", "pretracheal"),
}
"""Regional stations: where involved nodes lie, and where a node too small to count is mentioned."""

DENIED: dict[Organ, tuple[str, ...]] = {
    "lung": ("mediastinal", "supraclavicular", "contralateral", "hilar"),
    "neck": ("contralateral", "level V", "supraclavicular"),
    "oropharynx": ("contralateral", "supraclavicular"),
    "nasopharynx": ("supraclavicular", "level V"),
    "breast": ("internal mammary", "supraclavicular", "axillary", "infraclavicular"),
    "colon": ("inguinal", "iliac", "retroperitoneal"),
    "stomach": ("para-aortic", "mediastinal", "retroperitoneal"),
    "esophagus": ("supraclavicular", "retroperitoneal"),
    "pancreas": ("para-aortic", "mediastinal"),
    "kidney": ("pelvic", "mediastinal"),
    "prostate": ("para-aortic", "inguinal", "common iliac"),
    "bladder": ("para-aortic", "inguinal", "common iliac"),
    "endometrium": ("inguinal", "para-aortic"),
    "cervix": ("inguinal", "para-aortic"),
    "thyroid": ("mediastinal", "level V"),
}
"""Regions that a report denies."""

UNSIDED: tuple[Organ, ...] = ("colon", "stomach", "esophagus", "pancreas", "kidney", "endometrium", "cervix")
"""Organs whose nodes are told without a side."""


def draw(rng: random.Random, organ: Organ, stage: int) -> list[Nodes]:
    """Nodes of the organ that make this stage, 1 to 3; the organ has it."""
    return _counted(rng, organ, stage) if organ in COUNTED else _DRAW[organ](rng, stage)


def stages(organ: Organ) -> tuple[str, ...]:
    """The stages the organ has."""
    last = len(COUNTED[organ]) if organ in COUNTED else 2 if organ == "endometrium" else 3
    return tuple(f"N{n}" for n in range(last + 1))


def _counted(rng: random.Random, organ: Organ, stage: int) -> list[Nodes]:
    limits = COUNTED[organ]
    low = limits[stage - 1]
    high = limits[stage] - 1 if stage < len(limits) else low + (3 if low > 1 else 2)
    total = rng.randint(low, high)
    regions = rng.sample(REGIONS[organ], 2)
    first = rng.randint(1, total - 1) if total > 1 and rng.random() < 0.3 else total
    parts = [first, total - first]
    return [Nodes(r, count=n, mm=rng.randint(9, 26)) for r, n in zip(regions, parts, strict=True) if n]


def _lung(rng: random.Random, stage: int) -> list[Nodes]:
    near = rng.choice(("hilar", "hilar", "hilar", "interlobar", "lobar", "peribronchial"))
    hilar = Nodes(near, mm=rng.randint(11, 24), count=rng.choice((1, 1, 2)))
    middle = rng.choice(
        (
            "lower paratracheal",
            "lower paratracheal",
            "upper paratracheal",
            "mediastinal",
            "subcarinal",
            "subcarinal",
            "prevascular",
            "aortopulmonary window",
            "paraesophageal",
            "pulmonary ligament",
        )
    )
    midline = ("subcarinal", "prevascular", "aortopulmonary window")
    side: Side = "midline" if middle in midline else "ipsilateral"
    mediastinal = Nodes(middle, side, rng.choice((1, 1, 2, 3)), rng.randint(11, 28))
    if stage == 1:
        return [hilar]
    if stage == 2:
        return [mediastinal] + ([hilar] if rng.random() < 0.35 else [])
    far = rng.choice(("hilar", "mediastinal", "lower paratracheal", "supraclavicular", "supraclavicular"))
    sides: tuple[Side, ...] = ("contralateral", "contralateral", "bilateral")
    far_side = rng.choice(sides) if far != "supraclavicular" else rng.choice(("ipsilateral", "contralateral"))
    return [Nodes(far, far_side, rng.choice((1, 1, 2)), rng.randint(11, 26))] + (
        [rng.choice((hilar, mediastinal))] if rng.random() < 0.4 else []
    )


def _breast(rng: random.Random, stage: int) -> list[Nodes]:
    axillary = Nodes("axillary", count=rng.choice((1, 2, 3)), mm=rng.randint(11, 26))
    mammary = Nodes("internal mammary", mm=rng.randint(8, 16))
    if stage == 1:
        return [axillary]
    if stage == 2:
        matted = Nodes("axillary", count=rng.choice((2, 3, 4)), mm=rng.randint(15, 32), matted=True)
        return [rng.choice((matted, mammary))]
    if rng.random() < 0.4:
        return [axillary, mammary]
    far = Nodes(rng.choice(("infraclavicular", "supraclavicular")), mm=rng.randint(9, 20))
    return [far] + ([axillary] if rng.random() < 0.5 else [])


def _neck(rng: random.Random, stage: int) -> list[Nodes]:
    region = rng.choice(REGIONS["neck"])
    if stage == 1:
        return [Nodes(region, mm=rng.randint(12, 28))]
    if stage == 2:
        return rng.choice(
            (
                [Nodes(region, mm=rng.randint(33, 55))],
                [Nodes(region, count=rng.choice((2, 3, 4)), mm=rng.randint(14, 40))],
                [Nodes(region, "contralateral", rng.choice((1, 2)), rng.randint(13, 35))],
                [Nodes(region, "bilateral", 2, rng.randint(13, 35))],
            )
        )
    if rng.random() < 0.5:
        return [Nodes(region, mm=rng.randint(62, 80))]
    return [Nodes(region, count=rng.choice((1, 1, 2)), mm=rng.randint(18, 45), extranodal=True)]


def _pharynx(rng: random.Random, organ: Organ, stage: int) -> list[Nodes]:
    """Oropharynx with HPV, and nasopharynx, where side and size decide and number does not."""
    region = rng.choice(REGIONS[organ])
    near = Nodes(region, count=rng.choice((1, 2, 3)), mm=rng.randint(12, 55))
    if stage == 1:
        return [near]
    if stage == 2:
        if organ == "nasopharynx" or rng.random() < 0.5:
            return [Nodes(region, "bilateral", 2, rng.randint(12, 50))]
        return [Nodes(region, "contralateral", rng.choice((1, 2)), rng.randint(12, 50))]
    if organ == "nasopharynx" and rng.random() < 0.6:
        low = Nodes(rng.choice(("level IV", "level VB", "supraclavicular")), mm=rng.randint(12, 40))
        return [low, near] if near.region != low.region and rng.random() < 0.5 else [low]
    return [Nodes(region, mm=rng.randint(62, 80))]


def _pelvis(rng: random.Random, organ: Organ, stage: int) -> list[Nodes]:
    """Bladder and endometrium: the true pelvis, then further up."""
    region = rng.choice(REGIONS[organ])
    many = Nodes(region, count=rng.randint(2, 4), mm=rng.randint(10, 24))
    if organ == "endometrium":
        if stage == 1:
            return [rng.choice((many, Nodes(region, mm=rng.randint(10, 24))))]
        return [Nodes("para-aortic", count=rng.choice((1, 2)), mm=rng.randint(10, 24)), *rng.choice(([], [many]))]
    if stage == 1:
        return [Nodes(region, mm=rng.randint(10, 24))]
    if stage == 2:
        return [many]
    return [Nodes("common iliac", count=rng.choice((1, 2)), mm=rng.randint(10, 24)), *rng.choice(([], [many]))]


_DRAW: dict[Organ, Callable[[random.Random, int], list[Nodes]]] = {
    "lung": _lung,
    "breast": _breast,
    "neck": _neck,
    "oropharynx": lambda rng, stage: _pharynx(rng, "oropharynx", stage),
    "nasopharynx": lambda rng, stage: _pharynx(rng, "nasopharynx", stage),
    "bladder": lambda rng, stage: _pelvis(rng, "bladder", stage),
    "endometrium": lambda rng, stage: _pelvis(rng, "endometrium", stage),
}
