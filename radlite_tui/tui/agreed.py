"""What compared answers have in common, and how far each is right, in one line each.

May import the assistant's types and Textual's content. Knows no widget.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from radlite_tui.assistant.comparison import Expected, agreement, vote
from radlite_tui.assistant.scoring import NAMES, score
from radlite_tui.assistant.types import Answer
from radlite_tui.tui.lines import MUTED

LONGEST = 36


def agreed(given: Sequence[Answer]) -> Content | None:
    """How many pairs say the same, and what more than half say; None with fewer than two answers."""
    share, pairs = agreement(given), len(given) * (len(given) - 1) // 2
    if share is None:
        return None
    found = vote(given)
    label = getattr(found[0].output, "label", "the same") if found is not None else ""
    voted = f"{label} ({found[1]} of {len(given)})" if found is not None else "none"
    agree = f"{round(share * pairs)} of {pairs} pairs"
    return Content.assemble(("Agreement: ", "bold"), agree, ("  Vote: ", "bold"), voted)


def scored(wanted: Expected, given: Sequence[tuple[str, Answer]]) -> Content:
    """Each answer, by its column's name, against the expected one, by the task's own metric."""
    text = " ".join(wanted.text.split())
    said: list[str | tuple[str, str]] = [("Expected: ", "bold"), f"{text[:LONGEST]}…" if len(text) > LONGEST else text]
    metric = ""
    for name, answer in given:
        found = score(answer, wanted.output, wanted.text)
        said.append(f"  {name} {found.said}")
        metric = NAMES[found.metric] if found.metric != "accuracy" else ""
    return Content.assemble(*said, (f"  {metric}", MUTED))
