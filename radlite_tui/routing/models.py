"""Task to model and mode, from `routes.toml`, which holds what was measured. Nothing is chosen by a model's name.

`choose` is what the assistant asks; `dump` writes the file's format for whoever measures. A `routes.toml` in the
user's configuration folder (RADLITE_ROUTES names another file) goes before the packaged one, tag by tag. May import
`tasks`, `errors` and `toml`; loads no model.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from radlite_tui import toml
from radlite_tui.errors import BadInput
from radlite_tui.tasks import CHAT, TAGS, Mode

PACKAGED = Path(__file__).with_name("routes.toml")
HEADING = "# Which model and mode answers each task, and the measured score it was chosen for.\n"


@dataclass(frozen=True)
class Route:
    """The choice for one task. metric, value and n: the score it was chosen for, over n cases; measured: when or by
    which version. n of 0: nothing was measured."""

    model: str
    mode: Mode
    metric: str = ""
    value: float = 0.0
    n: int = 0
    measured: str = ""


@dataclass(frozen=True)
class Choice:
    """What will run, and why, in words for the user. model is None when no model is installed. calibration: the
    temperature of its label probabilities (`routing.calibration`)."""

    model: str | None
    mode: Mode
    reason: str
    calibration: float = 1.0


def user_file() -> Path:
    """The user's own routes: RADLITE_ROUTES, else routes.toml in the configuration folder. It need not exist."""
    named = os.environ.get("RADLITE_ROUTES")
    return Path(named) if named else platformdirs.user_config_path("radlite-tui", appauthor=False) / "routes.toml"


def routes() -> dict[str, Route]:
    """The packaged routes with the user's own over them. Raises BadInput naming the file and key that is wrong."""
    found = read(PACKAGED) if PACKAGED.exists() else {}
    own = user_file()
    return {**found, **(read(own) if own.exists() else {})}


def read(path: Path) -> dict[str, Route]:
    """The routes of one file. Raises BadInput with one sentence that names the file and the key."""
    table = toml.read(path, "routes file")
    entries = table.get("routes", {})
    if not isinstance(entries, dict):
        raise BadInput(f"In {path}, routes must be a table of tasks; correct it or remove the file.")
    return {tag: _route(path, tag, entry) for tag, entry in entries.items()}


def _route(path: Path, tag: str, entry: Any) -> Route:
    where = f"In {path}, routes.{tag}"
    if tag not in TAGS and tag != CHAT:
        raise BadInput(f"{where} is not a task; the tasks are {', '.join(TAGS)} and {CHAT}.")
    if not isinstance(entry, dict) or not isinstance(entry.get("model"), str):
        raise BadInput(f"{where}.model must be the name of a model.")
    try:
        mode = Mode(entry.get("mode"))
    except ValueError as error:
        raise BadInput(f"{where}.mode must be one of {', '.join(map(str, Mode))}.") from error
    value, n = entry.get("value", 0.0), entry.get("n", 0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(f"{where}.value must be a number.")
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise BadInput(f"{where}.n must be a count of cases.")
    return Route(entry["model"], mode, str(entry.get("metric", "")), float(value), n, str(entry.get("measured", "")))


def dump(routes: Mapping[str, Route]) -> str:
    """The text of a routes file, tasks in display order; `read` gives the same routes back."""
    blocks = [HEADING]
    for tag in (*TAGS, CHAT):
        if tag in routes:
            route = routes[tag]
            blocks.append(
                f"\n[routes.{tag}]\nmodel = {toml.quoted(route.model)}\nmode = {toml.quoted(str(route.mode))}\n"
                f"metric = {toml.quoted(route.metric)}\nvalue = {float(route.value)!r}\nn = {route.n}\n"
                f"measured = {toml.quoted(route.measured)}\n"
            )
    return "".join(blocks)


def choose(
    tag: str,
    available: Sequence[str],
    model: str | None = None,
    mode: Mode | None = None,
    known: Mapping[str, Route] | None = None,
    tuned: Mapping[str, bool] | None = None,
) -> Choice:
    """Model and mode for a task. Explicit choices win; then the route; then any available model.

    available: names of installed models, best fallback first. tuned: whether a model has tuned files (assumed so when
    it is not named); one without is asked few-shot rather than fine-tuned when the mode was not chosen by the user.
    known: the routes, read from the files when not given. Raises BadInput for an explicit model that is not there.
    """
    route = (routes() if known is None else known).get(tag)
    if model is not None and model not in available:
        raise BadInput(f"Unknown model {model!r}; the models are {', '.join(available) or 'none'}.")
    chosen, why = _model(tag, available, model, route)
    if chosen is None:
        return Choice(None, mode or Mode.FINE_TUNED, why)
    if mode is not None:
        return Choice(chosen, mode, f"{why}; mode chosen by the user")
    wanted = route.mode if route is not None and route.model == chosen else Mode.FINE_TUNED
    if wanted.tuned and not (tuned or {}).get(chosen, True):
        return Choice(chosen, Mode.FEW_SHOT, f"{why}; few-shot, since {chosen} has no fine-tuned files")
    return Choice(chosen, wanted, why)


def _model(tag: str, available: Sequence[str], model: str | None, route: Route | None) -> tuple[str | None, str]:
    if model is not None:
        return model, "model chosen by the user"
    if not available:
        return None, "no model is installed"
    if route is None:
        return available[0], f"no route for {tag}, so the first model that is there"
    if route.model not in available:
        return available[0], f"the route for {tag} names {route.model}, which is not installed, so {available[0]}"
    if not route.n:
        return route.model, f"route for {tag}, not measured yet"
    measured = f" ({route.measured})" if route.measured else ""
    return route.model, f"best measured for {tag}: {route.metric} {route.value:.3f} on {route.n} cases{measured}"
