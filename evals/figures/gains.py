"""Figure 2: zero-shot against tuned, a bar each, beside the majority answer. Imports `style`."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from evals.figures.style import MODES, counts, figure, finish, lined, mark, title, whiskers
from evals.score import Row


def draw(rows: Sequence[Row]) -> Figure:
    """One panel a model, one group of bars a task, one bar a mode; a line marks what the majority answer scores."""
    models = list(dict.fromkeys(r.model for r in rows))
    modes = [mode for mode in MODES if any(r.mode == mode for r in rows)]
    tags = list(dict.fromkeys(r.task for r in rows))
    drawn = figure(9.5, 3.1 * len(models) + 0.6)
    panels = drawn.subplots(len(models), 1, squeeze=False, sharex=True)
    width = 0.8 / len(modes)
    for axes, model in zip(panels[:, 0], models, strict=True):
        for place, mode in enumerate(modes):
            own = [r for r in rows if r.model == model and r.mode == mode]
            at = [tags.index(r.task) + (place - (len(modes) - 1) / 2) * width for r in own]
            look = mark(place)
            axes.bar(
                at, [r.value for r in own], width * 0.92, yerr=whiskers(own), label=mode, color=look.fill,
                hatch=look.hatch, edgecolor=look.edge, linewidth=0.7, error_kw={"elinewidth": 0.9, "capsize": 1.6},
            )  # fmt: skip
        own = [r for r in rows if r.model == model]
        for tag in tags:
            same = [r.majority for r in own if r.task == tag]
            if same:
                x = tags.index(tag)
                axes.hlines(max(same), x - 0.46, x + 0.46, colors="#b00020", linestyles="dashed", linewidth=1.2)
        axes.set_ylim(0, 1.05)
        axes.set_ylabel("score")
        axes.set_title(f"{model}, {counts(own)} a task and mode", loc="left")
        lined(axes, "y")
    panels[-1, 0].set_xticks(range(len(tags)), [title(tag) for tag in tags])
    panels[0, 0].legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(modes), frameon=False, fontsize=8, handlelength=2.4
    )
    note = "Dashed line: the majority answer's score. Whiskers: 95 % intervals. Synthetic demonstration cases."
    return finish(drawn, "Zero-shot against tuned", f"{note} Not for clinical use.")
