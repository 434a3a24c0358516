"""Which run of the program writes an answer, and whether it still lives: a lock that ends with its process.

Imports the standard library only. So an answer that another app is just writing is never taken for one that was cut
off.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import IO


class Run:
    """This run. name: written beside its answers. The lock's file is gone when it is closed."""

    def __init__(self, folder: Path) -> None:
        self.name = secrets.token_hex(8)
        self._path = file_of(folder, self.name)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        self._file: IO[bytes] = os.fdopen(handle, "r+b")
        locked(self._file)

    def close(self) -> None:
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        self._file.close()


def alive(folder: Path, name: str) -> bool:
    """Whether the run of this name still goes on; clears away what it left, if not."""
    path = file_of(folder, name)
    try:
        with path.open("r+b") as file:
            if not locked(file):
                return True
    except OSError:
        return False
    with suppress(OSError):
        path.unlink(missing_ok=True)
    return False


def file_of(folder: Path, name: str) -> Path:
    return folder / f"run-{name}"


def locked(file: IO[bytes]) -> bool:
    """Take the file's lock if it is free."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
