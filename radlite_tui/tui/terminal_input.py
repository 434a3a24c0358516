"""What comes from the terminal, made safe before Textual takes it apart. May import Textual's terminal driver only.

Textual looks for keys inside a paste: an escape in a pasted text ends it there, and the rest arrives as keys, Enter
among them. Here a paste is everything between its two marks, and only the second mark ends it. A byte that is no UTF-8
(mouse reports of the old kind, after a reconnection) is replaced instead of ending the app. Textual reads on, without
end, when the terminal is gone; here the app is told so.
"""

from __future__ import annotations

import os
import signal
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from functools import partial

from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message

BEGIN, END = "\x1b[200~", "\x1b[201~"


class WholePastes(XTermParser):
    """Textual's parser; pastes do not go through it.

    pasted: the pieces of the paste in progress; last: the end of what Textual has got, where a mark may have begun;
    told: Textual saw the rest of such a mark, so it has to see the closing one.
    """

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self.pasted: list[str] | None = None
        self.last = ""
        self.told = False

    def feed(self, data: str) -> Iterable[Message]:
        """The events of some more input; an empty text is its end."""
        if not data:
            yield from super().feed(data)
        while data:
            if self.pasted is None:
                keys, data = self.before_paste(data)
                if keys:
                    yield from super().feed(keys)
            else:
                text, data = self.until_end(data)
                if text is not None:
                    yield events.Paste(text)
                    if self.told:
                        told = super().feed(END)
                        yield from (event for event in told if not isinstance(event, events.Paste))

    def before_paste(self, data: str) -> tuple[str, str]:
        """(what is no paste, what follows the opening mark); notes that a paste begins."""
        joined = self.last + data
        at = joined.find(BEGIN)
        if at < 0:
            self.last = joined[-len(BEGIN) + 1 :]
            return data, ""
        self.pasted, self.told = [], at < len(self.last)
        after = at + len(BEGIN) - len(self.last)
        keys = data[:after] if self.told else data[: after - len(BEGIN)]
        self.last = ""
        return keys, data[after:]

    def until_end(self, data: str) -> tuple[str | None, str]:
        """(the paste's text once its closing mark is there, what follows)."""
        assert self.pasted is not None
        whole = (self.pasted.pop() if self.pasted else "") + data
        text, mark, rest = whole.partition(END)
        if mark:
            text, self.pasted = "".join([*self.pasted, text]), None
            return text, rest
        self.pasted += [whole[: -len(END)], whole[-len(END) :]]
        return None, ""


class Input:
    """Decodes what is read from the terminal. What cannot be decoded is replaced; nothing at all means that there is no
    terminal any more."""

    def __init__(self, encoding: str) -> None:
        self.decoder = getincrementaldecoder(encoding)("replace")
        self.ended = False

    def decode(self, data: bytes, final: bool = False) -> str:
        if not data and not final and not self.ended:
            self.ended = True
            hang_up()
        return self.decoder.decode(data, final)


def hang_up() -> None:
    """What the system does when a terminal goes, but only to the program that was started on it, which may be one that
    waits for us and does not end (make is such). Where that signal is ignored, as under nohup, it is the other one."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    os.kill(os.getpid(), signal.SIGTERM if ignored else signal.SIGHUP)


def tolerant(encoding: str) -> Callable[[], Input]:
    """As `codecs.getincrementaldecoder`."""
    return partial(Input, encoding)


def install() -> None:
    """Let Textual's driver read through these. Before the app runs; where there is such a driver."""
    if os.name == "posix":
        from textual.drivers import linux_driver

        linux_driver.XTermParser = WholePastes  # type: ignore[attr-defined]
        linux_driver.getincrementaldecoder = tolerant  # type: ignore[assignment,attr-defined]
