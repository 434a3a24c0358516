"""Text that only grows, cut into lines as it comes. May import Textual's `Content` only.

A line that is full does not change any more, so of a long answer only the last line is wrapped again.
"""

from __future__ import annotations

from textual.content import Content


class GrowingText:
    """The lines of a text so far, broken as `Content` breaks the whole of it; only tabs, and words longer than a line,
    may be broken elsewhere."""

    def __init__(self) -> None:
        self.width = 0
        self.full: list[Content] = []
        self.taken = ""  # what `full` was made from

    def lines(self, text: str, width: int, end: str = "") -> list[Content]:
        """Lines of at most `width` cells; any text may be given, but what goes on from the last is cheap.

        end: stands behind the last line.
        """
        if width != self.width or not text.startswith(self.taken):
            self.width, self.full, self.taken = width, [], ""
        rest = text[len(self.taken) :]
        wrapped = Content(rest).wrap(width)
        last = wrapped[-1].plain if wrapped else ""
        if rest.endswith(last):  # not so where a tab has become spaces
            self.full += wrapped[:-1]
            self.taken = text[: len(text) - len(last)]
            return [*self.full, Content(last + end)]
        return [*self.full, *wrapped[:-1], Content(last + end)]
