"""Figure 3: how RADS answers are wrong, by what it would mean for a patient. Imports `style` and the severity rows."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from evals.cells import by_mode
from evals.figures.style import NOTE, figure, finish, lined, mark
from evals.severity import SeverityRow
from radlite_tui.tasks.rads import SEVERITIES

WORDS = {
    "exact": "exact",
    "overcall": "overcall\n(conservative)",
    "undercall": "undercall\n(dangerous)",
    "safe misclassification": "safe mis-\nclassification",
    "unparseable": "unparseable",
}


def draw(rows: Sequence[SeverityRow]) -> Figure:
    """One group a kind of error, one bar a model and mode; the share stands over its bar."""
    rows = sorted(rows, key=lambda r: by_mode((o.model, o.mode) for o in rows).index((r.model, r.mode)))
    drawn = figure(9.5, 4.6)
    axes = drawn.subplots()
    width = 0.84 / max(1, len(rows))
    for place, row in enumerate(rows):
        look = mark(place)
        at = [i + (place - (len(rows) - 1) / 2) * width for i in range(len(SEVERITIES))]
        shares = [row.shares[kind] for kind in SEVERITIES]
        errors = [[max(0.0, s.value - s.low) for s in shares], [max(0.0, s.high - s.value) for s in shares]]
        axes.bar(
            at, [s.value for s in shares], width * 0.92, yerr=errors, color=look.fill, hatch=look.hatch,
            edgecolor=look.edge, linewidth=0.7, label=f"{row.model} {row.mode}, n {row.n}",
            error_kw={"elinewidth": 0.9, "capsize": 1.6},
        )  # fmt: skip
        for x, share in zip(at, shares, strict=True):
            axes.text(x, share.high + 0.015, f"{share.value:.0%}"[:-1], ha="center", fontsize=7)
    axes.set_xticks(range(len(SEVERITIES)), [WORDS[kind] for kind in SEVERITIES])
    axes.set_ylim(0, 1.12)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1.0], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    axes.set_ylabel("share of RADS answers")
    lined(axes, "y")
    axes.legend(loc="upper right", frameon=False, fontsize=8, handlelength=2.4)
    return finish(drawn, "Severity of RADS errors (numbers over bars: per cent)", NOTE)
