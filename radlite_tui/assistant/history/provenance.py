"""Everything an answer's tokens depend on, so that they can be computed again, and what differs told when they cannot.

May import `tasks`, `settings`, the engine's host and the assistant. Loads no model; the model's files must have been
checked before, which they are once a prompt is being read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from radlite_tui import __version__, tasks
from radlite_tui.assistant import ensemble, planning, reading
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.types import ModelStamp, Plan
from radlite_tui.engine.host import processor_name
from radlite_tui.engine.protocol import Request
from radlite_tui.settings import EngineSettings
from radlite_tui.tasks.prompt import prompt
from radlite_tui.tasks.report import Report

ENGINE = ("kind", "threads", "kv_type", "repack", "flash_attention", "speculate")
TOLD = {
    "model.sha256": "the model file",
    "model.adapter_sha256": "the adapter file",
    "model.quantization": "the quantisation",
    "mode": "the mode",
    "prompt_version": "how the task's prompt is written",
    "request_sha256": "the prompt or its limits",
    "seed": "the seed",
    "max_tokens": "the token limit",
    "constrained": "whether the answer's form is held",
    "version": "the version of RadLite",
    "llama_cpp": "the version of llama-cpp-python",
    "processor": "the processor",
    "engine.kind": "the engine",
    "engine.url": "the server",
    "engine.model": "the server's model",
    **{f"engine.{name}": f"the setting engine.{name}" for name in ENGINE[1:]},
}
"""What may differ, and what to call it."""


def of(assistant: Assistant, plan: Plan, engine: EngineSettings, *, constrained: bool = True) -> dict[str, Any]:
    """The provenance of an answer to this plan on this machine. Raises BadInput, ModelUnavailable."""
    task, model, mode = planning.decided(plan)
    manifests = {manifest.name: manifest for manifest in assistant.models()}
    names = list(manifests) if model == planning.ENSEMBLE else [model]
    requests = [assistant.request(replace(plan, model=name), constrained=constrained) for name in names]
    stamps = [reading.stamp(manifests[name], mode) for name in names]
    stamp: ModelStamp = ensemble.joined(stamps) if model == planning.ENSEMBLE else stamps[0]
    layouts = [manifests[name].layout for name in names]
    written = [prompt(tasks.get(task), mode, Report(""), "", layout) for layout in layouts]
    return {
        "task": task,
        "model": stamp.json(),
        "mode": str(mode),
        "prompt_version": digest(written, tasks.get(task).pattern)[:16],
        "request_sha256": digest(*map(essence, requests)),
        "seed": plan.ask.seed,
        "max_tokens": requests[0].max_tokens,
        "temperature": requests[0].temperature,
        "calibration": plan.calibration,
        "constrained": constrained,
        "version": __version__,
        "llama_cpp": library(),
        "processor": processor_name(),
        "engine": settings_of(engine),
    }


def essence(request: Request) -> str:
    """A request without where its files lie."""
    return repr(replace(request, model=replace(request.model, weights="", adapter=None)))


def digest(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(repr, parts)).encode()).hexdigest()


def settings_of(engine: EngineSettings) -> dict[str, Any]:
    """The settings that may alter tokens."""
    found = {name: getattr(engine, name) for name in ENGINE}
    if engine.kind == "openai":
        found |= {"url": engine.openai.url, "model": engine.openai.model}
    return found


@cache
def library() -> str | None:
    try:
        return version("llama-cpp-python")
    except PackageNotFoundError:
        return None


def differences(kept: Mapping[str, Any], now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is not as it was: {"what", "was", "is"} each, the models' files first."""
    before, after = flat(kept), flat(now)
    return [
        {"what": key, "name": name, "was": before.get(key), "is": after.get(key)}
        for key, name in TOLD.items()
        if key in before and before.get(key) != after.get(key)
    ]


def flat(value: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of tables within tables with dots between."""
    found: dict[str, Any] = {}
    for key, one in value.items():
        found |= {f"{key}.{inner}": deep for inner, deep in one.items()} if isinstance(one, Mapping) else {key: one}
    return found
