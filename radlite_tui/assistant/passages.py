"""Sentences and clauses of a report, the findings in them, and whether each is affirmed, denied or left open.

May import nothing but the standard library and `tasks.data`'s way of reading TOML. Pure. When a sentence can be read
in two ways the status is "unsure", so that whoever compares stays silent.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Status = Literal["affirmed", "denied", "unsure"]

HEADING = re.compile(r"^[ \t]*([A-Za-z][A-Za-z /]{2,30}):", re.MULTILINE)
SENTENCE = re.compile(r"(?:[^.;!?\n]|\.(?=\d)|\n(?=[ \t]*[a-z0-9(]))+")
CLAUSE = re.compile(
    r"\b(?:but|however|although|except|apart from|with|which|that|there (?:is|are))\b|[:;()]", re.IGNORECASE
)

LIST = re.compile(r",|\b(?:or|nor|and)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Sentence:
    """A sentence with its place in the text. background: it stands in a section that says why, not what."""

    text: str
    start: int
    background: bool = False


@dataclass(frozen=True)
class Mention:
    """A finding in a sentence; start and end are offsets into the whole text."""

    finding: str
    sentence: Sentence
    start: int
    end: int
    status: Status


@cache
def lists() -> Mapping[str, Any]:
    """`checks.toml`."""
    return tomllib.loads(Path(__file__).with_name("checks.toml").read_text(encoding="utf-8"))


def words(patterns: Sequence[str]) -> re.Pattern[str]:
    """Any of the patterns, at word borders, without case."""
    return re.compile(rf"(?<![\w-])(?:{'|'.join(patterns)})(?!\w)", re.IGNORECASE)


@cache
def negation(name: str) -> re.Pattern[str]:
    return words(lists()["negation"][name])


@cache
def finding_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, words(patterns)) for name, patterns in lists()["findings"].items())


def sentences(text: str) -> list[Sentence]:
    """The sentences in order. A line ends one unless the next goes on in lower case or with a number."""
    headings = [(match.start(), match.group(1).strip().lower()) for match in HEADING.finditer(text)]
    background = set(lists()["background"])
    found = []
    for match in SENTENCE.finditer(text):
        if not match.group().strip():
            continue
        at = match.start() + len(match.group()) - len(match.group().lstrip())
        section = next((name for start, name in reversed(headings) if start <= at), "")
        found.append(Sentence(match.group(), match.start(), section in background))
    return found


def mentions(text: str) -> list[Mention]:
    """Every finding in what the text shows; background sections are passed over."""
    return [m for sentence in sentences(text) if not sentence.background for m in in_sentence(sentence)]


def in_sentence(sentence: Sentence) -> Iterator[Mention]:
    for name, pattern in finding_patterns():
        for match in pattern.finditer(sentence.text):
            start = sentence.start + match.start()
            yield Mention(name, sentence, start, start + len(match.group()), status(sentence.text, match))


def status(text: str, match: re.Match[str]) -> Status:
    """Whether a clause affirms or denies the finding in it.

    A denial reaches over commas only in a list that ends with "or" or "nor"; any hedge, and any qualified denial
    ("no large effusion"), leaves it open.
    """
    clause_start = max((c.end() for c in CLAUSE.finditer(text, 0, match.start())), default=0)
    clause_end = next((c.start() for c in CLAUSE.finditer(text, match.end())), len(text))
    before, after = text[clause_start : match.start()], text[match.end() : clause_end]
    without = re.compile(r"\bwithout\b", re.IGNORECASE).search(text, 0, match.start())
    if negation("after").search(after.split(",")[0]):
        return "denied"
    cues = list(negation("before").finditer(before))
    if not cues and without:
        return "unsure"
    hedge = negation("unsure").search(before) or negation("unsure").search(after.split(",")[0])
    if not cues:
        return "unsure" if hedge else "affirmed"
    between = before[cues[-1].end() :]
    nearest = LIST.split(between)[-1]
    if hedge or negation("qualified").search(nearest):
        return "unsure"
    if "," in between and not re.search(r"\b(?:or|nor)\b", text[cues[-1].end() :], re.IGNORECASE):
        return "unsure"
    return "denied"
