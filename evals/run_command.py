"""`python -m evals run`: which cases, which models and modes, and what is said of them. Narrates on stderr.

python -m evals run --limit 100 --out results/nano
python -m evals run --cases mine.csv --tasks n_staging --models radlite-nano-qwen3 --modes fine-tuned --out results/mine
python -m evals run --limit 500 --shard 2/4 --out results/part2
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from evals import case_files
from evals.arguments import ALL, LIMIT
from evals.asking import Manner
from evals.cases import Item, Shard, chosen, synthetic
from evals.run import run as predict_all
from radlite_tui import settings, tasks
from radlite_tui.errors import BadInput, ModelUnavailable
from radlite_tui.models.manifest import Manifest
from radlite_tui.models.store import files_used
from radlite_tui.tasks.base import Mode


def run(args: argparse.Namespace) -> int:
    """Asks what is not in --out yet."""
    for name in ("limit", "parallel"):
        if getattr(args, name) is not None and getattr(args, name) < 1:
            raise BadInput(f"--{name} is {getattr(args, name)}; it must be 1 or more.")
    shard = Shard.read(args.shard) if args.shard else Shard(1, 1)
    tags = names(args.tasks, tasks.TAGS, "task")
    modes = [Mode(name) for name in names(args.modes, [str(mode) for mode in Mode], "mode")]
    found = settings.read()
    manner = Manner.of(found, args.seed, constrained=not args.free, batched=args.batched)
    items = shard.of(cases(args, tags))
    assistant = manner.assistant(found)
    try:
        manifests = {manifest.name: manifest for manifest in assistant.models()}
        if not manifests:
            raise ModelUnavailable("No model is installed; `radlite-tui models list` names the folder they go into.")
        models = [manifests[name] for name in names(args.models, list(manifests), "model")]
        asked = [(m.name, mode) for m in models for mode in usable(m, modes, strict=args.modes != ALL)]
        ran = predict_all(assistant, items, asked, args.out, manner, args.parallel)
    finally:
        assistant.close()
    there = f"; {ran.there} were there already" if ran.there else ""
    failed = f"; {ran.unanswered} of them are errors instead of answers" if ran.unanswered else ""
    tell(f"{ran.written} predictions written to {args.out}{there}{failed}")
    return 0


def cases(args: argparse.Namespace, tags: Sequence[str]) -> list[Item]:
    """The cases that are asked for, before they are shared out. Raises BadInput when there are none."""
    if args.cases is None:
        return [Item.of(case) for case in synthetic(tags, args.limit or LIMIT, args.seed)]
    only = tags[0] if len(tags) == 1 else None
    items = chosen(case_files.read(args.cases, args.sources, only, tell), tags, args.limit)
    if not items:
        raise BadInput(f"{args.cases} has no case of {', '.join(tags)}; choose other --tasks or --cases.")
    if unscored := sum(not item.gold for item in items):
        tell(f"{unscored} of {len(items)} cases have no gold answer; they are answered and not scored")
    return items


def usable(manifest: Manifest, modes: Sequence[Mode], strict: bool) -> list[Mode]:
    """The modes that a model has files for; the others are told, or with strict raise BadInput."""
    found = []
    for mode in modes:
        try:
            files_used(manifest, mode)
        except BadInput as error:
            if strict:
                raise
            tell(f"left out: {error}")
        else:
            found.append(mode)
    return found


def names(text: str, known: Sequence[str], what: str) -> list[str]:
    """The comma-separated names, checked against the known ones, each once."""
    found = list(known) if text == ALL else [name.strip() for name in text.split(",") if name.strip()]
    for name in found:
        if name not in known:
            raise BadInput(f"Unknown {what} {name!r}; known: {', '.join(known)}.")
    if not found:
        raise BadInput(f"--{what}s names none; known: {', '.join(known)}.")
    return list(dict.fromkeys(found))


def tell(sentence: str) -> None:
    print(sentence, file=sys.stderr)
