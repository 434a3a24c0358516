"""`radlite-tui compare`: the same request in several modes and models, side by side."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from radlite_tui import settings
from radlite_tui.assistant import answers, comparison
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.comparison import Column, Expected
from radlite_tui.assistant.history.keeper import Keeper
from radlite_tui.assistant.planning import ENSEMBLE, known
from radlite_tui.assistant.types import Answer, Plan
from radlite_tui.cli import request
from radlite_tui.cli.output import emit, narrate, say
from radlite_tui.cli.progress import Ticker
from radlite_tui.engine.protocol import Failed
from radlite_tui.errors import RadliteError
from radlite_tui.tasks.base import Mode

ALL = "all"


def run(arguments: Namespace) -> int:
    """Run every column and print what they say; gives the exit code."""
    asked = request.ask(arguments)
    modes = chosen_modes(arguments.modes)
    settled = settings.read()
    with closing(Assistant.create(settled)) as assistant, closing(Keeper(settled, narrate)) as keeper:
        models = chosen_models(arguments.models, tuple(manifest.name for manifest in assistant.models()))
        plan = assistant.plan(asked)
        tag = plan.routing.task
        if arguments.expect is not None and tag is not None:
            comparison.expected(tag, arguments.expect, plan.ask.report, ())
        runs: dict[Column, Answer | Failed] = {}
        ticker = Ticker(writes=True)
        keep = keeper.on and not arguments.private
        events = keeper.compare(assistant, asked, modes, models) if keep else assistant.compare(asked, modes, models)
        for column, event in events:
            if isinstance(event, (Answer, Failed)):
                runs[column] = event
                narrate(f"{column.model} {column.mode}: {'done' if isinstance(event, Answer) else event.message}")
            else:
                ticker.event(event)
        if keep:
            if arguments.expect is not None:
                keeper.judge(None, arguments.expect, {})
            if keeper.flush() and keeper.compared.id is not None:
                narrate(f"Kept as {keeper.compared.id} in the history.")
    runs = {column: runs[column] for column in sorted(runs, key=order(modes, models))}
    given = [event for event in runs.values() if isinstance(event, Answer)]
    expected = None
    if arguments.expect is not None and tag is not None:
        expected = comparison.expected(tag, arguments.expect, plan.ask.report, given)
    agreement = comparison.agreement(given)
    if arguments.json:
        emit(
            {
                "task": tag,
                "runs": [run_json(column, event) for column, event in runs.items()],
                "agreement": round(agreement, 4) if agreement is not None else None,
                "expected": expected.json() if expected is not None else None,
            },
            pretty=True,
        )
    else:
        print_columns(plan, runs, agreement, expected)
    return 0 if len(given) == len(runs) else RadliteError.exit_code


def order(modes: Sequence[Mode], models: Sequence[str]) -> Callable[[Column], tuple[int, int]]:
    """Columns as they were asked for, whichever was done first."""

    def place(column: Column) -> tuple[int, int]:
        return (models.index(column.model) if column.model in models else 0, modes.index(column.mode))

    return place


def chosen_modes(value: str | None) -> tuple[Mode, ...]:
    """Modes by name; the three usual ones by default."""
    if value is None:
        return comparison.MODES
    if value.strip() == ALL:
        return tuple(Mode)
    for name in request.listed(value):
        known("mode", name, (*request.MODES, ALL))
    return tuple(Mode(name) for name in request.listed(value)) or comparison.MODES


def chosen_models(value: str | None, names: tuple[str, ...]) -> tuple[str, ...]:
    """Models by name; none means the routed one."""
    if value is not None and value.strip() == ALL:
        return names
    for name in request.listed(value):
        known("model", name, (*names, ENSEMBLE, ALL))
    return request.listed(value)


def run_json(column: Column, event: Answer | Failed) -> dict[str, Any]:
    """An ask object, or which column failed and why."""
    if isinstance(event, Answer):
        return answers.ask_json(event)
    return {"model": {"name": column.model}, "mode": str(column.mode), "error": event.message, "text": event.text}


def print_columns(
    plan: Plan, runs: dict[Column, Answer | Failed], agreement: float | None, expected: Expected | None
) -> None:
    """The columns one below the other, which any terminal and screen reader can show."""
    narrate(f"{answers.route_line(plan)}: {answers.reason(plan)}")
    matches = iter(expected.matches if expected is not None else ())
    for column, event in runs.items():
        say(f"{column.model} | {column.mode}")
        if isinstance(event, Failed):
            say(f"  failed: {event.message}")
            continue
        for line in answers.lines(event):
            say(f"  {line}")
        if event.output is None:
            say("  (does not have the task's form)")
        if expected is not None:
            say("  as expected" if next(matches) else f"  not as expected ({expected.text})")
        say(f"  {answers.stats_line(event.stats)}")
    if agreement is not None:
        say(f"agreement: {answers.percent(agreement)} of pairs")
    narrate(next((answers.notice(event) for event in runs.values() if isinstance(event, Answer)), ""))
