"""The paper's tables in its own layout, its figures beside ours. Imports the published figures and our rows.

Whose figures a column holds is in its heading. The paper's models, cases and scale are others than ours, so nothing is
subtracted across the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.cells import Cell, Key
from evals.paired import difference
from evals.report.published import Paper
from evals.report.sections import Table
from evals.report.tables import OURS, figure
from evals.score import Row
from evals.severity import SeverityRow

ZERO, TUNED, TUNED_SHOTS = "zero-shot", "fine-tuned", "fine-tuned+few-shot"


def models(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(r.model for r in rows))


def source(paper: Paper) -> str:
    return f"Paper: {paper.citation}; {paper.cases}. {OURS}"


def tasks(paper: Paper, rows: Sequence[Row]) -> Table:
    """Every task, both of the paper's models zero-shot and tuned, then ours the same way."""
    own = models(rows)
    header = ["task", "metric"]
    header += [f"paper {name} {mode}" for name in paper.models for mode in (ZERO, "tuned")]
    header += [f"ours {name} {mode}" for name in own for mode in (ZERO, "tuned")]
    by_key = {(r.task, r.model, r.mode): r for r in rows}
    lines = []
    for tag, published in paper.tasks.items():
        line = [tag, published.metric]
        for place in range(len(paper.models)):
            line += [_number(published.zero, place), _number(published.tuned, place)]
        found = [by_key.get((tag, name, mode)) for name in own for mode in (ZERO, TUNED)]
        line += [figure(r.value, r.low, r.high) if r else "" for r in found]
        some = next((r for r in found if r), None)
        lines.append((*line, f"{some.majority:.2f}" if some else "", str(some.n) if some else ""))
    return Table(f"Every task, zero-shot and tuned. {source(paper)}", (*header, "ours majority", "ours n"), lines)


def systems(paper: Paper, subsets: Sequence[Row]) -> Table:
    """RADS accuracy of the tuned models by system."""
    rows = [r for r in subsets if r.task == "rads_assignment" and r.mode == TUNED]
    own = models(rows)
    header = (
        "system",
        *(f"paper {name}" for name in paper.models),
        "paper n",
        *(f"ours {name}" for name in own),
        "ours n",
    )
    by_key = {(r.subset, r.model): r for r in rows}
    lines = []
    for name, published in paper.rads.items():
        found = [by_key.get((name, model)) for model in own]
        line = [name, *(f"{value:.3f}" for value in published.tuned), str(published.n)]
        line += [figure(r.value, r.low, r.high) if r else "" for r in found]
        lines.append((*line, next((str(r.n) for r in found if r), "")))
    return Table(f"RADS accuracy by system, tuned. {source(paper)}", header, lines)


def severity(paper: Paper, rows: Sequence[SeverityRow]) -> Table:
    """Kinds of RADS error of the tuned models."""
    own = [r for r in rows if r.mode == TUNED]
    header = ("answer", *(f"paper {name}" for name in paper.models), *(f"ours {r.model}, n {r.n}" for r in own))
    lines = []
    for kind, shares in paper.severity.items():
        found = (r.shares[kind] for r in own)
        lines.append((kind, *(f"{value:.3f}" for value in shares), *(figure(s.value, s.low, s.high) for s in found)))
    found = (r.shares["unparseable"] for r in own)
    nothing = ("not reported",) * len(paper.models)
    lines.append(("unparseable", *nothing, *(figure(s.value, s.low, s.high) for s in found)))
    return Table(f"RADS errors by severity, tuned. {source(paper)}", header, lines)


def few_shot(paper: Paper, cells: Mapping[Key, Cell]) -> Table:
    """What examples change in the RADS accuracy of tuned models, by system."""
    task = "rads_assignment"
    own = [m for t, m, mode in cells if t == task and mode == TUNED and (t, m, TUNED_SHOTS) in cells]
    header = ("system", f"paper {paper.models[-1]}, 3 examples", *(f"ours {name}" for name in own), "ours n")
    lines = []
    for system, change in [*((n, p.few_shot) for n, p in paper.rads.items()), ("all", paper.few_shot_change_of_rads)]:
        line, count = [system, f"{change:+.2f}"], ""
        for name in own:
            pair = (cells[task, name, TUNED], cells[task, name, TUNED_SHOTS])
            gain = difference(*(cell if system == "all" else cell.only(system) for cell in pair))
            line.append(str(gain) if gain else "")
            count = str(gain.n) if gain else count
        lines.append((*line, count))
    return Table(f"RADS accuracy with examples minus without, tuned. {source(paper)}", header, lines)


def speed(paper: Paper) -> Table:
    """What the paper says of its models' size and speed; ours is in docs/performance.md."""
    lines = [
        (name, f"{size:.2f}", f"{rate:.1f}")
        for name, size, rate in zip(paper.models, paper.gigabytes, paper.tokens_a_second, strict=True)
    ]
    note = f"Paper: {paper.citation}; {paper.hardware}. Ours is measured by `evals speed`, in docs/performance.md."
    return Table(f"Size and speed of the paper's models. {note}", ("model", "GB on disk", "tokens a second"), lines)


def _number(values: Sequence[float], place: int) -> str:
    return f"{values[place]:.3f}" if values else "-"
