"""`radlite-tui ask`: one answer. Text streams to standard output, everything about it goes to standard error."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict

from radlite_tui import settings
from radlite_tui.assistant import answers
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.history.keeper import Keeper
from radlite_tui.assistant.types import Answer, Plan
from radlite_tui.cli import request
from radlite_tui.cli.output import emit, narrate, say
from radlite_tui.cli.progress import Ticker
from radlite_tui.engine.protocol import Event, Failed, Loading, Prefill, Stats, Token
from radlite_tui.errors import RadliteError


def run(arguments: Namespace) -> int:
    """Plan, run and print; gives the exit code."""
    asked = request.ask(arguments)
    settled = settings.read()
    with closing(Assistant.create(settled)) as assistant, closing(Keeper(settled, narrate)) as keeper:
        plan = assistant.plan(asked)
        events = assistant.run(plan, constrained=arguments.constrained)
        if keeper.on and not arguments.private:
            events = keeper.record(assistant, plan, events, constrained=arguments.constrained)
        if arguments.json:
            emit(answers.ask_json(whole(events)), pretty=True)
        elif arguments.jsonl:
            stream_json(plan, events)
        else:
            stream_text(plan, events, missing=assistant.missing(plan))
        if keeper.talk.lines and keeper.flush() and keeper.talk.id is not None:
            narrate(f"Kept as {keeper.talk.id} in the history.")
    return 0


def whole(events: Iterator[Event | Answer]) -> Answer:
    """The answer alone."""
    for event in events:
        if isinstance(event, Answer):
            return event
    raise RadliteError("The engine ended without an answer; ask again.")


def stream_text(plan: Plan, events: Iterator[Event | Answer], missing: str = "") -> None:
    """The answer's text as it comes, with what it is on standard error."""
    if not missing:
        narrate(f"{answers.route_line(plan)}: {answers.reason(plan)}")
    written, ticker = "", Ticker()
    try:
        for event in events:
            ticker.event(event)
            if isinstance(event, Token):
                say(event.text, end="")
                written += event.text
            elif isinstance(event, Answer):
                if not event.text.endswith("\n"):
                    say("")
                written = ""
                describe(event)
    finally:
        if written and not written.endswith("\n"):
            say("")


def describe(answer: Answer) -> None:
    """What is known of an answer beyond its text."""
    if answer.output is None:
        narrate(f"The answer does not have the task's form: {answer.parse_error}")
    else:
        laid_out = answers.lines(answer)
        if laid_out != answer.text.splitlines():
            for line in laid_out:
                narrate(f"  {line}")
    for warning in answer.warnings:
        narrate(f"warning ({warning.kind}): {warning.message}")
    if answer.finish == "length":
        narrate("The answer was cut at its length limit; raise --max-tokens.")
    narrate(answers.stats_line(answer.stats))
    narrate(answers.notice(answer))


def stream_json(plan: Plan, events: Iterator[Event | Answer]) -> None:
    """The event stream: a plan, the engine's events, and the answer or what failed."""
    emit({"event": "plan", **answers.route_json(plan, plan.routing.seconds)})
    try:
        for event in events:
            line = event_json(event)
            if line:
                emit(line)
    except RadliteError as error:
        emit({"event": "error", "message": str(error), "exit": error.exit_code})
        raise


def event_json(event: Event | Answer) -> dict[str, object]:
    """One event as an object; empty for those the answer repeats."""
    if isinstance(event, Answer):
        return {"event": "answer", **answers.ask_json(event)}
    if isinstance(event, (Loading, Prefill, Token)):
        return {"event": type(event).__name__.lower(), **asdict(event)}
    if isinstance(event, Stats):
        return {"event": "stats", **answers.stats_json(event)}
    if isinstance(event, Failed):
        return {"event": "failed", "kind": event.kind, "message": event.message, "text": event.text}
    return {}
