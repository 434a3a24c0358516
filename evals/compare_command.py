"""`python -m evals compare A B`: two sides' scores as Markdown or JSON; with --fail-on-worse an exit code for scripts.

Imports `compare` and the report's tables.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from evals.compare import Changed, Compared, changed, compare, pairs, side
from evals.report.markdown import table
from evals.report.sections import SYNTHETIC, Table
from evals.report.tables import least
from evals.routes import METRIC_NAMES
from radlite_tui.errors import BadInput
from radlite_tui.showing import display

WORSE = 1
"""Exit code where something got worse and --fail-on-worse was given."""


def run(args: argparse.Namespace) -> int:
    """Prints the comparison; gives WORSE only where that was asked for."""
    if args.cases < 0:
        raise BadInput(f"--cases is {args.cases}; it must be 0 or more.")
    a, b = side(args.a, args.out), side(args.b, args.out)
    found = pairs(a, b)
    compared, cases = compare(found), changed(found, a, b, args.cases)
    if args.json:
        print(
            json.dumps(
                {"a": a.name, "b": b.name, "tasks": [c.json() for c in compared], "cases": [c.json() for c in cases]}
            )
        )
    else:
        print(written(a.name, b.name, compared, cases))
    worse = [f"{c.task} ({c.b})" for c in compared if c.verdict == "worse"]
    if worse and args.fail_on_worse:
        print(f"evals: worse beyond chance: {', '.join(worse)}.", file=sys.stderr)
        return WORSE
    return 0


def written(a: str, b: str, compared: Sequence[Compared], cases: Sequence[Changed]) -> str:
    """The comparison as Markdown."""
    header = (
        "task",
        "metric",
        "A",
        "B",
        "A score",
        "B score",
        "B minus A",
        "better",
        "worse",
        "n",
        "detectable",
        "p",
        "p (Holm)",
        "B is",
    )
    lines = [
        (
            c.task, METRIC_NAMES.get(c.metric, c.metric), c.a, c.b, f"{c.a_score:.3f}", f"{c.b_score:.3f}",
            str(c.difference), str(c.difference.better),
            str(c.difference.worse), str(c.difference.n), least(c.difference),
            f"{c.difference.p:.4f}", f"{c.difference.holm or 0:.4f}",
            c.verdict,
        )
        for c in compared
    ]  # fmt: skip
    tests = ", ".join(sorted({c.difference.test for c in compared}))
    caption = (
        f"A is {a}, B is {b}. Shared cases only; 95 % intervals; tests: {tests}; corrected over the lines (Holm). "
    )
    caption += "Detectable: the least true difference that so many cases would show in four of five repetitions."
    text = f"{table(Table(caption, header, lines))}\n\n{SYNTHETIC}"
    return text + "".join(_case(one) for one in cases)


def _case(one: Changed) -> str:
    """A case as an indented block: nothing a model wrote can end it or be read as Markdown."""
    word = "better" if one.gain > 0 else "worse"
    head = f"\n\n### {one.task}, {one.case}: {word}, {one.a_score:.2f} to {one.b_score:.2f}\n"
    parts = (("gold", one.gold), (f"A {one.a}", one.a_text), (f"B {one.b}", one.b_text))
    return head + "".join(f"\n    {name}:\n" + _block(text) for name, text in parts)


def _block(text: str) -> str:
    return "".join(f"      {display(line)}\n" for line in (text or "(nothing)").splitlines())
