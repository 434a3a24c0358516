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

Side = Literal["ipsilateral", "contralateral", "midline"]
Organ = Literal["lung", "colon", "breast", "neck"]

DISTANT_NODES: dict[Organ, tuple[str, ...]] = {
    "lung": ("retroperitoneal", "axillary", "inguinal"),
    "colon": ("retroperitoneal", "supraclavicular"),
    "breast": ("retroperitoneal", "mediastinal"),
    "neck": ("retroperitoneal", "axillary"),
}
"""Node regions that are metastasis (M1), not regional, for a primary of the organ."""


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
    return f"N{ {'lung': _lung, 'colon': _colon, 'breast': _breast, 'neck': _neck}[organ](nodes) }"


def m_stage(organ: Organ, deposits: Iterable[str]) -> str:
    """ "M1" when any deposit lies outside the primary and its regional nodes; deposits name organs or node regions.

    "contralateral lung" and "malignant effusion" are M1a for lung cancer; a regional node is not a distant deposit.
    """
    organs = ("liver", "adrenal", "bone", "brain", "contralateral lung", "malignant effusion", "peritoneum", "lung")
    distant = {*organs, *DISTANT_NODES[organ]}
    if organ == "lung":
        distant.discard("lung")
    return "M1" if distant & set(deposits) else "M0"


def _lung(nodes: tuple[Nodes, ...]) -> int:
    """Hilar N1, mediastinal or subcarinal N2, contralateral (hilar or mediastinal) or any supraclavicular N3."""

    def level(n: Nodes) -> int:
        if n.region == "supraclavicular" or n.side == "contralateral":
            return 3
        return 1 if n.region in ("hilar", "interlobar") else 2

    return max(level(n) for n in nodes)


def _colon(nodes: tuple[Nodes, ...]) -> int:
    """One to three regional nodes N1, four or more N2; there is no N3."""
    return 1 if sum(n.count for n in nodes) <= 3 else 2


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
