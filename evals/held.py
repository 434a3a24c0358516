"""What a results folder holds already, and whether more of the same may be added to it.

A folder is read as one experiment, so a model's answers in it must all be of the same files, prompts and settings.
RadLite's own version is not among them: most releases change no answer, and a night's work should not be lost to one.
What a release changes in the prompts it says by their version. Imports `asking` and `predictions`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.asking import Manner, stamp_of
from evals.cases import Item
from evals.predictions import FILE, Key, once, rows
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.history.runs import locked
from radlite_tui.errors import BadInput
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.prompt import PROMPT_VERSION

ELSEWHERE = "use another --out folder"


@dataclass(frozen=True)
class Held:
    """done: what was answered, or cannot be; failed: what is worth asking again."""

    done: frozenset[Key]
    failed: frozenset[Key]


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder against other runs. Raises BadInput when one has it, or when it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("ab")
    except OSError as error:
        raise BadInput(f"{folder} cannot be written ({error.strerror}); {ELSEWHERE}.") from error
    with lock:
        if not locked(lock):
            raise BadInput(f"Another run is writing into {folder}; wait for it or {ELSEWHERE}.")
        yield


def look(folder: Path, assistant: Assistant, models: Sequence[str], items: Sequence[Item], manner: Manner) -> Held:
    """What the folder holds. Raises BadInput naming the line of an answer that one of these models would not have given
    today, or of a case that is another one by now."""
    asked = {item.id: item for item in items}
    now: dict[tuple[str, str], Mapping[str, Any]] = {}
    check = once(folder / FILE)
    done: set[Key] = set()
    failed: set[Key] = set()
    for number, row in enumerate(rows(folder), 1):
        key = (row["case"], row["model"], row["mode"])
        check(key)
        (failed if row["finish"] == "error" else done).add(key)
        item = asked.get(row["case"])
        if item is not None and (changed := _changed(row, item)):
            what = f"case {item.id} had another {changed}"
            raise BadInput(f"{folder / FILE}, line {number}: {what}; {ELSEWHERE}, or the cases of then.")
        if row["model"] not in models:
            continue
        own = key[1:]
        if own not in now:
            now[own] = _present(assistant, row["model"], row["mode"], manner)
        for name, value in now[own].items():
            was = row.get(name) if name != "adapter_sha256" else row.get(name) or ""
            if was != value:
                raise BadInput(
                    f"{folder / FILE}, line {number}: {' '.join(own)} was asked with another {_CALLED[name]} "
                    f"({_shown(was)}, now {_shown(value)}); {ELSEWHERE}."
                )
    return Held(frozenset(done), frozenset(failed))


_CALLED = {
    "backend": "backend",
    "sha256": "file",
    "adapter_sha256": "adapter",
    "prompt_version": "version of the prompts",
    "settings": "setting",
}


def _present(assistant: Assistant, model: str, mode: str, manner: Manner) -> Mapping[str, Any]:
    """What an answer of now would say of where it is from."""
    stamp = stamp_of(assistant, model, Mode(mode))
    return {
        "backend": manner.backend,
        "sha256": stamp.sha256,
        "adapter_sha256": stamp.adapter_sha256 or "",
        "prompt_version": PROMPT_VERSION,
        "settings": manner.settings,
    }


def _changed(row: Mapping[str, Any], item: Item) -> str:
    """What of a case is no longer what was asked; the empty text where all is."""
    now = {
        "task": item.task, "report": item.report.text, "prior": item.report.prior, "words": item.words,
        "gold": item.gold,
    }  # fmt: skip
    return next((name for name, value in now.items() if row[name] != value), "")


def _shown(value: Any) -> str:
    """A value for a sentence; of a digest its beginning."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {one}" for name, one in value.items()) or "none kept"
    return (value[:12] if isinstance(value, str) else str(value)) or "none"
