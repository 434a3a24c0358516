"""TI-RADS reports (thyroid ultrasound) and NI-RADS reports (treated neck cancer). Imports its siblings only."""

from __future__ import annotations

import random
from dataclasses import dataclass

from finetune.corpus.rads_frame import Draft, Pen, RadsSystem

COMPOSITION = {"cystic": 0, "spongiform": 0, "mixed": 1, "solid": 2}
ECHOGENICITY = {"anechoic": 0, "isoechoic": 1, "hyperechoic": 1, "hypoechoic": 2, "very hypoechoic": 3}
SHAPE = {"wider": 0, "taller": 3}
MARGIN = {"smooth": 0, "ill-defined": 0, "lobulated": 2, "extrathyroidal": 3}
TOLD = 0.6
"""Share of nodules told feature by feature."""
FOCI = {"none": 0, "comet": 0, "macrocalcification": 1, "rim": 2, "punctate": 3}


@dataclass(frozen=True)
class ThyroidScene:
    """The five features of the nodule the report turns on; keys of the point tables above."""

    composition: str
    echogenicity: str
    shape: str
    margin: str
    foci: str


def points(scene: ThyroidScene) -> int:
    """ACR TI-RADS points (Tessler 2017, table): spongiform and cystic nodules get none and stop there."""
    if scene.composition in ("cystic", "spongiform"):
        return 0
    return (
        COMPOSITION[scene.composition]
        + ECHOGENICITY[scene.echogenicity]
        + SHAPE[scene.shape]
        + MARGIN[scene.margin]
        + FOCI[scene.foci]
    )


def categorise_thyroid(scene: ThyroidScene) -> str:
    """ACR TI-RADS level from points: 0, 2, 3, 4 to 6, 7 or more (Tessler 2017); 1 point counts with TR1 here."""
    total = points(scene)
    return "1" if total < 2 else "2" if total == 2 else "3" if total == 3 else "4" if total <= 6 else "5"


def draw_thyroid(rng: random.Random, code: str) -> ThyroidScene:
    """A nodule of this level."""
    if code == "1":
        composition = rng.choice(("cystic", "spongiform"))
        return ThyroidScene(composition, "anechoic", "wider", "smooth", rng.choice(("none", "comet")))
    while True:
        scene = ThyroidScene(
            rng.choice(("mixed", "solid", "solid")),
            rng.choice(("isoechoic", "hyperechoic", "hypoechoic", "very hypoechoic")),
            rng.choice(("wider", "wider", "taller")),
            rng.choice(("smooth", "smooth", "ill-defined", "lobulated", "extrathyroidal")),
            rng.choice(("none", "none", "comet", "macrocalcification", "rim", "punctate")),
        )
        if categorise_thyroid(scene) == code:
            return scene


def describe_thyroid(pen: Pen, scene: ThyroidScene) -> Draft:
    """The nodule in two or three sentences, beside normal remarks and now and then a simple second nodule."""
    long = pen.rng.randint(6, 38)
    place = pen.term("place")
    slots = {
        "place": place,
        "size": pen.size(long, max(4, int(long * pen.rng.uniform(0.6, 0.95)))),
        "composition": pen.term(f"composition.{scene.composition}"),
    }
    if scene.composition in ("cystic", "spongiform"):
        key: tuple[str, ...] = (pen.say("simple", **slots),)
    else:
        slots["echo"] = pen.term(f"echo.{scene.echogenicity}")
        rest = {
            "shape": pen.term(f"shape.{scene.shape}"),
            "margin": pen.term(f"margin.{scene.margin}"),
            "foci": pen.term(f"foci.{scene.foci}"),
        }
        key = (pen.say("nodule", **slots), pen.say("features", **rest))
        if pen.maybe(TOLD):
            told = pen.features(
                f"composition.{scene.composition}",
                f"echo.{scene.echogenicity}",
                f"shape.{scene.shape}",
                f"margin.{scene.margin}",
                f"foci.{scene.foci}",
                silent=("shape.wider", "margin.smooth", "foci.none"),
            )
            key = (pen.say("intro", **slots), *told)
    extra = list(pen.some("normal", 1, 3))
    if pen.maybe(0.2):
        extra.append(pen.say("second", small=pen.size(pen.rng.randint(2, 5))))
    return Draft(pen.term("exam"), key, tuple(extra), history=pen.say("reason"), alone=True)


PRIMARY = {"normal": "1", "mucosal": "2A", "deep": "2B", "mass": "3", "proven": "4"}
NODE = {"normal": "1", "equivocal": "2", "suspicious": "3", "proven": "4"}
BOTH = 0.4
"""Share of reports with two abnormal sites that are kept; most have one."""
ORDER = ("1", "2", "2A", "2B", "3", "4")


@dataclass(frozen=True)
class NeckScene:
    """primary and node: keys of PRIMARY and NODE. unavailable: earlier imaging exists but could not be obtained."""

    primary: str
    node: str
    unavailable: bool = False


def categorise_neck(scene: NeckScene) -> str:
    """The NI-RADS category of the worse of primary site and neck (Aiken 2018); nodes have no 2A or 2B."""
    if scene.unavailable:
        return "0"
    return max(PRIMARY[scene.primary], NODE[scene.node], key=ORDER.index)


def draw_neck(rng: random.Random, code: str) -> NeckScene:
    """A scene of this category; one site carries it, now and then beside a lesser one at the other."""
    if code == "0":
        return NeckScene(rng.choice(("normal", "deep")), rng.choice(("normal", "equivocal")), unavailable=True)
    if code == "1":
        return NeckScene("normal", "normal")
    while True:
        scene = NeckScene(rng.choice(tuple(PRIMARY)), rng.choice(tuple(NODE)))
        codes = {PRIMARY[scene.primary], NODE[scene.node]}
        mixed = "2" in codes and codes & {"2A", "2B"}
        if categorise_neck(scene) == code and not mixed and ("1" in codes or rng.random() < BOTH):
            return scene


def describe_neck(pen: Pen, scene: NeckScene) -> Draft:
    """Primary site, then neck, each in its own sentence."""
    pet = pen.maybe(0.5)
    modality = "PET" if pet else "CT"
    slots = {
        "site": pen.term("site"),
        "side": pen.rng.choice(("right", "left")),
        "level": pen.rng.choice(("IIA", "IIB", "III", "IV", "V")),
        "size": pen.size(pen.rng.randint(9, 28)),
    }
    key = [
        pen.say(f"primary.{scene.primary}", finding=pen.term(f"primary.{scene.primary}.{modality}"), **slots),
        pen.say(f"node.{scene.node}", finding=pen.term(f"node.{scene.node}.{modality}"), **slots),
    ]
    if scene.unavailable:
        key.append(pen.say("unavailable", prior=pen.term("unavailable")))
    comparison = "" if scene.unavailable else pen.say("comparison", months=pen.rng.randint(3, 14))
    return Draft(
        pen.term(f"exam.{modality}"),
        tuple(key),
        pen.some("normal", 1, 3),
        history=pen.say("reason", site=slots["site"]),
        comparison=comparison,
        ages=(40, 84),
    )


TI_RADS = RadsSystem(
    "TI-RADS",
    "rads_ti",
    ("1", "2", "3", "4", "5"),
    draw_thyroid,
    categorise_thyroid,
    describe_thyroid,
    {"2": ("1",), "3": ("1", "2"), "4": ("1", "2", "3"), "5": ("1", "2", "3", "4")},
)
NI_RADS = RadsSystem(
    "NI-RADS", "rads_ni", ("0", "1", "2", "2A", "2B", "3", "4"), draw_neck, categorise_neck, describe_neck
)
