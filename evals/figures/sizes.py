"""Figure 6: a model's size against its score and its speed. Imports `style` and the sizes of models."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from evals.cells import by_mode
from evals.figures.style import MODES, NOTE, figure, finish, lined, mark
from evals.sizes import Sized


def draw(sized: Sequence[Sized]) -> Figure:
    """Left: mean of the task scores over the bytes on disk; right: seconds an answer as the run had it."""
    drawn = figure(10.5, 4.2)
    left, right = drawn.subplots(1, 2, sharex=True)
    models = list(dict.fromkeys(one.model for one in sized))
    ordered = by_mode((one.model, one.mode) for one in sized)
    for one in sorted(sized, key=lambda o: ordered.index((o.model, o.mode))):
        fill, marker, size = mark(models.index(one.model) * 2).fill, mark(MODES.index(one.mode)).marker, one.bytes / 1e6
        name = " ".join(part for part in (one.model, one.mode, one.quantization) if part)
        for axes, (value, low, high) in ((left, one.score), (right, one.seconds)):
            axes.errorbar(
                [size], [value], yerr=[[max(0, value - low)], [max(0, high - value)]], fmt=marker,
                color="#1a1a1a", markerfacecolor=fill, markersize=8, capsize=3, label=f"{name}, n {one.n}",
            )  # fmt: skip
    left.set_ylim(0, 1)
    left.set_ylabel("mean score of the tasks")
    right.set_ylim(bottom=0)
    right.set_ylabel("seconds an answer, in the run")
    sizes = [one.bytes / 1e6 for one in sized] or [1.0]
    room = max(0.5, (max(sizes) - min(sizes)) * 0.4)
    for axes in (left, right):
        axes.set_xlim(min(sizes) - room, max(sizes) + room)
        axes.set_xlabel("size on disk, MB (weights and adapter)")
        lined(axes, "both")
    handles, labels = left.get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=7.5)
    note = "Seconds are as the run had them, several answers at once; `evals speed` measures speed itself. "
    return finish(drawn, "Size, score and speed", note + NOTE)
