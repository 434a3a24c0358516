"""What crosses the pipe between `LocalEngine` and its worker process. Imports `protocol` and `options` only.

A frame is a four-byte length and a pickle. Both ends are this program, over a pipe nobody else holds.
"""

from __future__ import annotations

import pickle
import struct
import threading
from dataclasses import dataclass
from typing import Any, BinaryIO

from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import Event, ModelFiles, Request
from radlite_tui.segments import Prompt

_LENGTH = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Start:
    """The first message: how to run."""

    options: EngineOptions


@dataclass(frozen=True, slots=True)
class Generate:
    """Answer a request; events come back under its number. ahead: only read its prompt, while nobody asks anything."""

    number: int
    request: Request
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """Count a prompt's tokens; `Counted`, or an event `Failed`, comes back."""

    number: int
    model: ModelFiles
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the request with this number, running or waiting."""

    number: int


Command = Start | Generate | Count | Cancel


@dataclass(frozen=True, slots=True)
class Counted:
    """A prompt's length in tokens."""

    tokens: int


@dataclass(frozen=True, slots=True)
class Alive:
    """Computing goes on. Comes under number 0."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Events of a request that came at once, the answer to a count, or a sign of life."""

    number: int
    events: tuple[Event | Counted | Alive, ...]


class Channel:
    """One end of the pipe. Sending is thread-safe; only one thread may receive."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming, self._outgoing = incoming, outgoing
        self._sending = threading.Lock()

    def send(self, message: Command | Reply) -> None:
        """Raises OSError (or ValueError once closed) when the other end is gone."""
        frame = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        with self._sending:
            self._outgoing.write(_LENGTH.pack(len(frame)) + frame)
            self._outgoing.flush()

    def receive(self) -> Any:
        """The next message, or None when the other end is gone."""
        try:
            header = self._incoming.read(_LENGTH.size)
            if len(header) < _LENGTH.size:
                return None
            (size,) = _LENGTH.unpack(header)
            frame = self._incoming.read(size)
        except (OSError, ValueError):
            return None
        return pickle.loads(frame) if len(frame) == size else None

    def close_outgoing(self) -> None:
        """Tell the other end that nothing more comes."""
        try:
            with self._sending:
                self._outgoing.close()
        except OSError:
            pass  # the other end went first; there is nobody left to tell

    def close_incoming(self) -> None:
        self._incoming.close()
