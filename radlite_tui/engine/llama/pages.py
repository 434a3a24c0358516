"""Gives memory that llama.cpp only filled with zeros back to the system. Linux only; elsewhere it does nothing.

llama.cpp writes zeros over its whole KV cache and its table of logits when a context is made: hundreds of MiB, most of
which stay unused. A page given back reads as zeros as before, and takes up memory again once something else is written
to it. So a context takes what is used of it and not what it may grow to. Imports the standard library only.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from pathlib import Path

PIECE = 2**20
"""Bytes compared at once."""
LEAST = 16 * PIECE
"""Shorter runs of zeros are left alone, and so is a piece at both ends of a longer one. Where there are that many zeros
and nothing else lies one of those tables: every allocation begins with its length, and neither Python nor the pipe
holds anything that large, so nothing that another thread may be about to write to is among them."""
_DONTNEED = 4


def give_back_zeros() -> int:
    """Give back what is all zeros; returns how many bytes. llama.cpp must not be computing.

    Python's other threads stand still between the look at the pages and their return.
    """
    if sys.platform != "linux":
        return 0
    library = ctypes.PyDLL(None)  # unlike CDLL, calls keep the interpreter's lock
    zeros = ctypes.create_string_buffer(PIECE)
    given = 0
    for start, end in _tables():
        for first, last in _runs(library, zeros, start, end):
            if library.madvise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), _DONTNEED) == 0:
                given += last - first
    return given


def _tables() -> list[tuple[int, int]]:
    """The large private mappings of this process that belong to no file and may be written to."""
    try:
        lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        span, rights, _offset, _device, inode, *name = line.split(maxsplit=5)
        start, end = (int(part, 16) for part in span.split("-"))
        if rights == "rw-p" and inode == "0" and not name and end - start >= LEAST:
            found.append((start, end))
    return found


def _runs(library: ctypes.PyDLL, zeros: ctypes.Array[ctypes.c_char], start: int, end: int) -> Iterator[tuple[int, int]]:
    """The long runs of zeros in [start, end), less a piece at both ends."""
    began = at = -(-start // PIECE) * PIECE
    while at + PIECE <= end:
        zero = library.memcmp(ctypes.c_void_p(at), zeros, ctypes.c_size_t(PIECE)) == 0
        if not zero and at - began >= LEAST:
            yield began + PIECE, at - PIECE
        at += PIECE
        if not zero:
            began = at
    if at - began >= LEAST:
        yield began + PIECE, at - PIECE
