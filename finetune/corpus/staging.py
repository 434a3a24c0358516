"""Reports of cancer patients for N and M staging: nodes and deposits are drawn, staged by rule, then written.

May import `finetune.corpus` modules and `radlite_tui.tasks`; must never stage by reading the text.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from finetune.corpus.bank import Bank
from finetune.corpus.case import Case, Split
from finetune.corpus.layout import draw_layout, lay_out, measured, shouted
from finetune.corpus.staging_nodes import DENIED, REGIONS, UNSIDED, draw, stages
from finetune.corpus.staging_rules import DISTANT_NODES, Nodes, Organ, m_stage, n_stage
from finetune.corpus.text import Passage, draw_style
from radlite_tui.tasks.outputs import LabelOutput
from radlite_tui.tasks.report import Report

WEIGHTS: dict[Organ, int] = {
    "lung": 56,
    "neck": 9,
    "breast": 11,
    "colon": 10,
    "stomach": 6,
    "esophagus": 4,
    "pancreas": 4,
    "bladder": 5,
    "prostate": 3,
    "kidney": 3,
    "oropharynx": 4,
    "nasopharynx": 4,
    "endometrium": 3,
    "cervix": 2,
    "thyroid": 2,
}
"""How often a primary is drawn; over two fifths lung, which reports most often stage by station."""

N_STAGES = ("N0", "N1", "N2", "N3")
SITES: dict[Organ, tuple[str, ...]] = {
    "lung": ("malignant effusion", "contralateral lung", "brain", "soft"),
    "colon": ("peritoneum", "liver", "lung"),
    "stomach": ("peritoneum", "liver", "lung"),
    "pancreas": ("peritoneum", "liver", "lung"),
    "prostate": ("bone", "bone", "lung"),
    "kidney": ("lung", "bone", "soft"),
    "breast": ("bone", "lung", "pleura"),
}
"""Sites of metastasis beside the usual ones, by primary; the others have lung, pleura and soft tissue."""
LOBES = ("upper lobe", "lower lobe")
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
LOOKED_AT = ("liver", "lung", "adrenal", "bone", "brain", "peritoneum")
MADE = {"met": ("spread", "lesion"), "benign": ("harmless", "harmless"), "none": ("absent", "organ")}
"""Kind of sentence about a site -> the carrier and the noun it may be made of instead of being one whole phrase."""
SLOTS = ("segment", "bone", "brain", "number", "soft")
NO_LOOK_ALIKE = ("peritoneum",)


@dataclass(frozen=True)
class Writer:
    """One report being written about a cancer of this organ and side."""

    rng: random.Random
    bank: Bank
    sites: Bank
    passage: Passage
    organ: Organ
    side: str

    @property
    def other(self) -> str:
        return "left" if self.side == "right" else "right"

    def maybe(self, chance: float) -> bool:
        return self.rng.random() < chance

    def millimetres(self, *mm: int) -> str:
        return measured(self.rng, self.passage.style, *mm)

    def word(self, key: str) -> str:
        return self.rng.choice(self.bank.terms(key))

    def say(self, key: str, **slots: str) -> str:
        """One sentence in one of the split's wordings."""
        return self.bank.fill(self.rng, key, **slots)

    def site(self, key: str) -> str:
        """One sentence about a site, with whatever it wants to know."""
        slots = {
            name: self.rng.choice(self.sites.terms(name)) for name in ("segment", "bone", "brain", "number", "soft")
        }
        whole = (
            f"{self.other} lung" if self.organ == "lung" else self.rng.choice(("right lung", "left lung", "both lungs"))
        )
        lobe = f"{whole.split()[0]} {self.rng.choice(LOBES)}"
        slots["lung"] = lobe if "both" not in whole and self.maybe(0.5) else whole
        small = self.rng.randint(6, 18) if key.startswith("benign") else self.rng.randint(9, 46)
        slots |= {"side": self.rng.choice(("left", "right")), "size": self.millimetres(small)}
        kind, _, place = key.partition(".")
        carrier, noun = MADE.get(kind, ("", ""))
        if carrier and self.sites.has(f"{noun}.{place}") and self.maybe(0.5):
            lesion = self.rng.choice(self.sites.terms(f"{noun}.{place}")).format(**slots)
            return self.sites.fill(self.rng, carrier, **slots, lesion=lesion, organ=lesion)
        return self.sites.fill(self.rng, key, **slots)

    def where(self, nodes: Nodes) -> str:
        """The region with its side, told as left or right or in relation to the tumour, or as a station."""
        side = {"ipsilateral": self.side, "contralateral": self.other}.get(nodes.side, "")
        station = f"station.{nodes.region}"
        if self.organ == "lung" and self.bank.has(station) and nodes.side != "bilateral" and self.maybe(0.35):
            text = self.word(station)
            told = "{s}" in text or not side
            text = text.format(s=side[:1].upper())
            return text if told and nodes.region != "supraclavicular" else f"{side} {text}"
        if nodes.side in ("midline", "bilateral") or self.organ in UNSIDED:
            return nodes.region
        return f"{nodes.side if self.maybe(0.4) else side} {nodes.region}"


def generate(rng: random.Random, split: Split) -> list[Case]:
    """One case of N staging and one of M staging, each with its own report; stages are equally likely."""
    return [_n_case(rng, split), _m_case(rng, split)]


def _start(rng: random.Random, split: Split, organ: Organ) -> Writer:
    banks = Bank.load("staging", split), Bank.load("staging_m", split)
    return Writer(rng, *banks, Passage(draw_style(rng)), organ, rng.choice(("left", "right")))


def _organ(rng: random.Random, stage: str = "N0") -> Organ:
    known = [organ for organ in WEIGHTS if stage in stages(organ)]
    return rng.choices(known, [WEIGHTS[organ] for organ in known])[0]


def _finish(w: Writer, sentences: list[str], stated: str, task: str, gold: str) -> Case:
    """Title, history, primary and the sentences in one of the layouts; an impression now and then."""
    regional = task == "n_staging" and w.maybe(0.5)
    title = w.word(f"exam.{w.organ}") if regional else w.say("exam")
    title = title if w.maybe(0.75) else ""
    cancer = w.word(f"cancer.{w.organ}")
    needed = w.organ in ("oropharynx", "nasopharynx", "neck")
    history = w.say("history", cancer=cancer, age=str(w.rng.randint(34, 86))) if needed or w.maybe(0.45) else ""
    key = "primary.middle" if w.organ in UNSIDED and w.organ != "kidney" else "primary.sided"
    place = w.word(f"primary.{w.organ}")
    first = w.say(key, size=w.millimetres(w.rng.randint(14, 62)), side=w.side, place=place)
    close = ""
    if w.maybe(0.04):
        close = w.say(f"stated.{stated}", stage=gold)
    elif w.maybe(0.25):
        close = w.say("impression")
    lay_out(w.rng, w.passage, draw_layout(w.rng), title, history, [first, *sentences], close)
    text = shouted(w.rng, w.passage.text)
    return Case("", task, Report(text), LabelOutput(gold), subset=w.organ)


def _n_case(rng: random.Random, split: Split) -> Case:
    """Draw a stage, an organ that has it, nodes that make it, and the report."""
    stage = rng.choice(N_STAGES)
    w = _start(rng, split, _organ(rng, stage))
    nodes = [] if stage == "N0" else draw(rng, w.organ, int(stage[1]))
    gold = n_stage(w.organ, nodes)
    sentences = [_involved(w, n) for n in nodes]
    used = {n.region for n in nodes} | {n.side for n in nodes}
    free = [r for r in DENIED[w.organ] if r not in used and not any(r in n.region or n.region in r for n in nodes)]
    if w.organ == "lung":
        free = _undenied_lung(free, nodes)
    if any(n.side == "bilateral" for n in nodes):
        free = [r for r in free if r != "contralateral"]
    many = rng.choice((0, 1, 1, 2) if nodes else (1, 2, 2))
    if not nodes and w.maybe(0.45):
        sentences.append(w.say("node.clear"))
        many = rng.choice((0, 0, 1))
    for region in rng.sample(free, min(len(free), many)):
        used.add(region)
        sentences.append(w.say("node.none", where=region))
    if w.maybe(0.3 if nodes else 0.55):
        sentences += _small(w, used)
    rng.shuffle(sentences)
    sentences += _surroundings(w, rng.choice((0, 1, 1, 2)))
    return _finish(w, sentences, "N", "n_staging", gold)


def _undenied_lung(free: list[str], nodes: list[Nodes]) -> list[str]:
    """Denials that do not speak against the nodes: no clear mediastinum above an involved station of it."""
    hilar = ("hilar", "interlobar", "lobar", "peribronchial")
    if any(n.region not in hilar for n in nodes):
        free = [r for r in free if r != "mediastinal"]
    return [r for r in free if r != "hilar"] if any(n.region in hilar for n in nodes) else free


def _involved(w: Writer, nodes: Nodes) -> str:
    key = "both" if nodes.side == "bilateral" else "one" if nodes.count == 1 else "many"
    mark = w.word("words.mark")
    number = str(nodes.count) if w.maybe(0.35) else WORDS[nodes.count]
    slots = {"where": w.where(nodes), "size": w.millimetres(nodes.mm), "mark": mark, "number": number}
    slots |= {"a_mark": f"an {mark}" if mark[0] in "aeiF" else f"a {mark}", "short": w.word("words.short")}
    text = w.say(f"node.{key}", **slots)
    if nodes.extranodal:
        text += f" {w.say('extension')}"
    return f"{text}. {w.say('matted')}" if nodes.matted else text


def _small(w: Writer, used: set[str]) -> list[str]:
    """A node too small to count, in a region that has no enlarged one."""
    free = [r for r in REGIONS[w.organ] if not any(r in u or u in r for u in used)]
    if not free:
        return []
    slots = {"size": w.millimetres(w.rng.randint(4, 8)), "faint": w.word("words.faint"), "short": ""}
    return [w.say("node.small", where=w.rng.choice(free), **slots)]


def _surroundings(w: Writer, most: int) -> list[str]:
    """Remarks that bear on neither stage."""
    remarks: list[Callable[[], str]] = [partial(w.say, "local")]
    remarks += [partial(w.site, f"none.{site}") for site in ("liver", "adrenal", "bone")]
    remarks += [partial(w.site, f"benign.{site}") for site in ("liver", "kidney", "bone", "adrenal")]
    return [say() for say in w.rng.sample(remarks, most)]


def _m_case(rng: random.Random, split: Split) -> Case:
    """A report with none, one or two distant deposits among denials and benign findings."""
    w = _start(rng, split, _organ(rng))
    usual = SITES.get(w.organ, ("lung", "pleura", "soft"))
    places = list(dict.fromkeys(("liver", "adrenal", "bone", "brain", "node", *usual)))
    rng.shuffle(places)
    spread = places[: rng.choice((1, 1, 1, 2))] if w.maybe(0.5) else []
    spread = [rng.choice(DISTANT_NODES[w.organ]) if site == "node" else site for site in spread]
    gold = m_stage(w.organ, spread)
    sentences = [_deposit(w, site) for site in spread]
    taken = {_slot(site) for site in spread}
    quiet = [site for site in LOOKED_AT if site not in taken and not (site == "lung" and "pleura" in taken)]
    rng.shuffle(quiet)
    for site in quiet[: rng.choice((1, 2, 3) if spread else (2, 3, 4))]:
        kind = "benign" if site not in NO_LOOK_ALIKE and w.maybe(0.5) else "none"
        sentences.append(w.site(f"{kind}.{site}"))
    if w.maybe(0.3):
        sentences.append(w.site("benign.kidney"))
    if w.maybe(0.45):
        sentences.append(_involved(w, draw(rng, w.organ, 1)[0]) if w.maybe(0.7) else w.say("node.clear"))
    if w.maybe(0.15):
        sentences.append(w.site("separate"))
    if w.maybe(0.3):
        sentences.append(w.say("local"))
    rng.shuffle(sentences)
    if not spread and w.maybe(0.3):
        sentences.append(w.site("clean"))
    return _finish(w, sentences, "M", "m_staging", gold)


def _slot(site: str) -> str:
    """The bank's name of a site of metastasis."""
    return {"contralateral lung": "lung", "malignant effusion": "pleura"}.get(site, site)


def _deposit(w: Writer, site: str) -> str:
    """One distant deposit, in an organ or in nodes beyond the regional ones."""
    if site in DISTANT_NODES[w.organ]:
        return _involved(w, Nodes(site, "midline", w.rng.choice((1, 1, 2, 3)), w.rng.randint(12, 30)))
    return w.site(f"met.{_slot(site)}")
