"""CT reports of cancer patients for N and M staging: nodes and deposits are drawn, staged by rule, then written.

May import `finetune.corpus` modules and `radlite_tui.tasks`; must never stage by reading the text.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from finetune.corpus.bank import Bank
from finetune.corpus.case import Case, Split
from finetune.corpus.chest_text import AN
from finetune.corpus.staging_rules import DISTANT_NODES, Nodes, Organ, Side, m_stage, n_stage
from finetune.corpus.text import Passage, draw_style, size
from radlite_tui.tasks.outputs import LabelOutput
from radlite_tui.tasks.report import Report

ORGANS: tuple[Organ, ...] = ("lung", "lung", "lung", "neck", "breast", "colon")
BELOW = {
    "lung": ("hilar", "lower paratracheal", "subcarinal"),
    "neck": ("level II", "level III"),
    "breast": ("axillary",),
    "colon": ("mesorectal", "pericolic"),
}
"""Regions where a small node that is not enlarged is mentioned."""
ABOVE = {
    "lung": ("mediastinal", "supraclavicular", "contralateral", "hilar"),
    "neck": ("contralateral", "level IV", "supraclavicular"),
    "breast": ("internal mammary", "supraclavicular", "axillary"),
    "colon": ("inguinal", "iliac", "retroperitoneal"),
}
"""Regions that a report denies."""


@dataclass(frozen=True)
class Writer:
    """One report being written about a cancer of this organ and side."""

    rng: random.Random
    bank: Bank
    passage: Passage
    organ: Organ
    side: str

    def millimetres(self, *mm: int) -> str:
        return size(self.rng, self.passage.style, *mm)

    def say(self, key: str, **slots: str) -> None:
        """One sentence in one of the split's wordings."""
        template = self.bank.pick(self.rng, key)
        if slots.get("size", "").startswith(AN):
            template = template.replace("A {size}", "An {size}").replace(" a {size}", " an {size}")
        self.passage.sentence(template, **slots)

    def where(self, nodes: Nodes) -> str:
        """The region with its side, told as left or right or in relation to the tumour."""
        if nodes.side == "midline" or self.organ == "colon":
            return nodes.region
        if self.rng.random() < 0.5:
            return f"{nodes.side} {nodes.region}"
        other = "left" if self.side == "right" else "right"
        return f"{self.side if nodes.side == 'ipsilateral' else other} {nodes.region}"


def generate(rng: random.Random, split: Split) -> list[Case]:
    """One case of N staging and one of M staging, each with its own report; stages are equally likely."""
    bank = Bank.load("staging", split)
    return [_n_case(_start(rng, bank)), _m_case(_start(rng, bank))]


def _start(rng: random.Random, bank: Bank) -> Writer:
    return Writer(rng, bank, Passage(draw_style(rng)), rng.choice(ORGANS), rng.choice(("left", "right")))


def _open(w: Writer) -> None:
    """Title and primary tumour."""
    if w.rng.random() < 0.6:
        w.say("exam")
    if w.passage.style.form == "headed":
        w.passage.heading("findings")
    mm = w.rng.randint(14, 62)
    place = w.rng.choice(w.bank.terms(f"primary.{w.organ}"))
    w.say(f"primary.{w.organ}", size=w.millimetres(mm), side=w.side, place=place)


def _n_case(w: Writer) -> Case:
    """Draw a stage that the organ has, nodes that make it, and the report."""
    stage = w.rng.choice(("N0", "N1", "N2", "N3"))
    if w.organ == "colon" and stage == "N3":
        w = Writer(w.rng, w.bank, w.passage, "lung", w.side)
    nodes = [] if stage == "N0" else DRAW[w.organ](w.rng, int(stage[1]))
    gold = n_stage(w.organ, nodes)
    _open(w)
    sentences: list[Callable[[], None]] = [partial(_involved, w, n) for n in nodes]
    used = {n.region for n in nodes} | {n.side for n in nodes}
    free = [r for r in ABOVE[w.organ] if r not in used and not any(r in n.region for n in nodes)]
    if w.organ == "lung" and any(n.region != "hilar" for n in nodes):
        free = [r for r in free if r != "mediastinal"]
    for region in w.rng.sample(free, min(len(free), w.rng.choice((0, 1, 1, 2) if nodes else (1, 2, 2)))):
        used.add(region)
        sentences.append(partial(w.say, "node.none", where=region))
    if w.rng.random() < (0.3 if nodes else 0.6):
        sentences.append(partial(_small, w, used))
    w.rng.shuffle(sentences)
    for write in sentences:
        write()
    if w.rng.random() < 0.4:
        _denied(w, w.rng.choice(("liver", "adrenal")))
    return Case("", "n_staging", Report(w.passage.text), LabelOutput(gold), subset=w.organ)


def _involved(w: Writer, nodes: Nodes) -> None:
    tail = " " + w.bank.pick(w.rng, "extension") if nodes.extranodal else ""
    where = ("matted " if nodes.matted else "") + w.where(nodes)
    key = "node.one" if nodes.count == 1 else "node.many"
    number = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven"}.get(nodes.count, "several")
    template = w.bank.pick(w.rng, key) + tail
    w.passage.sentence(template, where=where, size=w.millimetres(nodes.mm), number=number)


def _small(w: Writer, used: set[str]) -> None:
    """A node too small to count, in a region that has no enlarged one."""
    free = [r for r in BELOW[w.organ] if r not in used]
    if free:
        w.say("node.small", where=w.rng.choice(free), size=w.millimetres(w.rng.randint(4, 8)))


def _lung_nodes(rng: random.Random, stage: int) -> list[Nodes]:
    hilar = Nodes("hilar", mm=rng.randint(11, 24), count=rng.choice((1, 1, 2)))
    middle = rng.choice(("lower paratracheal", "upper paratracheal", "mediastinal", "subcarinal"))
    side: Side = "midline" if middle == "subcarinal" else "ipsilateral"
    mediastinal = Nodes(middle, side, rng.choice((1, 1, 2)), rng.randint(11, 28))
    if stage == 1:
        return [hilar]
    if stage == 2:
        return [mediastinal] + ([hilar] if rng.random() < 0.35 else [])
    far = rng.choice(("hilar", "mediastinal", "lower paratracheal", "supraclavicular", "supraclavicular"))
    far_side: Side = "contralateral" if far != "supraclavicular" else rng.choice(("ipsilateral", "contralateral"))
    return [Nodes(far, far_side, rng.choice((1, 1, 2)), rng.randint(11, 26))] + (
        [rng.choice((hilar, mediastinal))] if rng.random() < 0.4 else []
    )


def _colon_nodes(rng: random.Random, stage: int) -> list[Nodes]:
    region = rng.choice(("mesorectal", "pericolic", "mesenteric"))
    return [Nodes(region, count=rng.randint(1, 3) if stage == 1 else rng.randint(4, 7), mm=rng.randint(9, 19))]


def _breast_nodes(rng: random.Random, stage: int) -> list[Nodes]:
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


def _neck_nodes(rng: random.Random, stage: int) -> list[Nodes]:
    region = rng.choice(("level II", "level III", "level IV"))
    if stage == 1:
        return [Nodes(region, mm=rng.randint(12, 28))]
    if stage == 2:
        return rng.choice(
            (
                [Nodes(region, mm=rng.randint(33, 55))],
                [Nodes(region, count=rng.choice((2, 3, 4)), mm=rng.randint(14, 40))],
                [Nodes(region, "contralateral", rng.choice((1, 2)), rng.randint(13, 35))],
            )
        )
    if rng.random() < 0.5:
        return [Nodes(region, mm=rng.randint(62, 80))]
    return [Nodes(region, count=rng.choice((1, 1, 2)), mm=rng.randint(18, 45), extranodal=True)]


DRAW: dict[Organ, Callable[[random.Random, int], list[Nodes]]] = {
    "lung": _lung_nodes,
    "colon": _colon_nodes,
    "breast": _breast_nodes,
    "neck": _neck_nodes,
}


def _m_case(w: Writer) -> Case:
    """A report with none, one or two distant deposits among denials and benign findings."""
    sites = ["liver", "adrenal", "bone", "brain", "contralateral lung", "node"]
    sites += {"lung": ["malignant effusion"], "colon": ["peritoneum"]}.get(w.organ, [])
    if w.organ != "lung":
        sites[4] = "lung"
    w.rng.shuffle(sites)
    spread = sites[: w.rng.choice((1, 1, 2))] if w.rng.random() < 0.5 else []
    _open(w)
    spread = [w.rng.choice(DISTANT_NODES[w.organ]) if s == "node" else s for s in spread]
    gold = m_stage(w.organ, spread)
    sentences: list[Callable[[], None]] = [partial(_deposit, w, site) for site in spread]
    quiet = [s for s in ("liver", "adrenal", "bone", "brain") if s not in spread]
    w.rng.shuffle(quiet)
    for site in quiet[: w.rng.choice((1, 2, 2) if spread else (2, 3, 3))]:
        write = _benign if w.rng.random() < 0.5 and site != "brain" else _denied
        sentences.append(partial(write, w, site))
    if w.rng.random() < 0.3:
        sentences.append(partial(_benign, w, "kidney"))
    if w.rng.random() < 0.4:
        regional = DRAW[w.organ](w.rng, 1)[0]
        sentences.append(partial(_involved, w, regional))
    w.rng.shuffle(sentences)
    for write_it in sentences:
        write_it()
    if not spread and w.rng.random() < 0.3:
        w.say("clean")
    return Case("", "m_staging", Report(w.passage.text), LabelOutput(gold), subset=w.organ)


def _deposit(w: Writer, site: str) -> None:
    """One distant deposit, in an organ or in nodes beyond the regional ones."""
    if site in DISTANT_NODES[w.organ]:
        w.say("node.one", where=site, size=w.millimetres(w.rng.randint(12, 30)))
        return
    slot = {"contralateral lung": "lung", "malignant effusion": "pleura"}.get(site, site)
    lesion = w.rng.choice(w.bank.terms(f"lesion.{slot}"))
    plural = any(word in lesion for word in ("lesions", "metastases", "nodules", "deposits"))
    a = lesion if plural else f"a{'n' * lesion.startswith(tuple('aeiou'))} {lesion}"
    slots = {"lesion": lesion, "a": a, "is": "are" if plural else "is"}
    if slot in ("pleura", "peritoneum"):
        w.say("spread.plain", **slots)
        return
    other = "left" if w.side == "right" else "right"
    place = {
        "lung": f"{other} lung" if w.organ == "lung" else w.rng.choice(("right lung", "left lung")),
        "adrenal": f"{w.rng.choice(('left', 'right'))} adrenal gland",
    }.get(slot) or w.rng.choice(w.bank.terms(f"site.{slot}"))
    w.say("spread", site=place, **slots)


def _denied(w: Writer, site: str) -> None:
    word = {"adrenal": "adrenal", "bone": "bone"}.get(site, site)
    template = w.bank.pick(w.rng, "spread.none")
    if template.startswith(("The {site}", "{site}")):
        word = {"adrenal": "adrenal gland", "bone": "skeleton"}.get(site, site)
    w.passage.sentence(template, site=word)


def _benign(w: Writer, site: str) -> None:
    lesion = w.rng.choice(w.bank.terms(f"benign.{site}"))
    place = {"adrenal": "left adrenal gland", "kidney": "right kidney", "bone": "lumbar spine"}.get(site, site)
    if lesion == "degenerative change":
        w.passage.sentence(f"Degenerative change in the {place}")
        return
    w.say("benign", lesion=lesion, site=place)
