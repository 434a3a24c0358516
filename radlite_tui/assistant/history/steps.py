"""The database's schema as ordered steps: `PRAGMA user_version` says how many are done.

Imports sqlite3 only. A step that was ever released is never changed; a change is a new step. Every step has a test that
begins with a database as the step before left it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

Step = Callable[[sqlite3.Connection], None]


def conversations(connection: sqlite3.Connection) -> None:
    """1: conversations, their reports, turns and answers. Deleting a conversation deletes all that is its own."""
    for statement in (
        """CREATE TABLE conversation (
            id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, created REAL NOT NULL, touched REAL NOT NULL)""",
        """CREATE TABLE report (
            id INTEGER PRIMARY KEY, conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,
            text TEXT NOT NULL, prior TEXT, source TEXT NOT NULL)""",
        """CREATE TABLE turn (
            id INTEGER PRIMARY KEY, conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,
            number INTEGER NOT NULL, parent INTEGER REFERENCES turn ON DELETE SET NULL,
            report INTEGER NOT NULL REFERENCES report, created REAL NOT NULL,
            words TEXT NOT NULL, asked TEXT NOT NULL, UNIQUE (conversation, number))""",
        """CREATE TABLE answer (
            id INTEGER PRIMARY KEY, turn INTEGER NOT NULL REFERENCES turn ON DELETE CASCADE,
            state TEXT NOT NULL, text TEXT NOT NULL, trouble TEXT NOT NULL DEFAULT '',
            provenance TEXT NOT NULL DEFAULT '{}', result TEXT NOT NULL DEFAULT '{}',
            choices TEXT NOT NULL DEFAULT '[]', touched REAL NOT NULL)""",
        "CREATE INDEX report_conversation ON report (conversation)",
        "CREATE INDEX turn_parent ON turn (parent)",
        "CREATE INDEX turn_report ON turn (report)",
        "CREATE INDEX answer_turn ON answer (turn)",
        "CREATE INDEX conversation_touched ON conversation (touched)",
    ):
        connection.execute(statement)


def full_text(connection: sqlite3.Connection) -> None:
    """2: full-text search over titles, reports, words and answers; what is there already is indexed."""
    connection.execute(
        """CREATE VIRTUAL TABLE search USING fts5(
            text, conversation UNINDEXED, turn UNINDEXED, place UNINDEXED,
            tokenize = "unicode61 remove_diacritics 2", prefix = '2 3')"""
    )
    for select in (
        "SELECT title, id, 0, 'title' FROM conversation",
        "SELECT text || coalesce(char(10) || prior, ''), conversation, 0, 'report' FROM report",
        "SELECT words, conversation, number, 'words' FROM turn",
        """SELECT answer.text, turn.conversation, turn.number, 'answer'
           FROM answer JOIN turn ON turn.id = answer.turn WHERE answer.state != 'writing'""",
    ):
        connection.execute(f"INSERT INTO search (text, conversation, turn, place) {select}")


def interruptions(connection: sqlite3.Connection) -> None:
    """3: which run of the program writes an answer, and whether one that was cut off has been offered again."""
    connection.execute("ALTER TABLE answer ADD COLUMN run TEXT NOT NULL DEFAULT ''")
    connection.execute("ALTER TABLE answer ADD COLUMN offered INTEGER NOT NULL DEFAULT 0")
    connection.execute("CREATE INDEX answer_state ON answer (state)")


def comparisons(connection: sqlite3.Connection) -> None:
    """4: a conversation may be a comparison, a turn for each column: the answer that was expected, whether names were
    hidden, and a rating of each answer."""
    connection.execute("ALTER TABLE conversation ADD COLUMN kind TEXT NOT NULL DEFAULT 'talk'")
    connection.execute("ALTER TABLE conversation ADD COLUMN expected TEXT NOT NULL DEFAULT ''")
    connection.execute("ALTER TABLE conversation ADD COLUMN blind INTEGER NOT NULL DEFAULT 0")
    connection.execute("ALTER TABLE answer ADD COLUMN rating INTEGER")


STEPS: tuple[Step, ...] = (conversations, full_text, interruptions, comparisons)
VERSION = len(STEPS)


def version(connection: sqlite3.Connection) -> int:
    """How many steps a database has behind it."""
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return number


def upgrade(connection: sqlite3.Connection, until: int = VERSION) -> None:
    """Do the steps that are left, all or none. The connection must be in autocommit mode."""
    if version(connection) >= until:
        return
    connection.execute("BEGIN EXCLUSIVE")
    try:
        for number in range(version(connection), until):
            STEPS[number](connection)
            connection.execute(f"PRAGMA user_version = {number + 1}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
