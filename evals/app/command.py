"""`python -m evals app`: measures what the app costs and shows it. May import its siblings; narrates on stderr.

python -m evals app --write docs/performance.md
python -m evals app --only first_paint,key_latency --json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from evals.app.arguments import NAMES
from evals.app.measures import MEASURES, Figure
from evals.speed.host import host, in_words
from evals.speed.results import figure
from evals.speed.rows import LeftOut
from evals.table import insert, require_markers
from radlite_tui.errors import BadInput, RadliteError

BEGIN, END = "<!-- app: begin -->", "<!-- app: end -->"


def run(args: argparse.Namespace) -> int:
    """Measure and print; 1 when a figure could not be measured, 0 otherwise, limits kept or not."""
    wanted = [name.strip() for name in args.only.split(",") if name.strip()] if args.only else list(NAMES)
    for name in wanted:
        if name not in NAMES:
            raise BadInput(f"Unknown figure {name!r}; known: {', '.join(NAMES)}.")
    if args.repeat < 1:
        raise BadInput(f"--repeat is {args.repeat}; it must be 1 or more.")
    if args.quick and args.write:
        raise BadInput("--quick measures too little to be written into a document; leave one of the two out.")
    if args.write:
        require_markers(args.write, (BEGIN, END))
    found, failed = measured(wanted, args.repeat, args.quick)
    here = host()
    if args.write:
        insert(args.write, document(found, here, command(args)), (BEGIN, END))
    print(json.dumps(as_object(found, here, failed)) if args.json else table(found))
    return RadliteError.exit_code if failed else 0


def measured(wanted: Sequence[str], repeat: int, quick: bool) -> tuple[list[Figure], dict[str, str]]:
    """(the figures, name -> why for those that could not be measured)."""
    found: list[Figure] = []
    failed: dict[str, str] = {}
    for names, measure in MEASURES.items():
        if not set(names) & set(wanted):
            continue
        print(f"{', '.join(names)} ...", file=sys.stderr)
        try:
            found += [one for one in measure(repeat, quick) if one.name in wanted]
        except (LeftOut, RadliteError) as error:
            failed |= dict.fromkeys(names, str(error))
            print(f"{', '.join(names)}: {error}", file=sys.stderr)
    return found, failed


def as_object(found: Sequence[Figure], here: dict[str, Any], failed: dict[str, str]) -> dict[str, Any]:
    rows = [
        {
            "name": one.name,
            "what": one.what,
            "value": round(one.value, 4),
            "unit": one.unit,
            "limit": one.limit,
            "ok": one.ok,
            "runs": [round(run, 4) for run in one.runs],
            "context": dict(one.context),
        }
        for one in found
    ]
    date = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return {"host": here, "date": date, "rows": rows, "failed": failed}


def table(found: Sequence[Figure]) -> str:
    """The figures as Markdown."""
    lines = ["| figure | what | value | unit | at most | kept |", "|---|---|---|---|---|---|"]
    for one in found:
        cells = (f"`{one.name}`", one.what, figure(one.value), one.unit, f"{one.limit:g}", "yes" if one.ok else "no")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def document(found: Sequence[Figure], here: dict[str, Any], called: str) -> str:
    """The table with the command, the date and the host."""
    date = datetime.now(timezone.utc).date().isoformat()
    return f"`{called}`, {date}.\n\nHost: {in_words(here)}.\n\n{table(found)}"


def command(args: argparse.Namespace) -> str:
    """The command line that repeats this."""
    only = f" --only {args.only}" if args.only else ""
    return f"python -m evals app{only}" + (f" --repeat {args.repeat}" if args.repeat != 5 else "")
