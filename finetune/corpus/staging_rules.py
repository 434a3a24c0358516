"""Which N and M stage a set of nodes and deposits means. Pure; imports nothing of ours.

Source: Brierley JD, Gospodarowicz MK, Wittekind C (eds). TNM Classification of Malignant Tumours, 8th edition. UICC,
2017.
Lung: the 9th edition (2024) splits N2 into N2a and N2b and leaves the limits between N0, N1, N2 and N3 as they are.
Only what imaging can show is used. Sub-stages (N2b) count as their stage.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Side = Literal["ipsilateral", "contralateral", "bilateral", "midline"]
Organ = Literal[
    "lung",
    "colon",
    "breast",
    "neck",
    "oropharynx",
    "nasopharynx",
    "stomach",
    "esophagus",
    "pancreas",
    "kidney",
    "prostate",
    "bladder",
    "endometrium",
    "cervix",
    "thyroid",
]

DISTANT_NODES: dict[Organ, tuple[str, ...]] = {
    "lung": ("retroperitoneal", "axillary", "inguinal"),
    "colon": ("supraclavicular", "mediastinal"),
    "breast": ("retroperitoneal", "mediastinal", "contralateral axillary"),
    "neck": ("retroperitoneal", "axillary", "mediastinal"),
    "oropharynx": ("axillary", "mediastinal"),
    "nasopharynx": ("axillary", "mediastinal"),
    "stomach": ("supraclavicular", "mediastinal", "inguinal"),
    "esophagus": ("retroperitoneal", "inguinal"),
    "pancreas": ("supraclavicular", "mediastinal"),
    "kidney": ("mediastinal", "supraclavicular"),
    "prostate": ("retroperitoneal", "mediastinal", "supraclavicular"),
    "bladder": ("retroperitoneal", "mediastinal"),
    "endometrium": ("inguinal", "supraclavicular"),
    "cervix": ("supraclavicular", "mediastinal"),
    "thyroid": ("axillary", "retroperitoneal"),
}
"""Node regions that are metastasis (M1), not regional, for a primary of the organ."""

COUNTED: dict[Organ, tuple[int, ...]] = {
    "colon": (1, 4),
    "pancreas": (1, 4),
    "stomach": (1, 3, 7),
    "esophagus": (1, 3, 7),
    "kidney": (1,),
    "prostate": (1,),
    "cervix": (1,),
    "thyroid": (1,),
}
"""Organs staged by the number of regional nodes: from how many on N1, N2 and N3 begin."""

DEPOSITS = ("liver", "adrenal", "bone", "brain", "lung", "pleura", "peritoneum", "soft")
LOW_NECK = ("level IV", "level VB", "supraclavicular")


@dataclass(frozen=True, slots=True)
class Nodes:
    """Involved nodes of one region: on which side of the tumour, how many, the largest in mm.

    matted: fixed to each other or to what is around them; extranodal: growth through the capsule.
    """

    region: str
    side: Side = "ipsilateral"
    count: int = 1
    mm: int = 15
    matted: bool = False
    extranodal: bool = False


def n_stage(organ: Organ, involved: Iterable[Nodes]) -> str:
    """The N stage, "N0" to "N3", of the involved nodes."""
    nodes = tuple(involved)
    if not nodes:
        return "N0"
    if limits := COUNTED.get(organ):
        total = sum(n.count for n in nodes)
        return f"N{sum(total >= limit for limit in limits)}"
    rules = {
        "lung": _lung,
        "breast": _breast,
        "neck": _neck,
        "oropharynx": _oropharynx,
        "nasopharynx": _nasopharynx,
        "bladder": _bladder,
        "endometrium": _endometrium,
    }
    return f"N{rules[organ](nodes)}"


def m_stage(organ: Organ, deposits: Iterable[str]) -> str:
    """ "M1" when any deposit lies outside the primary and its regional nodes; deposits name organs or node regions.

    "contralateral lung" and "malignant effusion" are M1a for lung cancer; a regional node is not a distant deposit.
    """
    distant = {*DEPOSITS, "contralateral lung", "malignant effusion", *DISTANT_NODES[organ]}
    if organ == "lung":
        distant.discard("lung")
    return "M1" if distant & set(deposits) else "M0"


def _lung(nodes: tuple[Nodes, ...]) -> int:
    """Hilar, interlobar, lobar N1, mediastinal or subcarinal N2, contralateral or any supraclavicular N3."""

    def level(n: Nodes) -> int:
        if n.region == "supraclavicular" or n.side in ("contralateral", "bilateral"):
            return 3
        return 1 if n.region in ("hilar", "interlobar", "lobar", "peribronchial") else 2

    return max(level(n) for n in nodes)


def _breast(nodes: tuple[Nodes, ...]) -> int:
    """Clinical N of breast cancer.

    Movable axillary N1; matted axillary, or internal mammary alone, N2; infra- or supraclavicular, or internal mammary
    with axillary, N3.
    """
    regions = {n.region for n in nodes}
    if regions & {"infraclavicular", "supraclavicular"} or {"internal mammary", "axillary"} <= regions:
        return 3
    return 2 if "internal mammary" in regions or any(n.matted for n in nodes) else 1


def _neck(nodes: tuple[Nodes, ...]) -> int:
    """Oral cavity, larynx: one ipsilateral node to 3 cm N1; over 6 cm, or extranodal extension, N3; else N2."""
    if any(n.mm > 60 or n.extranodal for n in nodes):
        return 3
    single = len(nodes) == 1 and nodes[0].count == 1
    return 1 if single and nodes[0].mm <= 30 and nodes[0].side == "ipsilateral" else 2


def _oropharynx(nodes: tuple[Nodes, ...]) -> int:
    """HPV-positive oropharynx, clinical: ipsilateral N1, contralateral or bilateral N2, over 6 cm N3."""
    if any(n.mm > 60 for n in nodes):
        return 3
    return 2 if any(n.side in ("contralateral", "bilateral") for n in nodes) else 1


def _nasopharynx(nodes: tuple[Nodes, ...]) -> int:
    """One side above the cricoid N1, both sides N2; over 6 cm or below the cricoid N3."""
    if any(n.mm > 60 or n.region in LOW_NECK for n in nodes):
        return 3
    sides = {n.side for n in nodes}
    return 2 if "bilateral" in sides or {"ipsilateral", "contralateral"} <= sides else 1


def _bladder(nodes: tuple[Nodes, ...]) -> int:
    """One node of the true pelvis N1, several N2, common iliac N3."""
    if any(n.region == "common iliac" for n in nodes):
        return 3
    return 1 if sum(n.count for n in nodes) == 1 else 2


def _endometrium(nodes: tuple[Nodes, ...]) -> int:
    """Pelvic N1, para-aortic N2."""
    return 2 if any(n.region == "para-aortic" for n in nodes) else 1
