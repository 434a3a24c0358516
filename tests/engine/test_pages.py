"""Memory that holds nothing but zeros is given back, and nothing else changes."""

from __future__ import annotations

import ctypes
import mmap
import sys
from pathlib import Path

import pytest

from radlite_tui.engine.llama import pages
from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import ModelFiles, Request
from tests.engine.conftest import REPORT, chat, done

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much memory a mapping takes")
SIZE = 96 * pages.PIECE


def resident(pid: int | str) -> int:
    """Bytes of a process that are in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * mmap.PAGESIZE


def test_zeros_are_given_back_and_what_was_written_stays() -> None:
    table = mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    first = ctypes.c_char.from_buffer(table)
    address = ctypes.addressof(first)
    ctypes.memset(address, 0, SIZE)
    written = {0: 1, SIZE // 2: 7, SIZE - 1: 255}
    for place, value in written.items():
        table[place] = value
    before = resident("self")
    given = pages.give_back_zeros()
    assert given >= SIZE - 16 * pages.PIECE
    assert before - resident("self") >= SIZE - 16 * pages.PIECE
    found = {i: byte for start in range(0, SIZE, 4096) for i, byte in _not_zero(table, start)}
    assert found == written
    del first
    table.close()


def _not_zero(table: mmap.mmap, start: int) -> list[tuple[int, int]]:
    piece = table[start : start + 4096]
    return [(start + i, byte) for i, byte in enumerate(piece) if byte] if any(piece) else []


def test_short_runs_of_zeros_are_left_alone() -> None:
    table = mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for place in range(0, SIZE, 8 * pages.PIECE):
        table[place] = 1
    start = ctypes.addressof(ctypes.c_char.from_buffer(table))
    zeros = ctypes.create_string_buffer(pages.PIECE)
    assert list(pages._runs(ctypes.PyDLL(None), zeros, start, start + SIZE)) == []


def test_a_cache_takes_memory_as_it_fills(slow: ModelFiles) -> None:
    engine = LocalEngine(EngineOptions(threads=1, kv_cache_mib=256))
    done(engine.generate(Request(slow, chat(REPORT), max_tokens=2)))
    assert engine.pid is not None
    short = resident(engine.pid)
    done(engine.generate(Request(slow, chat(REPORT * 30), max_tokens=2)))
    long = resident(engine.pid)
    engine.close()
    assert short < 200 * 2**20, "less than the cache may grow to"
    assert long > short + 2**20
