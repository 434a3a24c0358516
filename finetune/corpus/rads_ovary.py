"""O-RADS reports: adnexal ultrasound, categories 0 to 5. Imports its siblings only.

The rule follows O-RADS US v2022 (Strachowski 2023).
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from finetune.corpus.rads_frame import Draft, Pen, RadsSystem

NUMBERS = ("no", "one", "two", "three", "four", "five", "six")
CLASSIC = ("hemorrhagic", "dermoid", "endometrioma")
MRI, TOLD = 0.2, 0.4
"""Shares of lesions examined by MRI, and of cysts and solid lesions told feature by feature."""
EXTRAOVARIAN = ("paraovarian", "inclusion", "hydrosalpinx")


@dataclass(frozen=True)
class AdnexaScene:
    """kind: MRI2 to MRI5 (contrast MRI of that O-RADS MRI score), incomplete, normal, follicle, a classic benign lesion
    (CLASSIC, EXTRAOVARIAN), simple, unilocular, bilocular, multilocular (cysts), solid.

    size in mm; irregular: inner wall or outer contour; color: Doppler color score 1 to 4; papillae: number of papillary
    projections or, in a cyst of several locules, 1 for a solid component; shadowing: solid lesion with shadow.
    """

    kind: str
    size: int = 25
    irregular: bool = False
    color: int = 1
    papillae: int = 0
    shadowing: bool = False
    ascites: bool = False


def categorise(scene: AdnexaScene) -> str:
    """The O-RADS US v2022 category, or the O-RADS MRI score (Sadowski 2022), which shares the scale."""
    if scene.kind.startswith("MRI"):
        return scene.kind[3]
    fixed = {"incomplete": "0", "normal": "1", "follicle": "1"} | dict.fromkeys(EXTRAOVARIAN, "2")
    if scene.kind in fixed:
        return fixed[scene.kind]
    if scene.ascites:
        return "5"
    if scene.kind in (*CLASSIC, "simple"):
        return "2" if scene.size < 100 else "3"
    return _solid(scene) if scene.kind == "solid" else _cyst(scene)


def _solid(scene: AdnexaScene) -> str:
    """Solid lesions: irregular, or very strong flow, 5; smooth 3 with no flow or with shadowing, else 4."""
    if scene.irregular or scene.color == 4:
        return "5"
    return "3" if scene.color == 1 or scene.shadowing else "4"


def _cyst(scene: AdnexaScene) -> str:
    """Cysts that are neither simple nor classic, by locules, wall, size, flow and solid parts."""
    if scene.papillae:
        if scene.kind == "unilocular":
            return "5" if scene.papillae >= 4 else "4"
        return "5" if scene.color >= 3 else "4"
    if scene.kind == "unilocular":
        return "3" if scene.irregular or scene.size >= 100 else "2"
    if scene.irregular:
        return "4"
    if scene.kind == "bilocular":
        return "3" if scene.size >= 100 else "2"
    return "4" if scene.size >= 100 or scene.color == 4 else "3"


def draw(rng: random.Random, code: str) -> AdnexaScene:
    """A scene of this category."""
    if code in ("0", "1"):
        kind = "incomplete" if code == "0" else rng.choice(("normal", "follicle"))
        return AdnexaScene(kind, rng.randint(12, 29))
    if rng.random() < MRI:
        return AdnexaScene(f"MRI{code}", rng.randint(22, 120))
    kinds = {
        "2": (*CLASSIC, *EXTRAOVARIAN, "simple", "simple", "unilocular", "bilocular"),
        "3": (*CLASSIC, "simple", "unilocular", "bilocular", "multilocular", "multilocular", "solid", "solid"),
        "4": ("unilocular", "bilocular", "multilocular", "multilocular", "solid"),
        "5": ("unilocular", "bilocular", "multilocular", "solid", "solid"),
    }
    while True:
        kind = rng.choice(kinds[code])
        complex_ = kind in ("unilocular", "bilocular", "multilocular")
        scene = AdnexaScene(
            kind,
            rng.randint(32, 99) if rng.random() < 0.7 else rng.randint(101, 165),
            irregular=(complex_ or kind == "solid") and rng.random() < 0.4,
            color=rng.randint(1, 4) if complex_ or kind == "solid" else 1,
            papillae=(rng.randint(1, 6) if kind == "unilocular" else 1) if complex_ and rng.random() < 0.4 else 0,
            shadowing=kind == "solid" and rng.random() < 0.3,
            ascites=code == "5" and (complex_ or kind == "solid") and rng.random() < 0.2,
        )
        if categorise(scene) == code and not (kind == "solid" and scene.shadowing and scene.color == 4):
            return scene


def describe(pen: Pen, scene: AdnexaScene) -> Draft:
    """The lesion, its wall and solid parts, its flow; then uterus and the other side."""
    side = pen.rng.choice(("right", "left"))
    slots = {"side": side, "size": pen.size(scene.size)}
    if scene.kind == "normal":
        key = [pen.say("normal ovaries")]
    elif scene.kind.startswith("MRI"):
        key = [pen.say("mri.intro", finding=pen.say(f"mri.{scene.kind[3]}"), **slots)]
    elif scene.kind == "incomplete":
        key = [pen.say("incomplete", finding=pen.term("incomplete"), side=side)]
    elif scene.kind in ("unilocular", "bilocular", "multilocular", "solid"):
        key = _complex(pen, scene, slots)
    else:
        key = [pen.say("lesion", finding=pen.term(f"kind.{scene.kind}"), **slots)]
    if scene.ascites:
        key.append(pen.say("ascites", finding=pen.term("ascites")))
    other = "left" if side == "right" else "right"
    extra = pen.some("normal", 1, 2, uterus=pen.rng.randint(55, 92)) + (
        () if scene.ascites else pen.some("fluid", 0, 1)
    )
    if scene.kind not in ("normal", "incomplete") and not pen.several:
        extra += pen.some("other side", 0, 1, other=other)
    fertile = scene.kind in ("normal", "follicle", "hemorrhagic") or pen.maybe(0.5)
    history = f"{pen.say('reason')}, {'premenopausal' if fertile else 'postmenopausal'}"
    ages = (21, 46) if fertile else (55, 82)
    exam = pen.say("mri.exam") if scene.kind.startswith("MRI") else pen.term("exam")
    return Draft(exam, tuple(key), extra, history=history, alone=True, ages=ages)


def _complex(pen: Pen, scene: AdnexaScene, slots: dict[str, str]) -> list[str]:
    wall = "irregular" if scene.irregular else "smooth"
    key = [pen.say("lesion", finding=pen.term(f"kind.{scene.kind}"), **slots)]
    flow = pen.term(f"flow.{scene.color}")
    if scene.kind == "solid":
        edge, wall = "contour", pen.term(f"contour.{wall}")
        within, inside = "shadow", pen.term("shadow.yes" if scene.shadowing else "shadow.no")
    else:
        edge, wall = "wall", pen.term(f"wall.{wall}")
        within, inside = "component", pen.term("component.yes" if scene.papillae else "component.no")
        if scene.kind == "unilocular" and scene.papillae:
            number = pen.rng.choice((str(scene.papillae), NUMBERS[scene.papillae]))
            inside = f"{number} {pen.say('papillae' if scene.papillae > 1 else 'papilla')}"
    if pen.maybe(TOLD):
        listed = [f"{pen.say(f'label.{edge}')}: {wall}", f"{pen.say(f'label.{within}')}: {inside}"]
        pen.rng.shuffle(listed)
        return [*key, *listed, f"{pen.say('label.flow')}: {scene.color} ({flow})"]
    slot = {"contour": "shadow", "wall": "solid"}[edge]
    key.append(pen.say(edge, wall=wall, **{slot: inside}))
    return [*key, pen.say("color", color=scene.color, flow=flow)]


O_RADS = RadsSystem(
    "O-RADS",
    "rads_o",
    ("0", "1", "2", "3", "4", "5"),
    draw,
    categorise,
    describe,
    {"3": ("2",), "4": ("2", "3"), "5": ("2", "3")},
    lambda scene, second: scene.kind.startswith("MRI") == second.kind.startswith("MRI"),
)
