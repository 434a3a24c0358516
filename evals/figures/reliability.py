"""Reliability curves: how often answers of a stated probability are right, before and after the temperature.

Imports `style` and `calibrating`.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from evals.calibrating import bins, choices, fit, halves
from evals.cells import Cell
from evals.figures.style import figure, finish, mark, title


def draw(cells: Sequence[Cell]) -> Figure | None:
    """One panel a cell with enough probabilities; the judged half only. None where there is no such cell."""
    fitted = [(cell, found) for cell in cells if cell.probabilities and (found := fit(cell)) is not None]
    if not fitted:
        return None
    across = min(4, len(fitted))
    down = -(-len(fitted) // across)
    drawn = figure(2.6 * across + 0.4, 2.75 * down + 0.8)
    panels = drawn.subplots(down, across, squeeze=False, sharex=True, sharey=True)
    for axes in panels.flat[len(fitted) :]:
        axes.set_visible(False)
    for axes, (cell, found) in zip(panels.flat, fitted, strict=False):
        axes.plot([0, 1], [0, 1], color="#999999", linewidth=0.8)
        judged = halves(choices(cell))[1]
        for which, (temperature, label) in enumerate(((1.0, "own"), (found.temperature, "tempered"))):
            curve = bins(judged, temperature)
            look = mark(which * 2)
            axes.errorbar(
                [b.confidence for b in curve], [b.right for b in curve],
                yerr=[[max(0.0, b.right - b.low) for b in curve], [max(0.0, b.high - b.right) for b in curve]],
                fmt=look.marker, linestyle="--" if which == 0 else "-", color="#666666" if which == 0 else "#1a1a1a",
                markerfacecolor=look.fill, markersize=4.5, linewidth=0.9, elinewidth=0.7, capsize=1.5,
                label=f"{label}, ECE {found.ece[which]:.2f}",
            )  # fmt: skip
        name = cell.model.removeprefix("radlite-")
        axes.set_title(f"{title(cell.task)}, {name}\nT {found.temperature:g}, n {len(judged)}", fontsize=8, loc="left")
        axes.set_xlim(0, 1.02)
        axes.set_ylim(0, 1.02)
        axes.legend(loc="upper left", frameon=False, fontsize=6.5)
    drawn.supylabel("share that is right", fontsize=9)
    note = (
        "Across: probability of the answer. Whiskers: 95 % intervals of a bin. Fitted on one half, shown on the other."
    )
    return finish(drawn, "Reliability of label probabilities, fine-tuned", f"{note}\nSynthetic demonstration cases.")
