"""What a list of copied spans may look like, character by character, so that an entity that is not in the report cannot
be written. Imports `segments` only; pure.

Word borders hold at both ends: "lung" is no span of "lungs". A span comes at most as often as it stands in the source.
"""

from __future__ import annotations

import re
from collections import Counter
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
        self._counts: dict[str, int] = {}
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
        if self._spans.nothing.startswith(body) and not self._begins(last):
            return self._spans.nothing[len(body) :]
        for words in range(4):
            for found in re.finditer(rf"(?<!\w){re.escape(last)}\w*(?: \S+){{{words}}}", self._source):
                rest = found.group()[len(last) :]
                if self.state(text + rest) == "whole":
                    return rest
        return ""

    def _list(self, body: str, may_go_on: bool) -> State | None:
        if not body:
            return "open"
        if self._spans.nothing.startswith(body):
            if body == self._spans.nothing:
                return "whole"
            if not self._begins(body):
                return "open"
        *done, last = body.split(self._spans.separator)
        written: Counter[str] = Counter()
        for item in done:
            written[item] += 1
            if self._count(item) < written[item]:
                return None
        if done and not may_go_on and not last:
            return None
        if not last:
            return "open"
        if self._count(last) > written[last]:
            return "whole"
        if self._begins(last):
            return "open"
        return self._separating(last, written) if may_go_on else None

    def _separating(self, last: str, written: Counter[str]) -> State | None:
        """Whether `last` is a whole span and the beginning of a separator."""
        separator = self._spans.separator
        for size in range(1, len(separator)):
            item = last[:-size]
            if last.endswith(separator[:size]) and self._count(item) > written[item]:
                return "open"
        return None

    def _begins(self, text: str) -> bool:
        """Whether some longer span begins so."""
        return bool(text.strip()) and re.search(rf"(?<!\w){re.escape(text)}.", self._source) is not None

    def _count(self, item: str) -> int:
        """How often the span stands in the source, between word borders; 0 for one with space at an end."""
        if item not in self._counts:
            whole = bool(item) and item == item.strip()
            self._counts[item] = len(re.findall(rf"(?<!\w){re.escape(item)}(?!\w)", self._source)) if whole else 0
        return self._counts[item]
