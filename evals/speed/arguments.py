"""The command line of `python -m evals speed`. Imports nothing of ours, so that other commands stay quick."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    parser.add_argument("--only", metavar="NAME,...", help="these rows alone")
    parser.add_argument("--train", action="store_true", help="the rows about training alone")
    parser.add_argument("--model-file", type=Path, metavar="FILE", help="a GGUF file of real shape for most rows")
    parser.add_argument("--second-model-file", type=Path, metavar="FILE", help="another one, for rows about two models")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="timed runs a side (default 3)")
    parser.add_argument("--probe", action="store_true", help="let our engine measure its settings for FILE first")
    parser.add_argument("--profile", action="store_true", help="instead of rows: where the time of one request goes")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that it works; figures mean nothing")
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep speed.json and the table in this folder")
    parser.add_argument("--keep", action="store_true", help="add to the rows that DIR holds from an earlier run")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="put the table between this document's speed markers"
    )
