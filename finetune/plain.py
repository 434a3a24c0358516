"""`merge`, `export`, `quantize` and `verify` on plain folders and files, without a recipe: arguments in, done.

Heavy imports stay inside the functions.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from radlite_tui.errors import BadInput

STAGES = ("merge", "export", "quantize", "verify", "importance")
RECIPELESS = ("quantize", "importance")
"""Stages that never take a recipe."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of plain folders and files."""
    group = parser.add_argument_group("without a recipe: merge, export, quantize, importance, verify")
    group.add_argument("--adapter", type=Path, metavar="DIR", help="a PEFT adapter on it")
    group.add_argument("--from", dest="source", type=Path, metavar="FILE", help="quantize: an F32, F16 or BF16 GGUF")
    group.add_argument("--to", dest="target", type=Path, metavar="FILE", help="quantize, importance: the new file")
    group.add_argument(
        "--as", dest="kind", metavar="TYPE", help="merge: F32, F16, BF16; export: also; quantize: Q4_K_M, Q8_0, ..."
    )
    group.add_argument("--importance", type=Path, metavar="FILE", help="quantize: what `importance` wrote")
    group.add_argument("--name", metavar="NAME", help="export: general.name, instead of the model card's entries")
    group.add_argument("--full-size", metavar="MODEL", help="verify: random weights of qwen2.5-3b or qwen3-4b")


def asked(options: argparse.Namespace) -> bool:
    """Whether this is about plain folders or files: --base alone may also go with a recipe."""
    given = options.adapter or options.source or options.target or options.full_size
    given = given or (options.base and not options.recipe)
    return options.stage in RECIPELESS or (options.stage in STAGES and bool(given))


def run(options: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Do what is asked. Returns the exit code. Raises BadInput for what lacks."""
    if options.recipe is not None:
        raise BadInput(f"{options.stage} takes either --recipe or folders and files of its own, not both.")
    threads = options.threads or 2
    if options.stage == "quantize":
        return _quantize(options, threads, say)
    if options.stage == "importance":
        return _importance(options, say)
    out: Path | None = options.out
    if options.full_size:
        from finetune import full_size

        return full_size.check(options.full_size, out or Path("runs") / "full-size", say, threads)
    base = _needed(options, "base")
    if options.stage == "merge":
        from finetune.merge import merge

        say(f"merged into {merge(base, _needed(options, 'adapter'), _needed(options, 'out'), options.kind, say)}")
    elif options.stage == "export":
        from finetune.exporting import export_folders

        for path in export_folders(
            base, options.adapter, _needed(options, "out"), options.kind or "F16", say, options.name
        ):
            say(f"wrote {path}")
    else:
        from finetune import verify

        return verify.folders(base, options.adapter, options.kind or "Q4_K_M", say)
    return 0


def _quantize(options: argparse.Namespace, threads: int, say: Callable[[str], None]) -> int:
    from finetune import importance, quantize

    source, target = _needed(options, "source", "from"), _needed(options, "target", "to")
    matrix = importance.load(options.importance) if options.importance else None
    quantize.quantize(source, target, options.kind or "Q4_K_M", threads, matrix)
    say(f"wrote {target}, {target.stat().st_size / 1e6:,.1f} MB")
    return 0


def _importance(options: argparse.Namespace, say: Callable[[str], None]) -> int:
    from finetune import importance

    base, target = _needed(options, "base"), _needed(options, "target", "to")
    importance.save(target, importance.measure(base, options.adapter, say=say))
    say(f"wrote {target}")
    return 0


def _needed(options: argparse.Namespace, key: str, shown: str = "") -> Path:
    value = getattr(options, key)
    if value is None:
        raise BadInput(f"{options.stage} without a recipe needs --{shown or key}.")
    return Path(value)
