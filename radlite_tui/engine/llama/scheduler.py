"""Which rows are computed next: one batch serves every running answer of a context, and a finished one's place is taken
at once. Imports its siblings.

Answers are generators (see `work`). A round: begin what waits and fits, gather the rows of the running answers of one
context, compute them in one pass, and send each answer its logits. Reading ahead waits until nobody asks anything.
"""

from __future__ import annotations

import contextlib
import threading
import traceback
from dataclasses import dataclass, field
from time import perf_counter

from radlite_tui.engine.llama.answer import Answer, Emit
from radlite_tui.engine.llama.context import MOST_OUTPUTS, Logits, NoRoom, Row
from radlite_tui.engine.llama.faults import Aborted, Fault, lacks_memory
from radlite_tui.engine.llama.generate import Desk, encode, generate, read_ahead, room_for
from radlite_tui.engine.llama.interrupt import Interrupt
from radlite_tui.engine.llama.loaded import Loaded, Place
from radlite_tui.engine.llama.pace import kind_of
from radlite_tui.engine.llama.prefixes import WORTH, common
from radlite_tui.engine.llama.sequence import Sequence
from radlite_tui.engine.llama.threads import IdleCores
from radlite_tui.engine.llama.work import Rows, Work
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import Cancelled, Done, Event, Failed, Loading, Request


@dataclass(eq=False)
class Job:
    """One answer on its way. ahead: only read the prompt in, while nobody asks anything."""

    request: Request
    emit: Emit
    answer: Answer
    ahead: bool
    cancelled: bool = False
    place: Place | None = None
    prompt: list[int] = field(default_factory=list)
    need: int = 0
    sequence: Sequence | None = None
    work: Work[Done] | None = None
    rows: Rows = field(default_factory=list)

    @property
    def reading(self) -> bool:
        """Whether the prompt is not read in yet."""
        return self.sequence is not None and len(self.sequence.tokens) < len(self.prompt)


class Scheduler:
    """All answers of one worker. `add` and `step` belong to the computing thread; `cancel` may come from another."""

    def __init__(self, loaded: Loaded, options: EngineOptions, interrupt: Interrupt) -> None:
        self._loaded, self._options, self._interrupt = loaded, options, interrupt
        self._waiting: list[Job] = []
        self._running: list[Job] = []
        self._current: list[Job] = []
        self._guard = threading.Lock()
        self._last: Place | None = None
        self._idle_cores = IdleCores()

    @property
    def idle(self) -> bool:
        return not self._waiting and not self._running

    def job(self, request: Request, emit: Emit, *, ahead: bool = False) -> Job:
        """A new answer, not queued yet."""
        return Job(request, emit, Answer(emit, request.model.context), ahead)

    def add(self, job: Job) -> None:
        """Queue an answer."""
        self._waiting.append(job)

    def cancel(self, job: Job) -> None:
        """Stop an answer, at once if it is being computed."""
        with self._guard:
            job.cancelled = True
            if job in self._current:
                self._interrupt.set()

    def give_way(self, request: Request) -> None:
        """A request has arrived: stop reading ahead at once, unless what is being read is its own beginning."""
        with self._guard:
            if self._current and all(job.ahead and not _begins(job.request, request) for job in self._current):
                self._interrupt.set()

    def step(self) -> None:
        """Begin what can begin, then compute one batch."""
        for job in [job for job in (*self._waiting, *self._running) if job.cancelled]:
            self._stop(job, Aborted())
        for job in sorted(self._waiting, key=lambda job: job.ahead):
            if not (job.ahead and self._asked()):
                self._begin(job)
        batch = self._gather()
        if batch:
            self._compute(batch)

    def _asked(self) -> bool:
        """Whether anybody waits for an answer."""
        return any(not job.ahead for job in (*self._waiting, *self._running))

    def _begin(self, job: Job) -> None:
        """Load what the answer needs and take its first step, or leave it waiting."""
        with self._guard:
            self._interrupt.clear()
            self._current = [job]
            if job.cancelled:
                self._interrupt.set()
        try:
            if job.place is None:
                began = perf_counter()
                job.place = self._loaded.place(job.request.model, lambda *said: job.emit(Loading(*said)))
                job.place.busy += 1
                job.answer.load_s = perf_counter() - began
                job.prompt = encode(job.request, job.place.prefixes)
            if self._fits(job, job.place):
                self._start(job, job.place)
        except (Aborted, Fault) as error:
            self._stop(job, error)
        except Exception as error:
            self._stop(job, _unexpected(error))
        finally:
            with self._guard:
                self._current = []
                self._interrupt.clear()

    def _fits(self, job: Job, place: Place) -> bool:
        """Whether the answer can begin now: there is a place for it, room in the cache, and no other answer is just
        reading a beginning that this one would have to read too."""
        others = [other for other in self._running if other.place is place and not other.ahead]
        shared = place.prefixes.shared(job.prompt)
        job.need = len(job.prompt) + room_for(job.request, place.context) - shared
        if not others:
            return True
        if len(others) >= self._options.parallel or self._reserved(others) + job.need > place.context.cells:
            return False
        coming = max((common(other.prompt, job.prompt) for other in others if other.reading), default=0)
        return coming - shared < WORTH

    def _reserved(self, jobs: list[Job]) -> int:
        return sum(job.need for job in jobs)

    def _start(self, job: Job, place: Place) -> None:
        begun = place.prefixes.begin(job.prompt)
        if begun is None:
            return
        job.sequence = begun[0]
        desk = Desk(place.prefixes, place.payoff, lambda: len(self._running) < 2, self._options)
        if job.ahead:
            job.work = read_ahead(job.prompt, begun, job.answer, job.emit, desk)
        else:
            job.work = generate(job.request, job.prompt, begun, job.answer, job.emit, desk)
        self._waiting.remove(job)
        self._running.append(job)
        for other in [other for other in self._running if other.ahead and _taken_over(other, job)]:
            self._stop(other, Aborted())
        self._advance(job, None)

    def _gather(self) -> list[Job]:
        """Answers of one context whose rows fit into one batch: those that take a single token first, so that a long
        prompt does not hold them up for more than its next part. Contexts take turns."""
        ready = [job for job in self._running if not job.ahead] or ([] if self._asked() else self._running)
        places = list({id(job.place): job.place for job in ready}.values())
        if not places:
            return []
        turn = next((i for i, place in enumerate(places) if place is self._last), -1) + 1
        place = self._last = places[turn % len(places)]
        assert place is not None
        batch: list[Job] = []
        rows = outputs = 0
        for job in sorted((job for job in ready if job.place is place), key=lambda job: len(job.rows)):
            wanted = sum(row.logits for row in job.rows)
            if batch and (rows + len(job.rows) > place.context.batch_size or outputs + wanted > MOST_OUTPUTS):
                break
            batch.append(job)
            rows, outputs = rows + len(job.rows), outputs + wanted
        return batch

    def _compute(self, batch: list[Job]) -> None:
        place = batch[0].place
        assert place is not None
        rows = [row for job in batch for row in job.rows]
        writing = not any(job.reading for job in batch)
        try:
            if rows:
                paced = place.pace.threads if writing else place.pace.most
                place.context.use_threads(place.context.threads_for(len(rows), paced))
                began = perf_counter()
                self._decode(place, batch, rows)
                if writing and place.context.threads == paced:
                    self._observe(place, len(rows), perf_counter() - began)
        except Aborted:
            for number, start in _starts(rows).items():
                place.context.cut(number, start)
            for job in [job for job in batch if job.cancelled]:
                self._stop(job, Aborted())
            return
        except NoRoom:
            self._no_room(batch)
            return
        except Fault as fault:
            for job in batch:
                self._stop(job, fault)
            return
        place_in_batch = 0
        for job in batch:
            logits = [place.context.logits(place_in_batch + i) for i, row in enumerate(job.rows) if row.logits]
            place_in_batch += len(job.rows)
            if not job.reading:
                job.answer.steps += 1
            self._advance(job, logits)

    def _observe(self, place: Place, rows: int, seconds: float) -> None:
        """Let the speed of a decode step tell how many threads the next one should use."""
        if not self._options.pace:
            return
        place.pace.observe(rows, seconds, kind_of(rows))
        if place.pace.settled < place.pace.most:
            free = self._idle_cores.since(1.0)
            if free is not None and free >= 1:
                place.pace.invite()

    def _decode(self, place: Place, batch: list[Job], rows: Rows) -> None:
        """Compute, making room in the cache as long as there is something to drop."""
        with self._guard:
            self._current = batch
            if any(job.cancelled for job in batch):
                self._interrupt.set()
        try:
            while True:
                try:
                    return place.context.decode(rows)
                except NoRoom:
                    if not place.prefixes.make_room():
                        raise
        finally:
            with self._guard:
                self._current = []
                self._interrupt.clear()

    def _no_room(self, batch: list[Job]) -> None:
        """The running answers fill the cache: the last one to begin gives up."""
        last = max(batch, key=self._running.index)
        size = last.request.model.context
        self._stop(last, Fault("request", f"The context of {size} tokens is full; ask with a shorter report."))

    def _advance(self, job: Job, logits: list[Logits] | None) -> None:
        """Send an answer its logits; what it asks for next is computed in a later batch."""
        assert job.work is not None
        try:
            job.rows = next(job.work) if logits is None else job.work.send(logits)
        except StopIteration as end:
            self._end(job, end.value)
        except (Aborted, Fault) as error:
            self._stop(job, error)
        except Exception as error:
            self._stop(job, _unexpected(error))

    def _stop(self, job: Job, error: Aborted | Fault) -> None:
        """End an answer early, with the text there is."""
        if job.work is not None:
            with contextlib.suppress(Aborted, Fault, StopIteration):
                job.work.throw(error)
            job.work.close()
        job.answer.finish()
        answer = job.answer
        if isinstance(error, Fault):
            self._end(job, Failed(error.kind, error.message, answer.text, answer.stats(), error.needed, error.context))
        else:
            self._end(job, Cancelled(answer.text, answer.stats()))

    def _end(self, job: Job, final: Event) -> None:
        if job in self._running:
            self._running.remove(job)
            assert job.place is not None
            assert job.sequence is not None
            job.place.prefixes.end(job.sequence)
        elif job in self._waiting:
            self._waiting.remove(job)
        else:
            return
        if job.place is not None:
            job.place.busy -= 1
        job.emit(final)


def _unexpected(error: Exception) -> Fault:
    """A mistake of ours, told in the log and to the user. Lack of memory is none, and ends the worker."""
    if lacks_memory(error):
        raise MemoryError from error
    traceback.print_exception(error)
    return Fault("request", f"The engine failed unexpectedly ({type(error).__name__}: {error}); ask again.")


def _starts(rows: list[Row]) -> dict[int, int]:
    """Where each sequence's first row of a batch stands."""
    starts: dict[int, int] = {}
    for row in rows:
        for number in row.sequences:
            starts[number] = min(starts.get(number, row.position), row.position)
    return starts


def _taken_over(ahead: Job, job: Job) -> bool:
    """Whether `job` reads on what `ahead` was reading."""
    return ahead is not job and ahead.place is job.place and job.prompt[: len(ahead.prompt)] == ahead.prompt


def _begins(ahead: Request, request: Request) -> bool:
    """Whether what is read ahead is the beginning of the request's prompt."""
    return ahead.model == request.model and request.prompt[: len(ahead.prompt)] == ahead.prompt
