"""What was asked and answered, as JSON and back. Pure; must not fail on what an older version wrote.

May import `tasks`, the assistant's types and `reading`. A field that is not there keeps its default; one that is no
longer known is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from radlite_tui.assistant import reading
from radlite_tui.assistant.history.records import FAILED, KeptTurn
from radlite_tui.assistant.types import Answer, Ask, ModelStamp, Plan
from radlite_tui.engine.protocol import Cancelled, Done, Stats
from radlite_tui.routing.types import Routing
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.report import Report


def plain(value: Any) -> Any:
    """A dataclass and what it holds as JSON knows it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def made(kind: Any, value: Any) -> Any:
    """The value of an annotated type that `plain` was made from."""
    if value is None:
        return None
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        several = [one for one in get_args(kind) if one is not NoneType]
        return made(several[0], value) if len(several) == 1 else value
    if origin is tuple:
        inner = get_args(kind)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(made(inner[0], one) for one in value)
        return tuple(made(one, part) for one, part in zip(inner, value, strict=False))
    if is_dataclass(kind) and isinstance(value, Mapping):
        types = get_type_hints(kind)
        given = {one.name: made(types[one.name], value[one.name]) for one in fields(kind) if one.name in value}
        return kind(**given)  # type: ignore[operator]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return value


def asked(plan: Plan, constrained: bool) -> dict[str, Any]:
    """A plan without its report's texts, which are kept once for all turns about them."""
    ask = plain(plan.ask)
    del ask["report"]
    return {
        "ask": ask,
        "routing": plain(plan.routing),
        "model": plan.model,
        "mode": str(plan.mode) if plan.mode is not None else None,
        "model_reason": plan.model_reason,
        "constrained": constrained,
    }


def ask_of(kept: Mapping[str, Any], report: Report) -> Ask:
    """The request that was made."""
    found: Ask = made(Ask, {**kept.get("ask", {}), "report": plain(report)})
    return found


def routing_of(kept: Mapping[str, Any]) -> Routing:
    found: Routing = made(Routing, kept.get("routing", {}))
    return found


def plan_of(turn: KeptTurn) -> Plan:
    """The plan as it ran; its probabilities are shown at the temperature they were shown at."""
    mode = Mode(turn.mode) if turn.mode is not None else None
    calibration = float(turn.answer.provenance.get("calibration", 1.0))
    return Plan(turn.ask, turn.routing, turn.model, mode, turn.model_reason, calibration)


def answer_of(turn: KeptTurn) -> Answer | None:
    """The answer as it was shown, read from its text again; None where there never was one (it failed)."""
    kept, plan = turn.answer, plan_of(turn)
    if kept.state == FAILED or plan.mode is None or plan.routing.task is None:
        return None
    given = {one.name for one in fields(Stats)}
    stats = Stats(**{name: value for name, value in kept.result.get("stats", {}).items() if name in given})
    whole = kept.state in ("stop", "length")
    event: Done | Cancelled = (
        Done(kept.text, "length" if kept.state == "length" else "stop", stats, kept.choices)
        if whole
        else Cancelled(kept.text, stats)
    )
    return reading.build(plan, stamp_of(kept.provenance, plan), event, kept.choices)


def stamp_of(provenance: Mapping[str, Any], plan: Plan) -> ModelStamp:
    """Which files answered."""
    model = {"name": plan.model or "", "title": plan.model or "", "sha256": "", "adapter_sha256": None}
    known = {**model, "quantization": "", "demonstration": False, **provenance.get("model", {})}
    stamp: ModelStamp = made(ModelStamp, known)
    return stamp
