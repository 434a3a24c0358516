"""`radlite-tui config show|path|check|schema`: the settings, where each came from, whether they can be used, and what
they may be."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from radlite_tui import settings
from radlite_tui.cli.output import emit, narrate, say
from radlite_tui.toml import quoted


def run(arguments: Namespace) -> int:
    """Show, name, check or describe the settings; gives the exit code."""
    if arguments.action == "path":
        path = settings.config_file()
        if arguments.json:
            emit({"path": str(path), "exists": path.exists()})
        else:
            say(str(path))
        return 0
    if arguments.action == "schema":
        from radlite_tui import schema

        if arguments.markdown:
            say(schema.markdown())
        else:
            emit(schema.schema(), pretty=True)
        return 0
    found = settings.read()
    for sentence in found.warnings():
        narrate(sentence)
    if arguments.json:
        emit(as_object(found), pretty=True)
    elif arguments.action == "check":
        say(f"{found.path}: {'no mistake' if found.path.exists() else 'not there, so the defaults hold'}")
    else:
        for key, value, origin in found.rows():
            say(f"{key} = {written(value)}  ({origin})")
    return 0


def as_object(found: settings.Settings) -> dict[str, Any]:
    """The object of `--json`."""
    return {
        "path": str(found.path),
        "exists": found.path.exists(),
        "settings": {key: {"value": value, "origin": origin} for key, value, origin in found.rows()},
        "warnings": list(found.warnings()),
    }


def written(value: Any) -> str:
    """A value as the file would have it."""
    if value is None:
        return "(not set)"
    if isinstance(value, bool):
        return str(value).lower()
    return quoted(value) if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
