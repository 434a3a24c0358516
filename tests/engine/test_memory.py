"""No memory, for real: workers whose address space may not grow. The user is told so, keeps the text, and goes on."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from radlite_tui.engine import ending
from radlite_tui.engine.ending import NO_MEMORY, LastWords
from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import Done, Event, Failed, Loading, ModelFiles, Request, Token
from radlite_tui.errors import ModelUnavailable
from tests.engine.conftest import REPORT, chat, done, final
from tests.engine.test_local import long_answer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits another process's memory")
MIB = 2**20


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    """An engine of the test's own, whose worker will be spoilt; its cache takes 256 MiB of addresses."""
    engine = LocalEngine(EngineOptions(threads=1, kv_cache_mib=256, full_prompts=8))
    yield engine
    engine.close()


def allow(pid: int | None, more: int) -> None:
    """Let a process take that many bytes beyond what it has, and no more for now."""
    assert pid is not None
    has = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
    resource.prlimit(pid, resource.RLIMIT_AS, (has + more, resource.RLIM_INFINITY))


@pytest.mark.parametrize("room", [0, 60, 200])
def test_too_little_memory_to_load_names_it_and_the_next_request_is_answered(
    engine: LocalEngine, folder: Path, slow: ModelFiles, room: int
) -> None:
    with pytest.raises(ModelUnavailable):
        engine.count(ModelFiles(str(folder / "absent.gguf")), chat(REPORT))  # starts the worker, loads nothing
    pid = engine.pid
    allow(pid, room * MIB)
    failed = final(engine.generate(Request(slow, chat(REPORT), max_tokens=3)))
    assert isinstance(failed, Failed), "the room was enough after all"
    assert failed.kind == "model"
    assert "not enough memory" in failed.message
    assert Path(slow.weights).name in failed.message
    assert pid is not None
    if engine.pid == pid:  # the worker could say so itself and still lives under its limit
        resource.prlimit(pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert done(engine.generate(Request(slow, chat(REPORT), max_tokens=3)))


def test_memory_that_runs_out_amid_answers_costs_what_is_left_of_them(engine: LocalEngine, slow: ModelFiles) -> None:
    text, last, pid, other = "", None, None, []

    def ask_much() -> None:
        other.append(final(engine.generate(Request(slow, chat("Much. " + REPORT * 90), max_tokens=500))))

    asking = threading.Thread(target=ask_much)
    for event in engine.generate(long_answer(slow)):
        if isinstance(event, Token):
            if not text:
                pid = engine.pid
                allow(pid, 0)
                asking.start()
            text += event.text
        last = event
    asking.join()
    for failed in (last, *other):
        assert isinstance(failed, Failed)
        assert failed.kind in ("worker", "model")
        assert "ran out of memory" in failed.message
    assert isinstance(last, Failed)
    assert last.text == text != ""
    assert done(engine.generate(Request(slow, chat(REPORT), max_tokens=3)))
    assert engine.pid != pid


def test_no_memory_for_one_more_context_leaves_the_others_alone(
    engine: LocalEngine, base: ModelFiles, slow: ModelFiles
) -> None:
    done(engine.generate(Request(base, chat(REPORT), max_tokens=3)))
    pid = engine.pid
    allow(pid, 100 * MIB)
    failed = final(engine.generate(Request(slow, chat(REPORT), max_tokens=3)))
    assert isinstance(failed, Failed)
    assert "not enough memory" in failed.message
    assert done(engine.generate(Request(base, chat(REPORT), max_tokens=3))).stats.cached_tokens > 0
    assert engine.pid == pid


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV])
def test_a_worker_that_dies_otherwise_is_not_said_to_lack_memory(
    engine: LocalEngine, slow: ModelFiles, number: signal.Signals
) -> None:
    text, last = "", None
    for event in engine.generate(long_answer(slow)):
        if isinstance(event, Token):
            text += event.text
            if engine.pid is not None:
                os.kill(engine.pid, number)
        last = event
    assert isinstance(last, Failed)
    assert (last.kind, last.text) == ("worker", text)
    assert f"signal {number.value}" in last.message
    assert "memory" not in last.message
    assert done(engine.generate(Request(slow, chat(REPORT), max_tokens=3)))


def test_a_worker_that_dies_while_loading_may_have_met_a_damaged_file(engine: LocalEngine, slow: ModelFiles) -> None:
    events: list[Event] = []
    for event in engine.generate(Request(slow, chat(REPORT), max_tokens=3)):
        if isinstance(event, Loading) and engine.pid is not None:
            os.kill(engine.pid, signal.SIGABRT)
        events.append(event)
    assert isinstance(events[-1], Failed)
    assert events[-1].kind == "model"
    assert "may be damaged" in events[-1].message
    assert isinstance(final(engine.generate(Request(slow, chat(REPORT), max_tokens=3))), Done)


@pytest.mark.parametrize(
    ("code", "words", "killed", "memory"),
    [
        (-9, b"", 1, True),
        (-9, b"", 0, False),
        (NO_MEMORY, b"", 0, True),
        (-6, b"terminate called after throwing an instance of 'std::bad_alloc'\n", 0, True),
        (-6, b"ggml.c:1644: GGML_ASSERT(ctx->mem_buffer != NULL) failed\n", 0, True),
        (-6, b"ggml.c:1644: GGML_ASSERT(a) failed\n", 1, False),
        (1, b"libgomp: Thread creation failed: Resource temporarily unavailable\n", 0, True),
        (0, b"MemoryError", 0, False),
    ],
)
def test_an_end_for_want_of_memory_is_told_from_others(
    code: int, words: bytes, killed: int, memory: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ending.kills()
    said = LastWords(None)
    assert said.file is not None
    said.file.write(words)
    monkeypatch.setattr(ending, "kills", lambda: before + killed)
    found = said.ending(code)
    assert found.out_of_memory is memory
    assert str(found) == (f"signal {-code}" if code < 0 else f"code {code}")


def test_only_what_was_said_in_this_process_s_time_counts(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_bytes(b"MemoryError\n")
    said = LastWords(str(log))
    assert said.file is not None
    said.file.write(b"Segmentation fault\n")
    assert not said.ending(-11).out_of_memory
    assert log.read_bytes() == b"MemoryError\nSegmentation fault\n"
