"""The adapter: LoRA on all seven projections of a base, trained by TRL's SFTTrainer with the loss on the answers alone.

May import torch, transformers, peft, trl and datasets (inside functions), numpy and its siblings. Rows arrive tokenised
(see `rows`) with a completion mask; TRL turns the mask into labels and neither cuts nor shuffles them.
"""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from finetune.mixture import order
from finetune.ragged import Ragged
from finetune.recipe import Adapter, Recipe
from finetune.rows import TASKS
from radlite_tui.errors import BadInput

PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
POOL = 32
"""Batches sorted by length together, so that a batch holds rows of like length and little padding."""


def sequence(rows: Ragged, adapter: Adapter, seed: int) -> list[int]:
    """Row indices in training order: the task mixture, batched by like length, batches shuffled, all by the seed."""
    by_task = {tag: np.flatnonzero(rows.marks["task"] == i) for i, tag in enumerate(TASKS)}
    sizes = {tag: len(items) for tag, items in by_task.items()}
    picks = [int(by_task[tag][item]) for tag, item in order(sizes, adapter.mixture, adapter.rows, seed)]
    lengths = rows.lengths()
    rng = random.Random(f"batches/{seed}")
    batches: list[list[int]] = []
    pool = POOL * adapter.batch
    for start in range(0, len(picks), pool):
        alike = sorted(picks[start : start + pool], key=lambda i: int(lengths[i]))
        some = [alike[i : i + adapter.batch] for i in range(0, len(alike), adapter.batch)]
        rng.shuffle(some)
        batches += some
    return [index for batch in batches for index in batch]


def dataset(rows: Ragged, chosen: Sequence[int]) -> Any:
    """The chosen rows as a datasets.Dataset with `input_ids` and `completion_mask` (1 on answer tokens)."""
    from datasets import Dataset

    answers = rows.marks["answer"]
    ids = [rows[index].tolist() for index in chosen]
    masks = [[0] * int(answers[i]) + [1] * (len(row) - int(answers[i])) for i, row in zip(chosen, ids, strict=True)]
    return Dataset.from_dict({"input_ids": ids, "completion_mask": masks})


def trainer(
    recipe: Recipe, model: Any, tokenizer: Any, rows: Ragged, folder: Path, seed: int, minutes: float | None
) -> Any:
    """TRL's trainer for one stage, ready to run. A model that has an adapter already goes on with it.

    minutes: wall time after which the learning rate has decayed to zero.
    """
    from peft import LoraConfig, PeftModel
    from trl import SFTConfig, SFTTrainer

    adapter = recipe.adapter
    settings = SFTConfig(
        output_dir=str(folder / "checkpoints"),
        per_device_train_batch_size=adapter.batch,
        num_train_epochs=1,
        learning_rate=adapter.rate[model.config.model_type],
        lr_scheduler_type="linear",
        warmup_steps=max(1, int(adapter.warmup * adapter.rows / adapter.batch)),
        weight_decay=0.0,
        max_grad_norm=1.0,
        bf16=True,
        use_cpu=True,
        gradient_checkpointing=False,
        max_length=None,
        packing=False,
        completion_only_loss=True,
        train_sampling_strategy="sequential",
        dataloader_pin_memory=False,
        save_steps=adapter.checkpoint_steps,
        save_total_limit=1,
        logging_steps=10,
        report_to="none",
        disable_tqdm=True,
        seed=seed,
        data_seed=seed,
    )
    lora = LoraConfig(
        r=adapter.rank,
        lora_alpha=adapter.alpha,
        lora_dropout=adapter.dropout,
        target_modules=list(PROJECTIONS),
        task_type="CAUSAL_LM",
    )
    return SFTTrainer(
        model=model,
        args=settings,
        train_dataset=dataset(rows, sequence(rows, adapter, seed)),
        processing_class=tokenizer,
        peft_config=None if isinstance(model, PeftModel) else lora,
        callbacks=[_callback(folder / "log.jsonl", minutes)],
    )


def train(
    recipe: Recipe, base: Path, tokenizer: Any, rows: Ragged, folder: Path, seed: int, minutes: float | None = None
) -> Path:
    """Train the adapter on the base in `base`, stage by stage; saved into `folder`/final. Resumes where it was."""
    from transformers import AutoConfig

    final = folder / "final"
    if _saved(final):
        return final
    stages = recipe.adapter.stages(AutoConfig.from_pretrained(str(base)).model_type)
    total = sum(stage.rows for stage in stages)
    last: Path | None = None
    for number, adapter in enumerate(stages, start=1):
        own = replace(recipe, adapter=adapter)
        share = minutes * adapter.rows / total if minutes else None
        place = folder / f"stage-{number}"
        last = _stage(own, base, last, tokenizer, rows, place, seed + number - 1, share)
    shutil.copytree(_given(last), final, dirs_exist_ok=True)
    return final


def _stage(
    recipe: Recipe,
    base: Path,
    before: Path | None,
    tokenizer: Any,
    rows: Ragged,
    folder: Path,
    seed: int,
    minutes: float | None,
) -> Path:
    """One stage, from a fresh adapter or the one saved in `before`; saved into `folder`/final."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM
    from transformers.trainer_utils import get_last_checkpoint

    final = folder / "final"
    if _saved(final):
        return final
    folder.mkdir(parents=True, exist_ok=True)
    model = AutoModelForCausalLM.from_pretrained(str(base))
    if before is not None:
        model = PeftModel.from_pretrained(model, str(before), is_trainable=True)
    run = trainer(recipe, model, tokenizer, rows, folder, seed, minutes)
    checkpoints = folder / "checkpoints"
    run.train(resume_from_checkpoint=get_last_checkpoint(str(checkpoints)) if checkpoints.is_dir() else None)
    run.model.save_pretrained(str(final))
    return final


def _saved(final: Path) -> bool:
    return (final / "adapter_config.json").is_file()


def _given(last: Path | None) -> Path:
    if last is None:
        raise BadInput("The recipe trains no adapter; give [adapter] some rows.")
    return last


def _callback(path: Path, minutes: float | None) -> Any:
    """Logs as JSON lines; with `minutes`, lets the learning rate fall to zero by then if steps would take longer."""
    from transformers import TrainerCallback

    begun = time.monotonic()

    def spent() -> float:
        return (time.monotonic() - begun) / (60 * minutes) if minutes else 0.0

    class Log(TrainerCallback):
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            line = {"step": state.global_step, "seconds": round(time.monotonic() - begun, 1), **(logs or {})}
            with path.open("a", encoding="utf-8") as log:
                log.write(json.dumps(line) + "\n")

        def on_step_begin(self, args: Any, state: Any, control: Any, optimizer: Any = None, **_: Any) -> None:
            for group in optimizer.param_groups:
                group["lr"] = min(group["lr"], args.learning_rate * max(0.0, 1.0 - spent()))

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            control.should_training_stop |= spent() >= 1.0

    return Log()
