"""Temperatures that make label probabilities say how often an answer is right, from the `[[calibration]]` tables of the
routes files.

`evals route` fits and writes them. A temperature belongs to the model files it was fitted on: their checksums must
match, so that a model built anew is shown as it is until somebody measures it. May import `errors`, `toml`, `tasks`
(for the modes) and `routing.models` (for where the files lie). Pure but for `temperatures`, which reads those files.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radlite_tui import toml
from radlite_tui.errors import BadInput
from radlite_tui.routing.models import PACKAGED, user_file
from radlite_tui.tasks import TAGS, Mode

LOWEST, HIGHEST = 0.05, 20.0
"""Outside these a temperature is no calibration any more: all labels alike, or one for certain."""


@dataclass(frozen=True)
class Temperature:
    """What the probabilities of one task, model and mode are divided by (in logits). value 1 changes nothing, above 1
    is less sure. n: cases it was fitted on; sha256, adapter_sha256: the files it holds for ("" without an adapter)."""

    task: str
    model: str
    mode: Mode
    value: float
    n: int
    sha256: str
    adapter_sha256: str
    measured: str = ""


def temperatures() -> tuple[Temperature, ...]:
    """Those of the user's own routes file, then the packaged ones. Raises BadInput naming file and key."""
    return tuple(one for path in (user_file(), PACKAGED) if path.exists() for one in read(path))


def read(path: Path) -> tuple[Temperature, ...]:
    """The temperatures of one routes file, none where it has no such tables. Raises BadInput."""
    entries = toml.read(path, "routes file").get("calibration", [])
    if not isinstance(entries, list):
        raise BadInput(f"In {path}, calibration must be [[calibration]] tables; correct it or remove the file.")
    return tuple(_temperature(f"In {path}, calibration[{i}]", entry) for i, entry in enumerate(entries))


def _temperature(where: str, entry: Any) -> Temperature:
    if not isinstance(entry, dict) or entry.get("task") not in TAGS:
        raise BadInput(f"{where}.task must be one of {', '.join(TAGS)}.")
    try:
        mode = Mode(entry.get("mode"))
    except ValueError as error:
        raise BadInput(f"{where}.mode must be one of {', '.join(map(str, Mode))}.") from error
    value, n = entry.get("temperature"), entry.get("n", 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not LOWEST <= value <= HIGHEST:
        raise BadInput(f"{where}.temperature must be a number from {LOWEST} to {HIGHEST}.")
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise BadInput(f"{where}.n must be a count of cases.")
    texts = [entry.get(key, "") for key in ("model", "sha256", "adapter_sha256", "measured")]
    if not all(isinstance(text, str) for text in texts) or not texts[0] or not texts[1]:
        raise BadInput(f"{where} must name the model and the sha256 of its file.")
    model, sha256, adapter, measured = texts
    return Temperature(entry["task"], model, mode, float(value), n, sha256, adapter, measured)


def dump(found: Iterable[Temperature]) -> str:
    """The tables as text, to stand after the routes; `read` gives the same temperatures back."""
    return "".join(
        f"\n[[calibration]]\ntask = {toml.quoted(one.task)}\nmodel = {toml.quoted(one.model)}\n"
        f"mode = {toml.quoted(str(one.mode))}\ntemperature = {one.value!r}\nn = {one.n}\n"
        f"sha256 = {toml.quoted(one.sha256)}\nadapter_sha256 = {toml.quoted(one.adapter_sha256)}\n"
        f"measured = {toml.quoted(one.measured)}\n"
        for one in found
    )


def value(found: Iterable[Temperature], task: str, mode: Mode, sha256: str, adapter_sha256: str | None) -> float:
    """The temperature for a task and mode answered by these files; 1.0 where none was fitted."""
    wanted = (task, mode, sha256, adapter_sha256 or "")
    return next((t.value for t in found if (t.task, t.mode, t.sha256, t.adapter_sha256) == wanted), 1.0)


def tempered(choices: Sequence[Mapping[str, float]], temperature: float) -> tuple[dict[str, float], ...]:
    """Every choice's probabilities raised to 1 / temperature and made to sum to what they did (Guo 2017, section 4.2).

    The order of the labels stays, so no answer changes; `tempered(..., 1 / temperature)` takes it back.
    """
    return tuple(_tempered(choice, temperature) for choice in choices)


def _tempered(choice: Mapping[str, float], temperature: float) -> dict[str, float]:
    positive = [p for p in choice.values() if p > 0]
    if temperature == 1.0 or not positive:
        return dict(choice)
    top = max(positive)
    powers = {label: math.exp(math.log(p / top) / temperature) if p > 0 else 0.0 for label, p in choice.items()}
    scale = sum(positive) / sum(powers.values())
    return {label: power * scale for label, power in powers.items()}
