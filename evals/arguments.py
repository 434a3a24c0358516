"""The arguments of the commands that show scores. Imports nothing that takes time: a command is imported to run."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

OUT = Path("results/latest")
ALL = "all"
LIMIT = 100
"""Synthetic cases a task."""


def late(module: str) -> Callable[[argparse.Namespace], int]:
    """The `run` of a module, imported when it is called."""

    def run(args: argparse.Namespace) -> int:
        return int(import_module(module).run(args))

    return run


def add_commands(commands: Any) -> None:
    """run, report, figures, route, compare, show, card, intents and guard."""
    _add_run(commands)
    report = commands.add_parser("report", help="the report of a results folder, as Markdown, JSON, CSV or HTML")
    report.add_argument("--json", action="store_true", help="the rows as one JSON object; with --full all the rest too")
    report.add_argument("--full", action="store_true", help="with --json: findings, contests, fits and so on")
    report.add_argument("--short", action="store_true", help="the table of scores alone")
    report.add_argument("--subsets", action="store_true", help="by RADS system too, in --short and --json")
    report.add_argument("--html", type=Path, metavar="FILE", help="write one HTML page that needs no other file")
    report.add_argument("--csv", type=Path, metavar="FILE", help="write the rows, subsets included, as CSV")
    report.add_argument("--markdown", type=Path, metavar="FILE", help="write the Markdown into a file")
    report.add_argument(
        "--ratings", type=Path, nargs="*", metavar="FILE", help="ratings.jsonl, a reader each (default: your own)"
    )
    report.add_argument(
        "--with", dest="learned", default="", metavar="NAME[=FOLDER],...",
        help="model-based metrics too, each with its weights: bertscore, radgraph, chexbert, ratescore, green, or all",
    )  # fmt: skip
    report.add_argument("--readme", type=Path, help="put the table between the score markers of this document")
    _finish(report, "evals.report.command")
    figures = commands.add_parser("figures", help="every figure as SVG and PNG")
    figures.add_argument("--to", type=Path, metavar="DIR", help="where to (default: figures in the results folder)")
    figures.add_argument("--recipe", default="nano", help="the recipe whose training data is drawn (default nano)")
    _finish(figures, "evals.figures.command")
    route = commands.add_parser("route", help="choose model and mode of each task and fit temperatures")
    route.add_argument("--write", type=Path, help="the routes file to write; printed when not given")
    route.add_argument("--json", action="store_true", help="routes, temperatures and the ensemble beside the route")
    _finish(route, "evals.route_command")
    compare = commands.add_parser("compare", help="what is better or worse in B than in A, beyond chance")
    compare.add_argument("a", metavar="A", help="a results folder, or a model, a mode or MODEL:MODE of --out")
    compare.add_argument("b", metavar="B", help="the same")
    compare.add_argument(
        "--cases", type=int, default=0, metavar="N", help="list N cases a task that got worse, and better"
    )
    compare.add_argument("--json", action="store_true")
    compare.add_argument("--fail-on-worse", action="store_true", help="exit code 1 when a task is worse beyond chance")
    _finish(compare, "evals.compare_command")
    show = commands.add_parser("show", help="look through the results in the terminal")
    _finish(show, "evals.show.command")
    card = commands.add_parser("card", help="write the model cards")
    card.add_argument(
        "--to", type=Path, default=Path("docs/cards"), metavar="DIR", help="where to (default docs/cards)"
    )
    _finish(card, "evals.card")
    intents = commands.add_parser("intents", help="how the app routes requests: accuracy, asking back, confusion")
    intents.add_argument(
        "--phrases", type=Path, metavar="FILE", help="your own requests, as finetune/intents/test.toml"
    )
    intents.add_argument("--errors", action="store_true", help="list the requests that went wrong")
    intents.add_argument("--json", action="store_true")
    intents.set_defaults(command=late("evals.report.intent_tables"))
    guard = commands.add_parser("guard", help="score a small fixed subset and hold it against the shipped scores")
    guard.add_argument("--write", action="store_true", help="ship the scores of now instead")
    guard.set_defaults(command=late("evals.guard"))


def _add_run(commands: Any) -> None:
    parser = commands.add_parser("run", help="predict cases (goes on where an earlier run stopped)")
    parser.add_argument("--models", default=ALL, help="names, comma-separated, or all")
    parser.add_argument("--modes", default=ALL, help="modes, comma-separated, or all that a model has")
    parser.add_argument("--tasks", default=ALL, help="task tags, comma-separated, or all")
    parser.add_argument(
        "--cases", metavar="WHAT", help="JSONL, CSV, a built set's folder or a data set's name (default: synthetic)"
    )
    parser.add_argument(
        "--sources", type=Path, default=Path("data"), metavar="DIR", help="where data sets lie (default data)"
    )
    parser.add_argument(
        "--limit", type=int, metavar="N", help=f"cases a task (default {LIMIT}; with --cases all there are)"
    )
    parser.add_argument("--shard", metavar="I/N", help="part I of N of the cases, for N machines")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--free", action="store_true", help="let closed tasks write freely: do they parse?")
    parser.add_argument("--parallel", type=int, default=8, metavar="N", help="cases in flight at once (default 8)")
    parser.add_argument(
        "--batched", action="store_true", help="several in one batch: faster with large models, not the same to the bit"
    )
    parser.add_argument("--resume", action="store_true", help="go on where an earlier run stopped, as it always does")
    _finish(parser, "evals.run_command")


def _finish(parser: argparse.ArgumentParser, module: str) -> None:
    parser.add_argument("--out", type=Path, default=OUT, help="results folder")
    parser.set_defaults(command=late(module))
