"""The adapter: LoRA on a base, trained by TRL's SFTTrainer in one stage or several, the loss on the answers alone.

May import torch, transformers, peft and trl (inside functions), numpy and its siblings. It runs in one process, or in
one of several that `torchrun` or `accelerate launch` started; only the first of them writes.
"""

from __future__ import annotations

import shutil
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finetune import curves, feeding, ranks
from finetune.completion import trainer_class
from finetune.progress import Progress
from finetune.ragged import Ragged
from finetune.recipe import Lora
from radlite_tui.errors import BadInput

Say = Callable[[str], None]
CONVERTED = ("pissa", "olora")
"""Beginnings of PEFT's inits that change the base; their adapters are saved as ones on the base as it was."""


@dataclass(frozen=True)
class Stage:
    """One stage: settings, its highest learning rate, and the numbers of the rows to train on, in order, by epoch.

    minutes: wall time after which the learning rate has decayed to zero.
    """

    settings: Lora
    rate: float
    epochs: Sequence[Sequence[int]]
    seed: int
    minutes: float | None = None


@dataclass(frozen=True)
class Rows:
    """Tokenised rows: those the numbers of a stage mean, and those the loss of each task is measured on."""

    train: Ragged
    validation: Ragged = field(default_factory=lambda: Ragged.of([], answer=[], task=[]))


def config(settings: Lora) -> Any:
    """PEFT's LoraConfig."""
    from peft import LoraConfig

    return LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=list(settings.projections),
        use_rslora=settings.use_rslora,
        use_dora=settings.use_dora,
        init_lora_weights=True if settings.init == "default" else settings.init,
        task_type="CAUSAL_LM",
    )


def trainer(stage: Stage, model: Any, tokenizer: Any, rows: Rows, folder: Path, say: Say) -> Any:
    """TRL's trainer for one stage, ready to run. A model that has an adapter already goes on with it."""
    from peft import PeftModel
    from transformers import PrinterCallback

    settings = stage.settings
    if settings.packing:
        parts = [feeding.packed(rows.train, e, settings.context, stage.seed + n) for n, e in enumerate(stage.epochs)]
    else:
        parts = [feeding.dataset(rows.train, numbers) for numbers in stage.epochs]
    validation = feeding.by_task(rows.validation) if settings.evaluations else {}
    train = _joined(parts)
    with warnings.catch_warnings():  # names that transformers will change in its next major version
        warnings.filterwarnings("ignore", message=".*will be removed in v6.*", category=FutureWarning)
        made = trainer_class()(
            model=model,
            args=arguments(stage, len(train), folder, evaluate=bool(validation)),
            train_dataset=train,
            eval_dataset=validation or None,
            processing_class=tokenizer,
            peft_config=None if isinstance(model, PeftModel) else config(settings),
            callbacks=[_callback(folder, stage.minutes, say)],
        )
    made.remove_callback(PrinterCallback)
    return made


def arguments(stage: Stage, rows: int, folder: Path, *, evaluate: bool) -> Any:
    """TRL's arguments for a stage of so many (packed) rows."""
    import torch
    from trl import SFTConfig

    settings, gpu = stage.settings, torch.cuda.is_available()
    at_once, accumulated = shares(settings, ranks.processes())
    steps = -(-rows // settings.batch)
    return SFTConfig(
        output_dir=str(folder / "checkpoints"),
        per_device_train_batch_size=at_once,
        gradient_accumulation_steps=accumulated,
        num_train_epochs=1,
        learning_rate=stage.rate,
        lr_scheduler_type=settings.schedule,
        warmup_steps=max(1, int(settings.warmup * rows / settings.batch)),
        weight_decay=settings.weight_decay,
        max_grad_norm=1.0,
        bf16=True,
        use_cpu=not gpu,
        gradient_checkpointing=settings.gradient_checkpointing,
        gradient_checkpointing_kwargs={"use_reentrant": False},
        torch_compile=settings.compile,
        max_length=None,
        packing=False,  # done by `feeding.packed`, which refuses to cut
        padding_free=settings.packing,
        completion_only_loss=True,
        train_sampling_strategy="sequential",
        dataloader_pin_memory=gpu,
        ddp_find_unused_parameters=False,
        per_device_eval_batch_size=settings.device_batch or settings.batch,
        eval_strategy="steps" if evaluate else "no",
        eval_steps=max(1, steps // max(settings.evaluations, 1)),
        save_steps=settings.checkpoint_steps,
        save_total_limit=1,
        logging_steps=max(1, min(10, steps // 10)),
        logging_first_step=True,
        report_to="none",
        disable_tqdm=True,
        seed=stage.seed,
        data_seed=stage.seed,
    )


def shares(settings: Lora, processes: int) -> tuple[int, int]:
    """Rows a device takes at once and how many times it does so a step, so that a step is a batch on any machine."""
    at_once = settings.device_batch or max(1, settings.batch // processes)
    if settings.batch % (at_once * processes):
        raise BadInput(
            f"A batch of {settings.batch} rows cannot be shared out over {processes} processes of {at_once} rows; "
            "change [adapter] batch or device_batch, or the number of processes."
        )
    return at_once, settings.batch // (at_once * processes)


def train(
    stages: Sequence[Stage],
    base: Callable[[], Any],
    tokenizer: Any,
    rows: Rows,
    folder: Path,
    say: Say,
    manifest: Callable[[Path, Sequence[Path], float], None] = lambda final, logs, seconds: None,
) -> Path:
    """Train an adapter on the model that `base` loads, stage by stage; saved into `folder`/final. Resumes where it was.

    manifest: told the folder of the adapter, the logs of its stages and the seconds trained, before it is in place.
    """
    from transformers.utils.logging import disable_progress_bar

    final = folder / "final"
    if _saved(final):
        return final
    disable_progress_bar()
    places = [folder / f"stage-{number}" for number in range(1, len(stages) + 1)]
    last: Path | None = None
    for stage, place in zip(stages, places, strict=True):
        last = _stage(stage, base, last, tokenizer, rows, place, say)
    if last is None:
        raise BadInput("The recipe trains no adapter; give [adapter] some rows.")
    if ranks.first():
        part = folder / "final.part"
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(last, part)
        logs = [place / curves.LOG for place in places]
        curves.draw(logs, part / curves.PICTURE)
        manifest(part, logs, sum(curves.seconds(log) for log in logs))
        shutil.rmtree(final, ignore_errors=True)
        part.replace(final)
    return final


def _stage(
    stage: Stage, base: Callable[[], Any], before: Path | None, tokenizer: Any, rows: Rows, folder: Path, say: Say
) -> Path:
    """One stage, from a fresh adapter or the one saved in `before`; saved into `folder`/final."""
    from peft import PeftModel

    final = folder / "final"
    if _saved(final):
        return final
    folder.mkdir(parents=True, exist_ok=True)
    model = base()
    if before is not None:
        model = PeftModel.from_pretrained(model, str(before), is_trainable=True)
    run = trainer(stage, model, tokenizer, rows, folder, say)
    changed = before is None and stage.settings.init.startswith(CONVERTED)
    if changed and ranks.first() and not _saved(folder / "initial"):
        run.model.save_pretrained(str(folder / "initial"))
    checkpoint = last_whole(folder / "checkpoints")
    if checkpoint:
        say(f"{folder.parent.parent.name} {folder.name}: goes on from {checkpoint.name}")
    run.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    _save(run, final, folder / "initial" if changed else None)
    return final


def _save(run: Any, final: Path, initial: Path | None) -> None:
    state = run.accelerator.get_state_dict(run.model_wrapped) if run.is_fsdp_enabled else None
    if ranks.first():
        part = final.with_name("final.part")
        shutil.rmtree(part, ignore_errors=True)
        more = {"path_initial_model_for_weight_conversion": str(initial)} if initial else {}
        run.model.save_pretrained(str(part), state_dict=state, **more)
        part.replace(final)
    run.accelerator.wait_for_everyone()


def last_whole(checkpoints: Path) -> Path | None:
    """The last checkpoint that was written to its end: TrainerState is what a checkpoint ends with."""
    from transformers import TrainerState

    found = sorted(checkpoints.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]), reverse=True)
    for path in found:
        try:
            TrainerState.load_from_json(str(path / "trainer_state.json"))
        except (OSError, ValueError, TypeError):
            continue
        return path
    return None


def _joined(parts: Sequence[Any]) -> Any:
    from datasets import concatenate_datasets

    return parts[0] if len(parts) == 1 else concatenate_datasets(list(parts))


def _saved(final: Path) -> bool:
    return (final / "adapter_config.json").is_file()


def _callback(folder: Path, minutes: float | None, say: Say) -> Any:
    """Log, TensorBoard, picture and progress; with `minutes`, lets the learning rate fall to zero by then if steps
    would take longer."""
    from transformers import TrainerCallback

    log, begun, writes = folder / curves.LOG, time.monotonic(), ranks.first()
    progress = Progress(f"{folder.parent.parent.name} {folder.name}", say)

    def spent() -> float:
        return (time.monotonic() - begun) / (60 * minutes) if minutes else 0.0

    class Log(TrainerCallback):
        board: Any = None
        before = 0.0
        loss: float | None = None

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if writes:
                self.before = curves.resume(log, state.global_step)
                self.board = curves.board(folder / "tensorboard", state.global_step)

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            if writes and logs:
                seconds = round(self.before + time.monotonic() - begun, 1)
                curves.append(log, {"step": state.global_step, "seconds": seconds, **logs})
                curves.scalars(self.board, logs, state.global_step)
                self.loss = logs.get("loss", self.loss)

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if writes:
                curves.draw([log], folder / curves.PICTURE)

        def on_step_begin(self, args: Any, state: Any, control: Any, optimizer: Any = None, **_: Any) -> None:
            for group in optimizer.param_groups:
                group["lr"] = min(group["lr"], args.learning_rate * max(0.0, 1.0 - spent()))

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            control.should_training_stop |= spent() >= 1.0
            if writes:
                share = state.global_step / max(state.max_steps, 1)
                progress.at(state.global_step, state.max_steps, self.loss, max(share, spent()))

    return Log()
