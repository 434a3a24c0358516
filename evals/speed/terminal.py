"""The app in a pseudo-terminal: keys go in as bytes, what it measured comes back on a pipe. POSIX only.

May import its siblings. The screen is read and thrown away, as a terminal would take it, so that drawing costs what it
costs.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evals.speed.peer import environment
from evals.speed.rows import LeftOut
from evals.speed.subject import Subject
from evals.speed.timing import Timed
from radlite_tui.engine.protocol import ModelFiles, Stats
from radlite_tui.errors import RadliteError

ROWS, COLUMNS = 24, 80
PATIENCE_S = 300.0
_END_S = 15.0
_LEAVE, _CLEAR = b"\x11", b"\x0e\x0e"


@dataclass(frozen=True)
class Seen:
    """One answer of the app. pressed, asked, ended, drawn: seconds on one clock: Enter was pressed, the engine was
    asked, its last event came, the app had drawn it; cpu_s: processor seconds of the app's own process meanwhile."""

    timed: Timed
    pressed: float
    asked: float
    ended: float
    drawn: float
    cpu_s: float
    files: ModelFiles
    prompt: list[list[str]]


class AppInTerminal:
    """The app on a terminal of 80 x 24, with a report opened. Use as a context manager.

    limits: most answer tokens of the first question, the second and so on.
    """

    def __init__(
        self,
        subject: Subject,
        report: str,
        limits: list[int],
        extra: Mapping[str, str] | None = None,
        *,
        profiled: bool = False,
    ) -> None:
        """extra: more environment variables. profiled: with timers in the worker, and nothing read ahead.

        Raises LeftOut where there are no pseudo-terminals.
        """
        if os.name != "posix":
            raise LeftOut("There are no pseudo-terminals on this system.")
        self._screen, screen_end = _terminal()
        notes, notes_end = os.pipe()
        settings = {"folder": str(subject.folder), "report": report, "limits": limits, "notes": notes_end}
        settings["profiled"] = profiled
        own = {"TERM": "xterm-256color", "COLORTERM": "truecolor", **(extra or {})}
        kept = {name: value for name, value in environment().items() if not name.startswith(("SSH_", "TEXTUAL"))}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "evals.speed.recorded_app", json.dumps(settings)],
                stdin=screen_end,
                stdout=screen_end,
                stderr=screen_end,
                pass_fds=(notes_end,),
                start_new_session=True,
                env={**kept, **own},
            )
        finally:
            os.close(screen_end)
            os.close(notes_end)
        self._shown = bytearray()
        self._notes: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._take_screen, daemon=True).start()
        threading.Thread(target=self._take_notes, args=(notes,), daemon=True).start()
        self._next("ready")  # before that, the terminal is not the app's yet and would take Enter for a line feed

    def __enter__(self) -> AppInTerminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, words: str) -> Seen:
        """Type words and Enter; what was seen of the answer. Raises RadliteError when there is none."""
        os.write(self._screen, words.encode())
        pressed = time.perf_counter()
        os.write(self._screen, b"\r")
        answer = self._next("answer")
        if answer["failed"]:
            raise RadliteError(answer["failed"])
        drawn = self._next("drawn")["at"]
        stats = Stats(**answer["stats"])
        if not answer["first_tokens"]:
            raise RadliteError("The app's answer has no text; the model may be unfit for this row.")
        timed = Timed(
            answer["first_s"],
            answer["ended"] - answer["asked"],
            answer["first_tokens"],
            stats.completion_tokens,
            answer["text"],
            answer["stopped"],
            stats,
        )
        files, prompt = ModelFiles(**answer["model"]), answer["prompt"]
        return Seen(timed, pressed, answer["asked"], answer["ended"], drawn, answer["cpu_s"], files, prompt)

    def paste(self, report: str) -> None:
        """Paste a report, as a terminal sends it, into an app that has none."""
        os.write(self._screen, b"\x1b[200~" + report.encode() + b"\x1b[201~")
        self._next("pasted")

    def clear(self) -> None:
        """Drop the report and the conversation."""
        os.write(self._screen, _CLEAR)
        self._next("cleared")

    def close(self) -> None:
        """Leave as a user does, with Ctrl+Q; kill the app when it does not go."""
        if self._process.poll() is None:
            os.write(self._screen, _LEAVE)
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._screen)

    def _next(self, event: str) -> dict[str, Any]:
        """The next note of this kind."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                note = self._notes.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise RadliteError(f"The app gave no answer within {PATIENCE_S:.0f} s.") from None
            if note is None:
                raise RadliteError(f"The app ended before it answered; it showed: {self._tail()}")
            if note["event"] == event:
                return note

    def _take_screen(self) -> None:
        while True:
            try:
                drawn = os.read(self._screen, 65536)
            except OSError:
                return
            if not drawn:
                return
            self._shown += drawn
            del self._shown[:-65536]

    def _take_notes(self, descriptor: int) -> None:
        with os.fdopen(descriptor, encoding="utf-8") as notes:
            for line in notes:
                self._notes.put(json.loads(line))
        self._notes.put(None)

    def _tail(self) -> str:
        """The last of what was on the screen, for a message."""
        text = bytes(self._shown[-600:]).decode("utf-8", "replace")
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())[-300:]


def _terminal() -> tuple[int, int]:
    """A new pseudo-terminal of 80 x 24: (our end, the program's end)."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    return ours, theirs
