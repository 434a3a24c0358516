"""A real engine asking the scripted server on loopback, for the tests of the engine on a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from radlite_tui.engine.protocol import Event, Failed, ModelFiles, Request
from radlite_tui.engine.remote import RemoteEngine, Server
from tests.engine.conftest import chat
from tests.engine.loopback import Line, Loopback, loopback

ASKED = Request(ModelFiles("served", context=4096), chat("Report: clear."), max_tokens=8)
LABELS = ("N0", "N1", "N2", "N3")
CLOSED = Request(ASKED.model, ASKED.prompt, max_tokens=8, form=(LABELS,))
Script = Callable[[Line, int], None]


@contextmanager
def asking(script: Script, *, tls: bool = False, **settings: Any) -> Iterator[tuple[RemoteEngine, Loopback]]:
    """An engine on a scripted server."""
    with loopback(script, tls=tls) as server:
        engine = RemoteEngine(Server(server.url, "m", first_wait_s=0.01, **settings))
        try:
            yield engine, server
        finally:
            engine.close()


def failed(events: Iterator[Event]) -> Failed:
    *_, last = events
    assert isinstance(last, Failed), last
    assert last.message.endswith((".", ")."))
    return last


def refusing(status: int, body: Any, **headers: str) -> Script:
    return lambda line, number: line.reply(status, body, **headers)
