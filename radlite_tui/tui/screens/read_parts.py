"""What the read screen is made of: report, conversation, routing line, input line, status line, and its state.

May import Textual and `tui.widgets`. Composes and names the parts; what happens with them is said in `read_planning`,
`read_running` and `read`, which build on each other in that order.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Container, Horizontal
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from radlite_tui.tui.counting import Counter
from radlite_tui.tui.reading_ahead import ReadingAhead
from radlite_tui.tui.widgets.ask_line import AskLine
from radlite_tui.tui.widgets.conversation import Conversation
from radlite_tui.tui.widgets.key_line import KeyLine
from radlite_tui.tui.widgets.report import ReportPane
from radlite_tui.tui.widgets.routing_line import RoutingLine
from radlite_tui.tui.widgets.status import Standing, StatusLine

if TYPE_CHECKING:
    from radlite_tui.assistant.types import Plan
    from radlite_tui.tasks.report import Report
    from radlite_tui.tui.application import RadliteApp
    from radlite_tui.tui.draft import Draft
    from radlite_tui.tui.following import Following
    from radlite_tui.tui.progress import Progress
    from radlite_tui.tui.too_long import Count, Refused
    from radlite_tui.tui.widgets.answer import Turn

IDLE_KEYS = (
    ("read.task", "task"),
    ("read.model", "model"),
    ("read.mode", "mode"),
    ("read.pick", "list"),
    ("read.compare", "compare"),
    ("app.help", "keys"),
)
BUSY_KEYS = (("read.stop", "stop"), ("read.report", "report"), ("app.help", "keys"))


class ReadParts(Screen[None]):
    """report: opened at the start, or None."""

    AUTO_FOCUS = "#ask"

    def __init__(self, report: Report | None = None) -> None:
        super().__init__()
        self.opened = report
        self.trouble = ""
        self.send_when_ready = False
        self.clear_pressed = False
        self.following: Following | None = None
        self.context = 0
        self.counter = Counter(self)
        self.reading = ReadingAhead(self)
        self.read_in = ""
        self.ahead: Progress | None = None
        self.examples_shown: dict[str, int] = {}
        self.plan_timer: Timer | None = None
        self.counted: Count | None = None
        self.sending: Plan | None = None
        self.typed = ""
        self.refused: Refused | None = None
        self.forgotten = 0
        self.replaces: Turn | None = None

    @cached_property
    def draft(self) -> Draft:
        """The request being put together; made with the first key, since it knows all that can be asked."""
        from radlite_tui.tui.draft import Draft

        return Draft()

    @property
    def radlite(self) -> RadliteApp:
        return cast("RadliteApp", self.app)

    def compose(self) -> ComposeResult:
        with Container(id="body"):
            yield ReportPane(id="report")
            yield Conversation(id="conversation")
        yield RoutingLine(id="routing")
        with Horizontal(id="ask-row"):
            yield Static("> ", id="prompt")
            yield AskLine(id="ask")
        yield StatusLine(id="status")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        self.ask_line.takes_long_paste = self.opened is None
        self.status.show(Standing("starting"), None)
        self.routing_line.hint("starting …")
        if self.opened is not None:
            self.pane.load(self.opened.text, self.opened.source, self.opened.prior)
        self.show_keys()

    @property
    def pane(self) -> ReportPane:
        return self.query_one("#report", ReportPane)

    @property
    def conversation(self) -> Conversation:
        return self.query_one("#conversation", Conversation)

    @property
    def routing_line(self) -> RoutingLine:
        return self.query_one("#routing", RoutingLine)

    @property
    def ask_line(self) -> AskLine:
        return self.query_one("#ask", AskLine)

    @property
    def status(self) -> StatusLine:
        return self.query_one("#status", StatusLine)

    def show_keys(self) -> None:
        self.query_one("#keys", KeyLine).show(BUSY_KEYS if self.radlite.busy else IDLE_KEYS)
