"""The use case: report and words become a plan, a plan becomes a streamed, parsed and checked answer.

May import `tasks`, `routing`, `models`, `engine.protocol` and its siblings. Importing it or creating an `Assistant`
loads no model and no native code; it must never know which front end runs, print, or read the user's files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from radlite_tui.assistant import comparison, ensemble, planning, reading
from radlite_tui.assistant.comparison import Column
from radlite_tui.assistant.ports import Routes, Store
from radlite_tui.assistant.types import Answer, Ask, Plan
from radlite_tui.engine.protocol import Cancelled, Done, Engine, Event, Failed, Request, Stats
from radlite_tui.errors import RadliteError
from radlite_tui.models.manifest import Manifest
from radlite_tui.settings import Settings
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.report import Report


class Assistant:
    """What every front end talks to. Thread-safe as far as its engine is: `cancel` may come from any thread."""

    def __init__(self, engine: Engine, store: Store, routes: Routes) -> None:
        self._engine = engine
        self._store = store
        self._routes = routes
        self._stops = 0

    @classmethod
    def create(cls, found: Settings | None = None, *, steady: bool = False) -> Assistant:
        """The assistant over the engine, store and routes that the settings choose. Nothing is loaded until the first
        answer. Raises BadInput for settings that cannot be used. found: settings that were read already. steady:
        answers of the engine on this machine depend on nothing but their requests (`EngineOptions.made_steady`)."""
        from radlite_tui.assistant.wiring import join

        return cls(*join(found, steady=steady))

    def models(self) -> tuple[Manifest, ...]:
        """Every model at hand, in display order; `ensemble` is not among them, but may be asked for by name."""
        return tuple(self._store.manifest(name) for name in self._store.names())

    def warm(self) -> None:
        """Read what planning needs, so that the first plan is as quick as later ones. Loads no language model."""
        self._routes.warm()

    def plan(self, ask: Ask) -> Plan:
        """What would run. Takes milliseconds and loads no model.

        The plan may be an abstention (`plan.routing.abstained`), or lack something (`missing(plan)`); `run` refuses
        both. Raises BadInput for an unknown task, model or mode.
        """
        return planning.make(ask, self._store, self._routes)

    def replan(self, plan: Plan, task: str | None = None, model: str | None = None, mode: Mode | None = None) -> Plan:
        """The same request with another task, model or mode; what is None stays as it was chosen or is routed again."""
        return planning.replan(plan, self._store, self._routes, task, model, mode)

    def missing(self, plan: Plan) -> str:
        """One sentence saying what has to be given before this plan can run; empty when it can."""
        return planning.missing(plan)

    def run(self, plan: Plan, *, constrained: bool = True) -> Iterator[Event | Answer]:
        """Run a plan: the engine's events as they come and, last, the `Answer`.

        constrained: decode closed answers over the task's form; on by default. On `Failed`
        that event comes first (with the text there was), then the error is raised: BadInput when the prompt does
        not fit, ModelUnavailable for the model's files, RadliteError otherwise. Closing the iterator cancels.
        """
        planning.require(plan)
        if plan.model == planning.ENSEMBLE:
            members = [replace(plan, model=name) for name in self._store.names()]
            yield from ensemble.run(plan, members, self._store, self._engine)
            return
        stopped = self._stops
        for loading in planning.checking(plan, self._store):
            yield loading
            if self._stops != stopped:
                yield Cancelled("", Stats())
                yield reading.answer(plan, self._store, Cancelled("", Stats()))
                return
        request = self.request(plan, constrained=constrained)
        for event in self._engine.generate(request):
            yield event
            if isinstance(event, Failed):
                raise reading.error(event, plan)
            if isinstance(event, (Done, Cancelled)):
                yield reading.answer(plan, self._store, event)
                return
        raise RadliteError("The engine ended without an answer; ask again.")

    def request(self, plan: Plan, *, constrained: bool = True) -> Request:
        """The engine request a plan stands for. Raises BadInput when the plan lacks something, ModelUnavailable."""
        planning.require(plan)
        return planning.request(plan, self._store, constrained)

    def count(self, plan: Plan) -> tuple[int, int]:
        """(prompt tokens, context tokens) of a plan, by the model's own tokeniser."""
        if plan.model == planning.ENSEMBLE:
            plan = replace(plan, model=self._store.names()[0])
        request = self.request(plan)
        return self._engine.count(request.model, request.prompt), request.model.context

    def ask(self, ask: Ask) -> Answer:
        """Plan and run to the end, without the events in between."""
        return self.finish(self.plan(ask))

    def finish(self, plan: Plan, *, constrained: bool = True) -> Answer:
        """Run a plan to its end and give the answer alone."""
        for event in self.run(plan, constrained=constrained):
            if isinstance(event, Answer):
                return event
        raise RadliteError("The engine ended without an answer; ask again.")

    def compare(
        self, ask: Ask, modes: Sequence[Mode] = comparison.MODES, models: Sequence[str] = ()
    ) -> Iterator[tuple[Column, Event | Answer]]:
        """The same request once a model and mode, side by side; models default to the routed one.

        The columns' events come as they happen. Each column ends with an Answer or with Failed; one column's failure
        does not end the others. A request that cannot run at all raises before the first column. Closing the iterator
        cancels all. Summarise with `comparison.agreement`.
        """
        plans = self.columns(ask, modes, models)
        yield from comparison.together(list(plans), [partial(self._column, planned) for planned in plans.values()])

    def columns(
        self, ask: Ask, modes: Sequence[Mode] = comparison.MODES, models: Sequence[str] = ()
    ) -> Mapping[Column, Plan]:
        """What `compare` runs, column by column in order. Raises BadInput for a request that cannot run at all."""
        plan = self.plan(ask)
        planning.require(plan)
        found = comparison.columns(plan, modes, models)
        return {column: self.replan(plan, model=column.model, mode=column.mode) for column in found}

    def _column(self, plan: Plan) -> Iterator[Event | Answer]:
        """A plan's events; its failure is the last of them and raises nothing."""
        failed = False
        try:
            for event in self.run(plan):
                failed = isinstance(event, Failed)
                yield event
        except RadliteError as error:
            if not failed:
                yield reading.failure(error)

    def read_ahead(self, report: Report, plan: Plan | None = None) -> Iterator[Event]:
        """Read a report in while nothing is asked, so that what is asked of it afterwards is answered sooner.

        Yields the engine's events, none where nothing can be read ahead. Failures are left to the request itself.
        Closing the iterator, `stop_reading` and a request about the same report end it.
        """
        try:
            request = planning.reading(report, plan, self._store, self._routes)
        except RadliteError:
            return
        if request is not None:
            yield from self._engine.read(request)

    def stop_reading(self) -> None:
        """Stop reading ahead at once; what was read stays."""
        self._engine.stop_reading()

    def cancel(self) -> None:
        """Stop the running answer, in prefill or decode; its iterator then ends with an Answer that says cancelled."""
        self._stops += 1
        self._engine.cancel()

    def close(self) -> None:
        """End the engine and everything it started. Safe to call twice."""
        self._engine.close()
