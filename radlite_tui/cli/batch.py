"""`radlite-tui batch`: a worklist, answered line by line. Progress goes to standard error."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from contextlib import closing
from pathlib import Path
from typing import Any

from radlite_tui import settings
from radlite_tui.assistant import answers, intake
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.history.keeper import Keeper
from radlite_tui.assistant.history.talk import Talk
from radlite_tui.assistant.planning import KNOWN_TASKS, known
from radlite_tui.assistant.remaining import remaining
from radlite_tui.assistant.types import Answer, Ask
from radlite_tui.cli import request
from radlite_tui.cli.output import narrate
from radlite_tui.cli.worklist import Results, Row, read
from radlite_tui.errors import BadInput, ModelUnavailable, RadliteError
from radlite_tui.tasks.report import Report

STOP_AGAIN_S = 0.05
Answering = Callable[[Ask], Answer]


def run(arguments: Namespace) -> int:
    """Answer every line of IN that OUT has not; gives the exit code."""
    source, target = Path(arguments.input), Path(arguments.output)
    if source.resolve() == target.resolve():
        raise BadInput("IN and OUT are the same file; name another OUT.")
    if arguments.parallel < 1:
        raise BadInput(f"--parallel is {arguments.parallel}; give 1 or more.")
    base = Ask(
        report=Report(""),
        task=request.fixed(arguments.task),
        model=request.fixed(arguments.model),
        mode=request.mode(arguments.mode),
        max_tokens=request.tokens(arguments.max_tokens),
        seed=arguments.seed,
    )
    if base.task is not None:
        known("task", base.task, KNOWN_TASKS)
    rows = read(source)
    settled = settings.read()
    with closing(Assistant.create(settled)) as assistant, closing(Keeper(settled, narrate)) as keeper:
        ask = kept(assistant, keeper) if arguments.history else assistant.ask
        assistant.plan(Ask(Report(""), task=base.task or KNOWN_TASKS[0], model=base.model, mode=base.mode))
        with Results(target, resume=arguments.resume) as results:
            foreign = results.done - {str(row.id) for row in rows}
            if foreign:
                raise BadInput(
                    f"{intake.display(str(target))} holds the id {min(foreign)!r}, which "
                    f"{intake.display(str(source))} has not; name the worklist it came from."
                )
            return answer_all(assistant, ask, base, rows, results, arguments.parallel)


def kept(assistant: Assistant, keeper: Keeper) -> Answering:
    """Answers that are kept in the history too, each as a conversation of its own. Raises BadInput while saving is
    off."""
    if not keeper.on:
        raise BadInput(f"{keeper.saving.sentence} Switch it on with `radlite-tui history on`, or leave --history out.")
    keeper.flush()  # its thread is there before several ask at once

    def answer(ask: Ask) -> Answer:
        plan = assistant.plan(ask)
        for event in keeper.record(assistant, plan, assistant.run(plan), talk=Talk()):
            if isinstance(event, Answer):
                return event
        raise RadliteError("The engine ended without an answer; ask again.")

    return answer


def answer_all(
    assistant: Assistant, ask: Answering, base: Ask, rows: Sequence[Row], results: Results, parallel: int = 1
) -> int:
    """The rows not done yet, in order, or as they are answered when several are in flight. One row's failure is its
    own; a model that will not load ends the run."""
    left = [row for row in rows if str(row.id) not in results.done]
    if len(left) < len(rows):
        narrate(f"{len(rows) - len(left)} of {len(rows)} are done already")
    failed, started = 0, time.perf_counter()
    try:
        records = answered(assistant, ask, base, left, parallel)
        for number, (row, record) in enumerate(records, len(rows) - len(left) + 1):
            results.write(record)
            failed += "error" in record
            done = number - len(rows) + len(left)
            rest = time_left(done, len(left), time.perf_counter() - started)
            narrate(f"{number}/{len(rows)} {row.id}: {record.get('error') or record['task']}{rest}")
    except KeyboardInterrupt:
        narrate(f"Stopped with {len(results.done)} of {len(rows)} written; --resume goes on from there.")
        raise
    seconds = time.perf_counter() - started
    narrate(f"{len(rows)} lines, {failed} failed, {seconds:.1f} s")
    return RadliteError.exit_code if failed else 0


def time_left(done: int, total: int, seconds: float) -> str:
    """ ", about 3 min left", once there is something to guess from."""
    said = remaining(done, total, seconds).partition(", ")[2]
    return f", {said}" if said else ""


def answered(
    assistant: Assistant, ask: Answering, base: Ask, rows: Sequence[Row], parallel: int
) -> Iterator[tuple[Row, dict[str, Any]]]:
    """Each row with its record. What is in flight when the run ends early is stopped, and not written."""
    if parallel == 1:
        yield from ((row, answer_row(ask, base, row)) for row in rows)
        return
    with ThreadPoolExecutor(parallel) as pool:
        asked = {pool.submit(answer_row, ask, base, row): row for row in rows}
        try:
            for future in as_completed(asked):
                yield asked[future], future.result()
        finally:
            running = [future for future in asked if not future.cancel() and not future.done()]
            while running and wait(running, timeout=STOP_AGAIN_S).not_done:
                assistant.cancel()


def row_report(row: Row) -> Report:
    """The row's report, from its text or its file; how a file was read is narrated. Raises BadInput."""
    if row.file is None:
        return Report(intake.check(row.text, "text") if row.text else "", row.prior, str(row.id))
    taken = intake.read(row.file)
    for line in taken.lines():
        narrate(f"{row.id}: {line}")
    return Report(taken.text, row.prior or taken.prior, taken.source)


def answer_row(ask: Answering, base: Ask, row: Row) -> dict[str, Any]:
    """The ask object of one row with its id, or its error."""
    try:
        if row.problem:
            raise BadInput(row.problem)
        report = row_report(row)
        asked = Ask(
            report,
            row.words,
            task=row.task if row.task not in (None, request.AUTO) else base.task,
            model=base.model,
            mode=base.mode,
            max_tokens=base.max_tokens,
            seed=base.seed,
        )
        return {"id": row.id, **answers.ask_json(ask(asked))}
    except ModelUnavailable:
        raise
    except RadliteError as error:
        return {"id": row.id, "error": str(error)}
