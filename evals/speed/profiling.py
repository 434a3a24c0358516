"""`--profile`: where the time of one real request goes, from Enter to the drawn answer. May import its siblings.

The request is asked in the app in a terminal, about a report that nobody has read, of a model that is loaded. Its parts
are timed in the app, in the worker and on the way between them, all by one clock, and add up to the whole.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from evals.speed.bench import Bench, counter, narrate
from evals.speed.long_answers import WORDS
from evals.speed.profiled_worker import COMPUTE, NATIVE, PIPE, READING, SAMPLING, VARIABLE, WRITING
from evals.speed.sizes import Sizes
from evals.speed.subject import Subject
from evals.speed.terminal import AppInTerminal, Seen
from evals.speed.texts import text_of
from radlite_tui.errors import RadliteError
from radlite_tui.tasks.base import Mode

FILE = "profile.json"
KEYS, DRAWING, PIPES = "app: from Enter to the engine", "app: drawing the end of the answer", "pipe, both ways"
READ, WROTE = "worker: prefill in llama.cpp", "worker: decode in llama.cpp"
SAMPLED, OTHER, PYTHON = "worker: sampling", "worker: llama.cpp besides", "worker: Python"
PARTS = (KEYS, READ, WROTE, SAMPLED, OTHER, PYTHON, PIPES, DRAWING)


@dataclass(frozen=True)
class Split:
    """One request. parts: seconds of each of PARTS; app_cpu_s: processor seconds of the app's process meanwhile."""

    parts: Mapping[str, float]
    app_cpu_s: float
    prompt_tokens: int
    answer_tokens: int

    @property
    def total_s(self) -> float:
        return sum(self.parts.values())


def show(subject: Subject, sizes: Sizes, repeat: int, *, as_json: bool, out: Path | None) -> int:
    """Profile `repeat` requests and print the medians of their parts."""
    splits = measure(subject, sizes, repeat)
    found = summary(subject, splits)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / FILE).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found) if as_json else table(found))
    return 0


def measure(subject: Subject, sizes: Sizes, repeat: int) -> list[Split]:
    """Requests about as many new reports, after one that loads the model."""
    reports = new_reports(subject, sizes, repeat + 1)
    with tempfile.TemporaryDirectory(prefix="radlite-profile-") as folder:
        noted = Path(folder) / "worker.jsonl"
        with AppInTerminal(subject, "", [sizes.busy_decode], {VARIABLE: str(noted)}, profiled=True) as app:
            splits = []
            for number, report in enumerate(reports):
                app.paste(report)
                seen = app.ask(WORDS)
                narrate(f"profile: request {number} of {repeat} took {seen.drawn - seen.pressed:.3f} s")
                splits.append(split(seen, json.loads(noted.read_text(encoding="utf-8").splitlines()[-1])))
                app.clear()
    return splits[1:]


def new_reports(subject: Subject, sizes: Sizes, many: int) -> list[str]:
    """Reports of the usual length."""
    with Bench(subject, subject, sizes, 1) as bench:
        count = counter(bench.engine(), subject.files(Mode.FINE_TUNED))
        return [text_of(sizes.report, count, seed) for seed in range(many)]


def split(seen: Seen, worker: Mapping[str, Any]) -> Split:
    """The parts of one request, from what the app and the worker noted. Raises RadliteError when they do not agree."""
    spent: Mapping[str, float] = worker["spent"]
    if not seen.asked <= worker["came"] <= worker["left"] <= seen.drawn:
        raise RadliteError("The worker's notes are not those of the request that was profiled.")

    def both(label: str) -> float:
        return sum(spent.get(f"{phase} {label}", 0.0) for phase in (READING, WRITING))

    known = sum(both(label) for label in (COMPUTE, SAMPLING, NATIVE, PIPE))
    parts = {
        KEYS: seen.asked - seen.pressed,
        READ: spent.get(f"{READING} {COMPUTE}", 0.0),
        WROTE: spent.get(f"{WRITING} {COMPUTE}", 0.0),
        SAMPLED: both(SAMPLING),
        OTHER: both(NATIVE),
        PYTHON: worker["left"] - worker["came"] - known,
        PIPES: both(PIPE) + worker["came"] - seen.asked + max(0.0, seen.ended - worker["left"]),
        DRAWING: seen.drawn - max(seen.ended, worker["left"]),
    }
    stats = seen.timed.stats
    return Split(parts, seen.cpu_s, stats.prompt_tokens - stats.cached_tokens, stats.completion_tokens)


def summary(subject: Subject, splits: Sequence[Split]) -> dict[str, Any]:
    """Medians in ms, the share of each part in the sum of the medians, and every run."""
    parts = {part: 1000 * median(split.parts[part] for split in splits) for part in PARTS}
    total = sum(parts.values())
    return {
        "model": subject.label,
        "settings": subject.settings(),
        "prompt_tokens": splits[0].prompt_tokens,
        "answer_tokens": splits[0].answer_tokens,
        "requests": len(splits),
        "parts": [
            {"part": part, "ms": round(ms, 2), "percent": round(100 * ms / total, 1)} for part, ms in parts.items()
        ],
        "total_ms": round(total, 2),
        "app_cpu_ms": round(1000 * median(split.app_cpu_s for split in splits), 2),
        "runs_ms": [{part: round(1000 * s, 3) for part, s in split.parts.items()} for split in splits],
    }


def table(found: Mapping[str, Any]) -> str:
    """The profile for reading."""
    rows = [(p["part"], f"{p['ms']:.1f}", f"{p['percent']:.1f}") for p in found["parts"]]
    rows += [("from Enter to the drawn answer", f"{found['total_ms']:.1f}", "100.0")]
    width = max(len(row[0]) for row in rows)
    head = (
        f"{found['model']}: {found['prompt_tokens']} prompt tokens read, {found['answer_tokens']} written, "
        f"medians of {found['requests']} requests"
    )
    lines = [head, f"| {'part':<{width}} | {'ms':>9} | {'%':>5} |", f"|{'-' * (width + 2)}|----------:|------:|"]
    lines += [f"| {part:<{width}} | {ms:>9} | {percent:>5} |" for part, ms, percent in rows]
    beside = "Beside this, not added: the app's process used"
    return "\n".join([*lines, f"{beside} {found['app_cpu_ms']:.1f} ms of a processor while it waited and drew."])
