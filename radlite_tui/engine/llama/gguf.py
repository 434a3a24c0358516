"""Reads the head of a GGUF file (header, metadata, tensor table) and refuses one that is damaged.

Imports the standard library and `faults`. llama.cpp trusts much of what a file says and stops its whole process over
some of it, so a file is read here first: only its head, without native code, in time that grows with the vocabulary
(about 40 ms for 152,000 tokens). Never reads tensor data. What the head means for a model or an adapter is `sound`'s.

The layout is that of the GGUF specification, versions 2 and 3, little-endian.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import BinaryIO

from radlite_tui.engine.llama.faults import Fault

MAGIC = b"GGUF"
VERSIONS = (2, 3)
TOKENS = "tokenizer.ggml.tokens"

_NAME_BYTES = 64
_DIMENSIONS = 4
_ALIGNMENT = 32
_FIRST_READ = 1 << 20
_MOST_HEAD = 1 << 30
_COUNTED_APART = 1 << 16
"""Tokens are compared with each other up to this many: it takes as long as all the rest. Beyond, llama.cpp notices."""


class Kind(IntEnum):
    """The type of a metadata value."""

    U8, I8, U16, I16, U32, I32, F32, BOOL, TEXT, ARRAY, U64, I64, F64 = range(13)


_SCALARS = {
    Kind.U8: struct.Struct("<B"),
    Kind.I8: struct.Struct("<b"),
    Kind.U16: struct.Struct("<H"),
    Kind.I16: struct.Struct("<h"),
    Kind.U32: struct.Struct("<I"),
    Kind.I32: struct.Struct("<i"),
    Kind.F32: struct.Struct("<f"),
    Kind.BOOL: struct.Struct("<?"),
    Kind.U64: struct.Struct("<Q"),
    Kind.I64: struct.Struct("<q"),
    Kind.F64: struct.Struct("<d"),
}
_U32, _U64 = _SCALARS[Kind.U32], _SCALARS[Kind.U64]

BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66),
    17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136),
    24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54),
    35: (256, 66), 39: (32, 17), 40: (64, 36), 41: (128, 18), 42: (64, 18),
}  # fmt: skip
"""Tensor type -> (elements a block, bytes a block), as in llama.cpp's ggml; a test compares the two."""

F32_TENSOR = 0
NOT_FOR_WEIGHTS = frozenset({9, 15, 24, 25, 26, 27, 28})
"""Tensor types no matrix can be multiplied in: intermediate results (Q8_1, Q8_K), whole numbers and doubles."""


@dataclass(frozen=True, slots=True)
class Field:
    """One metadata value. An array has no value here, only its elements' kind and their count.

    repeated: a string that occurs twice in the token list; empty elsewhere.
    """

    kind: Kind
    value: int | float | str | None = None
    count: int | None = None
    repeated: str = ""

    @property
    def is_array(self) -> bool:
        return self.count is not None


@dataclass(frozen=True, slots=True)
class Tensor:
    """A row of the tensor table. shape: row length first, as GGUF has it, ones at the end left out."""

    name: str
    shape: tuple[int, ...]
    kind: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Head:
    """What a GGUF file says about itself."""

    path: str
    fields: Mapping[str, Field]
    tensors: Mapping[str, Tensor]

    def text(self, key: str) -> str | None:
        """A text value, None when absent or of another kind."""
        field = self.fields.get(key)
        return field.value if field is not None and isinstance(field.value, str) else None


def damaged(path: str, what: str) -> Fault:
    """The fault for a file that contradicts itself; `what` continues the sentence."""
    return Fault("model", f"The model file {path} is damaged: {what}; copy it again.")


def shown(text: str, most: int = _NAME_BYTES) -> str:
    """Text out of a file, fit for a sentence: printable and not too long."""
    short = text if len(text) <= most else f"{text[:most]}..."
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in short)


def inaccessible(path: str, error: OSError) -> Fault:
    """The fault for a file that cannot be opened or read."""
    if isinstance(error, FileNotFoundError):
        return Fault("model", f"The model file {path} does not exist.")
    return Fault("model", f"The model file {path} cannot be read: {error.strerror}.")


def read(path: str) -> Head:
    """The head of a GGUF file. Raises Fault("model") with one sentence that names the file and what is wrong."""
    try:
        with _open(path) as file:
            return _head(_Source(file, path))
    except OSError as error:
        raise inaccessible(path, error) from None


def _open(path: str) -> BinaryIO:
    """Open without waiting for the other end of a pipe. Raises OSError, or Fault for what is not a regular file."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise Fault("model", f"The model file {path} is {'a folder' if stat.S_ISDIR(mode) else 'not a regular file'}.")
    return os.fdopen(handle, "rb", buffering=0)


class _Source:
    """The bytes of a file from its beginning, read as far as they are asked for, and a place in them."""

    def __init__(self, file: BinaryIO, path: str) -> None:
        self._file, self.path = file, path
        self.size = os.fstat(file.fileno()).st_size
        self.data = b""
        self.at = 0

    @property
    def left(self) -> int:
        return self.size - self.at

    def has(self, count: int, what: str) -> None:
        """Make sure of `count` more bytes. Raises Fault when the file ends before."""
        end = self.at + count
        if end > self.size:
            raise damaged(self.path, f"it ends within {what}")
        if end > _MOST_HEAD:
            raise damaged(self.path, f"{what} lies more than 1 GiB into the file")
        while len(self.data) < end:
            more = self._file.read(max(end - len(self.data), len(self.data), _FIRST_READ))
            if not more:
                raise damaged(self.path, f"it ends within {what}")
            self.data += more

    def number(self, layout: struct.Struct, what: str) -> int | float:
        self.has(layout.size, what)
        (value,) = layout.unpack_from(self.data, self.at)
        self.at += layout.size
        found: int | float = value
        return found

    def whole(self, layout: struct.Struct, what: str) -> int:
        return int(self.number(layout, what))

    def text(self, what: str) -> str:
        size = self.whole(_U64, what)
        self.has(size, what)
        self.at += size
        return self.data[self.at - size : self.at].decode("utf-8", "backslashreplace")

    def strings(self, count: int, what: str, *, compare: bool) -> str:
        """Step over `count` strings. With `compare`, returns one that occurs twice, if any does."""
        size_at, sizes = _U64.unpack_from, _U64.size
        data, at, known = self.data, self.at, len(self.data)
        seen: set[bytes] = set()
        repeated = ""
        for _ in range(count):
            start = at + sizes
            end = start + size_at(data, at)[0] if start <= known else known + 1
            if end > known:
                self.at = at
                self.has(sizes, what)
                self.has(sizes + size_at(self.data, at)[0], what)
                data, known = self.data, len(self.data)
                end = start + size_at(data, at)[0]
            if compare:
                string = data[start:end].partition(b"\0")[0]  # as llama.cpp compares them
                if string in seen and string:
                    repeated = repeated or string.decode("utf-8", "backslashreplace")
                seen.add(string)
            at = end
        self.at = at
        return repeated


def _head(source: _Source) -> Head:
    path = source.path
    if source.size < len(MAGIC):
        raise Fault("model", f"{path} is not a GGUF file.")
    source.has(len(MAGIC), "its header")
    if source.data[: len(MAGIC)] != MAGIC:
        raise Fault("model", f"{path} is not a GGUF file.")
    source.at = len(MAGIC)
    version = source.whole(_U32, "its header")
    if version not in VERSIONS:
        swapped = int.from_bytes(version.to_bytes(4, "little"), "big") in VERSIONS
        why = "it was written for big-endian machines" if swapped else f"it says it is version {version}"
        raise damaged(path, f"{why}, but only versions 2 and 3 can be read")
    tensors, fields = source.whole(_U64, "its header"), source.whole(_U64, "its header")
    if fields > source.left // 13 or tensors > source.left // 24:
        raise damaged(path, f"it claims {fields:,} metadata values and {tensors:,} tensors, more than it has bytes for")
    metadata = _fields(source, fields)
    table = _tensors(source, tensors, metadata)
    return Head(path, metadata, table)


def _fields(source: _Source, count: int) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for number in range(count):
        key = source.text(f"the name of metadata value {number + 1} of {count}")
        if not key or key in found:
            raise damaged(
                source.path, f"the metadata key {shown(key)} occurs twice" if key else "a metadata key is empty"
            )
        found[key] = _field(source, key)
    return found


def _field(source: _Source, key: str) -> Field:
    what = f"the metadata value {shown(key)}"
    kind = _kind(source, what)
    if kind is Kind.TEXT:
        return Field(kind, source.text(what))
    if kind is not Kind.ARRAY:
        return Field(kind, source.number(_SCALARS[kind], what))
    kind = _kind(source, what)
    count = source.whole(_U64, what)
    if kind is Kind.ARRAY:
        raise damaged(source.path, f"{what} is a list of lists")
    smallest = 8 if kind is Kind.TEXT else _SCALARS[kind].size
    if count * smallest > source.left:
        raise damaged(source.path, f"{what} claims {count:,} elements, more than the file has bytes for")
    if kind is Kind.TEXT:
        repeated = source.strings(count, what, compare=key == TOKENS and count <= _COUNTED_APART)
        return Field(kind, count=count, repeated=repeated)
    source.has(count * smallest, what)
    source.at += count * smallest
    return Field(kind, count=count)


def _kind(source: _Source, what: str) -> Kind:
    number = source.whole(_U32, what)
    if number >= len(Kind):
        raise damaged(source.path, f"{what} has the unknown type {number}")
    return Kind(number)


def _tensors(source: _Source, count: int, fields: Mapping[str, Field]) -> dict[str, Tensor]:
    alignment = _alignment(source.path, fields)
    table: dict[str, Tensor] = {}
    expected = 0
    for number in range(count):
        name = source.text(f"the name of tensor {number + 1} of {count}")
        if not name or name in table or len(name.encode("utf-8", "surrogatepass")) >= _NAME_BYTES:
            raise damaged(source.path, f"the tensor name '{shown(name)}' is empty, too long or used twice")
        tensor = _tensor(source, name)
        offset = source.whole(_U64, f"the place of tensor {shown(name)}")
        if offset != expected:
            raise damaged(source.path, _misplaced(name, offset, expected, alignment))
        expected += -(-tensor.bytes // alignment) * alignment
        table[name] = tensor
    if count:
        _check_room(source, alignment, table)
    return table


def _check_room(source: _Source, alignment: int, table: Mapping[str, Tensor]) -> None:
    """The tensors follow one another without gaps, so the last one's end is the end of all."""
    begin = -(-source.at // alignment) * alignment
    *before, last = table.values()
    end = begin + sum(-(-tensor.bytes // alignment) * alignment for tensor in before) + last.bytes
    if end > source.size:
        raise damaged(source.path, f"it has {source.size:,} bytes, but its tensors need {end:,}, so it was cut short")


def _misplaced(name: str, offset: int, expected: int, alignment: int) -> str:
    if offset % alignment:
        return f"tensor {shown(name)} begins at byte {offset:,} of the data, which is no multiple of {alignment}"
    relation = "overlaps the one before it" if offset < expected else "leaves a gap after the one before it"
    return f"tensor {shown(name)} {relation} (it begins at byte {offset:,} of the data, not {expected:,})"


def _tensor(source: _Source, name: str) -> Tensor:
    what = f"the shape of tensor {shown(name)}"
    dimensions = source.whole(_U32, what)
    if dimensions > _DIMENSIONS:
        raise damaged(source.path, f"tensor {shown(name)} has {dimensions:,} dimensions, but {_DIMENSIONS} is the most")
    shape = tuple(source.whole(_U64, what) for _ in range(dimensions))
    kind = source.whole(_U32, what)
    if kind not in BLOCKS:
        raise damaged(source.path, f"tensor {shown(name)} has the unknown type {kind}")
    elements = 1
    for size in shape:
        elements *= size
    block, block_bytes = BLOCKS[kind]
    row = shape[0] if shape else 1
    if not 0 < elements < 2**63 or row % block:
        raise damaged(source.path, f"tensor {shown(name)} has an impossible shape, {' x '.join(map(str, shape))}")
    return Tensor(name, without_ones(shape), kind, elements // block * block_bytes)


def without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without the ones at its end, which mean nothing."""
    while len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _alignment(path: str, fields: Mapping[str, Field]) -> int:
    field = fields.get("general.alignment")
    if field is None:
        return _ALIGNMENT
    if field.kind is not Kind.U32 or not isinstance(field.value, int) or field.value < 1 or field.value.bit_count() > 1:
        raise damaged(path, "general.alignment is no power of two")
    return field.value
