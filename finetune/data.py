"""`python -m finetune data` on public data sets: what is there, a set built from it, an index over it, its variety.

Arguments in, text out: tables on stdout, narration on stderr. May import the corpus and `mix`; never torch.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from finetune.corpus import assemble
from finetune.corpus.case import Case
from finetune.corpus.source import Library, Source, any_of, lacking, sources
from radlite_tui.errors import BadInput

Say = Callable[[str], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `data` other than --recipe."""
    group = parser.add_argument_group("data, instead of --recipe (docs/data)")
    what = group.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="the data sets: what is there and what each would add")
    what.add_argument("--build", type=Path, metavar="DIR", help="read, check and save what is there as an Arrow set")
    what.add_argument("--index", type=Path, metavar="DIR", help="the order in which a mix trains on a built set")
    what.add_argument("--variety", action="store_true", help="generated reports beside the real ones of --real")
    group.add_argument(
        "--sources", type=Path, default=Path("data"), metavar="DIR", help="a folder a data set (default: data)"
    )
    group.add_argument("--only", default="", metavar="NAME,...", help="these data sets, not all that are there")
    group.add_argument("--count", action="store_true", help="--list: read what is there and count its rows")
    group.add_argument(
        "--synthetic", type=_natural, default=0, metavar="N", help="--build: N generated cases a task, too"
    )
    group.add_argument("--accept-changes", action="store_true", help="--build: take files that have changed")
    group.add_argument("--set", type=Path, metavar="DIR", help="--index, --recipe: the built set")
    group.add_argument(
        "--mix", default="paper", metavar="NAME", help="--index: a name in finetune/mixes, or a .toml file"
    )
    group.add_argument("--tokenizer", type=Path, metavar="DIR", help="--index: a folder with tokenizer.json")
    group.add_argument("--epochs", type=_positive, metavar="N", help="--index: epochs (default: the mix's)")
    group.add_argument("--real", type=Path, metavar="FILE", help="--variety: real reports, a JSON object a line")
    group.add_argument(
        "--texts", type=_positive, default=2000, metavar="N", help="--variety: generated reports (default 2,000)"
    )
    group.add_argument("--json", action="store_true", help="--variety: as JSON")


def _natural(text: str) -> int:
    """A number for argparse, 0 or more."""
    if (number := int(text)) < 0:
        raise argparse.ArgumentTypeError(f"{number} is less than 0")
    return number


def _positive(text: str) -> int:
    """A number for argparse, 1 or more."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def asked(options: argparse.Namespace) -> bool:
    """Whether one of this module's actions is wanted."""
    return bool(options.list or options.build or options.index or options.variety)


def run(options: argparse.Namespace, say: Say) -> int:
    """Do what is asked. Returns the exit code."""
    only = tuple(name.strip() for name in options.only.split(",") if name.strip())
    library = Library(options.sources)
    if options.list:
        _print(listed(library, only, count=options.count))
    elif options.build:
        plan = assemble.Plan(library, only, options.synthetic, options.accept_changes)
        with _written(options.build):
            summary = assemble.build(plan, options.build, say)
        _print(summary.lines())
        say(f"saved in {options.build}")
    elif options.index:
        with _written(options.index):
            _index(options, say)
    else:
        _variety(options)
    return 0


@contextmanager
def _written(folder: Path) -> Iterator[None]:
    """Turns what the system says about a folder that cannot be written into one sentence."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise BadInput(f"{folder} cannot be written ({error.strerror or error}); give another folder.") from error


def listed(library: Library, only: tuple[str, ...] = (), *, count: bool = False) -> Iterator[str]:
    """A paragraph a data set: its state, its licence, and what it adds."""
    assemble.known(only)
    for name, source in sources().items():
        if only and name not in only:
            continue
        lost = lacking(library, source)
        state = "there" if not lost else "incomplete" if any_of(library, source) else "not there"
        yield f"{name:<14} {state:<11} {source.title}; {source.access}; {source.licence}"
        for task, gold in source.tasks.items():
            yield f"{'':<14} {task}{_at_most(source, task)}: {gold}"
        own = [expected.path for expected in source.files if library.find(source, expected) is None]
        if lost and own:
            yield f"{'':<14} put into {library.folder(name)}: {', '.join(own)}"
            yield f"{'':<14} from {source.home}"
        elif own:
            yield f"{'':<14} also takes {', '.join(own)}"
        if lost and source.needs:
            yield f"{'':<14} needs {', '.join(source.needs)}"
        if not lost and count:
            rows = Counter((case.task, case.split) for case in source.read(library) if isinstance(case, Case))
            shares = (f"{task} {split} {number:,}" for (task, split), number in sorted(rows.items()))
            yield f"{'':<14} holds {', '.join(shares) or 'nothing'}"

    if not only or assemble.SYNTHETIC in only:
        yield f"{assemble.SYNTHETIC:<14} there       RadLite's own generated cases; open; Apache-2.0"
        yield f"{'':<14} every task, as many rows as --build --synthetic N asks for"


def _at_most(source: Source, task: str) -> str:
    return f", at most {source.rows[task]:,} rows" if task in source.rows else ""


def _index(options: argparse.Namespace, say: Say) -> None:
    from finetune import mix

    if options.set is None or options.tokenizer is None:
        raise BadInput("--index needs --set, the built set, and --tokenizer, a folder with the base's tokenizer.json.")
    architecture = options.architecture or "qwen2"
    facts = mix.index(options.index, options.set, options.mix, options.tokenizer, architecture, say, options.epochs)
    _print(
        f"epoch {number}: {made['rows']:,} rows, SHA-256 {made['sha256'][:16]}"
        for number, made in enumerate(facts["epochs"])
    )


def _variety(options: argparse.Namespace) -> None:
    from finetune.corpus import variety

    if options.real is None:
        raise BadInput("--variety needs --real, a JSONL file of real reports.")
    reals = variety.real(options.real)
    figures = variety.measure(variety.synthetic(variety.SEED, options.texts), reals)
    _print([variety.as_json(figures)] if options.json else variety.lines(figures))


def _print(lines: Iterable[str]) -> None:
    """Lines on stdout; on a terminal, those that are too long for it go on under their beginning."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) or 15)
        long = width and len(line) > width
        print(textwrap.fill(line, width, subsequent_indent=indent) if long else line, flush=True)
