"""Figure 4: RADS accuracy by reporting system, as a heat map whose cells say their figures. Imports `style`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from evals.cells import by_mode
from evals.figures.style import figure, finish
from evals.score import Row


def draw(rows: Sequence[Row]) -> Figure:
    """Systems down, models and modes across; each cell has its accuracy, its 95 % interval and its n."""
    columns = by_mode((r.model, r.mode) for r in rows)
    systems = list(dict.fromkeys(r.subset for r in rows))
    by_place = {(r.subset, r.model, r.mode): r for r in rows}
    values = np.full((len(systems), len(columns)), np.nan)
    for i, system in enumerate(systems):
        for j, column in enumerate(columns):
            row = by_place.get((system, *column))
            values[i, j] = row.value if row else np.nan
    drawn = figure(1.6 + 1.35 * len(columns), 1.5 + 0.42 * len(systems))
    axes = drawn.subplots()
    edges = (np.arange(len(columns) + 1) - 0.5, np.arange(len(systems) + 1) - 0.5)
    axes.pcolormesh(*edges, values, cmap="Greys", vmin=0, vmax=1)
    axes.invert_yaxis()
    for i, system in enumerate(systems):
        for j, column in enumerate(columns):
            row = by_place.get((system, *column))
            if row:
                colour = "white" if row.value > 0.55 else "black"
                axes.text(j, i - 0.12, f"{row.value:.2f}", ha="center", va="center", color=colour, fontweight="bold")
                small = f"{row.low:.2f}-{row.high:.2f}, n {row.n}"
                axes.text(j, i + 0.27, small, ha="center", va="center", color=colour, fontsize=6.5)
    names = [f"{model.removeprefix('radlite-')}\n{mode}".replace("+few", "\n+few") for model, mode in columns]
    axes.set_xticks(range(len(columns)), names, fontsize=7.5)
    axes.set_yticks(range(len(systems)), systems)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    note = "Dark is good. In a cell: accuracy, 95 % interval, n. Synthetic demonstration cases. Not for clinical use."
    return finish(drawn, "RADS accuracy per system", note)
