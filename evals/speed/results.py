"""What a measurement found, as JSON, as a table, and in the document between its markers. May import its siblings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evals.speed.host import in_words
from evals.speed.rows import Row, Runs, Spec
from evals.table import insert
from radlite_tui.errors import BadInput

BEGIN, END = "<!-- speed: begin -->", "<!-- speed: end -->"
EMBEDDED = "<!-- speed of the embedded models: begin -->", "<!-- speed of the embedded models: end -->"
"""Where the table of a real-shape model goes in a document, and where that of the embedded models."""
HEAD = ("row", "what", "against", "ours", "peer", "unit", "ratio", "floor", "reached")
SAME = ("cpu", "physical_cores", "ram_gib", "system", "llama_cpp_python")
"""Of a host, what makes figures comparable."""
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
        later = [f"`{row.spec.name}` ({row.date})" for row in self.rows if row.date]
        if later:
            lines += ["", f"Measured by themselves, with `--only`: {', '.join(later)}."]
        if self.left_out:
            lines += ["", "Left out:", "", *(f"- `{name}`: {why}" for name, why in self.left_out.items())]
        return "\n".join(lines)

    def after(self, folder: Path, specs: Sequence[Spec]) -> Results:
        """What a folder's speed.json holds, with these rows in place of its own or added, in the order of `specs`.

        Raises BadInput when it cannot be read, or was measured on another machine or with other model files.
        """
        path = folder / FILE
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            before = {row["name"]: row for row in found["rows"]}
            rows = {spec.name: earlier(spec, before[spec.name]) for spec in specs if spec.name in before}
            same = all(found["host"][name] == self.host.get(name) for name in SAME)
            models = {**self.models, **found["models"]}
            same = same and all(models[name]["sha256"] == model["sha256"] for name, model in self.models.items())
            left_out = {one["name"]: one["why"] for one in found["left_out"]}
            first = replace(self, host=found["host"], date=found["date"], command=found["command"], models=models)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{path} holds no rows that could be kept ({error!r}); leave --keep out.") from error
        if not same:
            raise BadInput(f"{path} is of another machine or of other model files; leave --keep out.")
        rows |= {row.spec.name: replace(row, date=self.date) for row in self.rows}
        left_out = {name: why for name, why in {**left_out, **self.left_out}.items() if name not in rows}
        return replace(first, rows=tuple(rows[s.name] for s in specs if s.name in rows), left_out=left_out)

    def save(self, folder: Path) -> None:
        """speed.json and the document's text in a folder, which is made if need be."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(json.dumps(self.json(), indent=1) + "\n", encoding="utf-8")
        (folder / TABLE_FILE).write_text(self.document() + "\n", encoding="utf-8")

    def write(self, document: Path, markers: tuple[str, str] = (BEGIN, END)) -> None:
        """Put the text between the two markers of a document. Raises BadInput when they are not there."""
        insert(document, self.document(), markers)


def earlier(spec: Spec, values: Mapping[str, Any]) -> Row:
    """A row from the object that `Row.json` made. Raises KeyError."""
    context = dict(values["runs"])
    runs = Runs(tuple(context.pop("ours")), tuple(context.pop("peer")), context)
    return Row(spec, runs, values["model"], values.get("date", ""))


def cells(row: Row) -> tuple[str, ...]:
    """One line of the table."""
    spec = row.spec
    what = f"{spec.what} ({row.model})"
    figures = (figure(row.ours), figure(row.peer), spec.unit, f"{row.ratio:.2f}", f"{spec.floor:.2f}")
    return (f"`{spec.name}`", what, spec.against, *figures, "yes" if row.ok else "no")


def figure(value: float) -> str:
    """Three significant digits, without an exponent."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
