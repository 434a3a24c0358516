"""The figures of the app, each from runs of the real program in a pseudo-terminal. May import its siblings."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from evals.app.screen import Screen
from evals.app.subjects import EMPTY, FIRST, LAST
from radlite_tui import NOT_FOR_CLINICAL_USE

COLUMNS, ROWS = 120, 40
RATE = 10.0
TOKENS, TOKENS_QUICK = 300, 25
KEYS, KEYS_QUICK = 60, 8
PASTED = 100_000
READY = "Paste a report ("
TYPED = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Figure:
    """One figure. limit: the most it may be; runs: every single value it is the median of; context: further ones."""

    name: str
    what: str
    value: float
    unit: str
    limit: float
    runs: tuple[float, ...]
    context: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        return self.value <= self.limit


def environment(home: str) -> dict[str, str]:
    """A home of its own and a plain terminal, the same for every program; Python keeps what it compiled, as it does for
    a user, so that the run that is not counted compiles for the others."""
    dropped = ("SSH_", "TEXTUAL", "TMUX", "RADLITE_", "NO_COLOR", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    own = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "RADLITE_CONFIG": str(Path(home) / "config.toml")}
    return {**kept, **own}


@contextmanager
def screen(*arguments: str) -> Iterator[Screen]:
    """A program on a terminal of 120 x 40."""
    with tempfile.TemporaryDirectory(prefix="radlite-app-") as home:
        with Screen(["-m", *arguments], COLUMNS, ROWS, environment(home)) as found:
            yield found


def first_paint(repeat: int, quick: bool) -> tuple[Figure, ...]:
    """Start to first screen, against the smallest Textual app; both take turns, and one run of each is not counted."""
    ours: list[float] = []
    least: list[float] = []
    for number in range(repeat + 1):
        for found, arguments, text in (
            (ours, ("radlite_tui",), NOT_FOR_CLINICAL_USE),
            (least, ("evals.app.subjects", "empty"), EMPTY),
        ):
            with screen(*arguments) as shown:
                seconds = shown.wait(text) - shown.started
            if number:
                found.append(seconds)
    ratio = median(ours) / median(least)
    context = {"ours_s": [round(s, 3) for s in ours], "empty_s": [round(s, 3) for s in least]}
    what = f"start to first screen ({median(ours):.2f} s), against an empty Textual app ({median(least):.2f} s)"
    runs = tuple(a / b for a, b in zip(ours, least, strict=True))
    return (Figure("first_paint", what, ratio, "times", 1.3, runs, context),)


def streaming(repeat: int, quick: bool) -> tuple[Figure, ...]:
    """The app's processor time and bytes while an answer of 300 tokens comes at 10 tokens a second."""
    tokens = TOKENS_QUICK if quick else TOKENS
    shares, sizes = [], []
    for _ in range(repeat):
        with screen("evals.app.subjects", "dictated", str(tokens), str(RATE)) as shown:
            shown.wait(READY)
            shown.write(b"hello")
            shown.wait("Chat")
            shown.write(b"\r")
            begun, busy, size = shown.wait(FIRST), shown.cpu_s(), shown.written
            ended = shown.wait(LAST)
            shares.append(100 * (shown.cpu_s() - busy) / (ended - begun))
            sizes.append((shown.written - size) / 1000 / (tokens - 1))
    context = {"tokens": tokens, "tokens_per_second": RATE, "columns": COLUMNS, "rows": ROWS}
    at = f"while an answer comes at {RATE:.0f} tokens a second"
    return (
        Figure("ui_cpu", f"processor time of the app {at}", median(shares), "% of a core", 8.0, tuple(shares), context),
        Figure("ui_bytes", f"written to the terminal {at}", median(sizes), "KB/token", 0.7, tuple(sizes), context),
    )


def key_latency(repeat: int, quick: bool) -> tuple[Figure, ...]:
    """From a key to its letter on the screen, while an answer is drawn and an embedded model decodes beside it."""
    keys, found = KEYS_QUICK if quick else KEYS, []
    command = [sys.executable, "-m", "evals.app.subjects", "decoding"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as model:
        try:
            assert model.stdout is not None
            model.stdout.readline()
            with screen("evals.app.subjects", "dictated", "100000", str(RATE)) as shown:
                shown.wait(READY)
                shown.write(b"hello")
                shown.wait("Chat")
                shown.write(b"\r")
                shown.wait(FIRST)
                for number in range(keys):
                    typed = (TYPED * (number // len(TYPED) + 1))[max(0, number - 6) : number + 1]
                    since = shown.written
                    pressed = shown.write(typed[-1].encode())
                    found.append(1000 * (shown.wait(typed, since) - pressed))
                shown.write(b"\x1b")
        finally:
            model.terminate()
    what = "from a key to the screen while an answer is drawn and a model decodes"
    context = {"keys": keys, "slowest_ms": round(max(found), 1)}
    return (Figure("key_latency", what, median(found), "ms", 50.0, tuple(round(ms, 1) for ms in found), context),)


def paste_100k(repeat: int, quick: bool) -> tuple[Figure, ...]:
    """From the last byte of a pasted report of 100 KB to the report on the screen."""
    line = "There is a small effusion on the right side that was not there before. "
    text = "FINDINGS: " + "\n".join([line * 3] * (PASTED // (3 * len(line)) + 1))[: PASTED - 10]
    found = []
    for _ in range(repeat):
        with screen("evals.app.subjects", "dictated", "10", str(RATE)) as shown:
            shown.wait(READY)
            since = shown.written
            pressed = shown.write(b"\x1b[200~" + text.encode() + b"\x1b[201~")
            found.append(shown.wait("pasted", since) - pressed)
    context = {"bytes": len(text)}
    return (Figure("paste_100k", "a pasted report of 100 KB is there", median(found), "s", 0.5, tuple(found), context),)


Measure = Callable[[int, bool], tuple[Figure, ...]]
MEASURES: Mapping[tuple[str, ...], Measure] = {
    ("first_paint",): first_paint,
    ("ui_cpu", "ui_bytes"): streaming,
    ("key_latency",): key_latency,
    ("paste_100k",): paste_100k,
}
