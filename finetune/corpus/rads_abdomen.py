"""LI-RADS reports (liver CT and MRI, treatment response) and GB-RADS reports. Imports its siblings only."""

from __future__ import annotations

import random
from dataclasses import dataclass

from finetune.corpus.rads_frame import Draft, Pen, RadsSystem

RESPONSES = {
    "nonviable": "TR Nonviable",
    "equivocal": "TR Equivocal",
    "viable": "TR Viable",
    "nonevaluable": "TR Nonevaluable",
}
TOLD = 0.6
"""Share of observations and walls told feature by feature."""


@dataclass(frozen=True)
class LiverScene:
    """kind: benign, probable (benign), major, targetoid, vein, degraded, or, once treated, a key of RESPONSES.

    size in mm; aphe: nonrim arterial phase hyperenhancement; washout: nonperipheral; growth: threshold growth.
    """

    kind: str
    size: int = 15
    aphe: bool = False
    washout: bool = False
    capsule: bool = False
    growth: bool = False


def categorise_liver(scene: LiverScene) -> str:
    """The category (CT/MRI LI-RADS v2018): treatment response, tumor in vein, M, definitely benign, then the table."""
    if scene.kind in RESPONSES:
        return RESPONSES[scene.kind]
    fixed = {"degraded": "NC", "vein": "TIV", "targetoid": "M", "benign": "1", "probable": "2"}
    return fixed.get(scene.kind) or _diagnostic_table(scene)


def _diagnostic_table(scene: LiverScene) -> str:
    """LI-RADS v2018 diagnostic table: hyperenhancement, size, and how many of washout, capsule, threshold growth."""
    more = scene.washout + scene.capsule + scene.growth
    if not scene.aphe:
        return "4" if more >= 2 or (more == 1 and scene.size >= 20) else "3"
    if scene.size < 10:
        return "4" if more else "3"
    if scene.size < 20:
        if more == 1:
            return "4" if scene.capsule else "5"
        return "5" if more else "3"
    return "5" if more else "4"


def draw_liver(rng: random.Random, code: str) -> LiverScene:
    """A scene of this category."""
    kinds = {"1": "benign", "2": "probable", "M": "targetoid", "TIV": "vein", "NC": "degraded"}
    kinds |= {response: kind for kind, response in RESPONSES.items()}
    if code in kinds:
        return LiverScene(kinds[code], rng.randint(25 if code == "TIV" else 11, 60))
    while True:
        aphe, washout, capsule = rng.random() < 0.6, rng.random() < 0.45, rng.random() < 0.35
        scene = LiverScene("major", rng.randint(6, 48), aphe, washout, capsule, rng.random() < 0.25)
        if categorise_liver(scene) == code:
            return scene


def describe_liver(pen: Pen, scene: LiverScene) -> Draft:
    """The observation, then background liver remarks."""
    slots = {"segment": pen.rng.choice(("II", "III", "IVa", "IVb", "V", "VI", "VII", "VIII"))}
    slots["size"] = pen.size(scene.size)
    if scene.kind == "major":
        key = _major(pen, scene, slots)
    else:
        key = [pen.say(scene.kind, finding=pen.term(scene.kind), treatment=pen.term("treatment"), **slots)]
        if scene.kind == "degraded":
            key.append(pen.say("deferred"))
    reason = "treated" if scene.kind in RESPONSES else "risk"
    extra = [pen.say("background", liver=pen.term("liver")), *pen.some("normal", 1, 2)]
    if scene.kind not in ("vein", "degraded"):
        extra.append(pen.say("veins"))
    return Draft(pen.term("exam"), tuple(key), tuple(extra), history=pen.say(f"reason.{reason}"), ages=(38, 84))


def _major(pen: Pen, scene: LiverScene, slots: dict[str, str]) -> list[str]:
    def state(feature: str) -> str:
        return f"{feature}.{'yes' if getattr(scene, feature) else 'no'}"

    growth = [state("growth")] if scene.growth or pen.maybe(0.5) else []
    if pen.maybe(TOLD):
        told = pen.features(*map(state, ("aphe", "washout", "capsule")), *growth, silent=("capsule.no", "growth.no"))
        return [pen.say("intro", **slots), *told]
    features = {feature: pen.term(state(feature)) for feature in ("aphe", "washout", "capsule")}
    return [pen.say("major", **slots, **features), *(pen.say("growth", growth=pen.term(key)) for key in growth)]


@dataclass(frozen=True)
class GallbladderScene:
    """thickness in mm. extent: symmetric or asymmetric (circumferential), or focal. interface: kept with the liver."""

    adequate: bool = True
    thickness: int = 2
    extent: str = "symmetric"
    layered: bool = False
    intramural: bool = False
    interface: bool = True
    invasion: bool = False


def categorise_gallbladder(scene: GallbladderScene) -> str:
    """GB-RADS (Gupta 2022): extent, layering, intramural cysts or echogenic foci, interface, spread beyond the wall.

    Normal to 3 mm. A layered wall or intramural features with a kept interface are reassuring: symmetric 2, otherwise
    3. Neither of them, or a lost interface, is 4. Growth into liver, ducts or vessels is 5.
    """
    if not scene.adequate:
        return "0"
    if scene.invasion:
        return "5"
    if scene.thickness <= 3:
        return "1"
    if not scene.interface or not (scene.layered or scene.intramural):
        return "4"
    return "2" if scene.extent == "symmetric" else "3"


def draw_gallbladder(rng: random.Random, code: str) -> GallbladderScene:
    """A scene of this category."""
    if code in ("0", "1"):
        return GallbladderScene(adequate=code == "1", thickness=rng.randint(1, 3))
    while True:
        intramural = rng.random() < 0.4
        scene = GallbladderScene(
            thickness=rng.randint(8 if code == "5" else 5, 16),
            extent=rng.choice(("symmetric", "asymmetric", "focal")),
            layered=rng.random() < 0.5,
            intramural=intramural,
            interface=rng.random() < 0.6,
            invasion=rng.random() < 0.3,
        )
        bad = not scene.interface or scene.invasion
        plausible = not (bad and (scene.layered or scene.extent == "symmetric" or intramural)) and not (
            scene.extent == "symmetric" and not (scene.layered or intramural)
        )
        if plausible and categorise_gallbladder(scene) == code:
            return scene


def describe_gallbladder(pen: Pen, scene: GallbladderScene) -> Draft:
    """Wall, layers and interface in the order a sonographer looks."""
    slots = {"size": pen.size(scene.thickness)}
    if not scene.adequate:
        key = [pen.say("inadequate", finding=pen.term("inadequate"))]
    elif scene.thickness <= 3:
        key = [pen.say("thin", **slots)]
    else:
        key = _wall(pen, scene, slots["size"])
        if scene.invasion:
            key.append(pen.say("invasion", finding=pen.term("invasion")))
    extra = pen.some("normal", 1, 1 if scene.invasion else 3)
    return Draft(pen.term("exam"), tuple(key), extra, history=pen.say("reason"), alone=True)


def _wall(pen: Pen, scene: GallbladderScene, size: str) -> list[str]:
    """A thick wall: extent, layers, what lies in it, interface; told feature by feature or in three sentences."""
    extent = f"extent.{scene.extent}"
    layers = f"layered.{'yes' if scene.layered else 'no'}"
    intramural = f"intramural.{'yes' if scene.intramural else 'no'}"
    interface = f"interface.{'yes' if scene.interface and not scene.invasion else 'no'}"
    if pen.maybe(TOLD):
        return [
            pen.say("intro", size=size),
            *pen.features(extent, layers, intramural, interface, silent=("intramural.no",)),
        ]
    return [
        pen.say("wall", extent=pen.term(extent), size=size),
        pen.say("texture", layers=pen.term(layers), intramural=pen.term(intramural)),
        pen.say("interface", interface=pen.term(interface)),
    ]


LI_RADS = RadsSystem(
    "LI-RADS",
    "rads_li",
    ("1", "2", "3", "4", "5", "M", "TIV", "NC", *RESPONSES.values()),
    draw_liver,
    categorise_liver,
    describe_liver,
    {
        "2": ("1",),
        "3": ("1", "2"),
        "4": ("1", "2", "3"),
        "5": ("1", "2", "3", "4"),
        "M": ("1", "2", "3"),
        "TIV": ("1", "2"),
        "TR Nonviable": ("1",),
        "TR Viable": ("1", "2"),
    },
)
GB_RADS = RadsSystem(
    "GB-RADS",
    "rads_gb",
    ("0", "1", "2", "3", "4", "5"),
    draw_gallbladder,
    categorise_gallbladder,
    describe_gallbladder,
)
