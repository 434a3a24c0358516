"""Rows about what has been read before: worked examples, and a report that was read while the user typed.

May import its siblings. Both sides are ours; what differs is what the engine could know beforehand.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator

from evals.speed.bench import Bench, counter
from evals.speed.prefill import warmed
from evals.speed.rows import Runs
from evals.speed.texts import text_of
from evals.speed.timing import timed
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.types import Ask, Plan
from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.protocol import Event
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.report import Report

TASK = "impression_generation"
PATIENCE_S = 60.0


def few_shot_warm(bench: Bench) -> Runs:
    """Seconds to the first token about a new report: with worked examples, read before, against without any."""
    engine = bench.engine()
    assistant = bench.assistant(engine)
    report = reports(bench, engine)
    cached: dict[str, list[float]] = {"few_shot_cached_tokens": [], "few_shot_prompt_tokens": []}

    def few_shot(run: int) -> float:
        answer = timed(assistant.run(plan(bench, assistant, report(2 * run), Mode.FEW_SHOT)))
        cached["few_shot_cached_tokens"].append(answer.stats.cached_tokens)
        cached["few_shot_prompt_tokens"].append(answer.stats.prompt_tokens)
        return answer.first_s

    def zero_shot(run: int) -> float:
        return timed(assistant.run(plan(bench, assistant, report(2 * run + 1), Mode.ZERO_SHOT))).first_s

    return warmed(bench, few_shot, zero_shot, cached, {"report_tokens": bench.sizes.report})


def paste_prefill(bench: Bench) -> Runs:
    """Seconds to the first token after a paste and some typing, during which the engine read the report ahead.

    Against the same question about a report it has not seen.
    """
    engine = bench.engine()
    assistant = bench.assistant(engine)
    report = reports(bench, engine)
    noted: dict[str, list[float]] = {"read_ahead_tokens": [], "prompt_tokens": []}

    def ahead(run: int) -> float:
        asked = plan(bench, assistant, report(2 * run), Mode.FINE_TUNED)
        read_for(assistant.read_ahead(asked.ask.report), bench.sizes.typing_s)
        answer = timed(assistant.run(asked))
        noted["read_ahead_tokens"].append(answer.stats.cached_tokens)
        noted["prompt_tokens"].append(answer.stats.prompt_tokens)
        return answer.first_s

    def cold(run: int) -> float:
        return timed(assistant.run(plan(bench, assistant, report(2 * run + 1), Mode.FINE_TUNED))).first_s

    context = {"report_tokens": bench.sizes.report, "typing_s": bench.sizes.typing_s}
    return warmed(bench, ahead, cold, noted, context)


def read_for(events: Iterator[Event], seconds: float) -> None:
    """Let the engine read ahead to its end, or for this long at most; then take that away, as a question does."""
    over, stop = threading.Event(), threading.Event()

    def follow() -> None:
        try:
            for _ in events:
                if stop.is_set():
                    break
        finally:
            if isinstance(events, Generator):
                events.close()
            over.set()

    threading.Thread(target=follow, daemon=True).start()
    over.wait(seconds)
    stop.set()
    over.wait(PATIENCE_S)


def reports(bench: Bench, engine: LocalEngine) -> Callable[[int], Report]:
    """Reports nobody has read, all equally long."""
    count = counter(engine, bench.subject.files(Mode.ZERO_SHOT))
    return lambda seed: Report(text_of(bench.sizes.report, count, seed))


def plan(bench: Bench, assistant: Assistant, report: Report, mode: Mode) -> Plan:
    """A free answer of a few tokens about the report."""
    return assistant.plan(Ask(report, "", TASK, mode=mode, max_tokens=bench.sizes.answer))
