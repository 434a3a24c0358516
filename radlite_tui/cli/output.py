"""What leaves the program: the answer on standard output, narration on standard error.

May import `showing`, to show text safely; must never mix the two streams.
"""

from __future__ import annotations

import sys
from typing import Any

from radlite_tui.showing import display


def narrate(text: str) -> None:
    """A line of narration on standard error; lost if nobody listens there."""
    try:
        print(display(text), file=sys.stderr, flush=True)
    except (OSError, ValueError):
        return


def emit(value: Any, *, pretty: bool = False) -> None:
    """One JSON value and a line end on standard output; ASCII only, so that any terminal and any locale takes it."""
    import json

    print(json.dumps(value, ensure_ascii=True, indent=2 if pretty else None), flush=True)


def say(text: str, *, end: str = "\n") -> None:
    """Text of the answer on standard output, control characters shown as text."""
    print(display(text), end=end, flush=True)
