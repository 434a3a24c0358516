"""The line mode: report, words, answer, one line after another. For screen readers, old terminals and pipes.

May import `assistant` and its siblings. The same assistant as the app; what is said about an answer goes to standard
error, so that standard output holds answers alone.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from radlite_tui import NOT_FOR_CLINICAL_USE, __version__, settings, tasks
from radlite_tui.assistant import answers, comparison, intake
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.history import coding, export
from radlite_tui.assistant.history.endings import end_by
from radlite_tui.assistant.history.keeper import Keeper
from radlite_tui.assistant.history.recovery import Draft, Recovered
from radlite_tui.assistant.planning import ENSEMBLE, KNOWN_TASKS, known
from radlite_tui.assistant.types import Answer, Ask, Plan
from radlite_tui.cli import plain_files, request
from radlite_tui.cli.compare import ALL, chosen_models, order, print_columns
from radlite_tui.cli.plain_ending import Ended, kept_when_cut_off, offer
from radlite_tui.cli.plain_input import Lines, asking, whole
from radlite_tui.cli.plain_talk import Conversation
from radlite_tui.cli.plain_voice import Voice, keep_to_locale, plan_line
from radlite_tui.engine.protocol import Failed
from radlite_tui.errors import BadInput, RadliteError
from radlite_tui.tasks.report import Report

OFFERED = 3
STOP_AGAIN_S = 0.05
HELP = """\
Say what you want of the report in your own words, or a command (with / or : before it):
/paste: type or paste a report; end it with a line that has only a full stop, or /end
/report FILE: open a report (text, PDF, Word, HL7, FHIR or DICOM)
/prior: paste an earlier report; /prior FILE: open one
/show: read the report out; /show prior: the earlier one
/task TAG, /model NAME, /mode MODE: fix one of them for what follows; auto leaves it to the program again
/tasks, /models, /modes: what there is to choose from
/compare WORDS: the same request in three modes; without words, the last request
/again: the last answer once more; /save FILE: the answer into a file; /copy: into the clipboard
/new: a new conversation; a chat sees the earlier turns about the same report
/private: keep nothing of this conversation; /saving on, /saving off: keep what follows, or nothing more
/help: this. /quit: leave, and so does Ctrl+D. Ctrl+C stops an answer and keeps what there is of it."""


def run(path: Path | None) -> int:
    """The line mode until the input ends; gives the exit code."""
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="surrogateescape")
    keep_to_locale()
    voice, lines = Voice(), Lines()
    voice.tell(f"RadLite {__version__}. {NOT_FOR_CLINICAL_USE}. /help lists the commands.")
    settled = settings.read()
    try:
        with closing(Assistant.create(settled)) as assistant, closing(Keeper(settled, voice.tell)) as keeper:
            voice.tell(keeper.saving.sentence)
            session = Session(assistant, voice, lines, keeper)
            with kept_when_cut_off(keeper, session.draft):
                if path is not None:
                    session.open(str(path))
                code = talk(session, voice, lines, keeper)
    except Ended as ended:
        end_by(ended.number)
    return 0 if lines.person else code


def talk(session: Session, voice: Voice, lines: Lines, keeper: Keeper) -> int:
    """Line after line to the end of the input; gives the exit code of the last that failed."""
    code, first = 0, lines.person
    while True:
        try:
            if first:
                first = False
                offer(keeper, lines, voice.tell, session.take_up)
            line = asking("> ", lines, voice.tell)
            if line is None or session.do(line):
                return code
        except KeyboardInterrupt:
            if not lines.person:
                raise
            voice.tell("\nLeft it. /quit leaves the program, and so does Ctrl+D.")
        except RadliteError as error:
            voice.tell(str(error))
            code = error.exit_code


class Session:
    """What has been opened, fixed, asked and answered so far."""

    def __init__(self, assistant: Assistant, voice: Voice, lines: Lines, keeper: Keeper) -> None:
        self._assistant, self._voice, self._lines, self._keeper = assistant, voice, lines, keeper
        self._talk = Conversation(keeper, lines, voice.tell)
        self._ask = Ask(Report(""))
        self._offered: Plan | None = None
        self._latest: Answer | None = None
        self._words = ""
        self._pasting_prior = False
        self._commands: dict[str, Callable[[str], None]] = {
            "help": lambda _: voice.tell(HELP),
            "report": self.open,
            "open": self.open,
            "prior": self.prior,
            "paste": lambda _: self.paste(),
            "show": self.show_report,
            "task": lambda value: self.fix("task", value),
            "model": lambda value: self.fix("model", value),
            "mode": lambda value: self.fix("mode", value),
            "tasks": lambda _: self.list_tasks(),
            "models": lambda _: self.list_models(),
            "modes": lambda _: voice.tell("\n".join(request.MODES)),
            "compare": self.compare,
            "again": lambda _: self.show(self.latest()),
            "save": self.save,
            "copy": lambda _: self.copy(),
            "new": lambda _: self._talk.new(),
            "private": lambda _: self._talk.private(),
            "saving": self._talk.saving,
        }

    def do(self, line: str) -> bool:
        """One command or request; True to leave. Raises RadliteError."""
        self._lines.unread = ""
        line = line.rstrip("\r\n")
        if "\n" in line or (line.strip() and self._lines.more()):
            self.take_paste(line)
            return False
        line = line.strip()
        name, _, rest = line.partition(" ")
        if not line:
            return False
        if name in ("/quit", "/q", ":quit", ":q"):
            return True
        if name.startswith(("/", ":")):
            command = self._commands.get(name[1:])
            if command is None:
                raise BadInput(f"Unknown command {name}; /help lists them.")
            command(rest.strip())
        elif self._offered is not None and line.isdigit():
            self.choose(int(line))
        else:
            self.request(line)
        return False

    # The report.

    def open(self, name: str) -> None:
        """Open a report file, and say what was read out of it."""
        if not name:
            raise BadInput("Name a file: /report FILE.")
        taken = intake.read(name)
        self.tell_taken(taken)
        prior = taken.prior if taken.prior is not None else self._ask.report.prior
        self.hold(Report(taken.text, prior, taken.source))

    def tell_taken(self, taken: intake.Taken) -> None:
        for line in taken.lines() or (f"{taken.source}: {len(taken.text.split())} words.",):
            self._voice.tell(line)
        if taken.to_confirm:
            self._voice.tell("/show reads it out.")

    def prior(self, name: str) -> None:
        """An earlier report, from a file or pasted."""
        if name:
            taken = intake.read(name)
            self.tell_taken(taken)
            text = taken.text
        else:
            self._voice.tell("Paste the earlier report; end it with a line that has only a full stop, or /end.")
            self._pasting_prior = True
            try:
                text = intake.check(self._lines.until_end(), "What was pasted")
            finally:
                self._pasting_prior = False
            self._voice.tell(f"Earlier report: {len(text.split())} words.")
        self.hold(replace(self._ask.report, prior=text))

    def paste(self) -> None:
        """Take lines as the report until a line that ends it."""
        self._voice.tell("Paste the report; end it with a line that has only a full stop, or /end.")
        self.pasted(self._lines.until_end())

    def take_paste(self, line: str) -> None:
        """Several lines at once: a report, never a request."""
        if "\n" in line:
            self.pasted(line)
            return
        self._voice.tell("A paste is taken as the report; end it with a line that has only a full stop, or /end.")
        self.pasted(self._lines.until_end(line))

    def pasted(self, text: str) -> None:
        text = intake.check(text, "What was pasted")
        self.hold(Report(text, self._ask.report.prior, "pasted"))
        self._voice.tell(f"Report: {len(text.split())} words. Say what you want of it.")

    def hold(self, report: Report) -> None:
        self._ask, self._offered = replace(self._ask, report=report), None

    def show_report(self, which: str) -> None:
        report = self._ask.report
        text = report.prior if which == "prior" else report.text
        self._voice.answer(text or "No report is open.")

    # What a lost connection cuts off.

    def draft(self) -> Draft:
        """The report, as far as it has come, and the words that are not sent."""
        report, typed = self._ask.report, self._lines.typed()
        if self._lines.begun is None:
            return Draft(report, typed)
        text = whole("\n".join([*self._lines.begun, *([typed] if typed else [])]))
        return Draft(replace(report, prior=text) if self._pasting_prior else Report(text, report.prior, "pasted"))

    def take_up(self, found: Recovered) -> None:
        """Go on with what was cut off: its questions and answers once more, its report, and what was typed."""
        for turn in found.turns:
            self._words, answer = turn.ask.words, coding.answer_of(turn)
            if answer is not None:
                self._latest = answer
                self._talk.answered(answer)
            self._voice.tell(f"asked: {export.question(turn)}")
            for line in export.said(turn):
                self._voice.answer(line)
        self.hold(found.draft.report)
        for name, text in (("Report", found.draft.report.text), ("Earlier report", found.draft.report.prior or "")):
            if text.strip():
                self._voice.tell(f"{name}: {len(text.split())} words.")
        if found.draft.words:
            self._lines.put_back(found.draft.words)

    # What is fixed.

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
        self._voice.tell(f"{what}: {value}")

    def list_tasks(self) -> None:
        for tag in (*tasks.TAGS, tasks.CHAT):
            self._voice.tell(f"{tag}: {tasks.get(tag).help}")

    def list_models(self) -> None:
        for manifest in self._assistant.models():
            self._voice.tell(f"{manifest.name}: {manifest.title}")

    # Requests.

    def request(self, words: str) -> None:
        """Plan what was said; run it, or offer what it could mean."""
        intake.check(words, "What you typed")
        plan = self._assistant.plan(replace(self._ask, words=words))
        self._offered = plan if plan.routing.abstained and plan.routing.alternatives else None
        if self._offered is None:
            self.run(plan)
            return
        offers = enumerate(plan.routing.alternatives[:OFFERED], 1)
        shown = "  ".join(f"{n} {tasks.get(tag).title} {answers.percent(share)}" for n, (tag, share) in offers)
        self._voice.tell(f"Not sure what is meant: {shown}. Type a number, or say more.")

    def choose(self, number: int) -> None:
        """One of the tasks that were offered."""
        assert self._offered is not None
        offered = self._offered.routing.alternatives[:OFFERED]
        if not 1 <= number <= len(offered):
            raise BadInput(f"There is no number {number}; type 1 to {len(offered)}, or say more.")
        plan, self._offered = self._offered, None
        self.run(self._assistant.replan(plan, task=offered[number - 1][0]))

    def run(self, plan: Plan) -> None:
        """Run a plan and show its answer. Raises RadliteError."""
        if self._assistant.missing(plan):
            raise BadInput(self._assistant.missing(plan))
        self._words = plan.ask.words
        plan = self._talk.plan(plan)
        self._voice.tell(plan_line(plan, self.quantization(plan)))
        self._voice.tell(f"because: {answers.reason(plan)}")
        self._voice.begin()
        with stopped_by_interrupt(self._assistant):
            for event in self._keeper.record(self._assistant, plan, self._assistant.run(plan)):
                if isinstance(event, Answer):
                    self._latest = event
                    self._talk.answered(event)
                    self.show(event)
                elif isinstance(event, Failed):
                    if event.text.strip():
                        self._voice.answer(event.text)
                else:
                    self._voice.progress(event)

    def quantization(self, plan: Plan) -> str:
        found = [m for m in self._assistant.models() if m.name == plan.model]
        return found[0].files[0].quantization if found and found[0].files else ""

    def show(self, answer: Answer) -> None:
        """An answer laid out, and what is known of it."""
        for line in answers.lines(answer):
            self._voice.answer(line)
        if answer.finish == "cancelled":
            self._voice.tell("Stopped; this is what there was.")
        elif answer.output is None:
            self._voice.tell(f"The answer does not have the task's form: {answer.parse_error}")
        if answer.finish == "length":
            self._voice.tell("The answer was cut at its length limit.")
        for warning in answer.warnings:
            self._voice.tell(f"warning ({warning.kind}): {warning.message}")
        self._voice.tell(answers.stats_line(answer.stats))
        self._voice.tell(answers.notice(answer))

    def latest(self) -> Answer:
        if self._latest is None:
            raise BadInput("There is no answer yet; ask something first.")
        return self._latest

    def save(self, name: str) -> None:
        if not name:
            raise BadInput("Name a file: /save FILE.")
        self._voice.tell(f"Saved to {plain_files.save(self.latest(), name)}.")

    def copy(self) -> None:
        preference = self._keeper.settled.app.copy
        self._voice.tell(plain_files.copy(self.latest(), preference, self._lines, self._voice.tell))

    def compare(self, words: str) -> None:
        """The same request in three modes, one below the other."""
        asked = replace(self._ask, words=words or self._words)
        plan = self._assistant.plan(asked)
        modes, models = comparison.MODES, chosen_models(None if self._ask.model is None else self._ask.model, (ALL,))
        runs: dict[comparison.Column, Answer | Failed] = {}
        self._voice.begin()
        with stopped_by_interrupt(self._assistant):
            for column, event in self._keeper.compare(self._assistant, asked, modes, models):
                if isinstance(event, (Answer, Failed)):
                    runs[column] = event
                    self._voice.tell(f"{column.mode}: {'done' if isinstance(event, Answer) else event.message}")
                else:
                    self._voice.progress(event)
        runs = {column: runs[column] for column in sorted(runs, key=order(modes, models))}
        given = [event for event in runs.values() if isinstance(event, Answer)]
        print_columns(plan, runs, comparison.agreement(given), None)


@contextmanager
def stopped_by_interrupt(assistant: Assistant) -> Iterator[None]:
    """While an answer is written, Ctrl+C stops the answer and not the program. The engine is told until it has ended,
    since a request that is only about to begin cannot hear it."""
    over = threading.Event()

    def stop() -> None:
        while not over.is_set():
            assistant.cancel()
            over.wait(STOP_AGAIN_S)

    before = signal.signal(signal.SIGINT, lambda *_: threading.Thread(target=stop, daemon=True).start())
    try:
        yield
    finally:
        over.set()
        signal.signal(signal.SIGINT, before)
