"""PI-RADS reports (prostate MRI) and VI-RADS reports (bladder MRI). Imports its siblings only."""

from __future__ import annotations

import random
from dataclasses import dataclass

from finetune.corpus.rads_frame import Draft, Pen, RadsSystem

DIFFUSION = ("none", "linear", "mild", "marked")
STRUCTURE = ("encapsulated", "circumscribed", "obscured", "lenticular")
TOLD = 0.6
"""Share of lesions told feature by feature."""


@dataclass(frozen=True)
class ProstateScene:
    """zone: peripheral or transition. diffusion and structure: keys above, from bland to worst.

    size in mm; extension: definite extraprostatic extension; dce: early focal enhancement.
    """

    zone: str
    diffusion: str
    structure: str
    size: int
    extension: bool = False
    dce: bool = False


def diffusion_score(scene: ProstateScene) -> int:
    """DWI 1 to 5 (PI-RADS v2.1): marked on both maps is 4, and 5 from 15 mm or with extraprostatic extension."""
    score = DIFFUSION.index(scene.diffusion) + 1
    return 5 if score == 4 and (scene.size >= 15 or scene.extension) else score


def structure_score(scene: ProstateScene) -> int:
    """Transition zone T2 1 to 5 (PI-RADS v2.1); 5 from 15 mm or with extraprostatic extension."""
    score = STRUCTURE.index(scene.structure) + 1
    return 5 if score == 4 and (scene.size >= 15 or scene.extension) else score


def categorise_prostate(scene: ProstateScene) -> str:
    """PI-RADS v2.1. Peripheral: DWI, 3 raised to 4 by DCE. Transition: T2, 2 to 3 by DWI 4-5, 3 to 4 by DWI 5."""
    diffusion = diffusion_score(scene)
    if scene.zone == "peripheral":
        return "4" if diffusion == 3 and scene.dce else str(diffusion)
    structure = structure_score(scene)
    if (structure == 2 and diffusion >= 4) or (structure == 3 and diffusion == 5):
        structure += 1
    return str(structure)


def draw_prostate(rng: random.Random, code: str) -> ProstateScene:
    """A scene of this category."""
    while True:
        size = rng.randint(5, 32)
        diffusion = rng.choice(DIFFUSION)
        structure = rng.choice(STRUCTURE)
        zone = rng.choice(("peripheral", "transition"))
        if structure in ("encapsulated", "lenticular"):
            diffusion = "none" if structure == "encapsulated" and zone == "transition" else diffusion
        if zone == "transition" and structure == "lenticular":
            diffusion = "marked"
        extension = diffusion == "marked" and rng.random() < 0.2
        scene = ProstateScene(
            zone, diffusion, structure, size, extension, diffusion in ("mild", "marked") and rng.random() < 0.5
        )
        if categorise_prostate(scene) == code:
            return scene


def describe_prostate(pen: Pen, scene: ProstateScene) -> Draft:
    """The index lesion of one zone (or its absence), then gland and staging remarks."""
    place = pen.term("place." + scene.zone)
    slots = {"place": place, "size": pen.size(scene.size)}
    diffusion = pen.term(f"diffusion.{scene.diffusion}")
    if scene.zone == "peripheral":
        if scene.diffusion == "none":
            key = [pen.say("peripheral.none", dwi=diffusion)]
        else:
            key = [pen.say("peripheral.lesion", dwi=diffusion, **slots)]
            key.append(pen.say("dce", dce=pen.term("dce.yes" if scene.dce else "dce.no")))
            if pen.maybe(TOLD):
                told = pen.features(f"diffusion.{scene.diffusion}", "dce.yes" if scene.dce else "dce.no")
                key = [pen.say("intro", **slots), *told]
    elif pen.maybe(TOLD):
        key = [pen.say("intro", **slots)]
        key += pen.features(f"structure.{scene.structure}", f"diffusion.{scene.diffusion}")
    else:
        key = [pen.say("transition.lesion", t2=pen.term(f"structure.{scene.structure}"), **slots)]
        key.append(pen.say("transition.dwi", dwi=diffusion))
    if scene.extension:
        key.append(pen.say("extension", extension=pen.term("extension")))
    extra = [pen.say("gland", volume=pen.rng.randint(25, 110)), *pen.some("normal", 1, 3)]
    psa = f"{pen.rng.uniform(2.5, 19.0):.1f}"
    return Draft(
        pen.term("exam"), tuple(key), tuple(extra), history=pen.say("reason", psa=psa), alone=True, ages=(46, 82)
    )


@dataclass(frozen=True)
class BladderScene:
    """structural, enhancement, diffusion: the three VI-RADS scores, 1 to 5 each."""

    structural: int
    enhancement: int
    diffusion: int


def categorise_bladder(scene: BladderScene) -> str:
    """VI-RADS (Panebianco 2018): the functional sequences decide, the higher of enhancement and diffusion."""
    return str(max(scene.enhancement, scene.diffusion))


def draw_bladder(rng: random.Random, code: str) -> BladderScene:
    """A combination of scores the system's table lists for this category."""
    rows = {
        "1": ((1, 1, 1),),
        "2": ((2, 2, 2), (3, 2, 2)),
        "3": ((3, 3, 3), (3, 3, 2), (3, 2, 3)),
        "4": ((4, 4, 4), (4, 3, 4), (4, 4, 3), (3, 4, 4)),
        "5": ((5, 5, 5), (5, 4, 5), (5, 5, 4)),
    }
    return BladderScene(*rng.choice(rows[code]))


def describe_bladder(pen: Pen, scene: BladderScene) -> Draft:
    """T2, then dynamic enhancement and diffusion, as the sequences are read."""
    size = pen.rng.randint(4, 9) if scene.structural == 1 else pen.rng.randint(11, 55)
    key = [
        pen.say(
            "tumor", place=pen.term("place"), size=pen.size(size), structural=pen.term(f"structural.{scene.structural}")
        ),
        pen.say("enhancement", enhancement=pen.term(f"enhancement.{scene.enhancement}")),
        pen.say("diffusion", diffusion=pen.term(f"diffusion.{scene.diffusion}")),
    ]
    if pen.maybe(TOLD):
        scores = (
            ("structural", scene.structural),
            ("enhancement", scene.enhancement),
            ("diffusion", scene.diffusion),
        )
        listed = pen.maybe(0.5)
        told = [_sequence(pen, name, pen.term(f"{name}.{score}"), listed) for name, score in scores]
        pen.rng.shuffle(told)
        key = [pen.say("intro", place=pen.term("place"), size=pen.size(size)), *told]
    return Draft(
        pen.term("exam"), tuple(key), pen.some("normal", 1, 3), history=pen.say("reason"), alone=True, ages=(45, 86)
    )


def _sequence(pen: Pen, name: str, value: str, listed: bool) -> str:
    """What one sequence shows, behind its name or in a sentence."""
    return f"{pen.say(f'label.{name}')}: {value}" if listed else pen.say(f"told.{name}", value=value)


PI_RADS = RadsSystem(
    "PI-RADS",
    "rads_pi",
    ("1", "2", "3", "4", "5"),
    draw_prostate,
    categorise_prostate,
    describe_prostate,
    {"3": ("2",), "4": ("2", "3"), "5": ("2", "3", "4")},
)
VI_RADS = RadsSystem(
    "VI-RADS",
    "rads_vi",
    ("1", "2", "3", "4", "5"),
    draw_bladder,
    categorise_bladder,
    describe_bladder,
    {"2": ("1",), "3": ("1", "2"), "4": ("1", "2"), "5": ("1", "2", "3")},
)
