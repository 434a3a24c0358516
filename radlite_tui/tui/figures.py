"""Speeds and times as people read them. Pure; imports nothing of RadLite."""

from __future__ import annotations

from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"


def spark(speeds: Sequence[float]) -> str:
    """Speeds as bars against the fastest of them; empty with fewer than two."""
    top = max(speeds, default=0.0)
    if len(speeds) < 2 or top <= 0:
        return ""
    return "".join(BLOCKS[min(len(BLOCKS) - 1, int(speed / top * len(BLOCKS)))] for speed in speeds)


def wait(seconds: float) -> str:
    """Seconds as a countdown says them."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def rate(tok_s: float) -> str:
    """Tokens per second as people read them."""
    return f"{tok_s:.0f}" if tok_s >= 100 else f"{tok_s:.1f}"
