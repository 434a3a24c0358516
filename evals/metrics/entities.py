"""F1 of extracted entities, exact and by overlap. Pure; imports nothing of ours.

An entity is (class, start, end). Exact: class and span are the same. Overlap: the class is the same and the spans share
a character; each entity is matched once, in the order of the report.
"""

from __future__ import annotations

from collections.abc import Iterable

Entity = tuple[str, int, int]


def entity_f1(predicted: Iterable[Entity], gold: Iterable[Entity], *, overlap: bool = False) -> float:
    """2 matches / (predicted + gold); 1.0 when both are empty."""
    p, g = set(predicted), set(gold)
    if not p and not g:
        return 1.0
    matches = _overlapping(p, g) if overlap else len(p & g)
    return 2 * matches / (len(p) + len(g))


def _overlapping(predicted: set[Entity], gold: set[Entity]) -> int:
    """How many pairs of one class overlap, each entity in one pair at most: the two sorted lists walked together.

    Taking the entity that ends first is the best choice for spans that do not overlap within a list.
    """
    matches = 0
    for name in {entity[0] for entity in predicted}:
        ours = sorted(((s, e) for own, s, e in predicted if own == name), key=lambda span: span[1])
        theirs = sorted(((s, e) for own, s, e in gold if own == name), key=lambda span: span[1])
        i = j = 0
        while i < len(ours) and j < len(theirs):
            (start, end), (other_start, other_end) = ours[i], theirs[j]
            if start < other_end and other_start < end:
                matches, i, j = matches + 1, i + 1, j + 1
            elif end <= other_end:
                i += 1
            else:
                j += 1
    return matches
