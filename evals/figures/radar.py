"""Figure 1: every task on a spoke, one circle a model. Imports `style` and numpy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from evals.figures.style import counts, figure, finish, mark, title
from evals.score import Row


def draw(rows: Sequence[Row]) -> Figure:
    """Tuned against untuned on all tasks. The band around a line is its 95 % interval."""
    models = list(dict.fromkeys(r.model for r in rows))
    drawn = figure(5.2 * len(models), 5.4)
    for place, model in enumerate(models):
        axes: Any = drawn.add_subplot(1, len(models), place + 1, projection="polar")
        own = [r for r in rows if r.model == model and r.mode in ("zero-shot", "fine-tuned")]
        spokes = list(dict.fromkeys(r.task for r in own))
        for mode, which in (("zero-shot", 1), ("fine-tuned", 2)):
            line = {r.task: r for r in own if r.mode == mode}
            if len(line) == len(spokes) > 2:
                _line(axes, [line[task] for task in spokes], mode, which)
        angles = np.linspace(0, 2 * np.pi, len(spokes), endpoint=False)
        axes.set_xticks(angles, [title(task) for task in spokes], fontsize=8)
        axes.set_ylim(0, 1)
        axes.set_yticks([0.25, 0.5, 0.75, 1.0], ["0.25", "0.50", "0.75", "1"], fontsize=7, color="#444444")
        axes.set_theta_offset(np.pi / 2)
        axes.set_theta_direction(-1)
        axes.set_title(f"{model}, {counts(own)} a task", pad=18)
        axes.legend(loc="lower left", bbox_to_anchor=(-0.14, -0.16), frameon=False, fontsize=8)
    note = "Each spoke is its task's own metric, so spokes do not compare with each other. Bands: 95 % intervals."
    return finish(drawn, "Tasks per model", f"{note}\nSynthetic demonstration cases. Not for clinical use.")


def _line(axes: Any, rows: Sequence[Row], label: str, which: int) -> None:
    look = mark(which)
    closed = [*rows, rows[0]]
    angles = np.linspace(0, 2 * np.pi, len(rows), endpoint=False).tolist()
    angles.append(angles[0] + 2 * np.pi)
    style = "-" if label == "fine-tuned" else "--"
    axes.plot(
        angles, [r.value for r in closed], style, marker=look.marker, color=look.fill, markeredgecolor="#1a1a1a",
        markersize=5, linewidth=1.6, label=label,
    )  # fmt: skip
    axes.fill_between(
        angles, [r.low for r in closed], [r.high for r in closed], color=look.fill, alpha=0.25, linewidth=0
    )
