"""An engine's last event becomes an `Answer`: parsed strictly, then leniently, weighed and checked; or an error.

May import `tasks`, `engine.protocol` and its siblings. Pure: must never raise on what a model wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from radlite_tui import __version__, tasks
from radlite_tui.assistant import checks
from radlite_tui.assistant.planning import decided
from radlite_tui.assistant.ports import Store
from radlite_tui.assistant.types import Answer, ModelStamp, Plan
from radlite_tui.engine.protocol import Cancelled, Done, Failed
from radlite_tui.errors import BadInput, ModelUnavailable, ParseError, RadliteError
from radlite_tui.models.manifest import Manifest
from radlite_tui.models.store import files_used
from radlite_tui.routing.calibration import tempered
from radlite_tui.tasks.base import Mode, Task
from radlite_tui.tasks.outputs import Output
from radlite_tui.tasks.report import Report

Parsed = Literal["strict", "lenient", ""]


def answer(plan: Plan, store: Store, event: Done | Cancelled) -> Answer:
    """The answer a finished or stopped request gave."""
    _, model, mode = decided(plan)
    if plan.ask.begun:
        event = replace(event, text=plan.ask.begun + event.text)
    choices = event.choices if isinstance(event, Done) else ()
    return build(plan, stamp(store.manifest(model), mode), event, choices)


def build(
    plan: Plan, model: ModelStamp, event: Done | Cancelled, choices: Sequence[Mapping[str, float]] = ()
) -> Answer:
    """An Answer with its output parsed, weighed with the label probabilities at the plan's temperature, and checked
    against the report."""
    tag, _, mode = decided(plan)
    task, report = tasks.get(tag), plan.ask.report
    output, parsed, problem = parse(task, event.text, report)
    if output is not None and choices:
        output = task.weigh(output, tempered(choices, plan.calibration))
    return Answer(
        plan=plan,
        task=task.tag,
        model=model,
        mode=mode,
        text=event.text,
        parsed=parsed,
        output=output,
        warnings=checks.warnings(report, output) if output is not None else (),
        stats=event.stats,
        finish=event.finish if isinstance(event, Done) else "cancelled",
        seed=plan.ask.seed,
        version=__version__,
        parse_error=problem,
    )


def parse(task: Task, text: str, report: Report) -> tuple[Output | None, Parsed, str]:
    """(output, how it parsed, why it did not): the strict format first, then what a reader would understand."""
    try:
        return task.parse(text, report), "strict", ""
    except ParseError:
        pass
    try:
        return task.parse(text, report, lenient=True), "lenient", ""
    except ParseError as error:
        return None, "", str(error)


def stamp(manifest: Manifest, mode: Mode) -> ModelStamp:
    """Which files answer for this model in this mode."""
    weights, *beside = files_used(manifest, mode)
    return ModelStamp(
        name=manifest.name,
        title=manifest.title,
        sha256=weights.sha256,
        adapter_sha256=beside[0].sha256 if beside else None,
        quantization=weights.quantization,
        demonstration=manifest.demonstration,
    )


def error(failed: Failed, plan: Plan) -> RadliteError:
    """The exception a `Failed` event stands for, with its sentence."""
    if failed.kind == "too_long" and not failed.context:
        return BadInput(failed.message)
    if failed.kind == "too_long":
        advice = ["shorten the report"]
        if plan.mode is not None and plan.mode.shots:
            advice.append("choose a mode without worked examples")
        if plan.ask.earlier:
            advice.append("leave out the earlier turns")
        if plan.ask.max_tokens is not None:
            advice.append("allow fewer answer tokens")
        return BadInput(
            f"The prompt with room for its answer needs {failed.needed:,} tokens and {plan.model} can take "
            f"{failed.context:,}; {', or '.join(advice)} (nothing was cut)."
        )
    if failed.kind == "model":
        return ModelUnavailable(failed.message)
    return RadliteError(failed.message)


def failure(raised: RadliteError) -> Failed:
    """The `Failed` event an exception stands for, where events are all a caller can take."""
    if isinstance(raised, ModelUnavailable):
        return Failed("model", str(raised))
    return Failed("request", str(raised))
