"""What the cache has no room for, kept on disk: the same answers, and nothing there that anybody could read."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("cryptography")

from radlite_tui.engine.llama.spill import LEAST, PIECE, Entry, Spill
from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import Done, ModelFiles, Request
from radlite_tui.segments import Prompt
from tests.engine.conftest import REPORT, chat, done
from tests.engine.test_side_by_side import EMBEDDED, same_but_for_ties

SMALL = EngineOptions(threads=1, kv_cache_mib=1, full_prompts=1)
"""The cache holds one full prompt, so that the next one takes its place."""
SPILLED = replace(SMALL, spill_mib=64)
TOKENS = list(range(LEAST))
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into a process by /proc")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of what is on disk, in a cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "radlite-tui" / "spill"


@pytest.fixture
def spill(tmp_path: Path) -> Iterator[Spill]:
    spill = Spill(16, tmp_path / "spill")
    yield spill
    spill.close()


def long(name: str, question: str = "", times: int = 28) -> Prompt:
    """A prompt that fills most of the cache."""
    return chat(f"{name}. {REPORT * times} {question}")


def state(size: int, seed: int = 0) -> memoryview:
    return memoryview(bytes((seed + i * 7) % 251 for i in range(1000)) * -(-size // 1000))[:size]


def kept(spill: Spill, tokens: list[int], size: int = 1000, seed: int = 0) -> Entry:
    assert spill.keep("owner", tokens, state(size, seed))
    entry = spill.longest("owner", tokens, len(tokens) - 1)
    assert entry is not None
    return entry


@pytest.mark.parametrize("size", [1, 1000, PIECE, PIECE + 1, 3 * PIECE])
def test_what_was_put_away_comes_back_once(spill: Spill, size: int) -> None:
    entry = kept(spill, TOKENS, size)
    assert spill.take(entry) == state(size)
    assert spill.take(entry) is None
    assert spill.longest("owner", TOKENS, 0) is None
    assert spill.size == 0


def test_the_longest_beginning_of_its_own_context_is_found(spill: Spill) -> None:
    kept(spill, TOKENS)
    longer = kept(spill, [*TOKENS[:-1], 900, 901])
    assert spill.longest("owner", [*TOKENS[:-1], 900, 5], LEAST - 1) is longer
    assert spill.longest("owner", [*TOKENS[:-1], 900, 5], LEAST) is None
    assert spill.longest("another", TOKENS, 0) is None


def test_a_mere_beginning_gives_way_and_is_not_put_away_again(spill: Spill) -> None:
    kept(spill, TOKENS)
    kept(spill, [*TOKENS, 1, 2])
    assert spill.size == 1000
    assert not spill.keep("owner", TOKENS, state(1000))


def test_what_was_put_away_longest_ago_goes_first(spill: Spill) -> None:
    half = 7 * 2**20
    for first in (1, 2, 3):
        kept(spill, [first, *TOKENS], half)
    assert spill.longest("owner", [1, *TOKENS], 0) is None
    assert spill.longest("owner", [2, *TOKENS], 0) is not None
    assert not spill.keep("owner", TOKENS, state(17 * 2**20)), "more than there may ever be"
    assert not spill.keep("owner", TOKENS[:-1], state(10)), "too short to be worth it"


@pytest.mark.parametrize("place", [0, 500, PIECE + 20, -1])
def test_one_changed_byte_and_nothing_comes_back(spill: Spill, place: int) -> None:
    entry = kept(spill, TOKENS, PIECE + 1000)
    at = place % (PIECE + 1000 + 32)
    byte = os.pread(entry.file.fileno(), 1, at)
    os.pwrite(entry.file.fileno(), bytes([byte[0] ^ 1]), at)
    assert spill.take(entry) is None
    assert spill.size == 0


def test_a_file_cut_short_gives_nothing_back(spill: Spill) -> None:
    entry = kept(spill, TOKENS)
    os.ftruncate(entry.file.fileno(), 100)
    assert spill.take(entry) is None


def test_nothing_on_disk_has_a_name_or_can_be_read(spill: Spill, tmp_path: Path) -> None:
    secret = b"The heart is not enlarged." * 50
    assert spill.keep("owner", TOKENS, memoryview(secret))
    entry = spill.longest("owner", TOKENS, 0)
    assert entry is not None
    assert list((tmp_path / "spill").iterdir()) == []
    assert (tmp_path / "spill").stat().st_mode & 0o777 == 0o700
    written = os.pread(entry.file.fileno(), 10_000, 0)
    assert len(written) > len(secret)
    assert not any(secret[i : i + 8] in written for i in range(0, len(secret) - 8, 8))


def test_a_folder_that_cannot_be_had_costs_nothing_but_the_disk(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not Spill(16, tmp_path / "file" / "spill").keep("owner", TOKENS, state(10))


def answers(options: EngineOptions, *asked: Request) -> list[Done]:
    engine = LocalEngine(options)
    try:
        return [done(engine.generate(request)) for request in asked]
    finally:
        engine.close()


@pytest.fixture(params=EMBEDDED, ids=lambda path: path.parent.name)
def tuned(request: pytest.FixtureRequest) -> ModelFiles:
    """An embedded model whose context holds one long prompt."""
    return ModelFiles(str(request.param), str(request.param.with_name("adapter.gguf")), context=500)


def test_an_answer_over_what_was_on_disk_is_the_answer_over_nothing(tuned: ModelFiles, cache: Path) -> None:
    questions = (("First", ""), ("Second", ""), ("First", "And the heart?"), ("Second", "And the lungs?"))
    asked = [Request(tuned, long(*question, times=25), max_tokens=24) for question in questions]
    spilled = answers(SPILLED, *asked)
    in_memory = answers(EngineOptions(threads=1), *asked)
    assert [one.text for one in spilled] == [one.text for one in in_memory]
    for number in (2, 3):
        assert same_but_for_ties(asked[number], spilled[number], answers(SMALL, asked[number])[0])
        assert spilled[number].stats.cached_tokens > 0.9 * spilled[number].stats.prompt_tokens
    assert list(cache.iterdir()) == []


@LINUX
def test_a_damaged_file_is_read_anew_and_a_killed_worker_leaves_nothing(base: ModelFiles, cache: Path) -> None:
    prompts = (long("First"), long("Second"), long("First", "And the heart?"))
    asked = [Request(base, prompt, max_tokens=12) for prompt in prompts]
    engine = LocalEngine(SPILLED)
    for request in asked[:2]:
        done(engine.generate(request))
    assert engine.pid is not None
    for file in on_disk(engine.pid, cache):
        with file.open("r+b") as open_file:
            open_file.write(b"damaged")
    again = done(engine.generate(asked[2]))
    assert again.stats.cached_tokens < 0.1 * again.stats.prompt_tokens
    assert again.text == answers(SMALL, *asked)[2].text
    assert on_disk(engine.pid, cache)
    os.kill(engine.pid, signal.SIGKILL)
    engine.close()
    assert list(cache.iterdir()) == []


@LINUX
def test_nothing_goes_to_disk_unless_asked_for(base: ModelFiles, cache: Path) -> None:
    engine = LocalEngine(SMALL)
    for name in ("First", "Second", "Third"):
        done(engine.generate(Request(base, long(name), max_tokens=2)))
    assert not cache.exists()
    assert "cryptography" not in Path(f"/proc/{engine.pid}/maps").read_text(encoding="utf-8")
    engine.close()


def on_disk(pid: int, folder: Path) -> list[Path]:
    """The files without a name that a process keeps in a folder."""
    return [file for file in Path(f"/proc/{pid}/fd").iterdir() if str(file.readlink()).startswith(str(folder))]
