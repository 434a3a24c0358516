"""Every schema there ever was comes up to the newest with what it holds; a newer one is left alone."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from radlite_tui.assistant.history import steps
from radlite_tui.assistant.history.faults import HistoryFault
from radlite_tui.assistant.history.store import Store

ASKED = {
    "ask": {"words": "birads?", "task": None, "model": None, "mode": None, "max_tokens": None, "seed": 0},
    "routing": {
        "task": "rads_assignment", "confidence": 0.9, "by": "classifier", "alternatives": [["chat", 0.1]], "reason": "",
    },
    "model": "nano", "mode": "fine-tuned", "model_reason": "", "constrained": True,
}  # fmt: skip


def old(path: Path, version: int) -> None:
    """A database as this version of the schema wrote it, with one conversation."""
    connection = sqlite3.connect(path, isolation_level=None)
    steps.upgrade(connection, until=version)
    connection.execute("INSERT INTO conversation VALUES (7, 'birads?', 100.0, 200.0)")
    connection.execute("INSERT INTO report VALUES (1, 7, 'FINDINGS: mass.', NULL, 'a.txt')")
    connection.execute("INSERT INTO turn VALUES (3, 7, 1, NULL, 1, 100.0, 'birads?', ?)", (json.dumps(ASKED),))
    columns = "(turn, state, text, touched)"
    connection.execute(f"INSERT INTO answer {columns} VALUES (3, 'stop', 'BI-RADS 4', 100.0)")
    if version >= 2:
        for text, turn, place in (
            ("birads?", 0, "title"),
            ("FINDINGS: mass.", 0, "report"),
            ("BI-RADS 4", 1, "answer"),
        ):
            connection.execute("INSERT INTO search VALUES (?, 7, ?, ?)", (text, turn, place))
    connection.close()


@pytest.mark.parametrize("version", range(1, steps.VERSION + 1))
def test_every_old_schema_comes_up_with_what_it_holds(tmp_path: Path, version: int) -> None:
    path = tmp_path / "history.db"
    old(path, version)
    store = Store(path)
    turn = store.conversation(7).turns[0]
    assert turn.ask.report.text == "FINDINGS: mass."
    assert turn.routing.alternatives == (("chat", 0.1),)
    assert turn.answer.text == "BI-RADS 4"
    assert [found.summary.id for found in store.search("mass")] == [7]
    assert [found.where for found in store.search("4")] == ["answer"]
    assert store.delete([7]) == 1
    with store.connection.reading() as connection:
        assert steps.version(connection) == steps.VERSION
        left = [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("turn", "answer", "report")
        ]
    assert left == [0, 0, 0]


def test_a_step_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "history.db"
    old(path, 1)

    def half(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE half (id INTEGER)")
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(steps, "STEPS", (steps.STEPS[0], half, steps.STEPS[2]))
        with pytest.raises(HistoryFault, match="disk may be full"):
            Store(path, write=True)
    assert [one.id for one in Store(path).list()] == [7]


def test_a_newer_schema_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    old(path, steps.VERSION)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    for write in (True, False):
        with pytest.raises(HistoryFault, match=r"newer RadLite \(schema 99, this one knows 3\)"):
            Store(path, write=write)
    assert path.read_bytes() == before
