"""A request that carries its parts under headings, taken apart: tag and report, premise and hypothesis, two studies.

May import `routing.task` and the assistant's types. Pure; what has no such headings stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import replace

from radlite_tui.assistant.types import Ask
from radlite_tui.routing.task import split_tag

PREMISE = re.compile(r"^[ \t]*premise[ \t]*:", re.IGNORECASE | re.MULTILINE)
HYPOTHESIS = re.compile(r"\b(?:hypothesis|statement)[ \t]*:", re.IGNORECASE)
STUDY = r"(?:[ \t]+(?:report|study|exam|examination))?[ \t]*:"
PRIOR = re.compile(rf"^[ \t]*(?:prior|previous){STUDY}", re.IGNORECASE | re.MULTILINE)
CURRENT = re.compile(rf"^[ \t]*current{STUDY}", re.IGNORECASE | re.MULTILINE)
HEADING = re.compile(r"\s*report[ \t]*:[ \t]*\n?", re.IGNORECASE)


def unpack(ask: Ask) -> Ask:
    """A request whose words hold everything, `[TASK: tag] instruction` and the report below it, taken apart.

    Only for tagged words without a report: the first line or paragraph stays the words, the rest is the report.
    """
    tag, rest = split_tag(ask.words)
    rest = rest.strip()
    if tag is None or ask.report.text.strip() or "\n" not in rest:
        return ask
    if PREMISE.match(rest) or PRIOR.match(rest):
        said, text = "", rest
    else:
        said, _, text = rest.partition("\n\n") if "\n\n" in rest else rest.partition("\n")
    heading = HEADING.match(text)
    text = text[heading.end() :] if heading else text
    return replace(ask, words=f"[TASK: {tag}] {said}", report=replace(ask.report, text=text.strip("\n")))


def split_statements(ask: Ask) -> Ask:
    """For language inference: a report under "Premise:" and "Hypothesis:" becomes report and words."""
    text = ask.report.text or ask.words
    premise, hypothesis = PREMISE.search(text), HYPOTHESIS.search(text)
    if not premise or not hypothesis or hypothesis.start() < premise.end():
        return ask
    before = text[premise.end() : hypothesis.start()].strip()
    return replace(ask, report=replace(ask.report, text=before), words=text[hypothesis.end() :].strip())


def split_studies(ask: Ask) -> Ask:
    """For comparison over time: one text with "PRIOR:" and "CURRENT:" headings becomes a prior and a report."""
    text = ask.report.text or ask.words
    prior, current = PRIOR.search(text), CURRENT.search(text)
    if ask.report.prior is not None or not prior or not current:
        return ask
    if prior.start() < current.start():
        earlier, later = text[prior.end() : current.start()], text[current.end() :]
    else:
        earlier, later = text[prior.end() :], text[current.end() : prior.start()]
    return replace(ask, report=replace(ask.report, text=later.strip(), prior=earlier.strip()))
