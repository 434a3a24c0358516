"""What the tests of every server ask it, and how near its probabilities are to the local engine's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from radlite_tui import tasks
from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.protocol import Done, Event, Failed, ModelFiles, Request, Token
from radlite_tui.engine.remote import RemoteEngine, Server
from radlite_tui.models.store import Store, engine_files
from radlite_tui.segments import Prompt
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.prompt import prompt
from radlite_tui.tasks.report import Report
from tests.engine.conftest import done
from tests.served import CONTEXT, KEY

SERVED = ModelFiles("served", context=CONTEXT)
NEAR = 0.15


def asked(tag: str, report: Report | None = None, mode: Mode = Mode.FINE_TUNED) -> Prompt:
    example = tasks.get(tag).demonstrations[0]
    return prompt(tasks.get(tag), mode, report or example.report, example.words)


def tuned(url: str) -> Iterator[RemoteEngine]:
    """The engine on the tuned model of a server; for a fixture."""
    engine = RemoteEngine(Server(url, "tuned", KEY))
    yield engine
    engine.close()


def streamed(engine: RemoteEngine) -> tuple[list[Event], Done]:
    """The events of an answer that came in pieces and was whole in the end."""
    events = list(engine.generate(Request(SERVED, asked("temporal_comparison"), max_tokens=24)))
    pieces = [event.text for event in events if isinstance(event, Token)]
    assert len(pieces) > 3
    assert "".join(pieces) == done(events).text
    return events, done(events)


def check_probabilities(engine: RemoteEngine, tags: Sequence[str]) -> None:
    """Near the local engine's, not equal: the server tokenises each turn in one piece, and writes freely where we
    decode over labels."""
    local_engine = LocalEngine()
    files = engine_files(Store().get("radlite-nano-qwen3"), Mode.FINE_TUNED)
    compared = 0
    for task, example in ((tasks.get(tag), example) for tag in tags for example in tasks.get(tag).examples[:3]):
        asking = prompt(task, Mode.FINE_TUNED, example.report, example.words)
        remote = done(engine.generate(Request(SERVED, asking, max_tokens=16, form=task.form())))
        if not remote.choices:
            continue
        local = done(local_engine.generate(Request(files, asking, form=task.form())))
        (ours,), (theirs,) = local.choices, remote.choices
        assert set(theirs) == set(task.labels or ())
        assert sum(theirs.values()) == pytest.approx(1)
        assert remote.text == max(theirs, key=lambda label: theirs[label])
        assert max(abs(ours[label] - theirs[label]) for label in ours) < NEAR
        compared += 1
    local_engine.close()
    assert compared >= 3


def refused(url: str) -> Failed:
    """What a server says to a wrong key."""
    engine = RemoteEngine(Server(url, "tuned", "wrong"))
    (last,) = engine.generate(Request(SERVED, asked("n_staging")))
    assert isinstance(last, Failed)
    assert "key" in last.message
    engine.close()
    return last
