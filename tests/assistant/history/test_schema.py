"""Every schema there ever was comes up to the newest with what it holds; a newer one is left alone."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from radlite_tui.assistant import comparison
from radlite_tui.assistant.history import steps
from radlite_tui.assistant.history.faults import HistoryFault
from radlite_tui.assistant.history.keeper import Keeper
from radlite_tui.assistant.history.store import Store
from radlite_tui.assistant.types import Ask
from tests import scripted
from tests.assistant.history.kept import settled, started

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
    connection.execute("INSERT INTO conversation (id, title, created, touched) VALUES (7, 'birads?', 100.0, 200.0)")
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


THIRD = """
CREATE TABLE conversation (
    id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, created REAL NOT NULL, touched REAL NOT NULL);
CREATE TABLE report (
    id INTEGER PRIMARY KEY, conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,
    text TEXT NOT NULL, prior TEXT, source TEXT NOT NULL);
CREATE TABLE turn (
    id INTEGER PRIMARY KEY, conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,
    number INTEGER NOT NULL, parent INTEGER REFERENCES turn ON DELETE SET NULL,
    report INTEGER NOT NULL REFERENCES report, created REAL NOT NULL,
    words TEXT NOT NULL, asked TEXT NOT NULL, UNIQUE (conversation, number));
CREATE TABLE answer (
    id INTEGER PRIMARY KEY, turn INTEGER NOT NULL REFERENCES turn ON DELETE CASCADE,
    state TEXT NOT NULL, text TEXT NOT NULL, trouble TEXT NOT NULL DEFAULT '',
    provenance TEXT NOT NULL DEFAULT '{}', result TEXT NOT NULL DEFAULT '{}',
    choices TEXT NOT NULL DEFAULT '[]', touched REAL NOT NULL,
    run TEXT NOT NULL DEFAULT '', offered INTEGER NOT NULL DEFAULT 0);
CREATE INDEX report_conversation ON report (conversation);
CREATE INDEX turn_parent ON turn (parent);
CREATE INDEX turn_report ON turn (report);
CREATE INDEX answer_turn ON answer (turn);
CREATE INDEX conversation_touched ON conversation (touched);
CREATE INDEX answer_state ON answer (state);
CREATE VIRTUAL TABLE search USING fts5(text, conversation UNINDEXED, turn UNINDEXED, place UNINDEXED,
    tokenize = "unicode61 remove_diacritics 2", prefix = '2 3');
INSERT INTO conversation VALUES (7, 'birads?', 100.0, 200.0);
INSERT INTO report VALUES (1, 7, 'FINDINGS: mass.', NULL, 'a.txt');
INSERT INTO turn VALUES (3, 7, 1, NULL, 1, 100.0, 'birads?', '{asked}');
INSERT INTO answer VALUES (5, 3, 'interrupted', 'BI-RADS', '', '{}', '{}', '[]', 200.0, 'gone', 0);
INSERT INTO search VALUES ('birads?', 7, 0, 'title'), ('FINDINGS: mass.', 7, 0, 'report'), ('BI-RADS', 7, 1, 'answer');
PRAGMA user_version = 3;
"""
"""A whole file of the third schema, as SQL of its own: no code of today's has a hand in it."""


def test_a_file_of_the_version_before_comparisons_takes_one_beside_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(THIRD.replace("{asked}", json.dumps(ASKED)))
    connection.close()
    keeper = Keeper(settled(tmp_path))
    found = started(keeper)
    assert found is not None
    assert (found.conversation, found.turns[0].answer.text) == (7, "BI-RADS")
    plan = Ask(found.turns[0].ask.report, "nodes please")
    assert len(list(keeper.compare(scripted.assistant(), plan, comparison.MODES, ()))) > 3
    keeper.judge(None, "N1", {2: 4})
    keeper.close()
    store = Store(path)
    assert [(one.id, one.kind, one.many) for one in store.list()] == [
        (8, "comparison", "3 columns"), (7, "talk", "1 question"),
    ]  # fmt: skip
    assert [turn.rating for turn in store.conversation(8).turns] == [None, 4, None]
    assert [one.where for one in store.search("mass")] == ["report", "report"]


def test_a_step_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "history.db"
    old(path, 1)

    def half(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE half (id INTEGER)")
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(steps, "STEPS", (steps.STEPS[0], half, *steps.STEPS[2:]))
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
        with pytest.raises(HistoryFault, match=r"newer RadLite \(schema 99, this one knows 4\)"):
            Store(path, write=write)
    assert path.read_bytes() == before
