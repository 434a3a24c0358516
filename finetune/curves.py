"""What is told about a training while it runs and after: log.jsonl, TensorBoard's files and a picture of the losses.

May import matplotlib and tensorboard (inside functions). A resumed run goes on in the log it finds, from the step it
resumes at, so the log reads as if nothing had happened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LOG = "log.jsonl"
PICTURE = "losses.png"
NOISE = ("_runtime", "_per_second", "_entropy", "_num_tokens", "_model_preparation_time")
"""Endings of figures that say nothing about learning."""


def lines(log: Path) -> list[dict[str, Any]]:
    """The lines of a log, in order; a last line that was cut off by a kill is left out."""
    found = []
    for line in log.read_text(encoding="utf-8").splitlines() if log.is_file() else ():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def resume(log: Path, step: int) -> float:
    """Take what lies after `step` out of a log. Returns the seconds spent by then."""
    kept = [line for line in lines(log) if line["step"] <= step and step > 0]
    log.parent.mkdir(parents=True, exist_ok=True)
    part = log.with_suffix(".part")
    part.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
    part.replace(log)
    return float(kept[-1]["seconds"]) if kept else 0.0


def append(log: Path, line: Mapping[str, Any]) -> None:
    """Add a line, without the figures that say nothing about learning."""
    kept = {key: value for key, value in line.items() if not key.endswith(NOISE)}
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(kept) + "\n")


def seconds(log: Path) -> float:
    """The seconds trained by the end of a log."""
    return max((float(line["seconds"]) for line in lines(log)), default=0.0)


def board(folder: Path, step: int) -> Any:
    """TensorBoard's writer into `folder`, or None where the package `tensorboard` is not installed.

    What earlier runs wrote after `step` is marked as void.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(log_dir=str(folder), purge_step=step + 1 if step else None)


def scalars(writer: Any, line: Mapping[str, Any], step: int) -> None:
    """Put the figures of a log line on the board: `train/NAME`, and `eval/TASK` for a task's loss."""
    if writer is None:
        return
    for key, value in line.items():
        if key.endswith(NOISE) or not isinstance(value, (int, float)) or key in ("step", "seconds", "epoch"):
            continue
        task = task_of(key)
        writer.add_scalar(f"eval/{task}" if task else f"train/{key}", value, step)
    writer.flush()


def task_of(key: str) -> str:
    """The task whose loss a key of the log is, or the empty text."""
    return key[len("eval_") : -len("_loss")] if key.startswith("eval_") and key.endswith("_loss") else ""


def last_losses(log: Path) -> dict[str, float]:
    """The last loss of each kind in a log: `train`, and each task's on validation rows."""
    found: dict[str, float] = {}
    for line in lines(log):
        found |= {task_of(key): value for key, value in line.items() if task_of(key)}
        if "loss" in line:
            found["train"] = line["loss"]
    return found


def draw(logs: Sequence[Path], picture: Path) -> None:
    """A picture of the losses in these logs, one stage after the other: training, and each task on validation rows."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4), layout="constrained")
    start = 0
    losses: list[tuple[int, float]] = []
    tasks: dict[str, list[tuple[int, float]]] = {}
    for log in logs:
        read = lines(log)
        losses += [(start + line["step"], line["loss"]) for line in read if "loss" in line]
        for line in read:
            for key, value in line.items():
                if task := task_of(key):
                    tasks.setdefault(task, []).append((start + line["step"], value))
        start += max((line["step"] for line in read), default=0)
    left.plot(*zip(*losses, strict=True), linewidth=1) if losses else None
    left.set(title="training", xlabel="step", ylabel="loss")
    for task, points in sorted(tasks.items()):
        right.plot(*zip(*points, strict=True), marker=".", label=task)
    right.set(title="validation, by task", xlabel="step", ylabel="loss")
    if tasks:
        right.legend(fontsize="x-small")
    part = picture.with_name(f"part-{picture.name}")
    figure.savefig(part, dpi=110)
    pyplot.close(figure)
    part.replace(picture)
