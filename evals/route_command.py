"""`python -m evals route`: the routes file with its temperatures, and whether the ensemble beats the route.

Imports `routes`, `calibrating` and the report's content.
"""

from __future__ import annotations

import argparse
import json
import sys

from evals import calibrating
from evals.report import content as contents
from evals.report.command import save
from evals.routes import best, text
from radlite_tui.routing.calibration import dump


def run(args: argparse.Namespace) -> int:
    """Prints or writes the routes; says on stderr which of ensemble and route wins."""
    content = contents.load(args.out)
    winners, fits = best(content.rows), content.fits
    routes = text(winners) + dump(calibrating.temperatures(fits))
    if args.write:
        save(args.write, routes)
    if args.json:
        chosen = [row.json() for row in winners]
        rest = {"fits": [fit.json() for fit in fits], "contests": [one.json() for one in content.contests]}
        print(json.dumps({"routes": chosen, **rest}))
    elif not args.write:
        print(routes, end="")
    for fit in fits:
        if not fit.kept:
            print(
                f"{fit.task}, {fit.model}, {fit.mode}: temperature {fit.temperature:.2f} does not help on the judged "
                f"half (log-loss {fit.nll[0]:.3f} before, {fit.nll[1]:.3f} after), so none is written.",
                file=sys.stderr,
            )
    for c in content.contests:
        if c.gain is not None and c.ensemble is not None:
            wins = "no difference shown" if c.winner == "neither" else f"{c.winner} wins"
            print(
                f"{c.task}, {c.mode}: ensemble {c.ensemble:.3f}, route {c.route:.3f}, oracle {c.oracle:.3f}; ensemble "
                f"minus route {c.gain}, n {c.n}: {wins}.",
                file=sys.stderr,
            )
    print(contents.verdict(content.contests), file=sys.stderr)
    return 0
