"""A results folder of a million predictions, made up, and the time and memory its report takes.

The predictions are those of two models in four modes on generated cases with answers that are right as often as chance
has it; they measure the report, never a model. Imports the corpus and the predictions.
"""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from time import perf_counter

import orjson

from evals.predictions import FILE, Prediction
from evals.speed.bench import Bench
from evals.speed.rows import Runs
from finetune.corpus import build
from finetune.corpus.case import Case
from radlite_tui import tasks
from radlite_tui.errors import RadliteError
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.outputs import AbnormalityOutput, LabelOutput, RadsOutput
from radlite_tui.tasks.report import Report

MODELS = ("made-up-one", "made-up-two")
DISTINCT = 2000
"""Generated cases a task; further ones are these with a number in their report and in their gold text where it is free,
so that nothing a report computes is there twice because of how the file was made."""
LIMIT_S = 60.0
LIMIT_BYTES = 2_000_000_000


def report_million(bench: Bench) -> Runs:
    """Seconds of `evals report` on the whole file, the report's figures left out, beside the limit of a minute."""
    with tempfile.TemporaryDirectory(prefix="radlite-million-") as folder:
        n = write(Path(folder), bench.sizes.predictions)
        size = (Path(folder) / FILE).stat().st_size
        took, peak = zip(*(timed(Path(folder)) for _ in range(1)), strict=True)
    context = {"predictions": n, "file_mb": size / 1e6, "peak_mb": max(peak) / 1e6, "peak_limit_mb": LIMIT_BYTES / 1e6}
    return Runs(tuple(took), (LIMIT_S,) * len(took), context)


def timed(folder: Path) -> tuple[float, int]:
    """(seconds, bytes of memory at most) of one report, all of its processes together."""
    command = [sys.executable, "-m", "evals", "report", "--out", str(folder), "--markdown", str(folder / "report.md")]
    began = perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = 0
    while process.poll() is None:
        peak = max(peak, _memory(process.pid))
        try:
            process.wait(0.2)
        except subprocess.TimeoutExpired:
            continue
    took = perf_counter() - began
    if process.returncode != 0:
        said = process.stderr.read().decode(errors="replace").strip() if process.stderr is not None else ""
        raise RadliteError(f"The report of the made-up predictions ended with code {process.returncode}: {said[-300:]}")
    return took, peak or resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def _memory(pid: int) -> int:
    """Memory of a process and its children in bytes, shared pages shared out (PSS); 0 where the system does not say."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    own = next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0) * 1024
    return own + sum(_memory(int(child)) for child in children)


def write(folder: Path, wanted: int) -> int:
    """Write the predictions; returns how many."""
    cells = len(tasks.TAGS) * len(MODELS) * len(Mode)
    each = max(1, wanted // cells)
    with (folder / FILE).open("wb") as out:
        written = 0
        for tag in tasks.TAGS:
            for lines in _lines(tag, each):
                out.write(lines)
                written += lines.count(b"\n")
    os.sync()
    return written


def _lines(tag: str, each: int) -> Iterator[bytes]:
    draw = random.Random(f"million {tag}")
    found = list(build({tag: min(each, DISTINCT)}, "test", 0))
    for place, number in zip(range(each), count()):
        case, other = found[place % len(found)], found[draw.randrange(len(found))]
        yield b"".join(orjson.dumps(one) + b"\n" for one in _answers(case, other, number // len(found), place, draw))


def _answers(case: Case, other: Case, again: int, place: int, draw: random.Random) -> Iterator[Prediction]:
    task = tasks.get(case.task)
    gold, wrong = task.render(case.gold), task.render(other.gold)
    free = task.form() is None and case.task in ("impression_generation", "radiology_qa")
    if again and free:
        gold = f"{gold} Study {again}."
    report = Report(f"{case.report.text}\nStudy {again}." if again else case.report.text, case.report.prior)
    blank = Prediction(
        case=f"{case.id}-{again}-{place}", group=f"{case.group}-{again}", task=case.task, subset=case.subset, model="",
        mode="", report=report.text, prior=report.prior, words=case.words, gold=gold, text="", finish="stop", error="",
        prompt_tokens=300, cached_tokens=0, completion_tokens=12, total_s=0.3, sha256="a" * 64, adapter_sha256=None,
        version="0", prompt_version="1", quantization="Q8_0",
    )  # fmt: skip
    for model in MODELS:
        for mode in Mode:
            text = gold if draw.random() < 0.3 + 0.4 * mode.tuned else wrong
            yield replace(
                blank, model=model, mode=str(mode), text=text, total_s=round(draw.uniform(0.1, 0.5), 3),
                probabilities=_chances(case, text, draw),
            )  # fmt: skip


def _chances(case: Case, text: str, draw: random.Random) -> dict[str, object] | None:
    task = tasks.get(case.task)
    if task.form() is None:
        return None
    output = task.parse(text, case.report)
    if isinstance(output, AbnormalityOutput):
        return {label: _sure(status, ("positive", "negative", "uncertain", "not_mentioned"), draw)
                for label, status in output.labels.items()}  # fmt: skip
    assert isinstance(output, (LabelOutput, RadsOutput))
    return dict(_sure(output.label, task.labels or (), draw))


def _sure(chosen: str, labels: tuple[str, ...], draw: random.Random) -> dict[str, float]:
    own = draw.uniform(0.4, 0.99)
    rest = round((1 - own) / (len(labels) - 1), 6)
    return {label: round(own, 6) if label == chosen else rest for label in labels}
