"""What the base models read: plain reports, drills, and requests about reports in looser words than the tasks' own.

May import the corpus, `radlite_tui.tasks` and `radlite_tui.segments`; wordings are data in `documents.toml`. Only
train-split cases may come here. The tasks' own prompts are left to the adapter, so that zero-shot stays zero-shot;
their answers are read now and then, or the embeddings of answer tokens would never be trained (see `unseen`).
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from finetune.corpus.case import Case
from finetune.ragged import Ragged
from finetune.tokenizer import END_OF_TEXT, Tokenizer
from radlite_tui.segments import IM_END, IM_START, Control, Segment, Text
from radlite_tui.tasks import get
from radlite_tui.tasks.outputs import (
    AbnormalityOutput,
    ImpressionOutput,
    LabelOutput,
    NerOutput,
    RadsOutput,
    TemporalOutput,
    TextOutput,
)
from radlite_tui.tasks.prompt import opening
from radlite_tui.tasks.report import Report

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

KINDS = ("report", "drill", "chat", "note", "shots")
"""Plain reports; copying and reading drills; requests in ChatML turns and in plain text; several reports with the same
request and manner of answer, as few-shot prompts have. Their order is the `kind` mark."""

ANSWER = 1 << 15
"""Set on a stored token that an answer is made of, so that it can weigh more; vocabularies stay below it."""

TURNS = 4
"""Requests about one report at most."""

WORN_SHARE, WORN_WORDS = 0.25, 0.12
"""Share of documents in which this share of words is cut in two, so that unknown words can be read and copied."""

CANONICAL_SHARE = 0.3
"""Share of requests answered in the task's own format rather than in looser words."""

DOUBTS = {"positive": "positive", "negative": "negative", "uncertain": "uncertain", "not_mentioned": "not mentioned"}


@dataclass(frozen=True)
class Document:
    """Segments in order, each with whether it is (part of) an answer."""

    kind: str
    parts: tuple[tuple[Segment, bool], ...]

    def text(self) -> str:
        """Its characters without control tokens, for learning the vocabulary."""
        return "".join(part.text for part, _ in self.parts if isinstance(part, Text))


def plain(kind: str, text: str, answer: str = "") -> Document:
    """A text as a document of its own; `answer` is a continuation that weighs as an answer does."""
    parts: list[tuple[Segment, bool]] = [(Text(text), False)]
    if answer:
        parts.append((Text(answer), True))
    return Document(kind, (*parts, (Control(END_OF_TEXT), False)))


def conversations(cases: Iterable[Case], seed: int) -> Iterator[Document]:
    """One document for up to TURNS requests about one report, half in ChatML turns, half in plain text."""
    about: dict[tuple[str, str | None], list[Case]] = {}
    for number, case in enumerate(cases):
        key = (case.report.text or f"closed {number}", case.report.prior)
        about.setdefault(key, []).append(case)
    for number, together in enumerate(about.values()):
        rng = random.Random(f"documents/{seed}/{number}")
        rng.shuffle(together)
        for start in range(0, len(together), TURNS):
            turns = [turn for case in together[start : start + TURNS] for turn in exchange(rng, case)]
            build = _chat if rng.random() < 0.7 else _note
            yield build(rng, together[start].report, turns)


def shots(cases: Iterable[Case], seed: int) -> Iterator[Document]:
    """Documents of two to five cases of one task with one wording, so that answers can be modelled on earlier ones."""
    waiting: dict[str, list[Case]] = {}
    for number, case in enumerate(cases):
        together = waiting.setdefault(case.task, [])
        together.append(case)
        rng = random.Random(f"shots/{seed}/{number}")
        if len(together) >= rng.randint(2, 5):
            waiting[case.task] = []
            build = _chat if rng.random() < 0.8 else _note
            manner = rng.random()
            parts: list[tuple[Segment, bool]] = []
            for one in together:
                turns = exchange(random.Random(manner), one)[:1]
                parts += build(random.Random(manner), one.report, turns).parts[:-1]
                parts += [] if build is _chat else [(Text("\n\n"), False)]
            yield Document("shots", (*parts, (Control(END_OF_TEXT), True)))


def exchange(rng: random.Random, case: Case) -> list[tuple[str, str]]:
    """A request about a case and a loose answer to it; a grid of labels may be asked one label at a time."""
    bank = _bank()[case.task]
    gold = case.gold
    if isinstance(gold, AbnormalityOutput) and rng.random() < 0.7:
        return _single_labels(rng, bank, gold)
    ask = rng.choice(bank["asks"]).format(words=case.words.strip())
    if rng.random() < CANONICAL_SHARE:
        return [(ask, get(case.task).render(gold))]
    if isinstance(gold, AbnormalityOutput):
        return [(ask, _sorted_labels(rng, bank, gold))]
    if isinstance(gold, NerOutput):
        return [(ask, _entities(rng, bank, gold))]
    if isinstance(gold, TemporalOutput):
        return [(ask, _changes(rng, bank, gold))]
    if isinstance(gold, RadsOutput):
        label = "/".join((gold.label, *gold.modifiers))
        return [(ask, rng.choice(bank["answers"] if gold.system else bank["none"]).format(label=label))]
    if isinstance(gold, LabelOutput):
        return [(ask, rng.choice(bank.get(gold.label) or bank["answers"]).format(label=gold.label))]
    assert isinstance(gold, ImpressionOutput | TextOutput)
    text = gold.impression if isinstance(gold, ImpressionOutput) else gold.answer
    return [(ask, rng.choice(bank["answers"]).format(text=text.strip()))]


def encode(documents: Iterable[Document], tokenizer: Tokenizer) -> Ragged:
    """All documents as tokens with the ANSWER flag, with the mark `kind`."""
    sequences: list[list[int]] = []
    kinds: list[int] = []
    for number, document in enumerate(documents):
        rng = random.Random(f"worn/{number}")
        share = WORN_WORDS if rng.random() < WORN_SHARE else 0.0
        ids: list[int] = []
        for part, answer in document.parts:
            if share and isinstance(part, Text):
                new = tokenizer.worn(part.text, share, rng)
            else:
                new = tokenizer.encode((part,))
            ids += [token | ANSWER if answer else token for token in new]
        sequences.append(ids)
        kinds.append(KINDS.index(document.kind))
    return Ragged.of(sequences, kind=kinds)


def _chat(rng: random.Random, report: Report, turns: Sequence[tuple[str, str]]) -> Document:
    parts: list[tuple[Segment, bool]] = []
    if rng.random() < 0.6:
        parts += [(part, False) for part in opening()]
    read = _opened(rng, report)
    for ask, answer in turns:
        body = [Text(f"user\n{read}"), Text(f"\n\n{ask}")] if read else [Text(f"user\n{ask}")]
        parts += [(Control(IM_START), False), *((part, False) for part in body), (Control(IM_END), False)]
        parts += [(Text("\n"), False), (Control(IM_START), False), (Text("assistant\n"), False)]
        parts += [(Text(answer), True), (Control(IM_END), True), (Text("\n"), False)]
        read = ""
    return Document("chat", (*parts, (Control(END_OF_TEXT), False)))


def _note(rng: random.Random, report: Report, turns: Sequence[tuple[str, str]]) -> Document:
    read = _opened(rng, report)
    parts: list[tuple[Segment, bool]] = [(Text(read), False)] if read else []
    for ask, answer in turns:
        parts += [(Text(f"\n\n{ask}\n" if parts else f"{ask}\n"), False), (Text(answer), True)]
    return Document("note", (*parts, (Control(END_OF_TEXT), True)))


def _opened(rng: random.Random, report: Report) -> str:
    if not report.text.strip():
        return ""
    if report.prior is not None:
        form = rng.choice(_bank()["with_prior"])
        return str(form.format(prior=report.prior.strip(), report=report.text.strip()))
    return str(rng.choice(_bank()["openings"]).format(report=report.text.strip()))


def _single_labels(rng: random.Random, bank: Mapping[str, Any], gold: AbnormalityOutput) -> list[tuple[str, str]]:
    """Up to three labels asked one by one, those the report speaks of more often than the others."""
    said = [label for label, status in gold.labels.items() if status != "not_mentioned"]
    unsaid = [label for label, status in gold.labels.items() if status == "not_mentioned"]
    chosen = rng.sample(said, min(2, len(said))) + rng.sample(unsaid, min(1, len(unsaid)))
    rng.shuffle(chosen)
    wording = rng.choice(bank["one_answers"])
    return [
        (rng.choice(bank["one"]).format(label=label), wording.format(label=label, status=DOUBTS[gold.labels[label]]))
        for label in chosen
    ]


def _sorted_labels(rng: random.Random, bank: Mapping[str, Any], gold: AbnormalityOutput) -> str:
    nothing = rng.choice(bank["nothing"])
    lines = []
    for heading, status in zip(rng.choice(bank["headings"]), ("positive", "negative", "uncertain"), strict=True):
        names = ", ".join(label for label, given in gold.labels.items() if given == status)
        lines.append(f"{heading}: {names or nothing}")
    return "\n".join(lines)


def _entities(rng: random.Random, bank: Mapping[str, Any], gold: NerOutput) -> str:
    separator, nothing = rng.choice(bank["separators"]), rng.choice(bank["nothing"])
    classes = (gold.anatomy, gold.observation_present, gold.observation_absent, gold.observation_uncertain)
    return "\n".join(
        f"{heading}: {separator.join(' '.join(e.text.split()) for e in entities) or nothing}"
        for heading, entities in zip(rng.choice(bank["headings"]), classes, strict=True)
    )


def _changes(rng: random.Random, bank: Mapping[str, Any], gold: TemporalOutput) -> str:
    if not gold.changes:
        return str(rng.choice(bank["nothing"]))
    line = rng.choice(bank["lines"])
    return "\n".join(
        line.format(status=rng.choice(bank["words"][change.status]), finding=" ".join(change.finding.split()))
        for change in gold.changes
    )


@cache
def _bank() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("documents.toml").read_text(encoding="utf-8"))
