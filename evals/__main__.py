"""`python -m evals run|report|figures|route|compare|show|card|intents|guard|ratings|speed|app`: score models, show the
scores, write routes, measure.

python -m evals run --limit 100 --out results/nano
python -m evals report --out results/nano [--json] [--html report.html] [--readme README.md]
python -m evals figures --out results/nano
python -m evals route --out results/nano --write radlite_tui/routing/routes.toml
python -m evals show --out results/nano
python -m evals card --out results/nano
python -m evals intents --errors
python -m evals guard
python -m evals compare fine-tuned fine-tuned+few-shot --out results/nano --cases 3
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
from evals.arguments import add_commands
from evals.speed.arguments import add_arguments
from radlite_tui.errors import RadliteError


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
    add_commands(commands)
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
    return parser


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
