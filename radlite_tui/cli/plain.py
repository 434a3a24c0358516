"""The line mode: report, words, answer, one line after another. For screen readers, old terminals and pipes.

May import `assistant` and its siblings. The same assistant as the app; what is said about an answer goes to standard
error, so that standard output holds answers alone.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from radlite_tui import NOT_FOR_CLINICAL_USE, __version__
from radlite_tui.assistant import answers, intake
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.planning import ENSEMBLE, KNOWN_TASKS, known
from radlite_tui.assistant.types import Answer, Ask
from radlite_tui.cli import request
from radlite_tui.cli.output import narrate, say
from radlite_tui.engine.protocol import Loading, Prefill
from radlite_tui.errors import BadInput, RadliteError
from radlite_tui.tasks.report import Report

END = "."
HELP = """\
Say what you want of the report in your own words, or:
  :report FILE   open a report          :paste         type or paste one, ended by a line with only a full stop
  :prior FILE    open an earlier report :show          the report
  :task TAG      fix the task, or auto  :model NAME    fix the model, or auto, or ensemble
  :mode MODE     fix the mode, or auto  :help          this
  :quit          leave (so does Ctrl+D); Ctrl+C stops an answer"""


def run(path: Path | None) -> int:
    """The line mode until the input ends; gives the exit code."""
    narrate(f"RadLite {__version__}. {NOT_FOR_CLINICAL_USE}. :help lists the commands.")
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="surrogateescape")
    with closing(Assistant.create()) as assistant:
        session = Session(assistant)
        if path is not None:
            session.open(str(path))
        code = 0
        while (line := session.read()) is not None:
            try:
                if session.do(line.strip()):
                    break
            except RadliteError as error:
                narrate(str(error))
                code = error.exit_code
    return 0 if sys.stdin.isatty() else code


class Session:
    """What has been opened and fixed so far."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._ask = Ask(Report(""))

    def read(self) -> str | None:
        """The next line, or None at the end of the input."""
        return next_line("> ")

    def do(self, line: str) -> bool:
        """One command or request; True to leave. Raises RadliteError."""
        name, _, rest = line.partition(" ")
        rest = rest.strip()
        if not line:
            return False
        if name in (":quit", ":q"):
            return True
        if name == ":help":
            narrate(HELP)
        elif name == ":report":
            self.open(rest)
        elif name == ":prior":
            self._ask = replace(self._ask, report=replace(self._ask.report, prior=intake.read_file(rest)))
        elif name == ":paste":
            self.paste()
        elif name == ":show":
            say(self._ask.report.text or "No report is open.")
        elif name in (":task", ":model", ":mode"):
            self.fix(name[1:], rest)
        elif name.startswith(":"):
            raise BadInput(f"Unknown command {name}; :help lists them.")
        else:
            self.answer(line)
        return False

    def open(self, name: str) -> None:
        """Open a report file."""
        if not name:
            raise BadInput("Name a file: :report FILE.")
        self._ask = replace(self._ask, report=Report(intake.read_file(name), None, Path(name).name))
        narrate(f"{name}: {len(self._ask.report.text.split())} words")

    def paste(self) -> None:
        """Take lines as the report until a line with only a full stop."""
        narrate("Paste the report; end it with a line that has only a full stop.")
        lines = []
        while (line := next_line("")) is not None and line.strip() != END:
            lines.append(line)
        text = intake.check("\n".join(lines), "What was pasted")
        self._ask = replace(self._ask, report=Report(text, None, "pasted"))
        narrate(f"pasted: {len(text.split())} words")

    def fix(self, what: str, value: str) -> None:
        """Fix task, model or mode for what follows, or leave it to the routing again."""
        value = value or request.AUTO
        if what == "mode":
            self._ask = replace(self._ask, mode=request.mode(value))
        elif what == "task":
            known("task", value, (*KNOWN_TASKS, request.AUTO))
            self._ask = replace(self._ask, task=request.fixed(value))
        else:
            names = tuple(manifest.name for manifest in self._assistant.models())
            known("model", value, (*names, ENSEMBLE, request.AUTO))
            self._ask = replace(self._ask, model=request.fixed(value))
        narrate(f"{what}: {value}")

    def answer(self, words: str) -> None:
        """Route, run and print one request."""
        intake.check(words, "What you typed")
        plan = self._assistant.plan(replace(self._ask, words=words))
        if self._assistant.missing(plan):
            raise BadInput(self._assistant.missing(plan))
        narrate(f"{answers.route_line(plan)}: {answers.reason(plan)}")
        with stopped_by_interrupt(self._assistant):
            for event in self._assistant.run(plan):
                if isinstance(event, Loading):
                    narrate(f"loading {event.file}")
                elif isinstance(event, Prefill) and event.done == event.total:
                    narrate(f"read {event.total} tokens")
                elif isinstance(event, Answer):
                    self.show(event)

    def show(self, answer: Answer) -> None:
        """An answer laid out, and what is known of it."""
        for line in answers.lines(answer):
            say(line)
        if answer.finish == "cancelled":
            narrate("Stopped.")
        elif answer.output is None:
            narrate(f"The answer does not have the task's form: {answer.parse_error}")
        for warning in answer.warnings:
            narrate(f"warning ({warning.kind}): {warning.message}")
        narrate(answers.stats_line(answer.stats))
        narrate(answers.notice(answer))


def next_line(prompt: str) -> str | None:
    """A line of input without its end, or None when there is no more. A person at a terminal can edit the line."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        with suppress(ImportError):
            import readline  # noqa: F401 - makes `input` editable
        try:
            return input(prompt)
        except EOFError:
            return None
    line = sys.stdin.readline()
    return line.rstrip("\r\n") if line else None


@contextmanager
def stopped_by_interrupt(assistant: Assistant) -> Iterator[None]:
    """While an answer is written, Ctrl+C stops the answer and not the program."""
    before = signal.signal(signal.SIGINT, lambda *_: threading.Thread(target=assistant.cancel, daemon=True).start())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
