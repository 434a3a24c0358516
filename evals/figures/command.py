"""`python -m evals figures`: every figure of a results folder, as SVG and PNG. Imports all figures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from matplotlib.figure import Figure

from evals import severity
from evals.cells import Cell, Key
from evals.figures import gains, radar, reliability, shots, sizes, style, systems, training
from evals.score import Row
from evals.sizes import Sized
from finetune.recipe import FromNothing, Recipe

TUNED = "fine-tuned"


def figures(
    rows: list[Row], subsets: list[Row], cells: Mapping[Key, Cell], sized: list[Sized], recipe: Recipe
) -> Iterator[tuple[str, str, Figure]]:
    """(file name, what it shows in a sentence, figure); those that lack their scores are left out."""
    from evals.figures import severity as severities

    yield "radar", "The tasks per model, zero-shot and fine-tuned", radar.draw(rows)
    yield "gains", "Zero-shot against tuned, by task, mode and model", gains.draw(rows)
    errors = [row for row in severity.rows(cells.values()) if row.mode in ("zero-shot", TUNED)]
    if errors:
        yield "severity", "RADS errors by severity", severities.draw(errors)
    rads = [row for row in subsets if row.task == "rads_assignment"]
    if rads:
        yield "rads-systems", "RADS accuracy by reporting system", systems.draw(rads)
    if any(cell.mode in ("few-shot", "fine-tuned+few-shot") for cell in cells.values()):
        yield "few-shot", "What worked examples change, by task and RADS system", shots.draw(cells)
    if sized:
        yield "size", "Size on disk against score and seconds an answer", sizes.draw(sized)
    if isinstance(recipe, FromNothing):
        yield "training", "What the embedded models were trained on", training.draw(recipe)
    curves = reliability.draw([cell for cell in cells.values() if cell.mode == TUNED])
    if curves is not None:
        yield "reliability", "Reliability of label probabilities before and after the temperature", curves


def write(found: Iterator[tuple[str, str, Figure]], folder: Path) -> int:
    """Every figure as SVG and PNG into a folder; gives how many."""
    count = 0
    for name, _, drawn in found:
        svg, png = style.save(drawn, folder, name)
        print(f"{svg}\n{png}", file=sys.stderr)
        count += 1
    return count


def run(args: argparse.Namespace) -> int:
    """Writes the figures of a results folder beside it, or where the arguments say."""
    from evals.report.content import load
    from finetune.recipe import load as recipe

    content = load(args.out)
    drawn = figures(content.rows, content.subsets, content.cells, content.sized, recipe(args.recipe))
    print(f"{write(drawn, args.to or args.out / 'figures')} figures written", file=sys.stderr)
    return 0
