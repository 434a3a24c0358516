"""Damages GGUF files the way disks, interrupted copies and wrong tools do, and worse. Knows where everything lies.

The places come from the `gguf` package's reader, not from RadLite's own, so that the two are held against each other.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.engine.tiny_gguf import gguf

EXTREMES = (
    0,
    1,
    2,
    3,
    7,
    31,
    33,
    255,
    256,
    65_535,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**40,
    2**62,
    2**63 - 1,
    2**63,
    2**64 - 1,
)
COUNTS = (8, 16)


@dataclass(frozen=True)
class Number:
    """Where an integer lies: offset and bytes."""

    at: int
    size: int


class Anatomy:
    """A whole file's bytes and where its parts lie."""

    def __init__(self, path: Path) -> None:
        self.whole = path.read_bytes()
        reader = gguf.GGUFReader(path)
        self.metadata: list[Number] = []
        self.table: list[Number] = []
        for name, field in reader.fields.items():
            if not name.startswith("GGUF."):
                self.metadata += _numbers(field)
        for tensor in reader.tensors:
            self.table += _numbers(tensor.field)
        self.table_at = reader.tensors[0].field.offset
        self.data_at = int(reader.data_offset)


def _numbers(field: object) -> list[Number]:
    """The integers of a field's or a tensor's record: lengths, types, values, dimensions, offsets."""
    at = field.offset  # type: ignore[attr-defined]
    found = []
    for part in field.parts:  # type: ignore[attr-defined]
        if part.dtype.kind in "ui" and part.dtype.itemsize >= 4:
            found += [Number(at + i * part.dtype.itemsize, part.dtype.itemsize) for i in range(len(part))]
        at += part.nbytes
    return found


def with_number(data: bytes, place: Number, value: int) -> bytes:
    """The bytes with another integer in a place."""
    packed = (value % 2 ** (8 * place.size)).to_bytes(place.size, "little")
    return data[: place.at] + packed + data[place.at + place.size :]


def _flip(anatomy: Anatomy, chance: random.Random) -> bytes:
    data = bytearray(anatomy.whole)
    for _ in range(chance.choice((1, 1, 1, 2, 8))):
        data[chance.randrange(anatomy.data_at)] ^= 1 << chance.randrange(8)
    return bytes(data)


def _overwrite(anatomy: Anatomy, chance: random.Random) -> bytes:
    at = chance.randrange(anatomy.data_at)
    return anatomy.whole[:at] + bytes([chance.randrange(256)]) + anatomy.whole[at + 1 :]


def _extreme_metadata(anatomy: Anatomy, chance: random.Random) -> bytes:
    return with_number(anatomy.whole, chance.choice(anatomy.metadata), chance.choice(EXTREMES))


def _extreme_table(anatomy: Anatomy, chance: random.Random) -> bytes:
    return with_number(anatomy.whole, chance.choice(anatomy.table), chance.choice(EXTREMES))


def _near_table(anatomy: Anatomy, chance: random.Random) -> bytes:
    place = chance.choice(anatomy.table)
    value = int.from_bytes(anatomy.whole[place.at : place.at + place.size], "little")
    return with_number(anatomy.whole, place, value + chance.choice((-32, -1, 1, 2, 32, 64, value)))


def _absurd_count(anatomy: Anatomy, chance: random.Random) -> bytes:
    place = Number(chance.choice(COUNTS), 8)
    value = int.from_bytes(anatomy.whole[place.at : place.at + 8], "little")
    return with_number(anatomy.whole, place, chance.choice((*EXTREMES, value - 1, value + 1)))


def _truncate(anatomy: Anatomy, chance: random.Random) -> bytes:
    return anatomy.whole[: chance.randrange(chance.choice((anatomy.data_at, len(anatomy.whole))))]


def _swap(anatomy: Anatomy, chance: random.Random) -> bytes:
    size = chance.choice((4, 8, 24, 64, 256))
    one, two = sorted(chance.sample(range(0, anatomy.data_at - size, 4), 2))
    if two - one < size:
        two = one + size
    data = anatomy.whole
    return data[:one] + data[two : two + size] + data[one + size : two] + data[one : one + size] + data[two + size :]


def _drop(anatomy: Anatomy, chance: random.Random) -> bytes:
    at, size = chance.randrange(anatomy.data_at), chance.choice((1, 4, 8, 32))
    return anatomy.whole[:at] + anatomy.whole[at + size :]


def _zeros(anatomy: Anatomy, chance: random.Random) -> bytes:
    at, size = chance.randrange(len(anatomy.whole)), chance.choice((16, 512, 4096))
    size = min(size, len(anatomy.whole) - at)
    return anatomy.whole[:at] + bytes(size) + anatomy.whole[at + size :]


MUTATIONS: tuple[Callable[[Anatomy, random.Random], bytes], ...] = (
    _flip, _overwrite, _extreme_metadata, _extreme_table, _near_table, _absurd_count, _truncate, _swap, _drop, _zeros,
)  # fmt: skip


def mutations(path: Path, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """`count` damaged versions of a file, each kind of damage in turn, the same for the same seed."""
    anatomy, chance = Anatomy(path), random.Random(seed)
    for number in range(count):
        mutate = MUTATIONS[number % len(MUTATIONS)]
        yield mutate.__name__, mutate(anatomy, chance)


def truncations(path: Path, parts: int = 64) -> Iterator[bytes]:
    """The file cut short at every `parts`th of its length."""
    whole = path.read_bytes()
    return (whole[: len(whole) * part // parts] for part in range(parts))
