"""The routing of requests as tables, and the command that prints them. Imports `intents`; computes nothing."""

from __future__ import annotations

import argparse
import json

from evals import intents
from evals.intents import Routing
from evals.metrics.routing import ASKED
from evals.report import markdown
from evals.report.sections import Section, Table
from evals.report.tables import figure
from radlite_tui.routing.task import KNOWN
from radlite_tui.showing import display


def run(args: argparse.Namespace) -> int:
    """`python -m evals intents`: the tables, or one JSON object."""
    found = intents.score(args.phrases or intents.HELD_OUT)
    if args.json:
        print(json.dumps(found.json()))
        return 0
    print(markdown.write("Routing of requests", [section(found), *([errors(found)] if args.errors else ())]), end="")
    return 0


def section(found: Routing) -> Section:
    """What the report shows of them."""
    said = (
        f"The words of {found.source} through everything that decides in the app, none of them trained on. Asking back "
        f"is wrong where a task was meant and right where none was. Expected calibration error of the classifier's "
        f"confidence, over the requests it sent somewhere: {found.ece:.3f}."
    )
    return Section("Routing of requests", (said,), tables=[shares(found), by_intent(found), confusion(found)])


def shares(found: Routing) -> Table:
    lines = [(one.name, figure(one.value, one.low, one.high), str(one.n)) for one in found.shares]
    return Table("Requests, with 95 % Wilson intervals", ("share", "value", "n"), lines)


def by_intent(found: Routing) -> Table:
    lines = [(one.name, figure(one.value, one.low, one.high), str(one.n)) for one in found.intents]
    return Table("Right of each task's own requests", ("task", "right", "n"), lines)


def confusion(found: Routing) -> Table:
    """A line what was meant, a column where it went; columns nothing went to are left out."""
    order = (*KNOWN, ASKED)
    counts = found.counts.confusion
    used = [task for task in order if any(counts[gold, task] for gold in order)]
    lines = [
        (named(gold), *(str(counts[gold, task] or "") for task in used))
        for gold in order
        if any(counts[gold, task] for task in order)
    ]
    return Table("Where the requests for each task went", ("meant", *map(named, used)), lines)


def named(task: str) -> str:
    return "asked back" if task == ASKED else task


def errors(found: Routing) -> Section:
    lines = [
        (display(one.words), " or ".join(one.accepted) or "ask back", one.given or "asked back") for one in found.missed
    ]
    return Section("Requests that went wrong", tables=[Table("All of them", ("words", "meant", "given"), lines)])
