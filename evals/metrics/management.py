"""Whether a wrong RADS category changes what is done for the patient. Imports the RADS data only.

The threshold is between two amounts of action, 0 (nothing, or routine screening) to 4 (treatment): our own grading of
the management that the edition named in `rads.toml` publishes for a category. Categories of two systems are compared by
it too, as `rads.severity` does.
"""

from __future__ import annotations

from radlite_tui.tasks import rads


def crosses_threshold(predicted: str | None, gold: str) -> bool:
    """Whether the two categories ask for another amount of action.

    An answer that names no category is no decision, so it crosses nothing; it is counted as unparseable.
    Raises KeyError when gold is not a label.
    """
    truth = rads.find(gold)
    if truth is None:
        raise KeyError(gold)
    guess = rads.find(predicted) if predicted is not None else None
    return guess is not None and guess.action != truth.action


def scale(label: str) -> tuple[str, float] | None:
    """The risk scale a label is on ("BI-RADS", "LI-RADS treatment response") and its place there; None for a label that
    is no degree of risk."""
    found = rads.find(label)
    return None if found is None or found.order is None else (f"{found.system} {found.scale}".strip(), found.order)


def ladder(name: str) -> tuple[float, ...]:
    """The places of a risk scale, low to high; categories that share a place (LI-RADS 5 and M) are one step."""
    return tuple(sorted({place for own, place in filter(None, map(scale, rads.LABELS)) if own == name}))
