"""`radlite-tui route`: what would run, without running it. Loads no model."""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace
from dataclasses import replace

from radlite_tui.assistant import answers
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.cli import request
from radlite_tui.cli.output import emit, say
from radlite_tui.errors import BadInput, RadliteError
from radlite_tui.tasks.report import Report

STREAM = ["-"]


def run(arguments: Namespace) -> int:
    """One route, or a route a line of standard input; gives the exit code."""
    if arguments.words == STREAM:
        if not arguments.jsonl:
            raise BadInput("`route -` reads requests from standard input and needs --jsonl.")
        if arguments.report is not None or arguments.prior is not None:
            raise BadInput("`route -` takes reports from its lines; leave --report and --prior out.")
        return stream(arguments)
    asked = request.ask(arguments)
    assistant = Assistant.create()
    assistant.warm()
    started = time.perf_counter()
    plan = assistant.plan(asked)
    seconds = time.perf_counter() - started
    if arguments.json or arguments.jsonl:
        emit(answers.route_json(plan, seconds), pretty=arguments.json)
    else:
        say(answers.route_line(plan))
        say(f"because: {answers.reason(plan)}")
        missing = assistant.missing(plan)
        if missing:
            say(f"missing: {missing}")
    return 0


def stream(arguments: Namespace) -> int:
    """`{"id", "words", "report"?, "prior"?, "task"?}` lines in, route objects with their id out, in order.

    A line that cannot be routed gives `{"id", "error"}`, and the exit code says so in the end.
    """
    assistant = Assistant.create()
    assistant.warm()
    base = request.ask(replace_words(arguments))
    code = 0
    for number, line in enumerate(sys.stdin.buffer, 1):
        if not line.strip():
            continue
        identity: object = None
        try:
            fields = read_line(line, number)
            identity = fields.get("id")
            asked = replace(
                base,
                words=text(fields, "words", number),
                report=Report(text(fields, "report", number), text(fields, "prior", number) or None),
                task=text(fields, "task", number) or base.task,
            )
            started = time.perf_counter()
            plan = assistant.plan(asked)
            seconds = time.perf_counter() - started
            emit({"id": identity, **answers.route_json(plan, seconds)})
        except RadliteError as error:
            emit({"id": identity, "error": str(error)})
            code = error.exit_code
    return code


def replace_words(arguments: Namespace) -> Namespace:
    """The same arguments without the `-`."""
    return Namespace(**{**vars(arguments), "words": []})


def read_line(line: bytes, number: int) -> dict[str, object]:
    """One JSON object. Raises BadInput naming the line."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"Line {number} is not JSON ({error}); give one object a line.") from error
    if not isinstance(fields, dict):
        raise BadInput(f"Line {number} is not a JSON object; give one object a line.")
    return fields


def text(fields: dict[str, object], name: str, number: int) -> str:
    """A text field, empty when absent. Raises BadInput naming line and key."""
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadInput(f"Line {number}: {name!r} is not a text.")
    return value
