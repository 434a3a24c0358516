"""`python -m evals show`: opens the results in the terminal. Imports Textual only here."""

from __future__ import annotations

import argparse
import sys

from evals.report.content import load
from radlite_tui.errors import BadInput


def run(args: argparse.Namespace) -> int:
    """Raises BadInput where there is no terminal to show them in."""
    content = load(args.out)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise BadInput("evals show needs a terminal; for a file or a pipe use: python -m evals report")
    from evals.show.app import ShowApp
    from evals.show.looking import Looking

    looking = Looking(content)
    _ = looking.content.rows, looking.content.cells
    ShowApp(looking).run()
    return 0
