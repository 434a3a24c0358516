"""CAD-RADS reports (coronary CT angiography) and Lung-RADS reports (screening CT). Imports its siblings only."""

from __future__ import annotations

import random
from dataclasses import dataclass

from finetune.corpus.rads_frame import Draft, Pen, RadsSystem

VESSELS = ("LM", "LAD", "LCx", "RCA")
GRADES = {
    "none": (0, 0),
    "minimal": (5, 24),
    "mild": (25, 49),
    "moderate": (50, 69),
    "severe": (70, 99),
    "occluded": (100, 100),
}
PLAQUE = ((1, 100, "P1"), (101, 300, "P2"), (301, 999, "P3"), (1000, 9999, "P4"))


@dataclass(frozen=True)
class CoronaryScene:
    """stenosis: percent for left main, LAD, circumflex, RCA, in that order.

    nondiagnostic: the right coronary artery (RCA) cannot be judged. calcium: Agatston score, or None when not stated.
    """

    stenosis: tuple[int, int, int, int]
    nondiagnostic: bool = False
    stent: bool = False
    graft: bool = False
    vulnerable: bool = False
    calcium: int | None = None


def categorise_coronary(scene: CoronaryScene) -> str:
    """CAD-RADS 2.0 (Cury 2022), stable chest pain: maximal stenosis; 4B is left main from 50 % or 3 vessels from 70 %.

    A study that cannot be judged is N unless another segment has 50 % or more.
    """
    left_main, *branches = scene.stenosis
    worst = max(scene.stenosis)
    if scene.nondiagnostic and worst < 50:
        return "N"
    if worst == 100:
        return "5"
    if left_main >= 50 or all(percent >= 70 for percent in branches):
        return "4B"
    return "4A" if worst >= 70 else "3" if worst >= 50 else "2" if worst >= 25 else "1" if worst else "0"


def coronary_modifiers(scene: CoronaryScene) -> tuple[str, ...]:
    """CAD-RADS 2.0 modifiers in the system's order: plaque amount by calcium score, N, HRP, S, G."""
    plaque = next((name for low, high, name in PLAQUE if scene.calcium and low <= scene.calcium <= high), "")
    partly = scene.nondiagnostic and categorise_coronary(scene) != "N"
    chosen = ((plaque, bool(plaque)), ("N", partly), ("HRP", scene.vulnerable), ("S", scene.stent), ("G", scene.graft))
    return tuple(name for name, present in chosen if present)


def draw_coronary(rng: random.Random, code: str) -> CoronaryScene:
    """A scene of this category."""
    worst = {"0": "none", "1": "minimal", "2": "mild", "3": "moderate", "4A": "severe", "4B": "severe", "5": "occluded"}
    grade = worst.get(code) or rng.choice(("none", "minimal", "mild"))
    ranks = list(GRADES)
    while True:
        percents = [rng.randint(*GRADES[rng.choice(ranks[: ranks.index(grade) + 1])]) for _ in VESSELS]
        percents[0] = rng.choice((0, 0, 10)) if code != "4B" else min(percents[0], 80)
        if code == "4B" and rng.random() < 0.5:
            percents[1:] = [rng.randint(70, 95) for _ in range(3)]
        elif code != "4B":
            percents[rng.randint(1, 3)] = rng.randint(*GRADES[grade])
        scene = CoronaryScene(
            (percents[0], percents[1], percents[2], percents[3]),
            nondiagnostic=code == "N",
            stent=code not in ("0", "N") and rng.random() < 0.12,
            graft=code in ("4A", "4B", "5") and rng.random() < 0.08,
            vulnerable=code in ("2", "3", "4A") and rng.random() < 0.15,
            calcium=(0 if code == "0" else rng.choice((40, 85, 160, 240, 420, 800, 1250)))
            if rng.random() < 0.35
            else None,
        )
        if categorise_coronary(scene) == code:
            return scene


def describe_coronary(pen: Pen, scene: CoronaryScene) -> Draft:
    """Each vessel in turn, diseased ones always, clean ones mostly together."""
    key = []
    clean = []
    for vessel, percent in zip(VESSELS, scene.stenosis, strict=True):
        if vessel == "RCA" and scene.nondiagnostic:
            continue
        if percent:
            key.append(
                pen.say(
                    "vessel",
                    vessel=pen.term(f"vessel.{vessel}") if pen.maybe(0.6) else pen.term(f"segment.{vessel}"),
                    stenosis=_stenosis(pen, percent),
                    plaque=pen.term("plaque"),
                )
            )
        else:
            clean.append(pen.term(f"vessel.{vessel}"))
    if not any(scene.stenosis) and not scene.nondiagnostic:
        key.append(pen.say("clean"))
    elif clean:
        key.append(pen.say("normal vessels", vessels=" and ".join(clean) if len(clean) < 3 else ", ".join(clean)))
    if scene.nondiagnostic:
        key.append(pen.say("nondiagnostic", artifact=pen.term("artifact"), vessel=pen.term("vessel.RCA")))
    if scene.stent:
        key.append(pen.say("stent", vessel=pen.term("vessel.LAD")))
    if scene.graft:
        key.append(pen.say("graft"))
    if scene.vulnerable:
        key.append(pen.say("vulnerable", features=pen.term("vulnerable")))
    extra = pen.some("normal", 1, 3)
    if scene.calcium is not None:
        extra += (pen.say("calcium", calcium=scene.calcium),)
    return Draft(
        pen.term("exam"),
        tuple(key),
        extra,
        history=pen.say("reason"),
        modifiers=coronary_modifiers(scene),
        ages=(38, 80),
    )


def _stenosis(pen: Pen, percent: int) -> str:
    grade = next(
        name
        for name, (low, high) in GRADES.items()
        if low <= percent <= high or (name == "minimal" and 0 < percent < 25)
    )
    word = pen.term(f"grade.{grade}")
    if grade == "occluded":
        return word
    low, high = GRADES[grade]
    figure = pen.rng.choice((f"{percent}%", f"{percent} %", f"{1 if grade == 'minimal' else low}-{high}%"))
    return f"{word} ({figure})" if pen.maybe(0.7) else f"{percent}% stenosis" if pen.maybe(0.4) else word


LISTED = 0.25
"""Share of nodules, or of coronary trees, written as a list."""


@dataclass(frozen=True)
class LungScene:
    """kind: incomplete, infection, none, benign, juxtapleural, solid, part, ground, subsegmental, segmental, cyst.

    size and core (the solid part of a part-solid nodule) in mm; status: baseline, new, growing or stable.
    suspicious: spiculation, lymphadenopathy or the like.
    """

    kind: str
    size: int = 0
    core: int = 0
    status: str = "baseline"
    suspicious: bool = False


def categorise_lung(scene: LungScene) -> str:
    """The ACR Lung-RADS v2022 category; 3 or 4 with a suspicious feature is 4X."""
    fixed = {"incomplete": "0", "infection": "0", "none": "1", "benign": "1", "juxtapleural": "2", "subsegmental": "2"}
    if scene.kind in fixed:
        return fixed[scene.kind]
    rules = {"solid": _solid, "part": _part_solid, "ground": _ground_glass, "segmental": _slow, "cyst": _slow}
    category = rules[scene.kind](scene)
    return "4X" if scene.suspicious and category[0] in "34" else category


def _solid(scene: LungScene) -> str:
    if scene.status == "stable":
        return "2"
    if scene.status == "growing":
        return "4B" if scene.size >= 8 else "4A"
    limits = (4, 6, 8) if scene.status == "new" else (6, 8, 15)
    return ("2", "3", "4A", "4B")[sum(scene.size >= limit for limit in limits)]


def _part_solid(scene: LungScene) -> str:
    if scene.status == "stable":
        return "2"
    if scene.size < 6:
        return "2" if scene.status == "baseline" else "3"
    if scene.status != "baseline":
        return "4B" if scene.core >= 4 else "4A"
    return "3" if scene.core < 6 else "4A" if scene.core < 8 else "4B"


def _ground_glass(scene: LungScene) -> str:
    return "2" if scene.size < 30 or scene.status == "stable" else "3"


def _slow(scene: LungScene) -> str:
    """Segmental airway nodules and thick-walled cysts: 4A at baseline, 4B when they grow."""
    return "4B" if scene.status == "growing" else "4A"


def draw_lung(rng: random.Random, code: str) -> LungScene:
    """A scene of this category."""
    if code in ("0", "1"):
        return LungScene(rng.choice(("incomplete", "infection") if code == "0" else ("none", "benign")))
    while True:
        kind = rng.choice(
            ("solid", "solid", "solid", "part", "part", "ground", "juxtapleural", "subsegmental", "segmental", "cyst")
        )
        status = rng.choice(("baseline", "baseline", "new", "growing", "stable"))
        if kind in ("juxtapleural", "subsegmental", "ground", "segmental", "cyst"):
            status = rng.choice(("baseline", "growing")) if kind in ("segmental", "cyst") else "baseline"
        high = (
            8 if status == "stable" or kind == "juxtapleural" else 12 if kind in ("subsegmental", "segmental") else 26
        )
        size = rng.choice((rng.randint(3, 9), rng.randint(3, high))) if kind != "ground" else rng.randint(6, 44)
        size = max(size, 10) if kind == "cyst" else max(size, 5) if kind == "part" else min(size, high)
        core = rng.randint(2, size - 2) if kind == "part" else 0
        scene = LungScene(kind, size, core, status, code == "4X" and kind in ("solid", "part"))
        tiny = kind == "part" and size < 6 and status == "growing"
        if not tiny and categorise_lung(scene) == code:
            return scene


def describe_lung(pen: Pen, scene: LungScene) -> Draft:
    """The dominant nodule and how it changed, then lungs and mediastinum."""
    slots = {"lobe": pen.term("lobe"), "size": pen.size(scene.size), "core": pen.size(scene.core)}
    if scene.kind in ("incomplete", "infection", "none"):
        key = [pen.say(scene.kind, finding=pen.term(scene.kind) if scene.kind != "none" else "", **slots)]
    elif scene.kind == "benign":
        key = [pen.say("benign", finding=pen.term("benign"), **slots), *pen.some("nothing else", 0, 1)]
    else:
        key = _nodule(pen, scene, slots)
    if scene.suspicious:
        key.append(pen.say("suspicious", feature=pen.term("suspicious")))
    earlier = scene.status != "baseline"
    return Draft(
        pen.term("exam"),
        tuple(key),
        pen.some("normal", 1, 3) + (() if scene.suspicious else pen.some("nodes", 0, 1)),
        history=pen.say("reason", packs=pen.rng.randint(20, 55)),
        comparison=pen.say("comparison") if earlier else "",
        ages=(50, 79),
    )


def _nodule(pen: Pen, scene: LungScene, slots: dict[str, str]) -> list[str]:
    """Type, size and how it changed, in two sentences or as a list."""
    nodule, status = pen.term(f"nodule.{scene.kind}"), pen.term(f"status.{scene.status}")
    if not pen.maybe(LISTED):
        key = [pen.say("part" if scene.kind == "part" else "nodule", nodule=nodule, **slots)]
        return [*key, pen.say(f"status.{scene.status}", status=status)]
    fields = {"lobe": slots["lobe"], "nodule": nodule, "size": slots["size"]}
    fields |= ({"core": slots["core"]} if scene.kind == "part" else {}) | {"status": status}
    return [f"{pen.say(f'label.{name}')}: {value}" for name, value in fields.items()]


def beside(scene: LungScene, second: LungScene) -> bool:
    """Two nodules of one report were both seen before, or neither was."""
    plain = ("incomplete", "infection", "none", "benign")
    return second.kind not in plain and (scene.status == "baseline") == (second.status == "baseline")


CAD_RADS = RadsSystem(
    "CAD-RADS",
    "rads_cad",
    ("0", "1", "2", "3", "4A", "4B", "5", "N"),
    draw_coronary,
    categorise_coronary,
    describe_coronary,
)
LUNG_RADS = RadsSystem(
    "Lung-RADS",
    "rads_lung",
    ("0", "1", "2", "3", "4A", "4B", "4X"),
    draw_lung,
    categorise_lung,
    describe_lung,
    {"2": ("2",), "3": ("2",), "4A": ("2", "3"), "4B": ("2", "3", "4A"), "4X": ("2",)},
    beside,
)
