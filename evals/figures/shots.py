"""Figure 5: what worked examples change, before and after tuning, by task and by RADS system. Imports `style`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from evals.cells import Cell, Key
from evals.figures.style import figure, finish, lined, mark, title
from evals.paired import Difference, difference

PAIRS = (("zero-shot", "few-shot", "untuned"), ("fine-tuned", "fine-tuned+few-shot", "tuned"))


def draw(found: Mapping[Key, Cell]) -> Figure:
    """Score with examples minus without, on the same cases; one panel a model, points with 95 % intervals."""
    models = list(dict.fromkeys(cell.model for cell in found.values()))
    tags = list(dict.fromkeys(cell.task for cell in found.values()))
    rads = [cell for cell in found.values() if cell.task == "rads_assignment"]
    systems = sorted({subset for cell in rads for subset in cell.subsets if subset})
    lines = [(tag, "") for tag in tags] + [("rads_assignment", system) for system in systems]
    drawn = figure(4.9 * max(1, len(models)), 1.4 + 0.3 * len(lines))
    panels = drawn.subplots(1, max(1, len(models)), squeeze=False, sharex=True, sharey=True)
    for axes, model in zip(panels[0], models, strict=False):
        for which, (plain, shots, label) in enumerate(PAIRS):
            at, gains = _gains(found, lines, model, plain, shots)
            if not gains:
                continue
            look = mark(which * 2)
            axes.errorbar(
                [g.value for g in gains], [y + (which - 0.5) * 0.32 for y in at],
                xerr=[[max(0.0, g.value - g.low) for g in gains], [max(0.0, g.high - g.value) for g in gains]],
                fmt=look.marker, color="#1a1a1a", markerfacecolor=look.fill, capsize=2, elinewidth=1, markersize=5.5,
                label=f"{label} ({shots} minus {plain})",
            )  # fmt: skip
        axes.axvline(0, color="#444444", linewidth=0.9)
        axes.axhline(len(tags) - 0.5, color="#999999", linewidth=0.8, linestyle=":")
        axes.set_title(model, loc="left")
        axes.set_xlabel("change of score")
        lined(axes, "x")
        axes.legend(loc="upper left", bbox_to_anchor=(0, -0.08), frameon=False, fontsize=7.5)
    names = [system or title(tag) for tag, system in lines]
    panels[0][0].set_yticks(
        range(len(lines)), [f"{n}, n {_n(found, line)}" for n, line in zip(names, lines, strict=True)]
    )
    panels[0][0].invert_yaxis()
    note = "Right of the line: examples help. Whiskers: 95 % intervals of the paired difference; none where no case"
    return finish(drawn, "Few-shot impact", f"{note} changed. Synthetic demonstration cases. Not for clinical use.")


def _gains(
    found: Mapping[Key, Cell], lines: Sequence[tuple[str, str]], model: str, plain: str, shots: str
) -> tuple[list[int], list[Difference]]:
    at, gains = [], []
    for y, (tag, system) in enumerate(lines):
        without, shown = found.get((tag, model, plain)), found.get((tag, model, shots))
        if without is None or shown is None:
            continue
        gain = difference(*(cell.only(system) if system else cell for cell in (without, shown)))
        if gain is not None:
            at.append(y)
            gains.append(gain)
    return at, gains


def _n(found: Mapping[Key, Cell], line: tuple[str, str]) -> int:
    """The most cases any model and mode has of this task and system."""
    tag, system = line
    own = [cell for cell in found.values() if cell.task == tag]
    return max((len(cell.only(system).cases) if system else len(cell.cases)) for cell in own)
