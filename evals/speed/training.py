"""The rows of `--train`: how fast the recipes train. May import its siblings; loads no training library itself.

Tokens are those of the rows, prompt and answer, each counted once; padding never counts, though both sides compute
some.
"""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from evals.speed.bench import Bench, narrate
from evals.speed.parallel import at_once
from evals.speed.peer import Peer
from evals.speed.recipe_training import PLAIN_ROWS, chosen
from evals.speed.rows import LeftOut, Runs
from radlite_tui.errors import RadliteError

OURS, PLAIN = "evals.speed.recipe_training", "evals.speed.peers.trl_script"
GPU = "evals.speed.gpu_training"
SAMPLES, PAPER_HOURS = 161_586, 26.0
"""Of the published training (arXiv 2605.00421), on one RTX 6000 Ada."""
ADA_TFLOPS = 364.0
"""Dense bfloat16 TFLOP/s of that card, by its data sheet."""
PACKED_ROWS, GPU_WARM_UP = 160, 2
NEEDED = ("torch", "transformers", "trl", "peft", "datasets")
UNCHECKED = {"gradient_checkpointing": False}
WARM_UP = 16


def need_libraries() -> None:
    """Raises LeftOut where the training libraries are not installed."""
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        raise LeftOut(f"Training needs {', '.join(missing)}; run `pip install -e '.[finetune]'`.")


def train_nano(bench: Bench) -> Runs:
    """Tokens per second of both models' adapters, against a plain TRL script that trains one after the other.

    We train both side by side, a process of one thread each, as `finetune all` does; the script has PyTorch's own
    threads. In the context: the script without its default of gradient checkpointing.
    """
    need_libraries()
    recipe = chosen(bench.sizes.train_recipe)
    models = recipe.architectures[: bench.sizes.train_models]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="radlite-train-")))

        def start(module: str, **settings: Any) -> Peer:
            peer = Peer(module, settings)
            stack.callback(peer.close)
            return peer

        shared = {"folder": str(folder), "recipe": bench.sizes.train_recipe, "rows": bench.sizes.train_rows}
        ours = [start(OURS, **shared, architecture=name, threads=1) for name in models]
        counted = ours[0].ask("prepare", model=str(bench.embedded.weights))
        adapter = recipe.adapter
        alike: dict[str, Any] = {"rank": adapter.rank, "alpha": adapter.alpha, "batch": adapter.batch}
        alike["rows"] = str(folder / PLAIN_ROWS)
        plain = [start(PLAIN, **alike, base=str(folder / name), out=str(folder / f"plain-{name}")) for name in models]
        context = {"rows": bench.sizes.train_rows, "rows_a_step": adapter.batch, **counted}
        return _compared(bench, ours, plain, int(counted["tokens"]), {**context, "models": list(models)})


def _compared(
    bench: Bench, ours: Sequence[Peer], plain: Sequence[Peer], tokens: int, context: Mapping[str, Any]
) -> Runs:
    """The timed runs of both sides, `tokens` a model, after one of ours and a few rows of theirs that do not count."""
    trained = [peer.ask("ready")["trained"] for peer in ours]

    def side_by_side(_run: int) -> float:
        at_once([partial(peer.ask, "ready") for peer in ours], len(ours))
        began = perf_counter()
        at_once([partial(peer.ask, "train") for peer in ours], len(ours))
        return tokens * len(ours) / (perf_counter() - began)

    def script(_run: int, **arguments: Any) -> float:
        done = [peer.ask("train", **arguments) for peer in plain]
        same_work([one["trained"] for one in done], trained, [one["tokens"] for one in done], tokens)
        return float(tokens * len(plain) / sum(one["seconds"] for one in done))

    side_by_side(0)
    for peer in plain:
        peer.ask("train", first=WARM_UP)
    return bench.compare(side_by_side, script, context, {"peer_unchecked": partial(script, **UNCHECKED)})


def same_work(theirs: Sequence[int], ours: Sequence[int], tokens: Sequence[int], wanted: int) -> None:
    """Raises RadliteError where the sides did not train as many parameters on as many tokens."""
    if list(theirs) != list(ours) or any(count != wanted for count in tokens):
        raise RadliteError(
            f"The sides did not train the same: {list(ours)} parameters and {wanted} tokens against "
            f"{list(theirs)} and {list(tokens)}."
        )


def train_3b(bench: Bench) -> Runs:
    """Hours that the published samples would take with Qwen2.5-3B's shape on this GPU, against the paper's 26."""
    return _published(bench, "qwen2.5-3b")


def train_4b(bench: Bench) -> Runs:
    """The same with Qwen3-4B's shape."""
    return _published(bench, "qwen3-4b")


def _published(bench: Bench, recipe: str) -> Runs:
    need_libraries()
    import torch

    if not torch.cuda.is_available():
        raise LeftOut("There is no GPU here, and this row is about one.")
    found: list[dict[str, Any]] = []
    for run in range(bench.repeat):
        peer = Peer(GPU, {"recipe": recipe})
        try:
            model = str(bench.embedded.weights)
            found.append(peer.ask("train", model=model, packed_rows=PACKED_ROWS, warm=GPU_WARM_UP))
        finally:
            peer.close()
        narrate(f"{bench.name}: run {run + 1} of {bench.repeat}: {arithmetic(found[-1])}")
    every = tuple(hours(one["tokens_a_sample"], one["tokens_per_s"]) for one in found)
    return Runs(every, (PAPER_HOURS,) * len(every), {"measured": found, "arithmetic": arithmetic(found[-1])})


def hours(tokens_a_sample: float, tokens_per_s: float) -> float:
    """What the published samples would take, once each."""
    return SAMPLES * tokens_a_sample / tokens_per_s / 3600


def arithmetic(found: Mapping[str, Any]) -> str:
    """How the hours follow from what was measured, in a line; and on the paper's card at the same utilisation."""
    took = hours(found["tokens_a_sample"], found["tokens_per_s"])
    told = (
        f"{SAMPLES:,} samples x {found['tokens_a_sample']:.0f} tokens / {found['tokens_per_s']:,.0f} tok/s / 3600 = "
        f"{took:.1f} h on {found['device']}"
    )
    if found["memory_gib"] is not None:
        told += f", {found['memory_gib']:.1f} GiB"
    if found["utilisation"] is not None:
        there = took * found["peak_tflops"] / ADA_TFLOPS
        told += (
            f"; {found['utilisation']:.0%} of {found['peak_tflops']:.0f} TFLOP/s at {found['flops_a_token'] / 1e9:.1f} "
            f"GFLOP a token; as much of {ADA_TFLOPS:.0f} TFLOP/s (RTX 6000 Ada, 48 GB) is {there:.1f} h"
        )
    return told
