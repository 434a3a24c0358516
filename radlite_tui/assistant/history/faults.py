"""What can be wrong with the history's file, in sentences; and setting a damaged file aside.

May import sqlite3, `errors` and `private_files`. Nothing here ever deletes a file.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from radlite_tui.errors import RadliteError
from radlite_tui.private_files import reason

BESIDE = ("", "-wal", "-shm", "-journal")
DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
FULL = ("SQLITE_FULL", "SQLITE_IOERR")
BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
READ_ONLY = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")
MESSAGES = {
    "malformed": DAMAGED[0], "not a database": DAMAGED[1], "is full": FULL[0], "disk i/o": FULL[1],
    "locked": BUSY[0], "readonly": READ_ONLY[0], "unable to open": READ_ONLY[1],
}  # fmt: skip


class HistoryFault(RadliteError):
    """The history cannot be read or written; the app goes on without it. damaged: the file itself is wrong."""

    def __init__(self, sentence: str, *, damaged: bool = False) -> None:
        super().__init__(sentence)
        self.damaged = damaged


def fault(error: sqlite3.Error | OSError, path: Path) -> HistoryFault:
    """The sentence for what SQLite or the system said."""
    if isinstance(error, OSError):
        return HistoryFault(f"{path} cannot be used ({reason(error)}); make it writable, or set history.folder.")
    name = code(error)
    if name.startswith(DAMAGED):
        return HistoryFault(f"{path} is damaged ({error}); restore a copy of it, or move it away.", damaged=True)
    if name.startswith(FULL):
        return HistoryFault(f"{path} cannot be written ({error}: the disk may be full); free space there.")
    if name.startswith(BUSY):
        return HistoryFault(f"{path} is being written by another program ({error}); try again when it has finished.")
    if name.startswith(READ_ONLY):
        return HistoryFault(f"{path} cannot be written ({error}); make it writable, or set history.folder.")
    return HistoryFault(f"{path} cannot be used ({error}); move it away, or set history.folder.")


def code(error: sqlite3.Error) -> str:
    """SQLite's name of an error; by its words before Python 3.11, which does not tell."""
    name: str = getattr(error, "sqlite_errorname", "") or ""
    if name:
        return name
    said = str(error).lower()
    return next((known for words, known in MESSAGES.items() if words in said), "")


def newer(path: Path, found: int, known: int) -> HistoryFault:
    return HistoryFault(
        f"{path} was written by a newer RadLite (schema {found}, this one knows {known}), so it is left alone; "
        "use that version, or set history.folder."
    )


def set_aside(path: Path) -> Path:
    """Move a damaged file, and what SQLite has beside it, out of the way; gives its new name. Raises OSError."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    for ending in reversed(BESIDE):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    return aside
