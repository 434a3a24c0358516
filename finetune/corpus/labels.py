"""The CheXpert labeller's numbers as statuses. May import `radlite_tui.tasks.abnormality_detection` only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from radlite_tui.tasks.abnormality_detection import NAMES, output
from radlite_tui.tasks.outputs import AbnormalityOutput

STATUSES = {1.0: "positive", 0.0: "negative", -1.0: "uncertain"}
"""Blank is not mentioned. Irvin J et al. CheXpert. AAAI 2019."""


def labelled(row: Mapping[str, Any]) -> AbnormalityOutput | None:
    """The 14 labels of a row of numbers; None when it holds none. Raises ValueError for a number that is no label."""
    statuses = {}
    for name in NAMES:
        value = row.get(name)
        if value is None or value == "" or value != value:
            continue
        number = float(value)
        if number not in STATUSES:
            raise ValueError(f"{name} is {value}")
        statuses[name] = STATUSES[number]
    return output(statuses) if statuses else None
