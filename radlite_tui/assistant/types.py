"""What the assistant takes and gives. Frozen dataclasses; front ends see these and nothing below them.

May import `tasks`, `routing`, `models` and `engine.protocol`; never Textual.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from radlite_tui.engine.protocol import Stats
from radlite_tui.routing.types import Routing as Routing
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.outputs import Output, Span
from radlite_tui.tasks.report import Report


@dataclass(frozen=True)
class Ask:
    """What the user wants. task, model and mode are explicit choices, or None to be routed.

    earlier: (words, answer) of the turns of a conversation about this report, oldest first. begun: the text of an
    answer that was stopped, to go on from.
    """

    report: Report
    words: str = ""
    task: str | None = None
    model: str | None = None
    mode: Mode | None = None
    max_tokens: int | None = None
    seed: int = 0
    earlier: tuple[tuple[str, str], ...] = ()
    begun: str = ""


@dataclass(frozen=True)
class Plan:
    """What would run: shown before the run, and run as it is. With an abstention model and mode are None.

    calibration: the temperature that the answer's label probabilities are shown at; 1 shows the decoder's own.
    """

    ask: Ask
    routing: Routing
    model: str | None
    mode: Mode | None
    model_reason: str = ""
    calibration: float = 1.0


@dataclass(frozen=True)
class ModelStamp:
    """Provenance of an answer."""

    name: str
    title: str
    sha256: str
    adapter_sha256: str | None
    quantization: str
    demonstration: bool

    def json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "sha256": self.sha256,
            "adapter_sha256": self.adapter_sha256,
            "quantization": self.quantization,
            "demonstration": self.demonstration,
        }


@dataclass(frozen=True)
class Warning:
    """A disagreement between report and answer. span: where in the report, or None."""

    kind: str
    message: str
    span: Span | None = None


@dataclass(frozen=True)
class Answer:
    """A finished (or stopped) answer. output is None when the text does not parse.

    parsed: "strict" when the canonical format was met, "lenient" when a reader would understand it, "" when neither.
    """

    plan: Plan
    task: str
    model: ModelStamp
    mode: Mode
    text: str
    parsed: Literal["strict", "lenient", ""]
    output: Output | None
    warnings: tuple[Warning, ...]
    stats: Stats
    finish: Literal["stop", "length", "cancelled"]
    seed: int
    version: str
    parse_error: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
