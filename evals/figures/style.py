"""How every figure looks: marks that differ in lightness, hatching and shape, so that grey paper shows them too.

Imports matplotlib (of the `evals` extra) without a display. Figures say their n and that they are of synthetic cases.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from evals.score import Row
from radlite_tui import tasks

matplotlib.use("Agg")

MODES = ("zero-shot", "few-shot", "fine-tuned", "fine-tuned+few-shot")
NOTE = "Synthetic demonstration cases; bars and whiskers: 95 % intervals. Not for clinical use."
SETTINGS = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "hatch.linewidth": 0.6,
    "svg.fonttype": "none",
    "svg.hashsalt": "radlite",
    "font.family": "DejaVu Sans",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
}
matplotlib.rcParams.update(SETTINGS)


@dataclass(frozen=True)
class Mark:
    """fill, edge: colours; hatch: of bars; marker, line: of points."""

    fill: str
    hatch: str
    marker: str
    line: str
    edge: str = "#1a1a1a"


MARKS = (
    Mark("#f2f2f2", "", "o", "-"),
    Mark("#9ec3e6", "////", "s", "--"),
    Mark("#1f4e79", "", "^", "-."),
    Mark("#6b7f94", "xxxx", "D", ":"),
    Mark("#d9c58b", "....", "v", (0, (5, 1))),  # type: ignore[arg-type]
    Mark("#3d3d3d", "\\\\\\\\", "P", (0, (1, 1))),  # type: ignore[arg-type]
)


def mark(index: int) -> Mark:
    return MARKS[index % len(MARKS)]


def figure(width: float, height: float) -> Figure:
    """A figure, its size in inches, laid out so that nothing is cut."""
    return Figure(figsize=(width, height), layout="constrained")


def finish(drawn: Figure, title: str, note: str = NOTE) -> Figure:
    """Title above and note below, its lines as long as the figure is wide."""
    note = textwrap.fill(note, int(drawn.get_size_inches()[0] * 15))
    drawn.suptitle(title, fontsize=11, fontweight="bold", x=0.01, ha="left")
    drawn.supxlabel(note, fontsize=7.5, x=0.01, ha="left", color="#444444")
    return drawn


def whiskers(rows: Sequence[Row]) -> list[list[float]]:
    """How far each interval reaches below and above its value."""
    return [[max(0.0, r.value - r.low) for r in rows], [max(0.0, r.high - r.value) for r in rows]]


def title(tag: str) -> str:
    """A task as readers know it."""
    return tasks.get(tag).title


def counts(rows: Sequence[Row]) -> str:
    """ "n 40" or "n 38-40"."""
    found = {r.n for r in rows}
    return f"n {min(found)}" if len(found) == 1 else f"n {min(found)}-{max(found)}"


def lined(axes: Any, axis: str) -> None:
    """Light lines across, behind what is drawn."""
    axes.grid(axis=axis, color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)


def svg(drawn: Figure) -> str:
    """The figure as SVG text."""
    text = io.StringIO()
    drawn.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def save(drawn: Figure, folder: Path, name: str) -> tuple[Path, Path]:
    """The figure as SVG (text stays text) and PNG (150 dots an inch)."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn.savefig(folder / f"{name}.svg", metadata={"Date": None})
    drawn.set_layout_engine("none")  # laid out once is enough
    drawn.savefig(folder / f"{name}.png", dpi=150, metadata={"Software": None})
    return folder / f"{name}.svg", folder / f"{name}.png"
