"""The history as it is read and kept in order: listed, searched, shown, renamed, deleted, purged.

May import its siblings. What writes answers while they come is `writing`. Every method raises HistoryFault for what is
wrong with the file, and BadInput for an id that is not there.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from radlite_tui.assistant.history import coding, search
from radlite_tui.assistant.history.connection import Connection
from radlite_tui.assistant.history.records import (
    COMPARISON,
    INTERRUPTED,
    MARKS,
    WRITING,
    Found,
    Kept,
    KeptConversation,
    KeptTurn,
    Summary,
)
from radlite_tui.errors import BadInput
from radlite_tui.tasks.report import Report

SUMMARY = f"""SELECT c.id, c.title, c.created, c.touched,
    (SELECT count(*) FROM turn t WHERE t.conversation = c.id) AS turns,
    coalesce((SELECT r.source FROM report r WHERE r.conversation = c.id ORDER BY r.id DESC LIMIT 1), '') AS source,
    EXISTS (SELECT 1 FROM turn t JOIN answer a ON a.turn = t.id
            WHERE t.conversation = c.id AND a.state IN ('{INTERRUPTED}', '{WRITING}')) AS open,
    c.kind FROM conversation c"""
TURN = """SELECT t.id, t.number, p.number AS parent, t.created, t.asked, r.text AS report, r.prior, r.source,
    a.state, a.text, a.trouble, a.provenance, a.result, a.choices, a.rating
    FROM turn t JOIN report r ON r.id = t.report JOIN answer a ON a.turn = t.id
    LEFT JOIN turn p ON p.id = t.parent WHERE t.conversation = ?"""
MATCHES = f"""SELECT conversation, turn, place, snippet(search, 0, '{MARKS[0]}', '{MARKS[1]}', '…', 14) AS snippet
    FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?"""
MATCHES_A_CONVERSATION = 4
LONGEST_TITLE = 200
DAY_S = 86_400.0


class Store:
    """One history file. Thread-safe. write: make it where there is none."""

    def __init__(self, path: Path, *, write: bool = False) -> None:
        self.connection = Connection(path, write=write)

    @property
    def path(self) -> Path:
        return self.connection.path

    def close(self) -> None:
        self.connection.close()

    def list(self, limit: int = -1, offset: int = 0) -> tuple[Summary, ...]:
        """Conversations, the latest first; limit -1: all."""
        with self.connection.reading() as connection:
            sql = f"{SUMMARY} ORDER BY c.touched DESC, c.id DESC LIMIT ? OFFSET ?"
            return tuple(map(summary, connection.execute(sql, (limit, offset))))

    def count(self) -> tuple[int, int]:
        """(conversations, questions with their answers); a comparison is one question."""
        with self.connection.reading() as connection:
            sql = """SELECT (SELECT count(*) FROM conversation), count(DISTINCT CASE WHEN c.kind = ?
                     THEN -c.id ELSE t.id END) FROM turn t JOIN conversation c ON c.id = t.conversation"""
            found: tuple[int, int] = connection.execute(sql, (COMPARISON,)).fetchone()
            return found

    def search(self, text: str, limit: int = 100) -> tuple[Found, ...]:
        """Conversations with all the words, the latest first, each once. Text without a word finds nothing."""
        wanted = search.query(text)
        if not wanted:
            return ()
        with self.connection.reading() as connection:
            rows = connection.execute(MATCHES, (wanted, limit * MATCHES_A_CONVERSATION)).fetchall()
            first: dict[int, tuple[Any, ...]] = {}
            for row in rows:
                first.setdefault(row[0], row)
            ids = list(first)[:limit]
            marks = ",".join("?" * len(ids))
            found = {row[0]: summary(row) for row in connection.execute(f"{SUMMARY} WHERE c.id IN ({marks})", ids)}
        hits = [Found(found[one], first[one][1], first[one][2], first[one][3]) for one in ids if one in found]
        return tuple(sorted(hits, key=lambda hit: (-hit.summary.touched, -hit.summary.id)))

    def conversation(self, number: int) -> KeptConversation:
        """A whole conversation."""
        with self.connection.reading() as connection:
            row = connection.execute(f"{SUMMARY} WHERE c.id = ?", (number,)).fetchone()
            if row is None:
                raise unknown(str(number))
            turns = connection.execute(f"{TURN} ORDER BY t.number, a.id", (number,))
            judged = connection.execute("SELECT expected, blind FROM conversation WHERE id = ?", (number,)).fetchone()
            return KeptConversation(summary(row), tuple(map(turn, turns)), judged[0], bool(judged[1]))

    def rename(self, number: int, title: str) -> None:
        """Give a conversation another title, also in the search. Raises BadInput for an empty one."""
        title = " ".join(title.split())[:LONGEST_TITLE]
        if not title:
            raise BadInput("The new title is empty; give it a word.")
        with self.connection.writing() as connection:
            if not connection.execute("UPDATE conversation SET title = ? WHERE id = ?", (title, number)).rowcount:
                raise unknown(str(number))
            connection.execute("DELETE FROM search WHERE conversation = ? AND place = 'title'", (number,))
            index(connection, title, number, 0, "title")
        self.connection.checkpoint()

    def judge(self, number: int, expected: str, ratings: Mapping[int, int]) -> None:
        """What the user said of a comparison: the answer that was expected, and ratings by the numbers of its turns. Of
        one that was deleted, nothing."""
        with self.connection.writing() as connection:
            sql = "UPDATE conversation SET expected = ?, touched = ? WHERE id = ?"
            if not connection.execute(sql, (expected, time.time(), number)).rowcount:
                return
            turn = "SELECT id FROM turn WHERE conversation = ? AND number = ?"
            rate = f"UPDATE answer SET rating = ? WHERE turn = ({turn})"
            connection.executemany(rate, [(rating, number, place) for place, rating in ratings.items()])
            connection.execute("DELETE FROM search WHERE conversation = ? AND place = 'expected'", (number,))
            if expected:
                index(connection, expected, number, 0, "expected")

    def delete(self, numbers: Iterable[int]) -> int:
        """Delete conversations for good: no byte of them stays in the file. Gives how many there were."""
        wanted = list(dict.fromkeys(numbers))
        with self.connection.writing() as connection:
            deleted = 0
            for number in wanted:
                deleted += connection.execute("DELETE FROM conversation WHERE id = ?", (number,)).rowcount
            if deleted:
                marks = ",".join("?" * len(wanted))
                connection.execute(f"DELETE FROM search WHERE conversation IN ({marks})", wanted)
                connection.execute("INSERT INTO search (search) VALUES ('optimize')")
        self.connection.checkpoint()
        return deleted

    def before(self, moment: float) -> tuple[int, ...]:
        """The conversations untouched since then (seconds since 1970)."""
        with self.connection.reading() as connection:
            rows = connection.execute("SELECT id FROM conversation WHERE touched < ? ORDER BY id", (moment,))
            return tuple(row[0] for row in rows)

    def purge(self, days: float) -> int:
        """Delete conversations untouched for so many days. Gives how many."""
        old = self.before(time.time() - days * DAY_S)
        return self.delete(old) if old else 0

    def size(self) -> int:
        """Bytes on disk."""
        total = 0
        for ending in ("", "-wal"):
            with suppress(OSError):
                total += self.path.with_name(self.path.name + ending).stat().st_size
        return total


def index(connection: sqlite3.Connection, text: str, conversation: int, number: int, place: str) -> None:
    """Put a text into the search."""
    connection.execute(
        "INSERT INTO search (text, conversation, turn, place) VALUES (?, ?, ?, ?)", (text, conversation, number, place)
    )


def summary(row: tuple[Any, ...]) -> Summary:
    return Summary(row[0], row[1], row[2], row[3], row[4], row[5], bool(row[6]), row[7])


def turn(row: tuple[Any, ...]) -> KeptTurn:
    """A turn from its row; JSON that an older version wrote may lack keys."""
    number, place, parent, created, asked, report, prior, source = row[:8]
    state, text, trouble, provenance, result, choices, rating = row[8:]
    kept = json.loads(asked)
    answer = Kept(state, text, trouble, json.loads(provenance), json.loads(result), tuple(json.loads(choices)))
    return KeptTurn(
        id=number,
        number=place,
        parent=parent,
        created=created,
        ask=coding.ask_of(kept, Report(report, prior, source)),
        routing=coding.routing_of(kept),
        model=kept.get("model"),
        mode=kept.get("mode"),
        model_reason=kept.get("model_reason", ""),
        answer=answer,
        constrained=kept.get("constrained", True),
        rating=rating,
    )


def unknown(name: str) -> BadInput:
    return BadInput(
        f"There is no conversation {name} in the history; `radlite-tui history list` shows those there are."
    )


def place_of(name: str) -> tuple[int, int | None]:
    """(conversation, turn or None) of an id such as "12" or "12.3". Raises BadInput."""
    conversation, dot, number = name.strip().partition(".")
    numbers = [conversation, number] if dot else [conversation]
    if not all(part.isascii() and part.isdigit() and 0 < len(part) < 16 for part in numbers):
        raise BadInput(f"{name[:40]!r} is no id; give one such as 12, or 12.3 for its third question.")
    return int(conversation), int(number) if dot else None


def turns_of(store: Store, name: str) -> KeptConversation:
    """The conversation an id names, with all its turns or the one it names. Raises BadInput."""
    conversation, number = place_of(name)
    found = store.conversation(conversation)
    if number is None:
        return found
    turns = tuple(turn for turn in found.turns if turn.number == number)
    if not turns:
        raise BadInput(f"Conversation {conversation} has no question {number}; it has {len(found.turns)}.")
    return replace(found, turns=turns)
