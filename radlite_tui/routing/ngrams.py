"""The user's words become n-grams: the one place that says what the intent classifier sees.

Training (`finetune.intent`) and the app share this, so they cannot drift apart. Standard library only; pure.
"""

from __future__ import annotations

import re
import unicodedata

HEAD, TAIL = 360, 120
"""Characters kept of the start and the end of long words: a request is said at either end, and time stays bounded."""
CHARACTERS = (2, 3, 4, 5)
"""Lengths of the character n-grams, taken inside one word with a blank on either side."""

MARKS = frozenset("?.:")
"""Tokens that are not words."""

_TOKEN = re.compile(r"[^\W_]+|\?|[.:](?=\s|$)")
_DIGIT = re.compile(r"\d")


def tokens(words: str) -> list[str]:
    """Lower-case words, numbers, question marks and sentence ends of (the head and tail of) `words`."""
    return _TOKEN.findall(_cut(unicodedata.normalize("NFKC", _cut(words))).lower())


def _cut(words: str) -> str:
    """Head and tail of long words. Used twice: one character may become eighteen when it is normalised."""
    return words if len(words) <= HEAD + TAIL else f"{words[:HEAD]} {words[-TAIL:]}"


def features(tokens: list[str]) -> list[tuple[str, int]]:
    """(n-gram, index of the token it came from), with repeats. Every digit counts as 0: BI-RADS 3 is as BI-RADS 4.

    Word n-grams of one to three begin with "w", character n-grams with "c"; `^` and `$` mark the ends of the words.
    """
    words = [_DIGIT.sub("0", token) for token in tokens]
    found: list[tuple[str, int]] = []
    for i, word in enumerate(words):
        before = words[i - 1] if i else "^"
        found.append((f"w{word}", i))
        found.append((f"w{before} {word}", i))
        if i:
            found.append((f"w{words[i - 2] if i > 1 else '^'} {before} {word}", i))
        padded = f" {word[:24]} "
        for n in CHARACTERS:
            found.extend((f"c{padded[j : j + n]}", i) for j in range(len(padded) - n + 1))
    if words:
        found.append((f"w{words[-1]} $", len(words) - 1))
    return found
