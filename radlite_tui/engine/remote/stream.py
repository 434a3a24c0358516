"""What a server sends while it answers: server-sent events, each with a chunk of JSON. Pure; raises ValueError.

Tolerant of what servers add or leave out, not of what is no answer at all: a chunk that is not JSON, or is JSON of
another shape, is a fault and never text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from radlite_tui.engine.remote.closed import Chances

DONE = "[DONE]"
LONGEST_EVENT = 4_000_000
"""Characters; more than that without an end is no answer's chunk."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One chunk. text: more of the answer. thought: it held the model's thinking, which is no answer. finish: why the
    answer ended, once it has. chances: the tokens of text with their alternatives, where served. usage, timings:
    figures of the whole request, where served. progress: (read, total, cached) prompt tokens. error: what the server
    says went wrong, as it put it.
    """

    text: str = ""
    thought: bool = False
    finish: str = ""
    chances: tuple[Chances, ...] = ()
    usage: Mapping[str, Any] = field(default_factory=dict)
    timings: Mapping[str, Any] = field(default_factory=dict)
    progress: tuple[int, int, int] | None = None
    error: Any = None


class Events:
    """Lines in, the data of each event out. One answer's; feed it every line, blank ones included."""

    def __init__(self) -> None:
        self._data: list[str] = []
        self._size = 0

    def feed(self, line: str) -> str | None:
        """The data of the event that this line ends, if it ends one. Raises ValueError for an endless event."""
        if not line:
            data, self._data, self._size = self._data, [], 0
            return "\n".join(data) if data else None
        name, _, value = line.partition(":")
        if name == "data":
            self._data.append(value.removeprefix(" "))
            self._size += len(value)
            if self._size > LONGEST_EVENT:
                raise ValueError("an event without an end")
        return None


def piece(data: str) -> Piece:
    """The chunk in an event's data. Raises ValueError when it is none."""
    chunk = json.loads(data)
    if not isinstance(chunk, dict):
        raise ValueError("a chunk that is no object")
    if chunk.get("error"):
        return Piece(error=chunk["error"])
    choices = chunk.get("choices")
    if not isinstance(choices, list):
        raise ValueError("a chunk without choices")
    first = choices[0] if choices else {}
    said = _table(_table(first).get("delta")) or _table(_table(first).get("message"))
    content = said.get("content")
    if not isinstance(content, str | None):
        raise ValueError("a chunk whose content is no text")
    return Piece(
        text=content or "",
        thought=bool(said.get("reasoning_content") or said.get("reasoning")),
        finish=str(_table(first).get("finish_reason") or ""),
        chances=_chances(_table(_table(first).get("logprobs")).get("content")),
        usage=_table(chunk.get("usage")),
        timings=_table(chunk.get("timings")),
        progress=_progress(_table(chunk.get("prompt_progress"))),
    )


def count(table: Mapping[str, Any], key: str) -> int:
    """A count that a server gave, 0 when it gave none."""
    value = table.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def measure(table: Mapping[str, Any], key: str) -> float:
    """A measurement that a server gave, 0 when it gave none."""
    value = table.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else 0.0


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _progress(table: Mapping[str, Any]) -> tuple[int, int, int] | None:
    total = count(table, "total")
    return (count(table, "processed"), total, count(table, "cache")) if total else None


def _chances(content: Any) -> tuple[Chances, ...]:
    """The tokens of a chunk with the alternatives listed for them; the token itself is always among them."""
    found = []
    for entry in content if isinstance(content, list) else ():
        listed = [entry, *(entry.get("top_logprobs") or ())] if isinstance(entry, dict) else []
        alternatives = {
            one["token"]: float(one["logprob"])
            for one in listed
            if isinstance(one, dict)
            and isinstance(one.get("token"), str)
            and isinstance(one.get("logprob"), int | float)
            and one["logprob"] <= 0
        }
        if listed and entry.get("token") in alternatives:
            found.append(Chances(entry["token"], alternatives))
    return tuple(found)
