"""The request to copy (OSC 52), as a terminal takes it and as what stands between passes it on. Pure: writes nothing.

Imports the standard library only. A terminal never answers such a request, so a copy is asked for and not done.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

MOST = 74_994
"""Bytes of text: with base64 and the eight bytes around it, 100,000, which hterm and others take at most."""
SCREEN_CHUNK = 240
"""Bytes in one string that GNU screen passes on."""
DEAF = ("linux", "dumb", "vt100", "vt102", "vt220", "cons25", "ansi")
"""Terminals that are known to ignore a request to copy."""


def osc52(text: str) -> str:
    """The request to copy, as terminals take it."""
    return f"\x1b]52;c;{base64.b64encode(text.encode('utf-8', 'replace')).decode('ascii')}\x07"


def through_tmux(sequence: str) -> str:
    """A sequence that tmux passes on as it is, where its option allow-passthrough is on."""
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"


def through_screen(sequence: str) -> str:
    """A sequence that GNU screen passes on, in pieces it can hold."""
    pieces = [sequence[at : at + SCREEN_CHUNK] for at in range(0, len(sequence), SCREEN_CHUNK)]
    return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)


def request(text: str, environment: Mapping[str, str]) -> str:
    """What to write to the terminal. tmux gets both forms and takes the one it is set to take. A tmux or a screen on
    another machine is only known by TERM, and TERM=screen may be either: it gets the plain form, which tmux takes,
    and the one for screen, which tmux passes over."""
    sequence, term = osc52(text), environment.get("TERM", "")
    if environment.get("STY"):
        return through_screen(sequence)
    if environment.get("TMUX") or term.startswith("tmux"):
        return sequence + through_tmux(sequence)
    if term.startswith("screen"):
        return sequence + through_screen(sequence)
    return sequence
