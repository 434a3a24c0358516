"""`radlite-tui doctor`: this machine, what does not work on it, and what will be slow and why."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from radlite_tui.assistant.machine import checkup
from radlite_tui.assistant.probing import measure
from radlite_tui.cli import config
from radlite_tui.cli.output import emit, narrate, say
from radlite_tui.engine.probes import Probes
from radlite_tui.errors import ModelUnavailable
from radlite_tui.models.store import Store


def run(arguments: Namespace) -> int:
    """Measure if asked to, look and print; gives the exit code: 3 when a model is missing or damaged."""
    if arguments.probe is not None:
        measure(Store(), (arguments.probe,) if arguments.probe else (), Probes(), narrate)
    found = checkup()
    if arguments.json:
        emit(found.json(), pretty=True)
    else:
        for name, section in found.sections.items():
            say(name)
            for key, value in section.items():
                say(f"  {key}: {written(key, value)}")
        say("models")
        for model in found.models:
            state = (
                "damaged or missing" if model["problems"] else "verified" if model["verified"] else "not verified yet"
            )
            say(f"  {model['name']}: {model['bytes'] / 1e6:.1f} MB, threads: {model['threads']}, {state}")
            for file in model["measured"]:
                say(f"    {file['file']}: {file['state']}")
        say("what will be slow")
        for sentence in found.slow or ("nothing known",):
            say(f"  {sentence}")
        say("problems")
        for sentence in found.problems or ("none found",):
            say(f"  {sentence}")
    return ModelUnavailable.exit_code if found.model_problems else 0


def written(key: str, value: Any) -> str:
    """A value for reading."""
    if value is None:
        return "none" if key in ("limit", "multiplexer") else "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    if isinstance(value, dict) and "origin" in value:
        return f"{config.written(value['value'])} ({value['origin']})"
    if isinstance(value, dict):
        state = f"mode {value['mode']}" if value["exists"] else "not there yet"
        return f"{value['path']} ({state}, {'can' if value['writable'] else 'cannot'} be written)"
    if key in ("total", "available", "limit"):
        return f"{value / 1e9:.1f} GB"
    return str(value)
