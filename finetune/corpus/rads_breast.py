"""BI-RADS reports: mammography, ultrasound and MRI of the breast, categories 0 to 6 with 4A to 4C.

The rule follows the ACR BI-RADS Atlas, 5th edition (2013): assessment categories and the likelihood of malignancy the
Atlas quotes for each descriptor. Category 4 is subdivided in mammography and ultrasound only. Imports its siblings
only.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from finetune.corpus.rads_frame import Draft, Pen, RadsSystem

MODALITIES = ("mammography", "ultrasound", "MRI")
SPARED = 0.7
"""Share of spiculated masses without a further sign that are not written: readers differ between 4C and 5 there."""
MARGINS = ("circumscribed", "partly", "indistinct", "microlobulated", "spiculated")
OTHERS = ("asymmetry", "complicated", "intraductal", "nonmass", "distortion", "developing")
TOLD = 0.55
"""Share of masses and calcifications told feature by feature."""
MORPHOLOGIES = ("round", "amorphous", "coarse", "pleomorphic", "linear")


@dataclass(frozen=True)
class BreastScene:
    """kind: none, benign, stable, incomplete, mass, calcification, asymmetry, complicated (cyst), intraductal, nonmass,
    distortion (without a scar), developing (asymmetry).

    margin and shape belong to a mass, morphology and distribution to calcifications. secondary: skin or nipple
    retraction, linear calcifications in the mass, or an abnormal axillary node.
    """

    modality: str
    kind: str
    shape: str = "oval"
    margin: str = "circumscribed"
    morphology: str = "round"
    distribution: str = "grouped"
    enlarging: bool = False
    secondary: bool = False
    proven: bool = False


def categorise(scene: BreastScene) -> str:
    """The BI-RADS category (ACR BI-RADS Atlas, 5th edition, 2013)."""
    if scene.proven:
        return "6"
    fixed = {"incomplete": "0", "none": "1", "benign": "2", "stable": "2", "asymmetry": "3"}
    if scene.kind in fixed:
        return fixed[scene.kind]
    category = {"mass": _mass, "calcification": _calcification}.get(scene.kind, lambda _: "4A")(scene)
    category = {"nonmass": "4C", "distortion": "4B", "developing": "4B"}.get(scene.kind, category)
    return "4" if scene.modality == "MRI" and category.startswith("4") else category


def _mass(scene: BreastScene) -> str:
    """Circumscribed and oval is probably benign (2 % or less); the worse the margin, the higher (Atlas, masses).

    A further sign of cancer raises a suspicious mass by one step.
    """
    if scene.margin == "circumscribed":
        return "4A" if scene.enlarging else "3"
    if scene.margin == "partly":
        return "4A"
    if scene.margin == "spiculated":
        return "5" if scene.secondary else "4C"
    if scene.shape == "irregular":
        return "5" if scene.secondary else "4C"
    return "4C" if scene.secondary else "4B"


def _calcification(scene: BreastScene) -> str:
    """Grouped round 3; amorphous, coarse and fine pleomorphic 4B; fine linear 4C, in a segment 5 (Atlas)."""
    if scene.morphology == "round":
        return "3"
    if scene.morphology == "linear" and scene.distribution == "segmental":
        return "5"
    if scene.morphology == "linear" or (scene.morphology == "pleomorphic" and scene.distribution == "segmental"):
        return "4C"
    return "4B"


def draw(rng: random.Random, code: str) -> BreastScene:
    """A scene of this category."""
    modality = (
        "MRI" if code == "4" else rng.choice(MODALITIES[:2]) if code in ("4A", "4B", "4C") else rng.choice(MODALITIES)
    )
    if code == "0":
        return BreastScene(rng.choice(("mammography", "mammography", "ultrasound", "MRI")), "incomplete")
    if code in ("1", "2"):
        return BreastScene(modality, "none" if code == "1" else rng.choice(("benign", "benign", "stable")))
    if code == "6":
        return BreastScene(
            modality, "mass", "irregular", rng.choice(MARGINS[2:]), secondary=rng.random() < 0.3, proven=True
        )
    while True:
        scene = _suspicious(rng, modality)
        alone = scene.kind == "mass" and scene.margin == "spiculated" and not scene.secondary
        if categorise(scene) == code and not (alone and rng.random() < SPARED):
            return scene


def _suspicious(rng: random.Random, modality: str) -> BreastScene:
    kinds = {
        "mammography": (
            "mass",
            "mass",
            "mass",
            "calcification",
            "calcification",
            "asymmetry",
            "distortion",
            "developing",
        ),
        "ultrasound": ("mass", "mass", "mass", "mass", "complicated", "intraductal"),
        "MRI": ("mass", "mass", "nonmass"),
    }
    kind = rng.choice(kinds[modality])
    margin = rng.choice(MARGINS)
    irregular = {"circumscribed": 0.0, "partly": 0.0, "spiculated": 1.0}.get(margin, 0.5)
    return BreastScene(
        modality,
        kind,
        shape="irregular" if rng.random() < irregular else "oval",
        margin=margin,
        morphology=rng.choice(MORPHOLOGIES),
        distribution=rng.choice(("grouped", "grouped", "segmental")),
        enlarging=rng.random() < 0.4,
        secondary=rng.random() < 0.4,
    )


def describe(pen: Pen, scene: BreastScene) -> Draft:
    """The scene in words; distractors never touch the side the lesion is on in a contradictory way."""
    side = pen.rng.choice(("right", "left"))
    slots = {
        "side": side,
        "place": pen.say("place", side=side, clock=pen.rng.randint(1, 12), quadrant=pen.term("quadrant")),
        "size": pen.size(*_sizes(pen, scene)),
        "shape": pen.term(f"shape.{scene.shape}"),
        "margin": pen.term(f"margin.{scene.margin}"),
    }
    key = _lesion(pen, scene, slots)
    if scene.proven:
        slots["proven"] = pen.term("proven")
        key = [pen.say("proven", **slots), *key]
    elif scene.kind == "mass" and scene.margin == "circumscribed":
        key.append(pen.say("enlarging" if scene.enlarging else "baseline"))
    if scene.secondary and scene.kind == "mass" and scene.margin != "circumscribed":
        slots["sign"] = pen.term("secondary")
        key.append(pen.say("secondary", **slots))
    history = (
        "proven"
        if scene.proven
        else "diagnostic"
        if scene.kind not in ("none", "benign", "incomplete")
        else "screening"
    )
    screened = history == "screening" and scene.modality == "mammography"
    return Draft(
        exam=pen.term("exam.screening" if screened else f"exam.{scene.modality}"),
        key=tuple(key),
        extra=(
            *((pen.say("density", density=pen.term("density")),) if scene.modality == "mammography" else ()),
            *pen.some(
                "normal",
                0 if scene.secondary or pen.several else 1,
                0 if scene.secondary or pen.several else 3,
                other="left" if side == "right" else "right",
            ),
        ),
        history=pen.say(f"reason.{history}"),
        alone=scene.kind in ("none", "benign"),
    )


def _sizes(pen: Pen, scene: BreastScene) -> tuple[int, ...]:
    small = scene.kind in ("mass", "complicated", "intraductal") and scene.margin in ("circumscribed", "partly")
    long = pen.rng.randint(5, 19) if small else pen.rng.randint(9, 42)
    return (long,) if pen.maybe(0.5) else (long, max(3, int(long * pen.rng.uniform(0.55, 0.9))))


def _lesion(pen: Pen, scene: BreastScene, slots: dict[str, str]) -> list[str]:
    """The decisive sentences of the lesion itself."""
    if scene.kind == "none":
        return [pen.say("negative")]
    if scene.kind == "benign":
        key = [pen.say("benign", finding=pen.term(f"benign.{scene.modality}"), **slots)]
        return [*key, *pen.some("nothing worse", 0, 1)]
    if scene.kind == "stable":
        years = pen.rng.randint(2, 6)
        return [pen.say("stable", stable=pen.term("stable").format(years=years), **slots)]
    if scene.kind == "incomplete":
        return [
            pen.say("incomplete", finding=pen.term(f"incomplete.{scene.modality}"), **slots),
            pen.say("needs", more=pen.term("more")),
        ]
    if scene.kind == "calcification" and pen.maybe(TOLD):
        key = [pen.say("intro.calcification", **slots)]
        key += pen.features(f"morphology.{scene.morphology}", f"distribution.{scene.distribution}")
        return [*key, pen.say("baseline")] if scene.morphology == "round" else key
    if scene.kind == "calcification":
        morphology, distribution = (
            pen.term(f"morphology.{scene.morphology}"),
            pen.term(f"distribution.{scene.distribution}"),
        )
        key = [pen.say("calcification", morphology=morphology, distribution=distribution, **slots)]
        return [*key, pen.say("baseline")] if scene.morphology == "round" else key
    if scene.kind in OTHERS:
        return [pen.say("other", finding=pen.term(f"other.{scene.kind}"), **slots)]
    detail = "benign" if scene.margin in ("circumscribed", "partly") else "suspicious"
    mass = [pen.say(f"mass.{scene.modality}", **slots)]
    if pen.maybe(TOLD):
        told = pen.features(f"shape.{scene.shape}", f"margin.{scene.margin}")
        mass = [pen.say(f"intro.mass.{scene.modality}", **slots), *told]
    return [
        *mass,
        *(
            (pen.say("detail", detail=pen.term(f"detail.{scene.modality}.{detail}")),)
            if scene.modality != "mammography"
            else ()
        ),
    ]


def beside(scene: BreastScene, second: BreastScene) -> bool:
    """Whether a report may hold both: of one modality, and the second says nothing of earlier studies."""
    dated = second.kind in ("stable", "none", "asymmetry", "developing") or (
        second.kind == "mass" and second.margin == "circumscribed"
    )
    return scene.modality == second.modality and not dated


BI_RADS = RadsSystem(
    "BI-RADS",
    "rads_bi",
    ("0", "1", "2", "3", "4", "4A", "4B", "4C", "5", "6"),
    draw,
    categorise,
    describe,
    {
        "3": ("2",),
        "4": ("2",),
        "4A": ("2",),
        "4B": ("2", "4A"),
        "4C": ("2", "4A", "4B"),
        "5": ("2", "4A", "4B"),
        "6": ("2",),
    },
    beside,
)
