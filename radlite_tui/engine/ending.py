"""How a worker process ended, and whether that was for want of memory. Imports the standard library only.

A process that needs memory and gets none ends in many ways: Python says so, the C++ library or llama.cpp aborts after a
line on standard error, or the system kills it without a word. Each is known by another sign.
"""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

NO_MEMORY = 75
"""Exit code of a worker that ran out of memory and could still say so."""
_SIGNS = (
    b"bad_alloc",
    b"MemoryError",
    b"annot allocate memory",
    b"insufficient memory",
    b"failed to allocate",
    b"unable to allocate",
    b"mem_buffer != NULL",
    b"Thread creation failed",
)
_TAIL = 4096
_KILLED = -9


@dataclass(frozen=True, slots=True)
class Ending:
    """code: the exit code, or the signal's number below zero."""

    code: int
    out_of_memory: bool

    def __str__(self) -> str:
        return f"signal {-self.code}" if self.code < 0 else f"code {self.code}"


class LastWords:
    """What a process writes on standard error, kept until it ends: in the log, else in a file without a name."""

    def __init__(self, log: str | None) -> None:
        """Raises OSError when the log cannot be written."""
        self._file: IO[bytes] | None
        if log is not None:
            self._file = open(log, "a+b")  # noqa: SIM115, PTH123
        else:
            try:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115
            except OSError:  # nowhere to write: the words are lost, and nothing else
                self._file = None
        self._start = self._file.seek(0, io.SEEK_END) if self._file is not None else 0
        self._kills = kills()

    @property
    def file(self) -> IO[bytes] | None:
        """What to give the process as its standard error; None where there is nothing."""
        return self._file

    def ending(self, code: int) -> Ending:
        """Judge the end by them; they are gone then."""
        killed_for_memory = code == _KILLED and kills() > self._kills
        aborted = code < 0 and code != _KILLED
        told = aborted or code == 1
        words = self._tail()
        return Ending(code, code == NO_MEMORY or killed_for_memory or (told and any(sign in words for sign in _SIGNS)))

    def _tail(self) -> bytes:
        if self._file is None:
            return b""
        with self._file as file:
            end = file.seek(0, io.SEEK_END)
            file.seek(max(self._start, end - _TAIL))
            return file.read()


def kills() -> int:
    """How many processes the system has killed for want of memory; 0 where it does not say (other than Linux)."""
    try:
        lines = Path("/proc/vmstat").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
    except (OSError, ValueError, StopIteration):
        return 0
