"""The line mode cut off in the middle: what there is is kept for the next start, which offers it to a person once.

May import the assistant's history and its siblings. A pipe is never asked anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import NoReturn

from radlite_tui.assistant.history import recovery
from radlite_tui.assistant.history.endings import Endings
from radlite_tui.assistant.history.keeper import Keeper
from radlite_tui.assistant.history.recovery import Draft, Recovered
from radlite_tui.cli.plain_input import Lines, asking

START_S = 10.0
"""Longest wait for a history that another program holds."""
TAKE, LEAVE = ("", "y", "yes"), ("n", "no")


class Ended(BaseException):
    """The program was told to end by this signal; what there was is kept. Unwinding puts the terminal in order."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def leave(number: int) -> NoReturn:
    raise Ended(number)


@contextmanager
def kept_when_cut_off(keeper: Keeper, draft: Callable[[], Draft]) -> Iterator[None]:
    """A signal to end keeps the answer so far and the draft, then raises Ended."""
    endings = Endings(lambda: keeper.cut_off(draft()), leave)
    endings.listen()
    try:
        yield
    finally:
        endings.close()


def offer(keeper: Keeper, lines: Lines, tell: Callable[[str], None], take_up: Callable[[Recovered], None]) -> None:
    """Ask whether to go on with what was cut off the last time, if anything was. Without an answer it waits for the
    next start. Raises RadliteError where its file cannot be deleted."""
    found: SimpleQueue[Recovered | None] = SimpleQueue()
    keeper.start(found.put)
    try:
        cut = found.get(timeout=START_S)
    except Empty:
        return
    if cut is None:
        return
    tell(recovery.sentence(cut))
    answer = agreed(f"Enter takes it up again, n {recovery.otherwise(cut)}: ", lines, tell)
    if answer is None:
        return
    if answer:
        keeper.recover(cut)
        take_up(cut)
    recovery.drop(cut)


def agreed(question: str, lines: Lines, tell: Callable[[str], None]) -> bool | None:
    """Yes or no, asked until it is one of them; None at the end of the input."""
    while (line := asking(question, lines, tell)) is not None:
        word = line.strip().lower()
        if word in TAKE or word in LEAVE:
            return word in TAKE
        tell("Press Enter for yes, or type n for no.")
    return None
