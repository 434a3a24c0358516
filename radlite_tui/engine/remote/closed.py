"""A closed answer from a server that writes freely: which label its text is, and how likely each label was.

Pure; imports nothing of RadLite. Nothing is guessed: text that is not clearly one label stays text, and where the
figures a server gave do not tell labels apart there are no probabilities.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_UNSEEN = 0.01
"""The largest share of the labels' probability that may lie with alternatives whose label is not known."""

_AFTER_LABEL = re.compile(r"\s*(?:$|\n|[.,;:](?:\s|$)|\()")
_CONTROL = re.compile(r"<[|｜]?[\w▁]+[|｜]?>|</s>")


@dataclass(frozen=True, slots=True)
class Chances:
    """One token the model wrote, and the log probability of each token it might have written there, itself included."""

    token: str
    alternatives: Mapping[str, float]


def label(text: str, labels: Sequence[str], *, cut: bool = False) -> str | None:
    """The label a text is, or begins with before a stop or a line end; None when that is not clear.

    cut: the text ended at its length limit, so a label that another one goes on from may not be whole.
    """
    text = text.strip()
    folded = text.casefold()
    fitting = [
        one for one in labels if folded.startswith(one.casefold()) and _AFTER_LABEL.match(folded[len(one.casefold()) :])
    ]
    if not fitting:
        return None
    longest = max(fitting, key=len)
    same = [one for one in labels if one.casefold() == longest.casefold()]
    if len(same) > 1:
        return text if text in same else None
    rest = text[len(longest) :]
    others = [one for one in labels if one not in fitting and _mentions(rest, one)]
    if others or (cut and not rest and any(_goes_on(one, longest) for one in labels)):
        return None
    return longest


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def _goes_on(longer: str, shorter: str) -> bool:
    return len(longer) > len(shorter) and longer.casefold().startswith(shorter.casefold())


def probabilities(written: Sequence[Chances], labels: Sequence[str], chosen: str) -> dict[str, float]:
    """The probability of each label, summing to 1; empty where the figures do not give it.

    The likeliest alternatives at each token are followed to the label they begin. That is an approximation: what the
    server did not list, and what leads to no label, is left out and the rest scaled to 1. An alternative that begins
    several labels says nothing about each; if more than MOST_UNSEEN of the whole is of that kind, nothing is given.
    """
    mass = dict.fromkeys(labels, 0.0)
    so_far, reach, unseen = "", 1.0, 0.0
    for at in written:
        for token, log in at.alternatives.items():
            if token == at.token:
                continue
            begun = _begun(so_far, token, labels)
            if len(begun) == 1:
                mass[begun[0]] += reach * math.exp(log)
            elif begun:
                unseen += reach * math.exp(log)
        if at.token not in at.alternatives:
            return {}
        ended = _ends(at.token, so_far)
        reach *= math.exp(at.alternatives[at.token])
        so_far = so_far if ended else (so_far + at.token).lstrip()
        alone = not any(_goes_on(one, chosen) for one in labels)
        if so_far == chosen and (alone or ended):
            mass[chosen] += reach
            return _shares(mass, unseen)
        if (ended and so_far) or not chosen.startswith(so_far):
            return {}
    return {}


def _begun(so_far: str, token: str, labels: Sequence[str]) -> list[str]:
    """The labels that an alternative token leads to: the one that it ends, or all that go on with it."""
    if _ends(token, so_far):
        return [so_far] if so_far in labels else []
    text = (so_far + token).lstrip()
    return [one for one in labels if one.startswith(text)] if text or token.isspace() else []


def _ends(token: str, so_far: str) -> bool:
    """Whether a token after a label's text ends it: an end of turn, a line end, a stop."""
    if not so_far:
        return False
    return token == "" or _CONTROL.fullmatch(token) is not None or token[0] in "\n.,;:("


def _shares(mass: Mapping[str, float], unseen: float) -> dict[str, float]:
    total = sum(mass.values())
    if total <= 0 or unseen > MOST_UNSEEN * (total + unseen):
        return {}
    return {name: part / total for name, part in mass.items()}
