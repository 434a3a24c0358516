"""LoRA on a published shape with random weights, on the GPU of this machine: tokens per second, memory, utilisation.

A process of its own. May import finetune, torch (inside functions) and the pipe's end. Rows are as long as those of our
corpus in the shares of the published mix, with random tokens; they are trained on as the recipe says, packed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from evals.speed.peers.channel import Command, serve
from finetune import corpus, full_size, lora, mix, recipe, rows
from finetune.mixture import order
from finetune.ragged import Ragged
from finetune.tokenizer import Tokenizer

MIX = "paper"
CASES = 40
"""Cases a task that row lengths are taken from."""
SEED = 1
PEAKS = {
    "H200": 989.0,
    "H100 PCIe": 756.0,
    "H100": 989.0,
    "A100": 312.0,
    "L40S": 362.0,
    "RTX 6000 Ada": 364.0,
    "RTX A6000": 155.0,
    "A40": 150.0,
    "RTX 4090": 165.0,
    "L4": 121.0,
}
"""Dense bfloat16 TFLOP/s by the makers' data sheets; the first name that is part of the device's counts."""


@dataclass(frozen=True)
class Work:
    """What a token costs. weights, adapter: parameters of the base (its output layer too) and of the adapter.

    width: of all heads' queries together; keys: how many keys a query sees on average.
    """

    weights: int
    adapter: int
    layers: int
    width: int
    keys: float

    @property
    def flops(self) -> float:
        """Floating-point operations a token, what gradient checkpointing computes again left out.

        2 a weight forward and 2 back to the activations, none for gradients of frozen weights; 6 a weight of the
        adapter; for attention's two products 2 * keys * width each forward and twice that back.
        """
        return 4.0 * self.weights + 6.0 * self.adapter + 12.0 * self.layers * self.width * self.keys


def keys(lengths: Any) -> float:
    """How many keys a query sees on average, itself included, in rows of these lengths that do not see each other."""
    long = np.asarray(lengths, dtype=np.float64)
    return float((long * (long + 1) / 2).sum() / long.sum())


def peak(device: str) -> float | None:
    """A device's TFLOP/s, where they are known."""
    return next((rate for name, rate in PEAKS.items() if name in device), None)


def lengths_of(words: Tokenizer, count: int, context: int) -> tuple[list[int], float]:
    """Lengths of `count` rows of our corpus in the shares of the published mix, and the mean length of such a row."""
    shares = {tag: share.rows * share.weight for tag, share in mix.load(MIX).tasks.items()}
    made, _ = rows.encode(corpus.build(dict.fromkeys(shares, CASES), "train", SEED), words, context)
    own = {tag: made.lengths()[made.marks["task"] == rows.TASKS.index(tag)].tolist() for tag in shares}
    mean = sum(weight * float(np.mean(own[tag])) for tag, weight in shares.items()) / sum(shares.values())
    picks = order({tag: len(found) for tag, found in own.items()}, shares, count, SEED)
    return [own[tag][number] for tag, number in picks], mean


def measure(shape: full_size.Shape, settings: recipe.Tuning, lengths: list[int], warm: int) -> dict[str, Any]:
    """Train on rows of these lengths; the first `warm` steps do not count."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, TrainerCallback

    device = "cuda" if torch.cuda.is_available() else "cpu"
    generator = np.random.default_rng(SEED)
    ids = [generator.integers(0, shape.vocabulary, length).tolist() for length in lengths]
    held = Ragged.of(ids, answer=[max(1, length - 60) for length in lengths], task=[0] * len(lengths))
    config = AutoConfig.for_model(**full_size.configuration(shape))
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16, attn_implementation="sdpa")
    weights = sum(p.numel() for p in model.parameters())
    began: list[float] = []

    class Clock(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step == warm:
                finished()
                began.append(perf_counter())

    def finished() -> None:
        if device == "cuda":
            torch.cuda.synchronize()

    stage = lora.Stage(settings, settings.rate, (range(len(held)),), SEED)
    words = Tokenizer.train((), 259).fast()
    with tempfile.TemporaryDirectory(prefix="radlite-train-") as folder:
        run = lora.trainer(stage, model, words, lora.Rows(held), Path(folder), lambda line: None)
        run.add_callback(Clock())
        run.train()
        finished()
    seconds = perf_counter() - began[0]
    counted = [n for row in run.train_dataset[warm * settings.batch :]["seq_lengths"] for n in row]
    adapter = sum(p.numel() for p in run.model.parameters() if p.requires_grad)
    work = Work(weights, adapter, shape.layers, shape.heads * shape.head, keys(counted))
    name = torch.cuda.get_device_name() if device == "cuda" else "CPU"
    memory = torch.cuda.max_memory_allocated() / 2**30 if device == "cuda" else None
    return told(work, sum(counted), seconds, name) | {"memory_gib": memory}


def told(work: Work, tokens: int, seconds: float, device: str) -> dict[str, Any]:
    """The figures of a measurement, with what they were computed from. utilisation: None for an unknown device."""
    rate, most = tokens / seconds, peak(device)
    return {
        "device": device,
        "tokens": tokens,
        "seconds": seconds,
        "tokens_per_s": rate,
        "weights": work.weights,
        "adapter": work.adapter,
        "keys_a_query": work.keys,
        "flops_a_token": work.flops,
        "peak_tflops": most,
        "utilisation": None if most is None else rate * work.flops / (most * 1e12),
    }


def build(settings: Mapping[str, Any]) -> Mapping[str, Command]:
    found = recipe.load(settings["recipe"])
    assert isinstance(found, recipe.FromBase)
    tuning = replace(found.adapter, evaluations=0)
    shape = full_size.SHAPES[settings["recipe"]]

    def train(model: str, packed_rows: int, warm: int) -> dict[str, Any]:
        """Tokens, seconds and so on of `packed_rows` rows or somewhat more; model: whose vocabulary counts tokens."""
        words = Tokenizer.of_gguf(Path(model))
        _, mean = lengths_of(words, 1, tuning.context)
        lengths, mean = lengths_of(words, int(packed_rows * tuning.context / mean), tuning.context)
        return measure(shape, tuning, lengths, warm) | {"tokens_a_sample": mean}

    return {"train": train}


if __name__ == "__main__":
    serve(build)
