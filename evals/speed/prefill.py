"""Rows about reading a prompt. May import its siblings. First tokens are timed by whoever asked, pipe included."""

from __future__ import annotations

import os
from collections.abc import Callable

from evals.speed.bench import Bench, counter
from evals.speed.rows import Runs
from evals.speed.texts import spelled, task_first_string, text_of, turn
from evals.speed.timing import timed
from radlite_tui import tasks
from radlite_tui.assistant.types import Ask
from radlite_tui.engine.protocol import Request
from radlite_tui.errors import RadliteError
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.report import Report

NOTEBOOK_THREADS, NOTEBOOK_TEMPERATURE = 4, 0.1
FIRST_TASK, SECOND_TASK = "n_staging", "impression_generation"


def prefill_512(bench: Bench) -> Runs:
    """Prompt tokens per second, up to the first token of the answer; every run has a prompt nobody has read before.

    The peer is `Llama` as it comes, but for a context that the prompt fits into.
    """
    files, size = bench.subject.files(Mode.ZERO_SHOT), bench.sizes.prefill
    engine = bench.engine()
    peer = bench.llama(files, n_ctx=files.context)

    def fresh(seed: int) -> Request:
        text = text_of(size, lambda text: engine.count(files, turn(text)), seed)
        return Request(files, turn(text), max_tokens=1)

    def ours(run: int) -> float:
        answer = timed(engine.generate(fresh(2 * run)))
        return answer.stats.prompt_tokens / answer.first_s

    def theirs(run: int) -> float:
        request = fresh(2 * run + 1)
        found = peer.ask("first", prompt=spelled(request.prompt))
        same_length(found["prompt_tokens"], engine.count(files, request.prompt))
        return float(found["prompt_tokens"] / found["first_s"])

    ours(1000)
    theirs(1000)
    return bench.compare(ours, theirs, {"prompt_tokens": size, "threads": bench.threads()})


def second_question(bench: Bench) -> Runs:
    """Seconds to the first token of a second question about a report that was just asked something else.

    The peer is `Llama` as the paper's notebook uses it: the task in front of the report in one string, one call at a
    time; it keeps what it can of the call before.
    """
    files, mode = bench.subject.files(Mode.FINE_TUNED), Mode.FINE_TUNED
    engine = bench.engine()
    assistant = bench.assistant(engine)
    threads = min(NOTEBOOK_THREADS, os.cpu_count() or 1)
    peer = bench.llama(files, n_ctx=2048, n_threads=threads)
    count = counter(engine, files)
    read: dict[str, list[float]] = {"ours_prompt_tokens": [], "ours_cached_tokens": []}
    read |= {"peer_prompt_tokens": [], "peer_cached_tokens": []}

    def report(seed: int) -> Report:
        return Report(text_of(bench.sizes.long_report, count, seed))

    def ours(run: int) -> float:
        about = report(2 * run)
        answers = [
            timed(assistant.run(assistant.plan(Ask(about, "", tag, mode=mode, max_tokens=bench.sizes.answer))))
            for tag in (FIRST_TASK, SECOND_TASK)
        ]
        read["ours_prompt_tokens"].append(answers[1].stats.prompt_tokens)
        read["ours_cached_tokens"].append(answers[1].stats.cached_tokens)
        return answers[1].first_s

    def theirs(run: int) -> float:
        about = report(2 * run + 1)
        found = [
            peer.ask("first", prompt=task_first_string(tasks.get(tag), about), temperature=NOTEBOOK_TEMPERATURE)
            for tag in (FIRST_TASK, SECOND_TASK)
        ]
        read["peer_prompt_tokens"].append(found[1]["prompt_tokens"])
        read["peer_cached_tokens"].append(found[1]["held"])
        return float(found[1]["first_s"])

    return warmed(bench, ours, theirs, read, {"report_tokens": bench.sizes.long_report, "peer_threads": threads})


def warmed(
    bench: Bench,
    ours: Callable[[int], float],
    theirs: Callable[[int], float],
    noted: dict[str, list[float]],
    context: dict[str, float],
) -> Runs:
    """One run of each side that is not counted, then the counted ones; `noted` is filled by the runs themselves."""
    ours(1000)
    theirs(1000)
    for values in noted.values():
        values.clear()
    return bench.compare(ours, theirs, {**context, **noted})


def same_length(theirs: int, ours: int) -> None:
    """Raises RadliteError when the two sides read the same prompt as different numbers of tokens."""
    if theirs != ours:
        raise RadliteError(f"The peer reads {theirs} prompt tokens where we read {ours}; they cannot be compared.")
