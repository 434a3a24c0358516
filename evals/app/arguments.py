"""The command line of `python -m evals app`. Imports nothing of ours, so that other commands stay quick."""

from __future__ import annotations

import argparse
from pathlib import Path

NAMES = ("first_paint", "ui_cpu", "ui_bytes", "key_latency", "paste_100k")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", metavar="NAMES", help=f"comma-separated: {', '.join(NAMES)}")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each figure (default 5)")
    parser.add_argument("--quick", action="store_true", help="short runs, to see that all works; says nothing")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table between this document's app markers")
