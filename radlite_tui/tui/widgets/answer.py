"""One turn of the conversation: what was asked, the answer as it comes, and its figures.

May import Textual, `drawing`, `progress` and the assistant's types. Every answer says its task, model and mode, that
it is not for clinical use, and, where the model is a demonstration, that too.
"""

from __future__ import annotations

from textual.content import Content

from radlite_tui import NOT_FOR_CLINICAL_USE, tasks
from radlite_tui.assistant import intake
from radlite_tui.assistant.planning import continuable
from radlite_tui.assistant.types import Answer, Plan
from radlite_tui.engine.protocol import Stats
from radlite_tui.tui.choices import sure, title
from radlite_tui.tui.drawing import draw_raw
from radlite_tui.tui.figures import rate
from radlite_tui.tui.grounded import draw_answer, left_over
from radlite_tui.tui.lines import MUTED, flow, lines
from radlite_tui.tui.markdown import draw_markdown
from radlite_tui.tui.progress import Progress
from radlite_tui.tui.too_long import MAIN_PART
from radlite_tui.tui.widgets.growing import GrowingText
from radlite_tui.tui.widgets.redrawn import Redrawn

CURSOR = "▌"
GROWTH = 4
"""Lines by which the place of a running answer grows."""


class Turn(Redrawn):
    """What the user asked, and its answer. Drawn again when its width changes."""

    def __init__(self, plan: Plan, demonstration: bool) -> None:
        super().__init__(classes="turn")
        self.plan = plan
        self.demonstration = demonstration
        self.progress = Progress()
        self.answer: Answer | None = None
        self.trouble = ""
        self.drawn_width = 0
        self.growing = GrowingText()
        self.top_width, self.top_lines = 0, list[Content]()

    def on_resize(self) -> None:
        if self.content_size.width != self.drawn_width:
            self.draw()

    def follow(self, progress: Progress) -> None:
        """More of the answer came."""
        before, self.progress = self.progress, progress
        if (progress.text, progress.state, progress.file) != (before.text, before.state, before.file):
            self.draw()

    def finish(self, answer: Answer) -> None:
        """The whole answer is there."""
        self.answer = answer
        self.draw()

    def fail(self, sentence: str) -> None:
        """There will be no (more) answer; what there was of it stays."""
        self.trouble = sentence
        self.draw()

    def draw(self) -> None:
        width = self.content_size.width or 76
        self.drawn_width = width
        self.step = 1 if self.answer is not None or self.trouble else GROWTH
        self.show([*self.top(width), *self.body(width)])

    def top(self, width: int) -> list[Content]:
        """What stands above the answer; the same as long as the width is."""
        if width != self.top_width:
            rule = Content.styled("─" * width, MUTED)
            self.top_width, self.top_lines = width, [self.question(), rule, self.head(width)]
        return self.top_lines

    def question(self) -> Content:
        words = intake.display(self.plan.ask.words.strip()) or "(no words: the task was picked)"
        return Content.assemble(("you  ", "bold"), words)

    def head(self, width: int) -> Content:
        """Who answers; the warning that cannot be scrolled apart from the answer."""
        name = Content.styled(title(self.plan.routing.task or "chat"), "bold $text-primary")
        parts = [Content(str(self.plan.model)), Content(str(self.plan.mode)), Content.styled(sure(self.plan), MUTED)]
        if MAIN_PART in self.plan.ask.report.source:
            parts.append(Content.styled(MAIN_PART, "bold"))
        if self.plan.ask.earlier:
            parts.append(Content.styled(f"turn {len(self.plan.ask.earlier) + 1} of this chat", MUTED))
        notice = NOT_FOR_CLINICAL_USE
        if self.demonstration:
            poor = ", too small to converse well" if self.plan.routing.task == tasks.CHAT else ""
            notice = f"demonstration model{poor} · {NOT_FOR_CLINICAL_USE}"
        return lines([flow([name, *parts], width), Content.styled(notice, "italic $text-warning")])

    def body(self, width: int) -> list[Content]:
        if self.answer is not None:
            return finished(self.answer, width)
        text = intake.display(self.progress.text)
        if self.trouble:
            kept = [Content(text)] if text.strip() else []
            return [*kept, Content.styled(f"⚠ {intake.display(self.trouble)}", "$text-error")]
        if text:
            prose = self.plan.routing.task in (tasks.CHAT, "radiology_qa")
            return [draw_markdown(text + CURSOR, width)] if prose else self.growing.lines(text, width, CURSOR)
        waiting = {
            "starting": "starting …",
            "loading": f"loading {self.progress.file} …",
            "reading": "reading the report …",
        }
        return [Content.styled(waiting.get(self.progress.state, "…"), MUTED)]

    def plain(self) -> str:
        """The answer as text, for the clipboard."""
        return self.answer.text.strip() if self.answer is not None else self.progress.text.strip()


def finished(answer: Answer, width: int) -> list[Content]:
    """The body and foot of an answer that is over."""
    parts: list[Content] = []
    text = intake.display(answer.text)
    if answer.finish == "cancelled":
        parts += [draw_markdown(text, width)] if text.strip() else []
        go_on = "; c goes on from here" if continuable(answer.task) else ""
        parts.append(Content.styled(f"■ stopped; this is what there was{go_on}", "$text-warning"))
    elif answer.output is None:
        parts.append(draw_raw(text, answer.parse_error))
    else:
        parts.append(draw_answer(answer, width))
    if answer.parsed == "lenient" and answer.finish != "cancelled":
        parts.append(Content.styled("≈ the form was loose; read as well as it could be", "$text-warning"))
    if answer.finish == "length":
        parts.append(Content.styled("… cut at the answer's length limit; c goes on", "$text-warning"))
    parts += [Content.styled(f"⚠ {intake.display(warning.message)}", "$text-warning") for warning in left_over(answer)]
    parts.append(flow([Content.styled(figure, MUTED) for figure in figures(answer.stats)], width))
    return parts


def figures(stats: Stats) -> list[str]:
    """The figures of an answer, all as the engine measured them."""
    fresh = stats.prompt_tokens - stats.cached_tokens
    read = f"{fresh} tok read" + (f" {stats.prefill_tok_s:.0f}/s" if stats.prefill_tok_s else "")
    cached = f", {stats.cached_tokens} cached" if stats.cached_tokens else ""
    wrote = f"{stats.completion_tokens} written" + (f" {rate(stats.decode_tok_s)}/s" if stats.decode_tok_s else "")
    first = f"first {stats.first_token_s:.2f} s, " if stats.first_token_s else ""
    return [read + cached, wrote, f"{first}all {stats.total_s:.2f} s"]
