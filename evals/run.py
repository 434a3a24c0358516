"""Cases -> predictions, through the same assistant and engine the app uses. Goes on where an earlier run stopped."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from evals.asking import Manner, predict
from evals.cases import Item
from evals.held import alone, look
from evals.predictions import Prediction, Writer, without
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.remaining import remaining
from radlite_tui.errors import RadliteError
from radlite_tui.tasks.base import Mode

AHEAD = 8
"""Answers a slot that may wait for a slow one before them, to be written in order."""
GIVE_UP = 8
"""So many failures in a row mean that there is nobody to answer."""
TELL_S = 5.0
STOP_AGAIN_S = 0.05


@dataclass(frozen=True)
class Work:
    """One answer to get."""

    item: Item
    model: str
    mode: Mode


@dataclass(frozen=True)
class Ran:
    """written: predictions added; there: those that were there already; unanswered: of the written, those with an
    error instead of an answer."""

    written: int
    there: int
    unanswered: int


def run(
    assistant: Assistant,
    items: Sequence[Item],
    asked: Sequence[tuple[str, Mode]],
    out: Path,
    manner: Manner,
    parallel: int = 8,
) -> Ran:
    """Predict every case with every model and mode that `out` does not hold yet.

    Cases of one task, model and mode run in a row, so that the few-shot prefix stays in the cache. parallel: cases in
    flight at once; they are written in order. Progress and the time left go to stderr. An answer that fails is kept as
    a prediction with its error; one that might succeed is asked again by the next run. Raises BadInput where `out`
    holds something else under these names, and what ends the run early; what was answered by then is kept.
    """
    with alone(out):
        models = list(dict.fromkeys(model for model, _ in asked))
        held = look(out, assistant, models, items, manner)
        every = [Work(item, model, mode) for model, mode in asked for item in items]
        work = [one for one in every if (one.item.id, one.model, str(one.mode)) not in held.done]
        again = held.failed & {(one.item.id, one.model, str(one.mode)) for one in work}
        if again:
            without(out, lambda prediction: prediction.key in again)
        progress = Progress(len(work))

        def ask(one: Work) -> Prediction:
            return predict(assistant, one.item, one.model, one.mode, manner)

        with Writer(out) as writer:

            def keep(prediction: Prediction) -> None:
                writer.write(prediction)
                progress.add(prediction)

            in_order(work, ask, keep, parallel, assistant.cancel)
        return Ran(len(work), len(every) - len(work), progress.unanswered)


def in_order(
    work: Sequence[Work],
    ask: Callable[[Work], Prediction],
    keep: Callable[[Prediction], None],
    parallel: int,
    cancel: Callable[[], None],
) -> None:
    """Ask `parallel` at a time and keep the answers in the order of the work. When something ends it early, what is
    being answered is cancelled, and what was answered is kept."""
    flying: deque[Future[Prediction]] = deque()
    with ThreadPoolExecutor(parallel) as pool:
        try:
            for one in work:
                flying.append(pool.submit(ask, one))
                if len(flying) >= AHEAD * parallel:
                    _first(flying, keep)
            while flying:
                _first(flying, keep)
        except BaseException:
            running = [future for future in flying if not future.cancel() and not future.done()]
            while running and wait(running, timeout=STOP_AGAIN_S).not_done:
                cancel()
            for future in flying:
                if not future.cancelled() and future.exception() is None and future.result().finish in FINISHED:
                    keep(future.result())
            raise


FINISHED = ("stop", "length")


def _first(flying: deque[Future[Prediction]], keep: Callable[[Prediction], None]) -> None:
    prediction = flying[0].result()
    flying.popleft()
    keep(prediction)


class Progress:
    """Tells how far the run is, and ends it where nothing is answered any more."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._row = total, 0, 0
        self._began = self._told = time.monotonic()
        self.unanswered = 0

    def add(self, prediction: Prediction) -> None:
        """One more is written. Raises RadliteError after too many failures in a row."""
        self._done += 1
        self.unanswered += bool(prediction.error)
        self._row = self._row + 1 if prediction.finish == "error" else 0
        now = time.monotonic()
        if now - self._told > TELL_S or self._done == self._total:
            self._told = now
            what = f"{prediction.model} {prediction.mode} {prediction.task}"
            left = remaining(self._done, self._total, now - self._began)
            print(f"{self._done}/{self._total}  {what}  {left}", file=sys.stderr)
        if self._row == GIVE_UP:
            raise RadliteError(
                f"{GIVE_UP} cases in a row were not answered, the last one so: {prediction.error} "
                "What was answered before is kept; the same command asks the others again."
            )


@contextmanager
def side_by_side(parallel: int) -> Iterator[ThreadPoolExecutor]:
    """A pool that begins nothing more once its block is left by an error."""
    pool = ThreadPoolExecutor(max_workers=parallel)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
