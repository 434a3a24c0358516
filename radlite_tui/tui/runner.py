"""One run at a time: a thread reads the assistant's events onto a queue, and the app's timer takes them off.

May import `messages`, and the assistant's types for their names only. Knows no widget. Whatever happens in the run,
the queue ends with `Ended`, so nothing that was generated is lost.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from radlite_tui.errors import RadliteError
from radlite_tui.tui.messages import Ended, Trouble

if TYPE_CHECKING:
    from radlite_tui.assistant.comparison import Column
    from radlite_tui.assistant.types import Answer
    from radlite_tui.engine.protocol import Event
    from radlite_tui.tui.messages import Item

    Source = Callable[[], Iterator[Event | Answer] | Iterator[tuple[Column, Event | Answer]]]

log = logging.getLogger(__name__)


class Runner:
    """The run in progress, if there is one. `work` runs in a thread; everything else in the app's own."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[tuple[float, Item]] = SimpleQueue()
        self.running = False
        self.stopping = False

    def begin(self) -> None:
        """Claim the runner. Only when nothing runs."""
        assert not self.running
        self.queue = SimpleQueue()
        self.running, self.stopping = True, False

    def stop(self, cancel: Callable[[], None]) -> None:
        """Stop the run in progress, also when the engine has not got it yet."""
        if self.running:
            self.stopping = True
            cancel()

    def work(self, source: Source, cancel: Callable[[], None]) -> None:
        """Read a run to its end. Never raises: what goes wrong is put on the queue as a sentence."""
        queue = self.queue
        try:
            for item in source():
                queue.put((time.monotonic(), item))
                if self.stopping:
                    cancel()  # again, since a stop before the engine had the request reached nothing
        except RadliteError as error:
            queue.put((time.monotonic(), Trouble(str(error))))
        except Exception as error:
            log.exception("a run failed")
            name = type(error).__name__
            queue.put((time.monotonic(), Trouble(f"The run failed unexpectedly ({name}: {error}); ask again.")))
        finally:
            queue.put((time.monotonic(), Ended()))

    def take(self) -> tuple[tuple[float, Item], ...]:
        """Everything that came since the last call."""
        items: list[tuple[float, Item]] = []
        try:
            while True:
                items.append(self.queue.get_nowait())
        except Empty:
            pass
        if any(isinstance(item, Ended) for _, item in items):
            self.running = False
        return tuple(items)
