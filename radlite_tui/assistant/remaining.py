"""How far long work is and how long it will still take, in words. Pure; a guess from the speed so far, said as one."""

from __future__ import annotations

LEAST_S = 1.0
"""Seconds that have to pass before a guess is worth anything."""


def remaining(done: int, total: int, seconds: float) -> str:
    """ "34 %, about 12 s left"; without the guess while it is too early for one, "" where the total is not known."""
    if total <= 0:
        return ""
    share = f"{min(1.0, done / total):.0%}".replace("%", " %")
    if done <= 0 or done >= total or seconds < LEAST_S:
        return share
    return f"{share}, about {duration(seconds / done * (total - done))} left"


def duration(seconds: float) -> str:
    """Seconds for reading: "8 s", "3 min", "2 h 5 min"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
