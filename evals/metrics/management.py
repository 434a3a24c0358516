"""Whether a wrong RADS category changes what is done for the patient. Imports the RADS data only."""

from __future__ import annotations

from radlite_tui.tasks import rads


def crosses_threshold(predicted: str | None, gold: str) -> bool:
    """Whether the two categories ask for another amount of action (0 none to 4 treatment, see `rads.toml`).

    An answer that names no category is no decision, so it crosses nothing; it is counted as unparseable.
    Raises KeyError when gold is not a label.
    """
    truth = rads.find(gold)
    if truth is None:
        raise KeyError(gold)
    guess = rads.find(predicted) if predicted is not None else None
    return guess is not None and guess.action != truth.action


def steps(label: str) -> tuple[str, float] | None:
    """The risk scale a label is on and its place there; None for a label that is no degree of risk."""
    found = rads.find(label)
    return None if found is None or found.order is None else (f"{found.system} {found.scale}".strip(), found.order)
