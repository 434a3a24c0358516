"""Changes since the report before, from RadGraph's relations: a word such as "increased" that modifies a finding.

The words are data in `changes.toml`. May import the tasks' outputs only.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from radlite_tui.tasks.outputs import STATUSES, Change
from radlite_tui.toml import read

_TABLE = read(Path(__file__).with_name("changes.toml"), "table of words")
WORDS = {word: status for status in STATUSES for word in _TABLE[status]}
"""Word, in lower case, -> status."""


def changes(entities: Mapping[str, Mapping[str, Any]]) -> tuple[Change, ...]:
    """The changes of a report in the order of its text, a finding once.

    A word of change counts where it is present (OBS-DP) and modifies an observation. The finding is that observation
    with the anatomy it is located at, in the order of the text: "pleural effusion". A finding with two different
    changes in one report (better on one side, worse on the other) is left out.
    """
    found: dict[str, set[str]] = {}
    for entity in sorted(entities.values(), key=lambda e: int(e["start_ix"])):
        status = WORDS.get(str(entity["tokens"]).lower())
        if status is None or entity["label"] != "OBS-DP":
            continue
        for kind, number in entity["relations"]:
            target = entities.get(number)
            if kind == "modify" and target and str(target["label"]).startswith("OBS"):
                name = _named(target, entities)
                if name and str(target["tokens"]).lower() not in WORDS:
                    found.setdefault(name, set()).add(status)
    return tuple(Change(statuses.pop(), name) for name, statuses in found.items() if len(statuses) == 1)


def _named(target: Mapping[str, Any], entities: Mapping[str, Mapping[str, Any]]) -> str:
    """The observation and where it is, as the text has them; empty where that cannot be written as a line."""
    places = [entities[n] for kind, n in target["relations"] if kind == "located_at" and n in entities]
    parts = sorted([target, *places], key=lambda e: int(e["start_ix"]))
    name = " ".join(str(part["tokens"]) for part in parts).lower()
    return "" if set("[]()\n") & set(name) else name
