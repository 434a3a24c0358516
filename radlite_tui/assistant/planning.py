"""From what the user asked to what would run: task, model, mode, and what is still missing.

May import `tasks`, `models.manifest`, `engine.protocol` and its siblings. Pure but for the store and the routes it
is given; takes milliseconds and must never load a model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from radlite_tui import tasks
from radlite_tui.assistant import intake
from radlite_tui.assistant.ports import Routes, Store
from radlite_tui.assistant.types import Ask, Plan
from radlite_tui.engine.protocol import Loading, Request
from radlite_tui.errors import BadInput, ModelUnavailable
from radlite_tui.models.manifest import Manifest
from radlite_tui.routing import statements
from radlite_tui.routing import task as task_routing
from radlite_tui.routing.types import Routing
from radlite_tui.tasks.base import Mode, Task
from radlite_tui.tasks.prompt import ahead, beginning, prompt
from radlite_tui.tasks.report import Report

ENSEMBLE = "ensemble"
KNOWN_TASKS = task_routing.KNOWN
WITHOUT_REPORT = ("radiology_qa", tasks.CHAT)

MISSING_WORDS = {
    "radiology_nli": "Give a hypothesis as the words: one statement to hold against the report.",
    "radiology_qa": "Give a question as the words.",
    "chat": "Say something.",
}


def make(ask: Ask, store: Store, routes: Routes) -> Plan:
    """What would run. Raises BadInput for an unknown task, model or mode."""
    ask = intake.unpack(ask)
    routing = route(ask, routes)
    if routing.task == "radiology_nli":
        ask = intake.split_statements(ask)
    elif routing.task == "temporal_comparison":
        ask = intake.split_studies(ask)
    return settle(ask, routing, store, routes)


def settle(ask: Ask, routing: Routing, store: Store, routes: Routes) -> Plan:
    """Model and mode for a task that is decided already. Raises BadInput for an unknown model."""
    if ask.model is not None:
        known("model", ask.model, (*store.names(), ENSEMBLE))
    if routing.task is None:
        return Plan(ask, routing, None, None)
    wanted = None if ask.model == ENSEMBLE else ask.model
    choice = routes.choose(routing.task, wanted, ask.mode)
    if ask.model != ENSEMBLE:
        return Plan(ask, routing, choice.model, choice.mode, choice.reason, choice.calibration)
    if choice.model is not None and averageable(routing.task, choice.mode):
        reason = f"ensemble: label probabilities averaged over {', '.join(store.names())}"
        return Plan(ask, routing, ENSEMBLE, choice.mode, reason)
    reason = f"an ensemble averages closed labels, which this task and mode have not: {choice.reason}"
    return Plan(ask, routing, choice.model, choice.mode, reason, choice.calibration)


def replan(plan: Plan, store: Store, routes: Routes, task: str | None, model: str | None, mode: Mode | None) -> Plan:
    """The same request with another task, model or mode; the rest stays as it was asked."""
    old = plan.ask
    ask = replace(old, task=task or old.task, model=model or old.model, mode=mode or old.mode)
    if task is None:
        return settle(ask, plan.routing, store, routes)
    return make(ask, store, routes)


def route(ask: Ask, routes: Routes) -> Routing:
    """The task: the user's choice, a tag in the words, the classifier; without words, headings that tell."""
    if ask.task is None and not ask.words.strip():
        if intake.split_statements(ask) is not ask:
            return Routing("radiology_nli", 1.0, "tag", (), "Premise: and Hypothesis: headings in the report")
        if intake.split_studies(ask) is not ask:
            return Routing("temporal_comparison", 1.0, "tag", (), "PRIOR: and CURRENT: headings in the report")
    return routes.task(ask.words, ask.task)


def averageable(tag: str, mode: Mode) -> bool:
    """Whether a task in this mode has label probabilities for an ensemble to average."""
    return mode.tuned and tasks.get(tag).form() is not None


def known(what: str, value: str, values: tuple[str, ...]) -> None:
    """Raises BadInput naming the value, the nearest known one and all of them."""
    if value in values:
        return
    near = get_close_matches(value, values, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    raise BadInput(f"Unknown {what} {intake.display(value)!r}{hint}; use one of {', '.join(values)}.")


def missing(plan: Plan) -> str:
    """One sentence saying what has to be given before this plan can run; empty when it can."""
    tag = plan.routing.task
    if tag is None:
        return abstention(plan.routing)
    report = plan.ask.report
    task = tasks.get(tag)
    if task.needs_prior and not (report.prior or "").strip():
        return "Give the earlier report too (--prior FILE, or one text with PRIOR: and CURRENT: headings)."
    if tag not in WITHOUT_REPORT and not report.text.strip():
        return f"The report is empty; give one (--report FILE, or paste it) for {task.title}."
    if task.uses_words and not asked_words(plan):
        return MISSING_WORDS.get(tag, f"Say in words what {task.title} is to be about.")
    return ""


def abstention(routing: Routing) -> str:
    """What to tell a user whose words name no task."""
    if not routing.alternatives:
        return "Say what you want of the report, or choose a task (--task TAG)."
    near = ", ".join(f"{tag} {share:.0%}" for tag, share in routing.alternatives[:3])
    return f"Not sure what is asked ({near}); say more, or choose a task (--task TAG)."


def require(plan: Plan) -> None:
    """Raises BadInput when the plan cannot run, saying what to give; ModelUnavailable when there is no model."""
    sentence = missing(plan)
    if sentence:
        raise BadInput(sentence)
    if plan.model is None:
        raise ModelUnavailable("No model is installed; put one into the models folder that `radlite-tui doctor` names.")
    if plan.ask.max_tokens is not None and plan.ask.max_tokens < 1:
        raise BadInput(f"max tokens is {plan.ask.max_tokens}; give 1 or more.")


def decided(plan: Plan) -> tuple[str, str, Mode]:
    """(task, model, mode) of a plan that has all three."""
    if plan.routing.task is None or plan.model is None or plan.mode is None:
        raise BadInput(abstention(plan.routing))
    return plan.routing.task, plan.model, plan.mode


def asked_words(plan: Plan) -> str:
    """The user's words without a leading tag: the question or the hypothesis. Of words that ask about a statement in
    quotation marks, inference gets the statement alone, as it was trained on."""
    words = task_routing.split_tag(plan.ask.words)[1].strip()
    statement = statements.find(words) if plan.routing.task == task_routing.INFERENCE else None
    return statement.text if statement is not None else words


def checking(plan: Plan, store: Store) -> Iterator[Loading]:
    """Compute the checksums this plan's files still lack, telling how far that is. Raises ModelUnavailable."""
    _, model, mode = decided(plan)
    for file, done, total in store.checking(model, mode):
        yield Loading(f"{file} (checksum)", done, total)


def continuable(tag: str) -> bool:
    """Whether a stopped answer of this task can be gone on with: free prose can, a form cannot be entered half-way."""
    task = tasks.get(tag)
    return task.form() is None and task.pattern is None and task.shape(Report("")) is None


def require_continuable(task: Task, manifest: Manifest) -> None:
    """Raises BadInput where an answer cannot be gone on with, saying what to do."""
    if not continuable(task.tag):
        raise BadInput(f"An answer to {task.title} has a fixed form and cannot be gone on with; ask again.")
    if not manifest.files or not manifest.files[0].sha256:
        raise BadInput("A server begins every answer anew, so this one cannot be gone on with; ask again.")


def request(plan: Plan, store: Store, constrained: bool = True) -> Request:
    """The engine request a runnable plan stands for. Raises ModelUnavailable."""
    tag, model, mode = decided(plan)
    task, begun = tasks.get(tag), plan.ask.begun
    layout = store.manifest(model).layout
    if begun:
        constrained = False
        require_continuable(task, store.manifest(model))
    return Request(
        model=store.files(model, mode),
        prompt=prompt(task, mode, plan.ask.report, asked_words(plan), layout, plan.ask.earlier, begun),
        max_tokens=plan.ask.max_tokens or task.max_tokens,
        seed=plan.ask.seed,
        form=task.shape(plan.ask.report) if constrained else None,
        opening=task.opening() if constrained and not mode.tuned else None,
        pattern=task.pattern if constrained else None,
        constant=len(beginning(task, mode, layout)) if mode.shots else 0,
    )


def reading(report: Report, plan: Plan | None, store: Store, routes: Routes) -> Request | None:
    """The request to read a report in before anything is asked of it, for the model the plan chose, or else the one
    that most tasks are routed to. None where nothing can be read ahead. Raises ModelUnavailable."""
    if plan is not None and plan.routing.task is not None and plan.mode is not None and plan.model != ENSEMBLE:
        task, model, mode = tasks.get(plan.routing.task), plan.model, plan.mode
    else:
        choices = [routes.choose(tag, None, None) for tag in tasks.TAGS]
        (model, mode), _ = Counter((choice.model, choice.mode) for choice in choices).most_common(1)[0]
        task = None
    if model is None:
        return None
    text = ahead(task, mode, report, store.manifest(model).layout)
    return Request(store.files(model, mode), text, max_tokens=1) if text else None
