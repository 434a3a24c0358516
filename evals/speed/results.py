"""What a measurement found, as JSON, as a table, and in the document between its markers. May import its siblings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.speed.host import in_words
from evals.speed.rows import Row
from evals.table import insert

BEGIN, END = "<!-- speed: begin -->", "<!-- speed: end -->"
EMBEDDED = "<!-- speed of the embedded models: begin -->", "<!-- speed of the embedded models: end -->"
"""Where the table of a real-shape model goes in a document, and where that of the embedded models."""
HEAD = ("row", "what", "against", "ours", "peer", "unit", "ratio", "floor", "reached")
FILE, TABLE_FILE = "speed.json", "speed.md"


@dataclass(frozen=True)
class Results:
    """Everything one run of the command found. left_out: a sentence for each row that was not measured; failed: those
    of them that were to be measured and could not; models: label -> SHA-256 of the base weights and, in words, the
    settings that our engine used."""

    host: Mapping[str, Any]
    date: str
    command: str
    repeat: int
    models: Mapping[str, Mapping[str, str]]
    rows: tuple[Row, ...]
    left_out: Mapping[str, str]
    failed: tuple[str, ...] = ()

    def json(self) -> dict[str, Any]:
        """The object of the command contract, and what it takes to repeat it."""
        return {
            "host": dict(self.host),
            "date": self.date,
            "command": self.command,
            "repeat": self.repeat,
            "models": {name: dict(model) for name, model in self.models.items()},
            "rows": [row.json() for row in self.rows],
            "left_out": [{"name": name, "why": why} for name, why in self.left_out.items()],
        }

    def table(self) -> str:
        """The rows as Markdown, columns padded so that a terminal shows them straight."""
        lines = [HEAD, *(cells(row) for row in self.rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
        rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
        drawn = ["| " + " | ".join(f"{c:<{w}}" for c, w in zip(line, widths, strict=True)) + " |" for line in lines]
        return "\n".join([drawn[0], rule, *drawn[1:]])

    def document(self) -> str:
        """The table with the command, the host and the date, and what was left out and why."""
        models = ", ".join(f"{name} (SHA-256 {m['sha256'][:12]}…; {m['settings']})" for name, m in self.models.items())
        lines = [
            f"`{self.command}`, {self.date[:10]}, medians of {self.repeat} runs a side.",
            "",
            f"Host: {in_words(dict(self.host))}.",
            f"Models: {models}.",
            "",
            self.table(),
        ]
        if self.left_out:
            lines += ["", "Left out:", "", *(f"- `{name}`: {why}" for name, why in self.left_out.items())]
        return "\n".join(lines)

    def save(self, folder: Path) -> None:
        """speed.json and the document's text in a folder, which is made if need be."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(json.dumps(self.json(), indent=1) + "\n", encoding="utf-8")
        (folder / TABLE_FILE).write_text(self.document() + "\n", encoding="utf-8")

    def write(self, document: Path, markers: tuple[str, str] = (BEGIN, END)) -> None:
        """Put the text between the two markers of a document. Raises BadInput when they are not there."""
        insert(document, self.document(), markers)


def cells(row: Row) -> tuple[str, ...]:
    """One line of the table."""
    spec = row.spec
    what = f"{spec.what} ({row.model})"
    figures = (figure(row.ours), figure(row.peer), spec.unit, f"{row.ratio:.2f}", f"{spec.floor:.2f}")
    return (f"`{spec.name}`", what, spec.against, *figures, "yes" if row.ok else "no")


def figure(value: float) -> str:
    """Three significant digits, without an exponent."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
