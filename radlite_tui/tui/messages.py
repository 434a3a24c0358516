"""Every message the parts of the app send each other; the only place engine events become Textual messages.

May import Textual, and the assistant's types for their names only. Holds no behaviour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from radlite_tui.assistant.comparison import Column
    from radlite_tui.assistant.types import Answer
    from radlite_tui.engine.protocol import Event


@dataclass(frozen=True)
class Trouble:
    """A run ended without an answer; the sentence is for the user."""

    sentence: str


@dataclass(frozen=True)
class Ended:
    """The run's thread has finished; nothing more will come."""


if TYPE_CHECKING:
    Item = Event | Answer | Trouble | Ended | tuple[Column, Event | Answer]


class Arrived(Message):
    """What a run gave since the last message, in order, with the time each was seen (seconds, monotonic)."""

    def __init__(self, items: tuple[tuple[float, Item], ...]) -> None:
        super().__init__()
        self.items = items


class Sent(Message):
    """The user pressed Enter in the input line."""


class WordsChanged(Message):
    """The words in the input line changed."""


class NumberPressed(Message):
    """A digit was pressed while the routing line offers a numbered choice."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class LongPaste(Message):
    """A long text was pasted into the input line."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class ReportChanged(Message):
    """The report or the prior report has other text now."""


class EditReport(Message):
    """The report that is being read is to be edited."""


class ReportPasted(Message):
    """Text was pasted into an empty report."""


class Counted(Message):
    """The prompt that would run is this long."""

    def __init__(self, serial: int, tokens: int, context: int) -> None:
        super().__init__()
        self.serial = serial
        self.tokens = tokens
        self.context = context


class ReadIn(Message):
    """So many tokens of the report's beginning of a prompt are read ahead."""

    def __init__(self, serial: int, done: int, total: int) -> None:
        super().__init__()
        self.serial = serial
        self.done = done
        self.total = total


class Ready(Message):
    """The assistant is there, or why it is not."""

    def __init__(self, trouble: str = "") -> None:
        super().__init__()
        self.trouble = trouble
