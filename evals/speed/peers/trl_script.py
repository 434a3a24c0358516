"""The plainest training script with TRL: SFTTrainer and a LoraConfig with their own defaults, on tokenised rows.

What it is told is what both sides must have alike: the base, the rows in no order, rows a step, the adapter's rank and
alpha on all linear layers, that no row is cut and that the loss is on answers. All else is TRL's and PyTorch's default,
the number of threads, padding and gradient checkpointing among them, unless `arguments` says otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

from evals.speed.peers.channel import Command, serve

AT_ONCE = 8
"""Rows that SFTConfig takes at once by default; several of these make a step."""


class Script:
    """settings: base (a folder), rows (a JSON file), rank, alpha, batch and out (a folder)."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings
        self.rows = json.loads(Path(settings["rows"]).read_text(encoding="utf-8"))

    def train(self, first: int | None = None, **arguments: Any) -> dict[str, float]:
        """One pass over the rows, or the first of them, with a fresh adapter: seconds of `SFTTrainer.train()`, and
        tokens without padding. arguments: as SFTConfig names them."""
        given, at_once, rows = self.settings, min(AT_ONCE, self.settings["batch"]), self.rows[:first]
        trainer = SFTTrainer(
            model=given["base"],
            args=SFTConfig(
                output_dir=given["out"],
                num_train_epochs=1,
                per_device_train_batch_size=at_once,
                gradient_accumulation_steps=given["batch"] // at_once,
                max_length=None,
                use_cpu=not torch.cuda.is_available(),  # or SFTConfig refuses its own default of bf16
                completion_only_loss=True,
                **arguments,
            ),
            train_dataset=Dataset.from_dict(
                {
                    "input_ids": [row["ids"] for row in rows],
                    "completion_mask": [[int(i >= row["answer"]) for i in range(len(row["ids"]))] for row in rows],
                }
            ),
            peft_config=LoraConfig(
                r=given["rank"], lora_alpha=given["alpha"], target_modules="all-linear", task_type="CAUSAL_LM"
            ),
        )
        began = perf_counter()
        trainer.train()
        return {
            "seconds": perf_counter() - began,
            "tokens": sum(len(row["ids"]) for row in rows),
            "trained": sum(p.numel() for p in trainer.model.parameters() if p.requires_grad),
            "steps": trainer.state.global_step,
        }


def build(settings: Mapping[str, Any]) -> Mapping[str, Command]:
    return {"train": Script(settings).train}


if __name__ == "__main__":
    serve(build)
