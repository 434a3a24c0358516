"""Confusions, bars and answers as text, control characters shown and not obeyed. Imports Textual's content."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from evals.predictions import Prediction
from evals.score import Row
from evals.show.looking import Confusion
from radlite_tui.showing import display

CORNER = "gold, answer"
BAR = 40
"""Columns of the longest bar."""


def plain(text: str) -> str:
    """Text of a report or a model, its lines kept, whatever else it holds shown and not obeyed."""
    return "\n".join(display(line) for line in text.splitlines()) or "(nothing)"


def report(p: Prediction) -> str:
    """What the models were given."""
    parts = [f"PRIOR: {plain(p.prior)}\n" if p.prior else "", f"WORDS: {display(p.words)}\n" if p.words else ""]
    return "".join(parts) + plain(p.report)


def answer(p: Prediction, score: float) -> Content:
    """The answer under its score and who gave it; a word says whether it is right, beside the figure."""
    word = "right" if score == 1 else "wrong" if score == 0 else "in part"
    text = plain(p.text) if not p.error else f"no answer: {display(p.error)}"
    whose = f"{p.model.removeprefix('radlite-')} {p.mode}"
    return Content.assemble((f"{word}, {score:.2f}", "bold"), f"\n{whose}\n", ("─" * 12, "$text-muted"), f"\n{text}")


def matrix(found: Confusion) -> Content:
    """Gold down, answers across. Right ones stand in brackets, none is a dot; n a line at its end."""
    if not found.n:
        return Content("No cases.")
    rows = max(len(label) for label in (*found.labels, CORNER))
    short = shortened(found.answers)
    widths = [max(5, len(name) + 1) for name in short]
    head = f"{CORNER:<{rows}} " + "".join(f"{n:>{w}}" for n, w in zip(short, widths, strict=True)) + "     n"
    lines = [Content.styled(head, "bold")]
    for i, (label, counts) in enumerate(zip(found.labels, found.counts, strict=True)):
        cells = [
            f"{f'[{count}]' if i == j else str(count) if count else '·':>{width}}"
            for j, (count, width) in enumerate(zip(counts, widths, strict=True))
        ]
        lines.append(Content(f"{label:<{rows}} {''.join(cells)} {sum(counts):>5}"))
    right = sum(found.counts[i][i] for i in range(len(found.labels)))
    lines.append(Content(f"\n[ ] right: {right} of {found.n} decisions shown"))
    return Content("\n").join(lines)


def shortened(names: Sequence[str]) -> list[str]:
    """Names without what they share: the system of RADS categories, or the ending of the systems; long ones cut."""
    if any(name.endswith("-RADS") for name in names):
        return [name.removesuffix("-RADS") for name in names]
    first = {name.split(" ")[0] for name in names if " " in name and not name.startswith("No ")}
    if len(first) == 1:
        word = first.pop() + " "
        names = [name.removeprefix(word) for name in names]
    return [name if len(name) <= 13 else name[:12] + "." for name in names]


def bars(found: Sequence[tuple[str, int]], row: Row) -> Content:
    """How many answers of a free task scored how well."""
    most = max((count for _, count in found), default=0) or 1
    lines = [Content.styled(f"Scores of {row.n} answers; this task has no labels to confuse", "bold")]
    for name, count in found:
        length = -(-count * BAR // most)
        lines.append(Content.assemble(f"{name:>9} ", ("█" * length, "$text-primary"), f" {count}"))
    return Content("\n").join(lines)
