"""A statement in quotation marks that is to be held against the report: "does “no effusion” follow?".

Imports the standard library alone. The one rule beside the classifier: most such words are the statement's own, so a
classifier of words alone reads them as a question about the finding. It fires only where the quotation and a word
that asks for inference stand together, and says both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LEAST_WORDS = 2
MOST = 600
"""Characters of words that are looked at; a longer text is no question about a statement."""

_QUOTED = re.compile(r'"([^"\n]+)"|“([^”\n]+)”|«([^»\n]+)»')
_ASKS = re.compile(
    r"\b(follow(?:s|ed)?|entail(?:s|ed|ment)?|support(?:s|ed)?|contradict(?:s|ed|ion)?|impl(?:y|ies|ied)|hold(?:s)?|"
    r"consistent|true|false)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Statement:
    """text: what stands in the quotation marks. cue: the word that asks for inference."""

    text: str
    cue: str


def find(words: str) -> Statement | None:
    """The one quoted statement the words ask about, or None."""
    if len(words) > MOST:
        return None
    quoted = list(_QUOTED.finditer(words))
    if len(quoted) != 1:
        return None
    match = quoted[0]
    text = next(group for group in match.groups() if group).strip()
    cue = _ASKS.search(words[: match.start()] + " " + words[match.end() :])
    if cue is None or len(text.split()) < LEAST_WORDS:
        return None
    return Statement(text, cue.group().lower())
