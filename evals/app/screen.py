"""A pseudo-terminal with a program in it: what it writes is kept with the time it came. Standard library only."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from evals.speed.rows import LeftOut
from radlite_tui.errors import RadliteError

PATIENCE_S = 60.0
STYLE = re.compile(rb"\x1b\[[0-9;]*m")
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class Screen:
    """A program on a terminal of its own. Use as a context manager.

    started: when it was started; written: how many bytes it wrote; the clock is `time.perf_counter`, in seconds.
    """

    def __init__(self, arguments: list[str], columns: int, rows: int, environment: dict[str, str]) -> None:
        if os.name != "posix":
            raise LeftOut("There are no pseudo-terminals on this system.")
        self._ours, theirs = _terminal(columns, rows)
        self._changed = threading.Condition()
        self._seen, self._times = bytearray(), [(0, 0.0)]
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            start_new_session=True,
        )
        os.close(theirs)
        threading.Thread(target=self._take, daemon=True).start()

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def written(self) -> int:
        return len(self._seen)

    def write(self, data: bytes) -> float:
        """Keys or a paste; gives the time the last of it was taken."""
        while data:
            data = data[os.write(self._ours, data[:4096]) :]
        return time.perf_counter()

    def wait(self, text: str, since: int = 0) -> float:
        """When the program had written this text, styles left out, after its first `since` bytes."""
        wanted = text.encode()
        return self.until(lambda seen: wanted in STYLE.sub(b"", seen), since, text)

    def until(self, condition: Callable[[bytes], object], since: int, what: str) -> float:
        """When what was written since satisfied a condition. Raises RadliteError after a minute."""
        deadline = time.perf_counter() + PATIENCE_S
        with self._changed:
            while not condition(bytes(self._seen[since:])):
                if not self._changed.wait(0.5) and (self._process.poll() is not None or time.perf_counter() > deadline):
                    raise RadliteError(f"The app did not show {what!r}; it showed: {self._tail()}")
            return self._times[-1][1]

    def cpu_s(self) -> float:
        """Processor seconds of the program so far, without its children. Raises LeftOut where /proc is missing."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            raise LeftOut("This system does not tell processor times in /proc.") from None
        return (int(fields[11]) + int(fields[12])) / TICKS

    def close(self) -> None:
        """Leave as a user does; end it when it does not go."""
        if self._process.poll() is None:
            os.write(self._ours, b"\x11")
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._ours)

    def _take(self) -> None:
        while True:
            try:
                data = os.read(self._ours, 65536)
            except OSError:
                data = b""
            now = time.perf_counter()
            with self._changed:
                self._seen += data
                self._times.append((len(self._seen), now))
                self._changed.notify_all()
            if not data:
                return

    def _tail(self) -> str:
        text = STYLE.sub(b"", bytes(self._seen[-600:])).decode("utf-8", "replace")
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())[-300:]


def _terminal(columns: int, rows: int) -> tuple[int, int]:
    """A new pseudo-terminal: (our end, the program's end)."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    return ours, theirs
