"""Which item comes when: a weighted, seeded order over several sources. Imports the standard library only.

The order depends on sizes, weights, length and seed alone, so a resumed run sees the items an unbroken one would.
"""

from __future__ import annotations

import random
from collections.abc import Mapping


def order(sizes: Mapping[str, int], weights: Mapping[str, float], length: int, seed: int) -> list[tuple[str, int]]:
    """`length` pairs (source, item), each source's share being its weight among those with items.

    A source is gone through in a fresh shuffle each pass, so no item comes twice before all its fellows came once.
    """
    names = sorted(name for name in weights if weights[name] > 0 and sizes.get(name, 0) > 0)
    total = sum(weights[name] for name in names)
    rng = random.Random(f"mixture/{seed}")
    picks: list[str] = []
    exact = 0.0
    for name in names:
        exact += length * weights[name] / total
        picks += [name] * (round(exact) - len(picks))
    rng.shuffle(picks)
    streams: dict[str, list[int]] = {name: [] for name in names}
    chosen = []
    for name in picks:
        if not streams[name]:
            streams[name] = list(range(sizes[name]))
            rng.shuffle(streams[name])
        chosen.append((name, streams[name].pop()))
    return chosen


def epoch(
    sizes: Mapping[str, int], weights: Mapping[str, float], length: int, seed: int, number: int
) -> list[tuple[str, int]]:
    """Epoch `number` (0, 1, ...) of an endless order, `length` pairs (source, item), made without the epochs before.

    weights: how often an item of a source is drawn, compared with one of another; a source's share is its weight times
    its size. A source is gone through pass by pass over the ends of epochs, each pass in a shuffle of its own.
    """
    names = sorted(name for name in weights if weights[name] > 0 and sizes.get(name, 0) > 0)
    total = sum(weights[name] * sizes[name] for name in names)
    chosen: list[tuple[str, int]] = []
    exact = 0.0
    for name in names:
        exact += length * weights[name] * sizes[name] / total
        count = round(exact) - len(chosen)
        start = number * count
        chosen += [(name, item) for item in _passes(sizes[name], f"mixture/{seed}/{name}", start, count)]
    random.Random(f"mixture/{seed}/epoch/{number}").shuffle(chosen)
    return chosen


def _passes(size: int, seed: str, start: int, count: int) -> list[int]:
    """Items `start` to `start + count` of a source gone through again and again, reshuffled for each pass."""
    items: list[int] = []
    while len(items) < count:
        number, offset = divmod(start + len(items), size)
        shuffled = list(range(size))
        random.Random(f"{seed}/{number}").shuffle(shuffled)
        items += shuffled[offset : offset + count - len(items)]
    return items
