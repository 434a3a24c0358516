"""One study of any body part: what its report says, sentence by sentence, drawn from `banks/studies.toml`.

May import `finetune.corpus` remarks, bank and text; must never know a task. A sentence is a text with marks.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from finetune.corpus import remarks
from finetune.corpus.case import Split
from finetune.corpus.remarks import Remark, Remarks, Writer
from finetune.corpus.text import Passage, Style, british

_ARTICLE = re.compile(r"^an? ")
_HEAD = re.compile(r" (?:in|of|that|with|about|behind|to|reaching)\b.*")
_SINGULAR = ("ss", "is", "us", "ascites")


@dataclass(frozen=True)
class Seen:
    """A finding as a sentence tells it, with the slots it was filled with."""

    remark: Remark
    slots: dict[str, str]
    text: str

    @property
    def core(self) -> str:
        """The finding's name with its side, without an article: "left hydronephrosis"."""
        side = f"{self.slots['side']} " if "side" in self.slots and self.remark.more.get("sided") else ""
        return side + name(self.remark)


def name(r: Remark) -> str:
    """The finding's name without an article."""
    return _ARTICLE.sub("", str(r.more["np"]))


def plural(noun: str) -> bool:
    """Whether verbs after the noun phrase are in the plural."""
    head = _HEAD.sub("", noun)
    return not _ARTICLE.match(noun) and (head == "emboli" or (head.endswith("s") and not head.endswith(_SINGULAR)))


class Study:
    """Writes about one kind of study in one style."""

    def __init__(self, rng: random.Random, split: Split, style: Style) -> None:
        self.rng, self.style = rng, style
        self.bank: Remarks = remarks.load("studies", split)
        self.writer = Writer(rng, self.bank, style)
        self.region = rng.choice(sorted({r.region for r in self.bank.of("finding")}))
        self.findings = [r for r in self.bank.of("finding") if r.region == self.region]
        (self.fine,) = [r for r in self.bank.of("normal") if r.region == self.region]

    def tell(self, r: Remark) -> Seen:
        """The finding, in one of its sentences."""
        text, slots = self.writer.tell(r)
        return Seen(r, slots, text)

    def deny(self, r: Remark) -> str:
        """A sentence that rules the finding out."""
        side = "test" if self.bank is remarks.load("studies", "test") else "train"
        return self.writer.fill(self.rng.choice(r.more["deny"][side]), {})

    def doubt(self, r: Remark) -> str:
        """A sentence that leaves the finding open."""
        return self.put("doubt", r, "?", none=name(r))

    def put(self, key: str, r: Remark, mark: str = "", **words: str) -> str:
        """A carrier with the finding in it, marked where `mark` is given; words: its other slots."""
        np = words.pop("np", str(r.more["np"]))
        article = match[0] if (match := _ARTICLE.match(np)) else ""
        marked = f"{article}{mark}{_ARTICLE.sub('', np)}{mark}"
        many = plural(np)
        carrier = self.rng.choice(self.bank.lists[key])
        none = words.pop("none", str(r.more["none"]))
        if "{none}" in carrier and "{np}" not in carrier:
            many = plural(none)
        text = carrier.format(
            np=marked,
            none=f"{mark}{none}{mark}",
            **{"is": "are" if many else "is", "was": "were" if many else "was"},
            **words,
        )
        return remarks.articled(text)

    def statement(self, key: str, r: Remark, **words: str) -> str:
        """A carrier as a sentence of its own, in the report's spelling."""
        text = self.put(key, r, **words)
        text = text[0].upper() + text[1:] + "."
        return text if self.style.usage == "US" else british(text)

    def normals(self, count: int, beside: Sequence[Remark]) -> list[str]:
        """Normal sentences that go with these findings, whether told, denied or left open."""
        clash = {word for r in beside for word in str(r.more.get("clash", "")).lower().split()}
        free = [s for s in self.fine.say if not clash & set(re.findall(r"\w+", s.lower()))]
        return [self.writer.fill(s, {}) for s in self.rng.sample(free, min(count, len(free)))]

    def exam(self) -> str:
        """What was done, as it heads the report."""
        return self.rng.choice(self.bank.lists[f"exam.{self.region}"])

    def history(self) -> str:
        """Why it was done."""
        return self.rng.choice(self.bank.lists[f"history.{self.region}"])

    def normal(self) -> str:
        """How a study without a finding is concluded."""
        return self.rng.choice(self.bank.lists[f"normal.{self.region}"])

    def passage(self, sentences: Sequence[str]) -> Passage:
        """The sentences as marked text."""
        passage = Passage(self.style if self.style.form != "headed" else replace(self.style, form="prose"))
        for sentence in sentences:
            remarks.write(passage, sentence)
        return passage

    def report(self, sentences: Sequence[str], exam: str) -> str:
        """The sentences under headings, or after the examination's name, or alone."""
        body = self.passage(sentences).text
        title = str.upper if self.style.shout else str.capitalize
        if self.style.form == "headed":
            history = f"{title('history')}: {self.history()}.\n" if self.rng.random() < 0.6 else ""
            return f"{title('examination')}: {exam}.\n{history}{title('findings')}: {body}".replace("?.", "?")
        return f"{exam}. {body}" if self.rng.random() < 0.7 else body
