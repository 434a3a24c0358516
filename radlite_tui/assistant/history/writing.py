"""Writes conversations in progress into the history, and finds the answers that were cut off.

May import its siblings. One transaction for all that changed; rows get their numbers only when it is on disk.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from radlite_tui import tasks
from radlite_tui.assistant.history import coding, runs, store
from radlite_tui.assistant.history.records import INTERRUPTED, TALK, WRITING
from radlite_tui.assistant.history.store import Store
from radlite_tui.assistant.history.talk import Line, Talk
from radlite_tui.tasks.report import Report

TITLE = 60


@dataclass(frozen=True)
class Rows:
    """Where a line stands on disk once the transaction is over. turn None: its conversation was deleted meanwhile."""

    version: int
    conversation: int
    turn: int | None
    answer: int
    number: int
    indexed: bool


def write(into: Store, lines: Sequence[Line], run: str) -> None:
    """Put lines on disk as they are now. Raises HistoryFault, and then nothing of it is there."""
    done: dict[Line, Rows] = {}
    talks: dict[Talk, int] = {}
    with into.connection.writing() as connection:
        for line in lines:
            done[line] = put(connection, line, run, talks, done)
    for line, rows in done.items():
        line.turn, line.answer, line.number = rows.turn, rows.answer, rows.number
        line.written, line.indexed = rows.version, rows.indexed
        line.saved = rows.turn is not None
        if rows.turn is not None:
            line.talk.id = rows.conversation


def put(
    connection: sqlite3.Connection, line: Line, run: str, talks: dict[Talk, int], done: Mapping[Line, Rows]
) -> Rows:
    """One line. A conversation that was deleted stays deleted; what is asked after that begins a new one."""
    version, state, text = line.version, line.state, line.text
    now = time.time()
    conversation = talks.get(line.talk, line.talk.id)
    known = conversation is not None and touch(connection, conversation, now)
    if line.turn is not None and not known:
        return Rows(version, 0, None, 0, line.number, True)
    if not known or conversation is None:
        conversation = new_conversation(connection, line, now)
    talks[line.talk] = conversation
    turn, number = line.turn, line.number
    if turn is None:
        turn, number = new_turn(connection, conversation, line, done)
    values = (state, text, line.trouble, dump(line.provenance), dump(line.result), dump(line.choices), now, run)
    columns = "state = ?, text = ?, trouble = ?, provenance = ?, result = ?, choices = ?, touched = ?, run = ?"
    answer = line.answer
    if answer is None or line.turn is None:
        sql = """INSERT INTO answer (state, text, trouble, provenance, result, choices, touched, run, turn)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
        answer = row_of(connection.execute(sql, (*values, turn)))
    else:
        connection.execute(f"UPDATE answer SET {columns} WHERE id = ?", (*values, answer))
    over = state != WRITING
    if over and not line.indexed:
        store.index(connection, text, conversation, number, "answer")
    return Rows(version, conversation, turn, answer, number, over or line.indexed)


def touch(connection: sqlite3.Connection, conversation: int, now: float) -> bool:
    """Note that something was said; False where the conversation is no longer there."""
    sql = "UPDATE conversation SET touched = ? WHERE id = ?"
    return connection.execute(sql, (now, conversation)).rowcount > 0


def new_conversation(connection: sqlite3.Connection, line: Line, now: float) -> int:
    name = title(line)
    sql = "INSERT INTO conversation (title, created, touched, kind, blind) VALUES (?, ?, ?, ?, ?)"
    values = (name, now, now, line.talk.kind, line.talk.blind)
    conversation = row_of(connection.execute(sql, values))
    store.index(connection, name, conversation, 0, "title")
    return conversation


def new_turn(
    connection: sqlite3.Connection, conversation: int, line: Line, done: Mapping[Line, Rows]
) -> tuple[int, int]:
    """(row, number) of a new turn after its parent."""
    ask = line.plan.ask
    report = report_row(connection, conversation, ask.report)
    last = connection.execute("SELECT max(number) FROM turn WHERE conversation = ?", (conversation,)).fetchone()[0]
    number = (last or 0) + 1
    parent = line.parent
    above = None if parent is None else done[parent].turn if parent in done else parent.turn
    if above is not None:
        same = "SELECT 1 FROM turn WHERE id = ? AND conversation = ?"
        above = above if connection.execute(same, (above, conversation)).fetchone() else None
    asked = dump(coding.asked(line.plan, line.constrained))
    sql = """INSERT INTO turn (conversation, number, parent, report, created, words, asked)
             VALUES (?, ?, ?, ?, ?, ?, ?)"""
    row = row_of(connection.execute(sql, (conversation, number, above, report, line.created, ask.words, asked)))
    if line.talk.kind == TALK or number == 1:  # the columns of a comparison have the same words
        store.index(connection, ask.words, conversation, number, "words")
    return row, number


def report_row(connection: sqlite3.Connection, conversation: int, report: Report) -> int:
    """The report's row in this conversation; the same report is kept once."""
    sql = "SELECT id FROM report WHERE conversation = ? AND text = ? AND prior IS ? AND source = ?"
    values = (conversation, report.text, report.prior, report.source)
    found = connection.execute(sql, values).fetchone()
    if found is not None:
        return int(found[0])
    sql = "INSERT INTO report (conversation, text, prior, source) VALUES (?, ?, ?, ?)"
    row = row_of(connection.execute(sql, values))
    texts = "\n".join(text for text in (report.text, report.prior) if text)
    store.index(connection, texts, conversation, 0, "report")
    return row


def title(line: Line) -> str:
    """What a conversation is called until somebody renames it: its first words, or its task."""
    words = " ".join(line.plan.ask.words.split())
    if words:
        return words if len(words) <= TITLE else f"{words[: TITLE - 1]}…"
    return tasks.get(line.plan.routing.task or tasks.CHAT).title


def cut_off(into: Store) -> tuple[tuple[int, int], ...]:
    """(conversation, turn number) of the answers that were cut off and not offered yet, the latest first. Comparisons
    are found in the history alone.

    Marks what a run that no longer lives was writing as cut off, and puts it into the search.
    """
    folder = into.path.parent
    with into.connection.reading() as connection:
        sql = f"SELECT DISTINCT run FROM answer WHERE state = '{WRITING}'"
        dead = [row[0] for row in connection.execute(sql) if not runs.alive(folder, row[0])]
    if dead:
        with into.connection.writing() as connection:
            for run in dead:
                close_run(connection, run)
    with into.connection.reading() as connection:
        sql = f"""SELECT t.conversation, t.number FROM answer a JOIN turn t ON t.id = a.turn
                  JOIN conversation c ON c.id = t.conversation WHERE a.state = '{INTERRUPTED}' AND a.offered = 0
                  AND c.kind = '{TALK}' ORDER BY a.touched DESC"""
        return tuple((row[0], row[1]) for row in connection.execute(sql))


def close_run(connection: sqlite3.Connection, run: str) -> None:
    """The answers of a run that is no more."""
    sql = f"""SELECT a.id, a.text, t.conversation, t.number FROM answer a JOIN turn t ON t.id = a.turn
              WHERE a.state = '{WRITING}' AND a.run = ?"""
    for answer, text, conversation, number in connection.execute(sql, (run,)).fetchall():
        connection.execute(f"UPDATE answer SET state = '{INTERRUPTED}' WHERE id = ?", (answer,))
        store.index(connection, text, conversation, number, "answer")


def offered(into: Store) -> None:
    """What was cut off has been offered; it is not offered again."""
    with into.connection.writing() as connection:
        connection.execute(f"UPDATE answer SET offered = 1 WHERE state = '{INTERRUPTED}'")


def row_of(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def dump(value: Any) -> str:
    return json.dumps(coding.plain(value), ensure_ascii=False)
