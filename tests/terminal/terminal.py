"""The program in a pseudo-terminal, as a user has it: keys and pastes go in, bytes come out."""

from __future__ import annotations

import base64
import os
import re
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pexpect

ROOT = Path(__file__).parents[2]
PATIENCE = 60
READY = "Not for clinical use"
COPY = re.compile(rb"\x1b\]52;[a-z]*;([A-Za-z0-9+/=]*)\x07")
SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|P.*?\x1b\\|[()][A-Z0-9]|[=>78])", re.DOTALL)


def environment(home: Path, **more: str) -> dict[str, str]:
    """What the program sees: a home of its own, no settings of the developer's, no tmux or SSH but what is given."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH") if name in os.environ}
    own = {"HOME": str(home), "PYTHONPATH": str(ROOT), "RADLITE_CONFIG": str(home / "config.toml")}
    return {"LANG": "C.UTF-8", **kept, **own, "TERM": "xterm-256color", **more}


class Terminal:
    """A pseudo-terminal with a program in it; `seen` is everything the program wrote."""

    def __init__(self, command: list[str], environment: dict[str, str], size: tuple[int, int] = (80, 24)) -> None:
        columns, rows = size
        self.child = pexpect.spawn(
            command[0], command[1:], env=environment, dimensions=(rows, columns), timeout=PATIENCE, cwd=str(ROOT)
        )
        self.child.delaybeforesend = None
        self.seen = b""

    def read(self) -> None:
        """Take what has come."""
        with suppress(pexpect.TIMEOUT, pexpect.EOF):
            while True:
                self.seen += self.child.read_nonblocking(65536, timeout=0.02)

    def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait for a condition while taking what comes."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self.read()
            if condition():
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"never came: {what}; the end of what was seen:\n{self.text[-2000:]}")

    @property
    def text(self) -> str:
        """What was written, without what moves and colours it."""
        return SEQUENCE.sub("", self.seen.decode("utf-8", "replace"))

    def expect(self, text: str) -> None:
        """Wait until this has been written since the last `forget`."""
        self.until(lambda: text in self.text, text)

    def forget(self) -> None:
        self.read()
        self.seen = b""

    def send(self, keys: str) -> None:
        self.child.send(keys.encode())

    def paste(self, text: str) -> None:
        """Bracketed, as terminals paste into programs that ask for it; read while it goes in."""
        data = f"\x1b[200~{text}\x1b[201~".encode()
        for at in range(0, len(data), 2048):
            self.child.send(data[at : at + 2048])
            self.read()

    def copied(self) -> list[str]:
        """The texts the terminal was asked to copy."""
        return [base64.b64decode(found).decode() for found in COPY.findall(self.seen)]

    def resize(self, columns: int, rows: int) -> None:
        self.child.setwinsize(rows, columns)

    @property
    def echoes(self) -> bool:
        """Whether the terminal is as a shell needs it: it echoes and waits for whole lines."""
        flags = termios.tcgetattr(self.child.child_fd)[3]
        return bool(flags & termios.ECHO and flags & termios.ICANON)

    def state(self) -> str:
        """The process's state letter: T is stopped, Z or "" is gone."""
        try:
            status = Path(f"/proc/{self.child.pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return ""
        return status.rpartition(")")[2].split()[0]

    def hang_up(self) -> None:
        """The terminal goes away, as it does with the connection; the program is left to its fate."""
        self.child.ptyproc.fileobj.close()
        self.child.closed = self.child.ptyproc.closed = True
        self.child.child_fd = self.child.ptyproc.fd = -1

    def close(self) -> None:
        if not self.child.closed:
            self.child.close(force=True)


@contextmanager
def app(home: Path, size: tuple[int, int] = (80, 24), *arguments: str, **more: str) -> Iterator[Terminal]:
    """The app, ready for keys."""
    command = [sys.executable, "-m", "radlite_tui", *arguments]
    terminal = Terminal(command, environment(home, **more), size)
    try:
        terminal.expect("Paste a report")
        terminal.expect("SAVING")
        terminal.until(lambda: "ready" in terminal.text or "read in" in terminal.text, "ready")
        yield terminal
    finally:
        terminal.close()
