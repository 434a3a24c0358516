"""Rows about several answers at once. May import its siblings. Both sides are ours, over one engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import perf_counter
from typing import TypeVar

from evals.speed.bench import Bench
from evals.speed.long_answers import request_for
from evals.speed.reading import reports
from evals.speed.rows import Runs
from evals.speed.timing import Timed, timed
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.comparison import MODES
from radlite_tui.assistant.types import Answer, Ask
from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.protocol import Failed, Request
from radlite_tui.errors import RadliteError
from radlite_tui.tasks.report import Report

COLUMN_TASK = "impression_generation"
T = TypeVar("T")


def parallel_16(bench: Bench) -> Runs:
    """Answer tokens per second of many sequences together, against one sequence, from asking to the last token.

    All ask the same, and the prompt has been read before, so that writing is measured; each answer is computed by
    itself. In the context: how much faster llama.cpp by itself computes that many tokens in one batch than one by one,
    which is the most that can be gained.
    """
    sizes = bench.sizes
    request = request_for(bench, sizes.sequence_answer)
    engine = bench.engine()

    def side_by_side(_run: int) -> float:
        return together(engine, [request] * sizes.sequences)

    def alone(_run: int) -> float:
        return together(engine, [request])

    alone(0)
    plain = bench.plain(request.model, bench.cores(), repack=bench.subject.repack)
    seconds = {rows: plain.ask("rows", count=rows)["seconds"] for rows in (1, 2, 4, sizes.sequences)}
    plain.close()
    context = {
        "sequences": sizes.sequences,
        "answer_tokens_at_most": sizes.sequence_answer,
        "threads": bench.threads(),
        "llama_cpp_gains": {str(rows): rows * seconds[1] / spent for rows, spent in seconds.items()},
    }
    return bench.compare(side_by_side, alone, context)


def together(engine: LocalEngine, requests: Sequence[Request]) -> float:
    """Answer tokens per second of all requests, each asked by a thread of its own at the same time."""

    def answer(request: Request) -> Timed:
        return timed(engine.generate(request))

    began = perf_counter()
    answers = at_once([partial(answer, request) for request in requests], len(requests))
    return sum(answer.tokens for answer in answers) / (perf_counter() - began)


def at_once(work: Sequence[Callable[[], T]], threads: int) -> list[T]:
    """Do everything, this many at a time. The first failure is raised."""
    with ThreadPoolExecutor(max_workers=threads) as pool:
        return list(pool.map(lambda one: one(), work))


def compare_columns(bench: Bench) -> Runs:
    """Seconds for the three columns of a comparison, against the same three answers asked one after the other.

    Every run has a report nobody has read; the worked examples have been read before, on both sides.
    """
    engine = bench.engine()
    assistant = bench.assistant(engine)
    report = reports(bench, engine)

    def columns(run: int) -> float:
        return comparison_s(assistant, asked(bench, report(2 * run)))

    def one_by_one(run: int) -> float:
        ask = asked(bench, report(2 * run + 1))
        plan = assistant.plan(ask)
        began = perf_counter()
        for mode in MODES:
            timed(assistant.run(assistant.replan(plan, mode=mode)))
        return perf_counter() - began

    columns(1000)
    one_by_one(1000)
    return bench.compare(columns, one_by_one, {"report_tokens": bench.sizes.report, "columns": len(MODES)})


def asked(bench: Bench, report: Report) -> Ask:
    return Ask(report, "", COLUMN_TASK, max_tokens=bench.sizes.column_answer)


def comparison_s(assistant: Assistant, ask: Ask) -> float:
    """Seconds from asking for a comparison to its last answer. Raises RadliteError when a column fails."""
    began, answers = perf_counter(), 0
    for _, event in assistant.compare(ask, MODES):
        if isinstance(event, Failed):
            raise RadliteError(event.message)
        answers += isinstance(event, Answer)
    if answers != len(MODES):
        raise RadliteError(f"The comparison gave {answers} of {len(MODES)} answers.")
    return perf_counter() - began
