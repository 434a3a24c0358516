"""`python -m evals report`: the report of a results folder to stdout as Markdown or JSON, and to files.

Imports `content`; matplotlib only where figures are wanted.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from evals.further.measure import Measure
from evals.learned import measuring
from evals.report import content as contents
from evals.report import markdown, page
from evals.report.content import Content
from evals.report.sections import SYNTHETIC, Picture
from evals.score import Row
from evals.table import insert
from evals.table import markdown as short_table
from radlite_tui.assistant import ratings
from radlite_tui.errors import BadInput


def run(args: argparse.Namespace) -> int:
    """Prints and writes what the arguments ask for."""
    content = contents.load(args.out, readers(args.ratings), measuring.asked(args.learned))
    if args.csv:
        save(args.csv, as_csv([*content.rows, *content.subsets], [*content.further, *content.learned.measures]))
    if args.html:
        laid_out = contents.sections(content, pictures(content))
        save(args.html, page.write(contents.TITLE, SYNTHETIC, laid_out))
    if args.readme:
        insert(args.readme, short_table(content.rows))
    if args.json:
        rows = [*content.rows, *(content.subsets if args.subsets else ())]
        rest = {name: found for name, found in content.json().items() if name != "rows"} if args.full else {}
        print(json.dumps({"rows": [row.json() for row in rows], **rest}))
        return 0
    text = _short(content, args.subsets) if args.short else markdown.write(contents.TITLE, contents.sections(content))
    if args.markdown:
        save(args.markdown, text)
    elif not args.html and not args.csv and not args.readme:
        print(text, end="")
    return 0


def readers(asked: Sequence[Path] | None) -> Sequence[Path]:
    """The files of ratings: those named, the user's own where none is, none where none was asked for."""
    return asked or (() if asked is None else (ratings.path(),))


def _short(content: Content, subsets: bool) -> str:
    lines = [short_table(content.rows)]
    for r in content.subsets if subsets else ():
        lines.append(f"{r.subset}  {r.model}  {r.mode}  {r.metric} {r.value:.2f} ({r.low:.2f}-{r.high:.2f})  n {r.n}")
    return "\n".join(lines) + "\n"


def as_csv(rows: Sequence[Row], further: Sequence[Measure] = ()) -> str:
    """A line a row, figures unrounded, with the names of the JSON report; then a line a further measure, its part as
    the subset, and no figure where it has none."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0].json()), lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.json() for row in rows)
    for one in further:
        line = {**one.json(), "subset": one.part, "cases": one.n}
        del line["part"]
        writer.writerow(line)
    return text.getvalue()


def pictures(content: Content) -> list[Picture]:
    """Every figure as SVG text."""
    from evals.figures.command import figures
    from evals.figures.style import svg
    from finetune.recipe import load

    drawn = figures(content.rows, content.subsets, content.cells, content.sized, load("nano"))
    return [Picture(name, says, svg(figure)) for name, says, figure in drawn]


def save(path: Path, text: str) -> None:
    """Raises BadInput naming the file that cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror}); name another file.") from error
    print(f"{path} written", file=sys.stderr)
