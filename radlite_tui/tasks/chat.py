"""Plain conversation, for what is none of the nine tasks. May import its siblings in `tasks` only; pure."""

from __future__ import annotations

from radlite_tui.tasks.base import Example, Task
from radlite_tui.tasks.outputs import Output, TextOutput
from radlite_tui.tasks.reading import answer_text, expect
from radlite_tui.tasks.report import Report


class Chat(Task):
    """The user's words are the message; the report, if any, is its background."""

    tag = "chat"
    title = "Chat"
    help = "Plain conversation"
    instruction = "Reply to the message, briefly and plainly."
    answer_format = "Write one or two sentences."
    metric = "rouge_l"
    max_tokens = 256
    uses_words = True
    words_heading = "Message"

    def render(self, output: Output) -> str:
        return expect(output, TextOutput).answer.strip()

    def parse(self, text: str, report: Report, *, lenient: bool = False) -> TextOutput:
        return TextOutput(answer_text(text, lenient=lenient))

    examples = (
        Example(Report(""), "Hello. Paste a report or ask a question about radiology.", "Hello"),
        Example(Report(""), "You are welcome.", "Thanks, that was useful."),
        Example(
            Report(""),
            "I can give RADS categories, write impressions, compare reports, stage nodes and metastases, mark "
            "entities and findings, check statements and answer questions.",
            "What can you do?",
        ),
    )
    demonstrations = (
        Example(Report(""), "Paste the report on the left, then type what you want to know.", "How do I start?"),
    )


TASK = Chat()
