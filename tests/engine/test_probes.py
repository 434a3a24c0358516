"""Probing real files in a process of its own, and what is remembered of it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from radlite_tui.engine import host, probes
from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.probed import USUAL, Measurement, ProbeResult, Settings
from radlite_tui.engine.probes import Probes, apply
from radlite_tui.engine.protocol import ModelFiles, Request
from radlite_tui.errors import ModelUnavailable
from tests.engine.conftest import REPORT, chat, done
from tests.engine.tiny_gguf import write_model


@pytest.fixture
def cache(tmp_path: Path) -> Probes:
    """Nothing measured yet, and no model too small."""
    return Probes(tmp_path / "cache" / "probes.json", small_bytes=0)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model.gguf", "qwen2")


def children() -> set[int]:
    """Measuring processes started from here and not yet waited for, zombies included."""
    found = Path("/proc/self/task").glob("*/children")
    pids = {int(pid) for path in found for pid in path.read_text().split()}
    lines = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids}
    return {pid for pid, line in lines.items() if not line or b"llama.probe" in line}


def test_real_model_is_measured_and_remembered(cache: Probes, model: Path) -> None:
    assert cache.known(model) is None
    told: list[Measurement] = []
    result = cache.measure(model, 20.0, told.append)
    assert {m.settings for m in told} >= {USUAL, Settings(repack=True)}
    assert "read" in {m.settings.load for m in told}
    assert told[0].settings == USUAL
    assert all(m.slower or (m.prefill_tok_s > 0 and m.decode_tok_s > 0 and m.memory > 0) for m in told)
    assert {m.settings for m in result.measurements} == {m.settings for m in told}
    assert (result.complete, result.version, result.threads) == (True, host.llama_version(), 1)
    assert cache.known(model) == Probes(cache.path, small_bytes=0).known(model) == result
    assert cache.problem == ""
    assert cache.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in cache.path.parent.iterdir()] == ["probes.json"]
    assert not children()


def test_no_time_means_the_usual_settings_and_says_so(cache: Probes, model: Path) -> None:
    result = cache.measure(model, 0.0)
    assert (result.settings, result.complete, len(result.measurements)) == (USUAL, False, 1)


def test_another_file_or_host_is_not_known(cache: Probes, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = cache.measure(model, 0.0)
    monkeypatch.setattr(host, "physical_cores", lambda: 999)
    assert cache.known(model) is None
    other = cache.measure(model, 0.0)
    assert cache.known(model) == other
    monkeypatch.undo()
    assert cache.known(model) == result, "the first host's result is still there"
    status = model.stat()
    os.utime(model, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert cache.known(model) is None
    model.unlink()
    assert cache.known(model) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"null",
        b'{"version": 1}',
        b'{"version": 1, "results": 3}',
        b'{"version": 99, "results": {}}',
        b"[" * 100_000,
    ],
)
def test_damaged_cache_is_forgotten_with_a_word(cache: Probes, model: Path, content: bytes) -> None:
    cache.path.parent.mkdir()
    cache.path.write_bytes(content)
    assert cache.known(model) is None
    assert "damaged" in cache.problem
    result = cache.measure(model, 0.0)
    afresh = Probes(cache.path, small_bytes=0)
    assert afresh.known(model) == result
    assert afresh.problem == ""


def test_one_damaged_entry_costs_only_itself(cache: Probes, model: Path, tmp_path: Path) -> None:
    other = write_model(tmp_path / "other.gguf", "qwen3")
    result = cache.measure(other, 0.0)
    cache.measure(model, 0.0)
    stored = json.loads(cache.path.read_text())
    key = list(stored["results"])[-1]
    for damaged in ({}, [], 3, {"settings": None}, {**stored["results"][key], "measurements": [{}]}):
        stored["results"][key] = damaged
        cache.path.write_text(json.dumps(stored))
        assert cache.known(model) is None
        assert cache.known(other) == result


def test_cache_that_cannot_be_written_loses_nothing_but_the_memory(model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = Probes(tmp_path / "file" / "probes.json", small_bytes=0)
    assert cache.measure(model, 0.0).measurements
    assert cache.known(model) is None
    assert str(cache.path) in cache.problem


def test_cache_does_not_grow_for_ever(cache: Probes, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "MOST_REMEMBERED", 2)
    for number in range(3):
        os.utime(model, ns=(0, number))
        cache.measure(model, 0.0)
    assert len(json.loads(cache.path.read_text())["results"]) == 2
    assert cache.known(model) is not None


def test_small_model_keeps_the_usual_settings_unmeasured(model: Path, tmp_path: Path) -> None:
    cache = Probes(tmp_path / "probes.json")
    assert cache.measure(model) == ProbeResult(USUAL, version=host.llama_version())
    assert cache.known(model) is None
    assert not cache.path.exists()


def test_model_that_cannot_be_used_is_named(cache: Probes, model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="absent"):
        cache.measure(tmp_path / "absent.gguf")
    model.write_bytes(model.read_bytes()[:5000])
    with pytest.raises(ModelUnavailable, match=r"model\.gguf is damaged"):
        cache.measure(model)
    assert cache.known(model) is None


def test_measuring_process_that_dies_hurts_nobody(cache: Probes, model: Path) -> None:
    def kill(_measurement: Measurement) -> None:
        for pid in children():
            os.kill(pid, signal.SIGKILL)

    with pytest.raises(ModelUnavailable, match="signal 9"):
        cache.measure(model, 20.0, kill)
    assert not children()
    assert cache.measure(model, 0.0).measurements


def test_interrupted_measuring_leaves_no_process(cache: Probes, model: Path) -> None:
    def interrupt(_measurement: Measurement) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.measure(model, 20.0, interrupt)
    assert not children()


def test_chosen_settings_reach_the_engine(model: Path) -> None:
    result = ProbeResult(Settings(repack=True, flash_attention="off", ubatch=256, load="read"))
    options = apply(EngineOptions(threads=1, batch=128), result)
    assert (options.repack, options.flash_attention, options.chunk, options.batch) == (True, "off", 256, 256)
    assert options.load == "read"
    assert apply(options, None) is options
    engine = LocalEngine(options)
    assert done(engine.generate(Request(ModelFiles(str(model)), chat(REPORT), max_tokens=3)))
    engine.close()


def test_host_is_the_same_twice_and_another_with_another_library(monkeypatch: pytest.MonkeyPatch) -> None:
    here = host.fingerprint()
    assert here == host.fingerprint()
    monkeypatch.setattr(host, "llama_version", lambda: "0.4.0")
    assert host.fingerprint() != here
