"""`python -m finetune data|train|merge|export|all|verify|compare --recipe NAME`: arguments in, `pipeline` called.

`data` without a recipe is about public data sets, see `finetune.data`; merge, export, quantize, importance and verify
without one are about plain folders and files, see `finetune.plain`.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from finetune import data, plain, ranks
from radlite_tui.errors import RadliteError


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m finetune", description="Rebuild RadLite's models.")
    parser.add_argument("stage", choices=("data", "train", "all", "compare", *plain.STAGES))
    parser.add_argument("--recipe", metavar="NAME", help="a name in finetune/recipes, or a .toml file")
    parser.add_argument("--out", type=Path, metavar="DIR", help="outputs (default: runs/RECIPE)")
    parser.add_argument(
        "--install", type=Path, metavar="DIR", help="where `all` puts models (default: inside the package)"
    )
    parser.add_argument(
        "--base",
        metavar="MODEL",
        help="the base model: instead of the recipe's, a folder or hub name; without a recipe, a folder",
    )
    parser.add_argument("--architecture", choices=("qwen2", "qwen3"), help="one model (default: all of the recipe)")
    parser.add_argument("--part", choices=("base", "adapter", "all"), default="all", help="what `train` trains")
    parser.add_argument("--base-minutes", type=float, metavar="M", help="end base training after M minutes")
    parser.add_argument("--adapter-minutes", type=float, metavar="M", help="end adapter training after M minutes")
    parser.add_argument("--threads", type=int, metavar="N", help="PyTorch threads")
    group = parser.add_argument_group("compare: variants of LoRA on the recipe's bases (docs/training.md)")
    group.add_argument("--variants", default="", metavar="NAME,...", help="these alone")
    group.add_argument("--seeds", type=int, default=3, metavar="N", help="trainings a variant (default 3)")
    group.add_argument("--rows", type=int, default=2000, metavar="N", help="rows a training (default 2,000)")
    group.add_argument("--write", type=Path, metavar="FILE", help="put the table between this document's markers")
    data.add_arguments(parser)
    plain.add_arguments(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one stage. Returns the exit code."""
    parser = arguments()
    options = parser.parse_args(argv)
    sets = options.stage == "data" and data.asked(options)
    folders = plain.asked(options)
    if not sets and not folders and options.recipe is None:
        also = ", or --list, --build, --index or --variety" if options.stage == "data" else ""
        also = ", or --base" if options.stage in plain.STAGES else also
        parser.error(f"{options.stage} needs --recipe{also}")
    if (sets and options.recipe is not None) or (data.asked(options) and options.stage != "data"):
        parser.error("--list, --build, --index and --variety go with `data` and without --recipe")
    try:
        if folders:
            return plain.run(options, _say)
        return data.run(options, _say) if sets else _run(options)
    except KeyboardInterrupt:
        _say("stopped")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except RadliteError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def _say(line: str) -> None:
    if ranks.first():
        print(line, file=sys.stderr, flush=True)


def _run(options: argparse.Namespace) -> int:
    from finetune import exporting, pipeline, recipe

    chosen = recipe.load(options.recipe)
    if options.base or options.set:
        from finetune import tuning

        chosen = tuning.given(chosen, options.base, options.set)
    run = pipeline.Run(chosen, options.out or Path("runs") / chosen.name, _say)
    models = (options.architecture,) if options.architecture else chosen.architectures
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)
    if options.stage == "data":
        pipeline.data(run)
    elif options.stage == "all":
        pipeline.everything(run, options.install or pipeline.EMBEDDED, options.base_minutes, options.adapter_minutes)
    for model in models:
        if options.stage == "train":
            pipeline.train(run, model, options.part, options.base_minutes, options.adapter_minutes)
        elif options.stage == "merge":
            exporting.merge(run, model)
        elif options.stage == "export":
            exporting.export(run, model)
    if options.stage == "compare":
        from finetune import compare

        budget = compare.Budget(options.rows, options.seeds)
        return max(compare.report(run, model, options.variants, budget, options.write) for model in models)
    if options.stage == "verify":
        from finetune import verify

        return verify.report(run, models)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
