"""Keeps the conversation in progress: what a front end asks and gets is written down as it comes, in a thread.

May import its siblings, `settings` and the assistant's types. A fault of disk or file is told in a sentence, what was
said stays in memory and is tried again; it never holds an answer up and never raises into a run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue

from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.comparison import Column
from radlite_tui.assistant.history import faults, places, provenance, recovery, saving, writing
from radlite_tui.assistant.history.records import COMPARISON, FAILED, KeptConversation, Summary
from radlite_tui.assistant.history.recovery import Draft, Recovered
from radlite_tui.assistant.history.runs import Run
from radlite_tui.assistant.history.saving import Saving
from radlite_tui.assistant.history.store import Store
from radlite_tui.assistant.history.talk import Line, Talk
from radlite_tui.assistant.types import Answer, Ask, Plan
from radlite_tui.engine.protocol import Event, Failed
from radlite_tui.errors import RadliteError
from radlite_tui.settings import Settings
from radlite_tui.tasks.base import Mode

EVERY_S = 0.5
AGAIN_S = 5.0
LAST_WORDS_S = 3.0
Work = Callable[[], None]


class Keeper:
    """settled: the settings; tell: takes a sentence about the history, from any thread.

    saving: whether what is asked next is kept; trouble: why what should be on disk is not, or nothing.
    """

    def __init__(self, settled: Settings, tell: Callable[[str], object] = lambda sentence: None) -> None:
        self.settled = settled
        self.saving: Saving = saving.decide(settled.history)
        self.talk = Talk()
        self.compared = Talk(kind=COMPARISON)
        self.trouble = ""
        self._tell = tell
        self._lines: list[Line] = []
        self._work: SimpleQueue[Work | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._store: Store | None = None
        self._run: Run | None = None
        self._checked = False
        self._closed = False

    # What a front end does.

    @property
    def on(self) -> bool:
        """Whether what is asked next is kept."""
        return self.saving.on and not self.talk.private

    def switch(self, on: bool) -> None:
        """For this run of the program: keep what is asked from now on, with what this conversation has so far; or
        keep nothing more."""
        self.saving = Saving(on, "now", "switched by key, for this run of the program")
        if on and not self.talk.private:
            for line in self.talk.lines:
                line.saved = True
            self._do(partial(self._add, [line for line in self.talk.lines if line.changed]))
            self._do(self._flush)
        elif not on:
            self.trouble = ""

    def begin(self) -> None:
        """The next question begins a new conversation."""
        self.talk = Talk()

    def reopen(self, kept: KeptConversation, *, in_history: bool = True) -> None:
        """The next question goes on with this conversation."""
        self.talk = Talk(id=kept.summary.id if in_history else None)
        for turn in kept.turns:
            self.talk.take(turn, kept=in_history)

    def recover(self, found: Recovered) -> None:
        """Go on with what was cut off, where it was kept. What was not saved then is saved now, if saving is on."""
        number = found.conversation
        summary = Summary(number or 0, "", found.when, found.when, len(found.turns))
        self.reopen(KeptConversation(summary, found.turns), in_history=number is not None)
        if self.on and number is None:
            self.switch(True)

    def make_private(self) -> int | None:
        """Keep nothing (more) of this conversation. Gives its id in the history, where the caller may delete it: what
        is being written down at this moment is waited for, so that none of it stays there unnoticed."""
        self.talk.private = True
        for line in self.talk.lines:
            line.saved = False
        if self._thread is not None:
            self._wait(lambda: None, LAST_WORDS_S)
        return self.talk.id

    def record(
        self,
        assistant: Assistant,
        plan: Plan,
        events: Iterable[Event | Answer],
        *,
        constrained: bool = True,
        instead: Plan | None = None,
        talk: Talk | None = None,
    ) -> Iterator[Event | Answer]:
        """The same events; what they say is kept on the way. instead: an earlier question of this conversation that
        is asked again, from whose place this one branches. talk: another conversation than the one in progress."""
        line = self._begun(self.talk if talk is None else talk, assistant, plan, instead, constrained)
        if line.saved:
            self._do(partial(self._add, [line]))
        try:
            for event in events:
                line.feed(event)
                yield event
        except RadliteError as error:
            line.fail(str(error))
            raise
        except Exception as error:
            line.fail(f"The run failed unexpectedly ({type(error).__name__}: {error}).")
            raise
        finally:
            line.end("cancelled")
            if line.trouble and not line.text and line.turn is None:
                line.saved = False  # it never began
            if line.saved:
                self._do(self._flush)

    def compare(
        self, assistant: Assistant, ask: Ask, modes: Sequence[Mode], models: Sequence[str], *, blind: bool = False
    ) -> Iterator[tuple[Column, Event | Answer]]:
        """The events of a comparison, kept on the way as a conversation of its own (`compared`), a turn a column."""
        self.compared = talk = Talk(kind=COMPARISON, blind=blind)
        plans = assistant.columns(ask, modes, models)
        lines = {column: self._begun(talk, assistant, plan) for column, plan in plans.items()}
        if self.on:
            self._do(partial(self._add, talk.lines[:]))
        try:
            for column, event in assistant.compare(ask, modes, models):
                lines[column].feed(event)
                if isinstance(event, Failed):
                    lines[column].fail(event.message)
                yield column, event
        finally:
            for line in talk.lines:
                line.end("cancelled")
            if all(line.state == FAILED and not line.text and line.turn is None for line in talk.lines):
                for line in talk.lines:
                    line.saved = False  # it never began
            if any(line.saved for line in talk.lines):
                self._do(self._flush)

    def judge(self, number: int | None, expected: str, ratings: Mapping[int, int]) -> None:
        """What the user said of a comparison; kept with it, where it is kept. number: its id in the history; None: of
        the one that ran last. ratings: by column, from 1."""
        if self.saving.on:
            self._do(partial(self._judge, self.compared, number, expected, dict(ratings)))

    def _begun(
        self, talk: Talk, assistant: Assistant, plan: Plan, instead: Plan | None = None, constrained: bool = True
    ) -> Line:
        """A new line of a conversation. The columns of a comparison follow nothing."""
        parent = None if talk.kind == COMPARISON else talk.before(instead)
        line = Line(talk, plan, parent, constrained=constrained, saved=self.on, text=plan.ask.begun)
        line.measure = partial(provenance.of, assistant, plan, self.settled.engine, constrained=constrained)
        talk.lines.append(line)
        return line

    def start(self, found: Callable[[Recovered | None], object]) -> None:
        """In the thread: look after the file, and give what was cut off the last time, if anything was."""
        self._do(partial(self._start, found))

    def flush(self, seconds: float = LAST_WORDS_S) -> bool:
        """Write down what there is. False where that cannot be done, or not in time."""
        return self._wait(self._flush, seconds) and not self.trouble

    def cut_off(self, draft: Draft, seconds: float = LAST_WORDS_S) -> bool:
        """The program is told to end in the middle: the answer so far goes to the history, or into a file that waits
        for the next start. Takes no lock, so that a signal's handler may call it."""
        return self._wait(partial(self._cut_off, draft), seconds)

    def close(self, seconds: float = LAST_WORDS_S) -> None:
        """The user leaves: an answer in the middle counts as stopped. Safe to call twice."""
        self._closed = True
        thread, self._thread = self._thread, None
        if thread is not None:
            self._work.put(self._close)
            self._work.put(None)
            thread.join(seconds)

    # What the thread does.

    def _do(self, work: Work) -> None:
        if self._closed:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="history", daemon=True)
            self._thread.start()
        self._work.put(work)

    def _wait(self, work: Work, seconds: float) -> bool:
        done = threading.Event()

        def both() -> None:
            try:
                work()
            finally:
                done.set()

        self._do(both)
        return done.wait(seconds)

    def _loop(self) -> None:
        """Work as it comes; while an answer is being written, what is new of it twice a second."""
        while True:
            waiting = AGAIN_S if self.trouble else EVERY_S
            try:
                work = self._work.get(timeout=waiting if self._lines else None)
            except Empty:
                work = self._flush
            if work is None:
                return
            try:
                work()
            except Exception as error:  # a bug here must not end the thread, and with it all saving
                self._say(f"The history failed unexpectedly ({type(error).__name__}: {error}).")

    def _add(self, lines: list[Line]) -> None:
        self._lines += [line for line in lines if line not in self._lines]

    def _flush(self) -> None:
        changed = [line for line in self._lines if line.changed]
        for line in changed:
            self._measure(line)
        if changed:
            try:
                self._write(changed)
                self.trouble = ""
            except RadliteError as error:
                self._say(str(error))
        self._lines = [line for line in self._lines if line.saved and (line.changed or not line.over)]

    def _write(self, changed: list[Line]) -> None:
        """Put lines on disk; a damaged file is set aside once, and all of this conversation goes into a new one."""
        try:
            writing.write(self._opened(), changed, self._running().name)
        except faults.HistoryFault as fault:
            if not fault.damaged:
                raise
            self._replace_damaged()
            for line in {line for one in changed for line in one.talk.lines}:
                line.forget_rows()
                line.talk.id = None
            again = list(dict.fromkeys(line for one in changed for line in one.talk.lines if line.saved))
            writing.write(self._opened(), again, self._running().name)

    def _opened(self) -> Store:
        if self._store is None:
            path = places.database(self.settled.history)
            try:
                store = Store(path, write=True)
                self._store = store
                if not self._checked:
                    self._checked = True
                    store.connection.check()
            except faults.HistoryFault as fault:
                if not fault.damaged:
                    raise
                self._replace_damaged()
                self._store = Store(path, write=True)
        return self._store

    def _replace_damaged(self) -> None:
        """Set a damaged file aside, unless another app has done so already, and say where it is."""
        path = places.database(self.settled.history)
        if self._store is not None:
            self._store.close()
            self._store = None
        try:
            fresh = Store(path, write=True)
            try:
                fresh.connection.check()
                return
            finally:
                fresh.close()
        except faults.HistoryFault as fault:
            if not fault.damaged:
                raise
        try:
            aside = faults.set_aside(path)
        except OSError as error:
            raise faults.fault(error, path) from error
        self._tell(f"The history was damaged; it was set aside as {aside}, and a new one begins.")

    def _running(self) -> Run:
        if self._run is None:
            try:
                self._run = Run(places.folder(self.settled.history))
            except OSError as error:
                raise faults.fault(error, places.database(self.settled.history)) from error
        return self._run

    def _judge(self, compared: Talk, number: int | None, expected: str, ratings: Mapping[int, int]) -> None:
        self._flush()
        kept = compared.id if number is None else number
        if kept is not None:
            try:
                self._opened().judge(kept, expected, ratings)
            except RadliteError as error:
                self._say(str(error))

    def _measure(self, line: Line) -> None:
        """The provenance, as soon as the files are checked."""
        if line.measure is not None and line.under_way:
            measure, line.measure = line.measure, None
            with suppress(Exception):  # an answer without provenance is better than none
                line.provenance = measure()

    def _say(self, sentence: str) -> None:
        if sentence != self.trouble:
            self.trouble = sentence
            self._tell(sentence)

    def _start(self, found: Callable[[Recovered | None], object]) -> None:
        recovered = recovery.find(self.settled.history)
        path = places.database(self.settled.history)
        try:
            if self.saving.on:
                recovered = self._looked_after(self._opened(), recovered)
            elif path.exists():
                store = Store(path)
                try:
                    recovered = self._looked_after(store, recovered)
                finally:
                    store.close()
        except RadliteError as error:
            if self.saving.on:
                self._say(str(error))
        found(recovered)

    def _looked_after(self, store: Store, recovered: Recovered | None) -> Recovered | None:
        """Old conversations go, where the settings want that; what was cut off is found."""
        if self.settled.history.keep_days:
            store.purge(self.settled.history.keep_days)
        return self._interrupted(store, recovered)

    def _interrupted(self, store: Store, recovered: Recovered | None) -> Recovered | None:
        """What the history holds of an answer that was cut off joins what was found beside it."""
        cut = writing.cut_off(store)
        if recovered is not None and recovered.conversation is not None:
            with suppress(RadliteError):
                kept = store.conversation(recovered.conversation)
                recovered = replace(recovered, turns=kept.turns)
        elif recovered is None and cut:
            kept = store.conversation(cut[0][0])
            last = next(turn for turn in kept.turns if turn.number == cut[0][1])
            recovered = Recovered(kept.summary.touched, Draft(last.ask.report), kept.turns, kept.summary.id)
        if cut:
            writing.offered(store)
        return recovered

    def _cut_off(self, draft: Draft) -> None:
        for line in [*self.talk.lines, *self.compared.lines]:
            self._measure(line)
            line.cut_off()
        self._flush()
        unsaved = [line for line in self.talk.lines if line.changed or line.turn is None]
        conversation = self.talk.id if not unsaved else None
        sent = self.talk.last is not None and draft.report == self.talk.last.plan.ask.report and not draft.words
        if unsaved or not sent:
            with suppress(RadliteError, OSError):
                recovery.keep(self.settled.history, draft, self.talk.lines if unsaved else [], conversation)
        self._end()

    def _close(self) -> None:
        for line in [*self.talk.lines, *self.compared.lines]:
            line.end("cancelled")
        self._flush()
        self._end()

    def _end(self) -> None:
        if self._store is not None:
            with suppress(RadliteError):
                self._store.connection.checkpoint()
            self._store.close()
            self._store = None
        if self._run is not None:
            self._run.close()
            self._run = None
