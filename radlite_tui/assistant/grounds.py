"""Where in the report the words stand that count for a label: nodes for N, deposits for M, descriptors for RADS.

May import `tasks.outputs`, `passages` and `grounds.toml`. Pure. A search for the guidelines' words, not a look into
the model: whoever shows it must say so.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from radlite_tui.assistant.passages import HEADING, sentences, words
from radlite_tui.assistant.types import Answer
from radlite_tui.tasks.outputs import LabelOutput, RadsOutput, Span

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SAID = "found by searching the report for the guideline's words, not by the model"
WHOLE_SENTENCES = ("n_staging", "m_staging")


@cache
def lists() -> dict[str, Any]:
    """`grounds.toml`."""
    return tomllib.loads(Path(__file__).with_name("grounds.toml").read_text(encoding="utf-8"))


def grounds(answer: Answer) -> tuple[Span, ...]:
    """Places in the report, in order: sentences for staging, descriptors for RADS; none for other tasks."""
    text, output = answer.plan.ask.report.text, answer.output
    if isinstance(output, RadsOutput):
        return descriptors(text, lists()["rads"].get(output.system, ()))
    if isinstance(output, LabelOutput) and answer.task in WHOLE_SENTENCES:
        return naming(text, lists()[answer.task])
    return ()


def descriptors(text: str, patterns: Sequence[str]) -> tuple[Span, ...]:
    """Each place of each descriptor outside the sections that say why and how."""
    if not patterns:
        return ()
    pattern = words(patterns)
    shown = [sentence for sentence in sentences(text) if not sentence.background]
    return tuple((s.start + m.start(), s.start + m.end()) for s in shown for m in pattern.finditer(s.text))


def naming(text: str, patterns: Sequence[str]) -> tuple[Span, ...]:
    """The sentences that hold one of the words."""
    pattern = words(patterns)
    found = []
    for sentence in sentences(text):
        if sentence.background or not pattern.search(sentence.text):
            continue
        heading = HEADING.match(sentence.text.lstrip("\n"))
        said = sentence.text.lstrip("\n")[heading.end() :] if heading else sentence.text
        start = sentence.start + len(sentence.text) - len(said.lstrip())
        found.append((start, sentence.start + len(sentence.text.rstrip())))
    return tuple(found)
