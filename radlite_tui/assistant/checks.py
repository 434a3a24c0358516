"""Disagreements between a report and an answer: sides, measurements, negation, levels.

May import `tasks` data types and `passages`. Pure; conservative by intent: a warning must be worth reading, and
silence proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from radlite_tui.assistant import levels
from radlite_tui.assistant.passages import Mention, Sentence, in_sentence, lists, mentions, negation, sentences, words
from radlite_tui.assistant.types import Warning
from radlite_tui.tasks.outputs import ImpressionOutput, Output, Span, TemporalOutput, TextOutput
from radlite_tui.tasks.report import Report

CLAUSE = re.compile(r",| and | with | or |;", re.IGNORECASE)
SIZE = re.compile(
    r"(?<![\w.])(\d+(?:\.\d+)?)((?:\s*(?:x|×|by)\s*\d+(?:\.\d+)?){0,2})\s*(mm|cm|millimet(?:er|re)s?|centimet(?:er|re)s?)\b",
    re.IGNORECASE,
)
LIMIT_WORDS = re.compile(
    r"(?:>|<|≥|≤|than|least|most|exceed\w*|under|over|below|above|by|every|threshold)\s*(?:or equal to\s*)?$",
    re.IGNORECASE,
)
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def warnings(report: Report, output: Output) -> tuple[Warning, ...]:
    """What in the answer disagrees with the report; nothing for answers that cannot, such as labels and spans."""
    if not report.text.strip():
        return ()
    if isinstance(output, TemporalOutput):
        return tuple(dict.fromkeys(temporal(report, output)))
    if isinstance(output, ImpressionOutput):
        return tuple(dict.fromkeys(prose(report.text, output.impression)))
    if isinstance(output, TextOutput):
        return tuple(dict.fromkeys(prose(report.text, output.answer)))
    return ()


def prose(source: str, answer: str | Sentence) -> Iterator[Warning]:
    """All four checks of written sentences, or of one of them."""
    known = mentions(source)
    for sentence in sentences(answer) if isinstance(answer, str) else [answer]:
        sided = list(laterality(source, known, sentence))
        yield from sided
        yield from negations(known, sentence)
        yield from measurements(source, sentence.text)
        yield from levels.spine(source, sentence.text)
        if not sided:
            yield from levels.lobes(source, sentence.text)


def temporal(report: Report, output: TemporalOutput) -> Iterator[Warning]:
    """Each finding against the report it must stand in; what is resolved may stand in the prior alone."""
    current = mentions(report.text)
    source = f"{report.text}\n\n{report.prior or ''}"
    known = mentions(source)
    end = len(report.text)
    for change in output.changes:
        sentence = Sentence(change.finding, 0)
        found = [*laterality(source, known, sentence), *measurements(source, change.finding)]
        found += [*levels.spine(source, change.finding), *(levels.lobes(source, change.finding) if not found else ())]
        yield from (w if w.span is None or w.span[1] <= end else Warning(w.kind, w.message) for w in found)
        for mention in in_sentence(sentence):
            same = [m for m in current if m.finding == mention.finding]
            yield from contradicted(change.status, mention.finding, same)


def contradicted(status: str, finding: str, same: list[Mention]) -> Iterator[Warning]:
    """A change whose status the current report denies."""
    if not same:
        return
    first = same[0]
    if status != "resolved" and all(m.status == "denied" for m in same):
        message = f"The answer lists {finding} as {status}; the report says there is none."
        yield Warning("negation", message, (first.start, first.end))
    if status == "resolved" and all(
        m.status == "affirmed" and negation("persisting").search(m.sentence.text) for m in same
    ):
        message = f"The answer lists {finding} as resolved; the report says it is still there."
        yield Warning("negation", message, (first.start, first.end))


@cache
def side_pattern(side: str) -> re.Pattern[str]:
    return words(lists()["sides"][side])


def sides(text: str) -> set[str]:
    """The sides a text names; both for bilateral."""
    found = {side for side in ("left", "right") if side_pattern(side).search(text)}
    return {"left", "right"} if side_pattern("both").search(text) else found


def laterality(source: str, known: list[Mention], sentence: Sentence) -> Iterator[Warning]:
    """A finding on one side where the report has it on the other side only."""
    for clause in CLAUSE.split(sentence.text):
        said = sides(clause)
        if len(said) != 1:
            continue
        (side,) = said
        for mention in in_sentence(Sentence(clause, 0)):
            same = [m for m in known if m.finding == mention.finding and m.status != "denied"]
            there = [sides(m.sentence.text) for m in same]
            if not same or any(not found or side in found for found in there):
                continue
            other = "right" if side == "left" else "left"
            message = f"The answer says {side} {mention.finding}; the report says {other}."
            yield Warning("laterality", message, side_span(same[0], other))


def side_span(mention: Mention, side: str) -> Span:
    """Where the mention's sentence names the side, nearest to the finding."""
    sentence = mention.sentence
    found = list(side_pattern(side).finditer(sentence.text))
    nearest = min(found, key=lambda m: abs(sentence.start + m.start() - mention.start))
    return sentence.start + nearest.start(), sentence.start + nearest.end()


def negations(known: list[Mention], sentence: Sentence) -> Iterator[Warning]:
    """A finding the answer affirms and every mention in the report denies, or the reverse."""
    for mention in in_sentence(sentence):
        same = [m for m in known if m.finding == mention.finding]
        if not same or mention.status == "unsure":
            continue
        first = (same[0].start, same[0].end)
        if mention.status == "affirmed" and all(m.status == "denied" for m in same):
            yield Warning("negation", f"The answer says {mention.finding}; the report says there is none.", first)
        if mention.status == "denied" and all(m.status == "affirmed" for m in same):
            yield Warning("negation", f"The answer says no {mention.finding}; the report describes it.", first)


def measurements(source: str, text: str) -> Iterator[Warning]:
    """A size in the answer that the report does not give, rounding and change of unit allowed."""
    given = [(size, span) for _, sizes, span in measured(source) for size in sizes]
    for match, sizes, _ in measured(text):
        if LIMIT_WORDS.search(text[: match.start()]):
            continue
        step = precision(match)
        for size in sizes:
            if any(abs(size - other) <= step / 2 + 1e-6 for other, _ in given):
                continue
            written = " ".join(match.group().split())
            if not given:
                yield Warning("measurement", f"The answer says {written}; the report gives no size.")
            else:
                nearest, span = min(given, key=lambda pair: abs(pair[0] - size))
                message = f"The answer says {written}; the report has no such size (nearest {nearest:g} mm)."
                yield Warning("measurement", message, span)
            break


def measured(text: str) -> Iterator[tuple[re.Match[str], list[float], Span]]:
    """Each size of a text: the match, its dimensions in millimetres, its place."""
    for match in SIZE.finditer(text):
        factor = 10.0 if match.group(3).lower().startswith("c") else 1.0
        numbers = [float(n) * factor for n in NUMBER.findall(match.group(1) + match.group(2))]
        yield match, numbers, match.span()


def precision(match: re.Match[str]) -> float:
    """The last written digit of a size, in millimetres."""
    factor = 10.0 if match.group(3).lower().startswith("c") else 1.0
    digits = len(match.group(1).partition(".")[2])
    return float(factor * 10.0**-digits)
