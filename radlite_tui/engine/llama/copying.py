"""What a list of copied spans may look like, character by character, so that an entity that is not in the report cannot
be written. Imports `segments` only; pure.

Word borders hold at both ends: "lung" is no span of "lungs". Each span of a list starts at a place of its own, so one
comes at most as often as it stands in the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from radlite_tui.segments import Spans

State = Literal["open", "whole", "over"]
"""open: more must come; whole: the list may end here; over: it has ended, and what follows it has begun."""


class Copying:
    """One list. lead: what must stand before its first character; after: the literal text that follows it ("" at the
    end of the answer)."""

    def __init__(self, spans: Spans, lead: str, after: str) -> None:
        self._spans, self._lead, self._after = spans, lead, after
        self._source = " ".join(spans.source.split())
        self._found: dict[tuple[str, bool], set[int]] = {}
        self.ends_answer = not after

    def state(self, text: str, *, may_go_on: bool = True) -> State | None:
        """What `text`, lead included, is: None when no list can begin so. may_go_on: whether a separator may follow."""
        if len(text) < len(self._lead) or not text.startswith(self._lead):
            return "open" if self._lead.startswith(text) else None
        body = text[len(self._lead) :]
        if self._after:
            body, border, tail = body.partition(self._after[0])
            if border:
                fits = self._after.startswith(border + tail)
                return "over" if fits and self._list(body, may_go_on) == "whole" else None
        return self._list(body, may_go_on)

    def before_after(self, text: str) -> str:
        """The list itself, lead included, without what already follows it."""
        if not self._after:
            return text
        start = len(self._lead)
        return text[:start] + text[start:].partition(self._after[0])[0]

    def completion(self, text: str) -> str:
        """A short text that makes an open list whole: the rest of a span, or `nothing` for an empty list. Empty when
        there is none."""
        body = text[len(self._lead) :]
        if not body:
            return self._lead[len(text) :] + self._spans.nothing
        last = body.split(self._spans.separator)[-1]
        if self._spans.nothing.startswith(body) and not self._starts(last, whole=False):
            return self._spans.nothing[len(body) :]
        for words in range(4):
            for found in re.finditer(rf"(?<!\w){re.escape(last)}\w*(?: \S+){{{words}}}", self._source):
                rest = found.group()[len(last) :]
                if self.state(text + rest) == "whole":
                    return rest
        return ""

    def coming(self, text: str, longest: int) -> Iterator[str]:
        """What may come next, as texts of `longest` characters or so, of which every beginning may come. A further span
        is only begun where `text` ends with a separator."""
        if len(text) < len(self._lead):
            yield from (self._lead[len(text) :] + more for more in self.coming(self._lead, longest))
            return
        body = text[len(self._lead) :]
        if self._spans.nothing.startswith(body):
            yield self._spans.nothing[len(body) :] + self._after
        last = body.split(self._spans.separator)[-1]
        starts = (
            self._starts(last, whole=False) if last else {m.start() for m in re.finditer(r"(?<!\w)\S", self._source)}
        )
        for start in starts:
            more = self._source[start + len(last) :][:longest]
            yield more
            for border in re.finditer(r"(?<=\w)(?!\w)", more):
                yield from (more[: border.start()] + end for end in (self._spans.separator, self._after))
        yield from (self._spans.separator, self._after)
        separator = self._spans.separator
        yield from (separator[size:] for size in range(1, len(separator)) if body.endswith(separator[:size]))

    def _list(self, body: str, may_go_on: bool) -> State | None:
        if not body:
            return "open"
        if self._spans.nothing.startswith(body):
            if body == self._spans.nothing:
                return "whole"
            if not self._starts(body, whole=False):
                return "open"
        *done, last = body.split(self._spans.separator)
        used: set[int] = set()
        for item in done:
            free = self._starts(item, whole=True) - used
            if not free:
                return None
            used.add(min(free))
        if not last:
            return "open" if may_go_on or not done else None
        if self._starts(last, whole=True) - used:
            return "whole"
        if self._starts(last, whole=False) - used:
            return "open"
        return self._separating(last, used) if may_go_on else None

    def _separating(self, last: str, used: set[int]) -> State | None:
        """Whether `last` is a whole span and the beginning of a separator."""
        separator = self._spans.separator
        for size in range(1, len(separator)):
            if last.endswith(separator[:size]) and self._starts(last[:-size], whole=True) - used:
                return "open"
        return None

    def _starts(self, text: str, *, whole: bool) -> set[int]:
        """Where spans that are the text (whole), or that are longer and begin so, start in the source."""
        key = (text, whole)
        if key not in self._found:
            plain = bool(text.strip()) and text == (text.strip() if whole else text.lstrip())
            pattern = rf"(?<!\w){re.escape(text)}" + (r"(?!\w)" if whole else ".")
            self._found[key] = {m.start() for m in re.finditer(pattern, self._source)} if plain else set()
        return self._found[key]
