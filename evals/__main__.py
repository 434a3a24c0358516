"""`python -m evals run|report|route|ratings|speed|app`: score models, print tables, write routes, measure.

python -m evals run --limit 100 --out results/nano
python -m evals report --out results/nano [--json] [--readme README.md]
python -m evals route --out results/nano --write radlite_tui/routing/routes.toml
python -m evals ratings reader1.jsonl reader2.jsonl
python -m evals speed --model-file qwen2.5-3b.gguf --out results/speed
python -m evals app --write docs/performance.md
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from evals.app.arguments import add_arguments as add_app_arguments
from evals.speed.arguments import add_arguments
from radlite_tui import tasks
from radlite_tui.errors import BadInput, RadliteError
from radlite_tui.tasks.base import Mode

MODES = (Mode.ZERO_SHOT, Mode.FEW_SHOT, Mode.FINE_TUNED)


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code of the command contract."""
    args = _parser().parse_args(argv)
    try:
        return int(args.command(args))
    except RadliteError as error:
        print(f"evals: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("evals: interrupted; what was predicted is kept, the same command goes on from there.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals", description="Score models on cases; write the routes.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="predict cases (goes on where an earlier run stopped)")
    run.add_argument("--models", default="all", help="names, comma-separated, or all")
    run.add_argument("--modes", default=",".join(map(str, MODES)), help="modes, comma-separated")
    run.add_argument("--tasks", default="all", help="task tags, comma-separated, or all")
    run.add_argument("--limit", type=int, default=100, help="cases a task (default 100)")
    run.add_argument("--seed", type=int, default=0)
    run.add_argument("--free", action="store_true", help="let closed tasks write freely, to see how often they parse")
    run.add_argument("--parallel", type=int, default=8, metavar="N", help="cases in flight at once (default 8)")
    run.set_defaults(command=_run)
    report = commands.add_parser("report", help="print the scores of a results folder")
    report.add_argument("--json", action="store_true")
    report.add_argument("--subsets", action="store_true", help="by RADS system too")
    report.add_argument("--readme", type=Path, help="put the table between the score markers of this document")
    report.set_defaults(command=_report)
    route = commands.add_parser("route", help="choose the best model and mode of each task from the scores")
    route.add_argument("--write", type=Path, help="the routes file to write; printed when not given")
    route.set_defaults(command=_route)
    ratings = commands.add_parser("ratings", help="mean ratings of compared answers, as readers gave them in the app")
    ratings.add_argument("file", type=Path, nargs="*", help="ratings.jsonl of one or more readers (default: your own)")
    ratings.add_argument("--all", action="store_true", help="also ratings given with model and mode in sight")
    ratings.add_argument("--json", action="store_true")
    ratings.set_defaults(command=_ratings)
    speed = commands.add_parser("speed", help="measure speed and memory beside other ways of running the same model")
    add_arguments(speed)
    speed.set_defaults(command=_speed)
    app = commands.add_parser("app", help="measure first paint, drawing, keys and pastes of the app")
    add_app_arguments(app)
    app.set_defaults(command=_app)
    for command in (run, report, route):
        command.add_argument("--out", type=Path, default=Path("results/latest"), help="results folder")
    return parser


def _chosen(text: str, known: Sequence[str], what: str) -> list[str]:
    """The comma-separated names, checked against the known ones."""
    names = list(known) if text == "all" else [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise BadInput(f"Unknown {what} {name!r}; known: {', '.join(known)}.")
    return names


def _run(args: argparse.Namespace) -> int:
    from evals.run import cases, run
    from radlite_tui.assistant.assistant import Assistant

    for name in ("limit", "parallel"):
        if getattr(args, name) < 1:
            raise BadInput(f"--{name} is {getattr(args, name)}; it must be 1 or more.")
    modes = [Mode(name) for name in _chosen(args.modes, [str(m) for m in Mode], "mode")]
    tags = _chosen(args.tasks, tasks.TAGS, "task")
    assistant = Assistant.create()
    try:
        models = _chosen(args.models, [m.name for m in assistant.models()], "model")
        todo = cases(tags, args.limit, args.seed)
        free = args.free
        count = run(assistant, todo, models, modes, args.out, args.seed, constrained=not free, parallel=args.parallel)
    finally:
        assistant.close()
    print(f"{count} predictions written to {args.out}", file=sys.stderr)
    return 0


def _report(args: argparse.Namespace) -> int:
    from evals.predictions import read
    from evals.score import rows, subset_rows
    from evals.table import insert, markdown

    predictions = list(read(args.out))
    if not predictions:
        raise BadInput(f"{args.out} holds no predictions; run: python -m evals run --out {args.out}")
    found = rows(predictions)
    subsets = subset_rows(predictions) if args.subsets else []
    if args.json:
        print(json.dumps({"rows": [r.json() for r in [*found, *subsets]]}))
        return 0
    table = markdown(found)
    print(table)
    for r in subsets:
        print(f"{r.subset}  {r.model}  {r.mode}  {r.metric} {r.value:.2f} ({r.low:.2f}-{r.high:.2f})  n {r.n}")
    if args.readme:
        insert(args.readme, table)
    return 0


def _route(args: argparse.Namespace) -> int:
    from evals.predictions import read
    from evals.routes import best, text
    from evals.score import rows

    found = rows(list(read(args.out)))
    if not found:
        raise BadInput(f"{args.out} holds no predictions; run: python -m evals run --out {args.out}")
    routes = text(best(found))
    if args.write:
        args.write.write_text(routes, encoding="utf-8")
    else:
        print(routes, end="")
    return 0


def _ratings(args: argparse.Namespace) -> int:
    from evals.ratings import means, read, table

    found = means(read(args.file), blind_only=not args.all)
    print(json.dumps({"rows": [mean.json() for mean in found]}) if args.json else table(found))
    return 0


def _app(args: argparse.Namespace) -> int:
    from evals.app.command import run

    return run(args)


def _speed(args: argparse.Namespace) -> int:
    from evals.speed.command import run

    try:
        return run(args)
    except KeyboardInterrupt:
        print("evals: interrupted; nothing was kept, since half a measurement says nothing.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
