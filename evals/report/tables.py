"""Our own scores as tables: with the interval, the majority answer and the unparseable share beside every figure.

Imports the rows and what is computed of them; decides how figures are written, computes none.
"""

from __future__ import annotations

from collections.abc import Sequence

from evals.calibrating import Fit
from evals.ensemble import Contest
from evals.findings import Finding
from evals.paired import Difference
from evals.preferences import Preference
from evals.report.sections import Table
from evals.routes import METRIC_NAMES
from evals.score import Row
from evals.severity import SeverityRow
from evals.sizes import Sized
from radlite_tui.tasks import TAGS
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.rads import SEVERITIES

MODES = tuple(map(str, Mode))

OURS = "Ours: demonstration models on synthetic cases."


def figure(value: float, low: float, high: float) -> str:
    """ "0.66 (0.59-0.72)"; an interval without a width, which resampling gives where all cases are alike, is none."""
    if low == high:
        return f"{value:.2f} (no interval)"
    return f"{value:.2f} ({low:.2f}-{high:.2f})"


def by_mode(r: Row) -> tuple[int, str, str, int]:
    """Tasks in display order, then subset and model, then modes from untuned to tuned."""
    return TAGS.index(r.task), r.subset, r.model, MODES.index(r.mode)


def share(value: float) -> str:
    """ "3 %", "0.4 %" """
    return f"{value * 100:.1f} %" if 0 < value < 0.0995 else f"{value:.0%}".replace("%", " %")


def scores(rows: Sequence[Row], subsets: bool = False) -> Table:
    """A line a task, model and mode, untuned modes first."""
    first = ("task", "subset") if subsets else ("task",)
    header = (
        *first,
        "model",
        "mode",
        "metric",
        "score (95 % interval)",
        "strict",
        "majority",
        "unparseable",
        "n",
        "cases",
    )
    lines = []
    for r in sorted(rows, key=by_mode):
        named = (r.task, r.subset) if subsets else (r.task,)
        lines.append(
            (*named, r.model, r.mode, METRIC_NAMES.get(r.metric, r.metric), figure(r.value, r.low, r.high),
             f"{r.strict:.2f}", f"{r.majority:.2f}", share(r.unparseable), str(r.n), str(r.cases))
        )  # fmt: skip
    what = "Scores by subset" if subsets else "Scores"
    note = "Majority: what always giving the most common answer would score. Strict: only the canonical format counts."
    return Table(f"{what}. {note} {OURS}", header, lines)


def severities(rows: Sequence[SeverityRow]) -> Table:
    header = ("model", "mode", *SEVERITIES, "crosses a threshold", "n")
    lines = []
    for r in rows:
        shares = (*(r.shares[kind] for kind in SEVERITIES), r.crosses)
        lines.append((r.model, r.mode, *(figure(s.value, s.low, s.high) for s in shares), str(r.n)))
    note = (
        "Overcall is the conservative error, undercall the dangerous one; the same management is safe. Crosses a "
        "threshold: an overcall or undercall that asks for another amount of action (docs/evals.md)."
    )
    return Table(f"RADS answers by severity, share and 95 % interval. {note} {OURS}", header, lines)


def contests(found: Sequence[Contest]) -> Table:
    header = (
        "task",
        "mode",
        "each model",
        "route",
        "ensemble",
        "ensemble minus route",
        "p (Holm)",
        "wins",
        "oracle",
        "n",
    )
    lines = [
        (
            c.task,
            c.mode,
            ", ".join(f"{model} {value:.2f}" for model, value in c.singles.items()),
            f"{c.route:.2f}",
            "" if c.ensemble is None else f"{c.ensemble:.2f}",
            "" if c.gain is None else str(c.gain),
            "" if c.gain is None or c.gain.holm is None else f"{c.gain.holm:.3f}",
            "no ensemble" if c.gain is None else c.winner,
            f"{c.oracle:.2f}",
            str(c.n),
        )
        for c in found
    ]
    note = (
        "Route: the better model, chosen on the half of the cases it is not judged on. Ensemble: the mean of the "
        "models' label probabilities, as `ask --model ensemble` does it; free answers have none. Oracle: the better "
        "answer case by case. Wins: where the interval of the difference excludes 0."
    )
    return Table(f"{note} {OURS}", header, lines)


def fits(found: Sequence[Fit]) -> Table:
    header = (
        "task",
        "model",
        "mode",
        "temperature",
        "log-loss before, after",
        "ECE before, after",
        "fitted",
        "judged",
        "used",
    )
    lines = [
        (
            f.task,
            f.model,
            f.mode,
            f"{f.temperature:.2f}",
            f"{f.nll[0]:.3f}, {f.nll[1]:.3f}",
            f"{f.ece[0]:.3f}, {f.ece[1]:.3f}",
            str(f.fitted),
            str(f.judged),
            "yes" if f.kept else "no, it does not help on the judged half",
        )
        for f in found
    ]
    note = "Temperatures of label probabilities, fitted on one half of the cases and judged on the other."
    return Table(f"{note} ECE: expected calibration error in 10 bins. {OURS}", header, lines)


def sizes(found: Sequence[Sized]) -> Table:
    header = (
        "model",
        "mode",
        "quantisation",
        "MB on disk",
        "mean score of the tasks",
        "seconds an answer in the run",
        "n",
    )
    lines = [
        (
            one.model,
            one.mode,
            one.quantization,
            f"{one.bytes / 1e6:.1f}",
            figure(*one.score),
            figure(*one.seconds),
            str(one.n),
        )
        for one in found
    ]
    note = "Seconds are as the run had them, several answers at once; docs/performance.md measures speed itself."
    return Table(f"Size, score and time. {note} {OURS}", header, lines)


def differences(found: Sequence[Finding]) -> Table:
    """What the findings stand on: a line a task, a column a finding."""
    shown = [f for f in found if f.differences]
    tags = [tag for tag in TAGS if any(tag in f.differences for f in shown)]
    lines = []
    for tag in tags:
        own = (f.differences.get(tag) for f in shown)
        lines.append(
            (tag, *(f"{one}{' †' * (one.holm is not None and one.significant)}" if one else "" for one in own))
        )
    note = "The differences behind the findings, with 95 % intervals; †: p below 0.05 after Holm's correction."
    return Table(f"{note} {OURS}", ("task", *(f.title for f in shown)), lines)


def detectable(found: Sequence[Finding]) -> Table:
    """What those differences could have shown: a line a task, a column a finding."""
    shown = [f for f in found if f.differences]
    tags = [tag for tag in TAGS if any(tag in f.differences for f in shown)]
    lines = []
    for tag in tags:
        own = (f.differences.get(tag) for f in shown)
        lines.append((tag, *("" if one is None else f"{least(one)}, n {one.n}" for one in own)))
    note = (
        "The least true difference that as many cases, scattering as these do, would show in four of five repetitions "
        "(two-sided, 5 %, before Holm's correction); where no case differs there is none to tell."
    )
    return Table(f"{note} {OURS}", ("task", *(f.title for f in shown)), lines)


def least(one: Difference) -> str:
    """ "0.09", "not known" """
    return "not known" if one.detectable is None else f"{one.detectable:.2f}"


def preferences(found: Sequence[Preference]) -> Table:
    header = ("model", "mode", "win rate", "strength", "won", "equal", "lost", "reports")
    lines = [
        (
            p.model,
            p.mode,
            figure(p.win_rate, p.low, p.high),
            figure(p.strength, p.strength_low, p.strength_high)
            if p.strength_low < p.strength_high
            else f"{p.strength:.2f} (no interval: every contest went the same way)",
            str(p.wins),
            str(p.ties),
            str(p.losses),
            str(p.reports),
        )
        for p in found
    ]
    note = (
        "Blind ratings as contests between two answers of one reader to one task on one report; equal ratings are half "
        "a win. Strength: chance to win against an average opponent (Bradley and Terry). Intervals resample reports."
    )
    return Table(note, header, lines)
