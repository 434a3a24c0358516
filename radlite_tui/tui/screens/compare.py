"""The same request in zero-shot, few-shot and fine-tuned mode: columns where there is room, one at a time elsewhere.

May import the assistant and `tui.widgets`. Columns run one after the other, since they share the machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from radlite_tui import tasks
from radlite_tui.assistant import intake
from radlite_tui.assistant.comparison import MODES, Expected, agreement, expected
from radlite_tui.assistant.types import Answer, Ask
from radlite_tui.engine.protocol import Failed
from radlite_tui.tasks.base import Mode
from radlite_tui.tui.choices import title
from radlite_tui.tui.drawing import MUTED, lines
from radlite_tui.tui.messages import Arrived, Ended, Trouble
from radlite_tui.tui.progress import Progress, rate
from radlite_tui.tui.widgets.answer import CURSOR, finished
from radlite_tui.tui.widgets.key_line import KeyLine
from radlite_tui.tui.widgets.status import Standing, StatusLine

if TYPE_CHECKING:
    from radlite_tui.tui.application import RadliteApp

FREE_TEXT = ("impression_generation", "radiology_qa", tasks.CHAT)
KEYS = (
    ("compare.back", "stop or back"),
    ("compare.previous", "previous"),
    ("compare.next", "next"),
    ("app.help", "keys"),
)


class ColumnView(VerticalScroll):
    """One mode's answer as it comes."""

    def __init__(self, mode: Mode) -> None:
        super().__init__(id=f"column-{mode.value.replace('+', '-')}", classes="column")
        self.mode = mode
        self.progress: Progress | None = None
        self.answer: Answer | None = None
        self.trouble = ""

    def compose(self) -> ComposeResult:
        yield Static(classes="column-text")

    def on_mount(self) -> None:
        self.border_title = self.mode.value
        self.draw()

    def on_resize(self) -> None:
        self.draw()

    def draw(self) -> None:
        """The answer, or how far it is; the live figures stand in the border."""
        width = max(20, self.content_size.width - 1)
        self.query_one(".column-text", Static).update(lines(self.text(width)))
        self.border_subtitle = self.figures()

    def text(self, width: int) -> list[Content]:
        if self.trouble:
            return [Content.styled(f"⚠ {intake.display(self.trouble)}", "$text-error")]
        if self.answer is not None:
            return finished(self.answer, width)
        if self.progress is None:
            return [Content.styled("waiting …", MUTED)]
        if self.progress.text:
            return [Content(intake.display(self.progress.text) + CURSOR)]
        return [
            Content.styled(f"{self.progress.state} {self.progress.prompt_done}/{self.progress.prompt_total}", MUTED)
        ]

    def figures(self) -> str:
        """First token, speed and tokens: measured when over, live before."""
        if self.answer is not None:
            stats = self.answer.stats
            speed = f"{rate(stats.decode_tok_s)} tok/s · {stats.completion_tokens} tok"
            return f"first {stats.first_token_s:.2f} s · {speed}"
        if self.progress is not None and self.progress.tokens:
            return f"{rate(self.progress.decode_tok_s)} tok/s · {self.progress.tokens} tok"
        return ""


class CompareScreen(Screen[None]):
    """ask: the request, with its task fixed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+e", "back", "Stop; then back to the conversation", id="compare.back", priority=True),
        Binding("left_square_bracket,left", "turn(-1)", "Previous column", id="compare.previous"),
        Binding("right_square_bracket,right", "turn(1)", "Next column", id="compare.next"),
    ]

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self.ask = ask
        self.current = 0
        self.over = False

    @property
    def radlite(self) -> RadliteApp:
        return cast("RadliteApp", self.app)

    def compose(self) -> ComposeResult:
        yield Static(id="compare-head")
        with Horizontal(id="columns"):
            for mode in MODES:
                yield ColumnView(mode)
        yield Static(id="agreement")
        yield StatusLine(id="status")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        self.turn_to(len(MODES) - 1)
        assistant = self.radlite.assistant
        assert assistant is not None
        self.radlite.start_run(lambda: assistant.compare(self.ask), self)
        self.call_after_refresh(lambda: self.query_one(KeyLine).show(KEYS))

    @property
    def columns(self) -> list[ColumnView]:
        return list(self.query(ColumnView))

    def column(self, mode: Mode) -> ColumnView:
        return next(column for column in self.columns if column.mode == mode)

    def on_arrived(self, message: Arrived) -> None:
        for seen, item in message.items:
            if isinstance(item, Ended):
                self.over = True
            elif isinstance(item, Trouble):
                self.fail(item.sentence)
            elif isinstance(item, tuple):
                column, event = self.column(item[0].mode), item[1]
                if isinstance(event, Answer):
                    column.answer = event
                    continue
                column.progress = (column.progress or Progress()).feed(event, seen)
                if isinstance(event, Failed):
                    column.trouble = event.message
        for column in self.columns:
            column.draw()
        self.draw()

    def fail(self, sentence: str) -> None:
        """The comparison as a whole cannot go on: said in the columns that have no answer."""
        for column in self.columns:
            if column.answer is None and not column.trouble:
                column.trouble = sentence

    def draw(self) -> None:
        """Head, agreement and status line."""
        words = intake.display(" ".join(self.ask.words.split()))
        head: list[str | tuple[str, str]] = [(f"Compare: {title(self.ask.task or 'chat')}", "bold $text-primary")]
        if words:
            head.append(f" · {words}")
        answers = [column.answer for column in self.columns if column.answer is not None]
        if any(answer.model.demonstration for answer in answers):
            head.append(("  demonstration model", "italic $text-warning"))
        self.query_one("#compare-head", Static).update(Content.assemble(*head))
        self.query_one("#agreement", Static).update(self.agreed(answers))
        front = self.columns[self.current]
        state = "done" if self.over else (front.progress.state if front.progress is not None else "starting")
        model = answers[0].model.name if answers else ""
        self.query_one("#status", StatusLine).show(Standing(state, "compare", model, front.mode.value), front.progress)
        self.tabs()

    def agreed(self, answers: list[Answer]) -> Content:
        """Which answers are as expected, where that is known, and how far they agree once there are two."""
        said: list[str | tuple[str, str]] = []
        wanted = self.expected(answers)
        if wanted is not None:
            text = " ".join(wanted.text.split())
            said += [("Expected: ", "bold"), text[:36] + "…" if len(text) > 36 else text, " "]
            said += [f" {a.mode} {'✓' if right else '✗'} " for a, right in zip(answers, wanted.matches, strict=True)]
            said.append("  ")
        share, pairs = agreement(answers), len(answers) * (len(answers) - 1) // 2
        if share is not None:
            said += [("Agreement: ", "bold"), f"{round(share * pairs)} of {pairs} pairs"]
        return Content.assemble(*said) if said else Content.styled("Agreement shows when two answers are there.", MUTED)

    def expected(self, answers: list[Answer]) -> Expected | None:
        """The author's answer, where the request is one of the task's own examples and not of free text."""
        tag = self.ask.task
        if tag is None or tag in FREE_TEXT or not answers:
            return None
        for example in tasks.get(tag).demonstrations:
            if example.report.text == self.ask.report.text and example.words == self.ask.words.strip():
                return expected(tag, example.answer, answers[0].plan.ask.report, answers)
        return None

    def tabs(self) -> None:
        """Which column is in front, said in each one's title (seen when one shows at a time)."""
        for number, column in enumerate(self.columns):
            done = " ✓" if column.answer is not None else (" ⚠" if column.trouble else "")
            column.border_title = f"{column.mode.value}{done} ({number + 1} of {len(self.columns)})"

    def turn_to(self, number: int) -> None:
        self.current = number % len(MODES)
        for place, column in enumerate(self.columns):
            column.set_class(place == self.current, "-current")
        self.columns[self.current].focus()
        self.draw()

    def action_turn(self, step: int) -> None:
        self.turn_to(self.current + step)

    def action_back(self) -> None:
        """Esc: stop the comparison; once it is over, leave."""
        if self.over:
            self.dismiss()
        else:
            self.radlite.stop_run()
