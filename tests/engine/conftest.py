"""Real tiny model files and a real engine, shared by the engine's tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import Done, Event, ModelFiles
from radlite_tui.segments import IM_END, IM_START, Control, Form, Prompt, Text
from tests.engine.tiny_gguf import Shape, write_adapter, write_model

REPORT = "Report: The heart is not enlarged. There is a small right pleural effusion. "
SLOW = Shape(width=256, layers=8, heads=8, kv_heads=4, inner=1024, context=8192)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds qwen2 and qwen3 files with an adapter each."""
    folder = tmp_path_factory.mktemp("models")
    for arch in ("qwen2", "qwen3"):
        write_model(folder / f"{arch}-base.gguf", arch)
        write_adapter(folder / f"{arch}-adapter.gguf", arch)
    return folder


@pytest.fixture(params=["qwen2", "qwen3"])
def base(request: pytest.FixtureRequest, folder: Path) -> ModelFiles:
    return ModelFiles(str(folder / f"{request.param}-base.gguf"))


@pytest.fixture
def adapted(base: ModelFiles) -> ModelFiles:
    return ModelFiles(base.weights, base.weights.replace("base", "adapter"))


@pytest.fixture(scope="session")
def slow(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    """A model slow enough to be interrupted while it reads or writes."""
    path = write_model(tmp_path_factory.mktemp("slow") / "slow-base.gguf", "qwen2", SLOW)
    return ModelFiles(str(path), context=SLOW.context)


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    engine = LocalEngine(EngineOptions(threads=1))
    yield engine
    engine.close()


def chat(text: str) -> Prompt:
    """A prompt with one user turn."""
    user = (Control(IM_START), Text(f"user\n{text}"), Control(IM_END), Text("\n"))
    return (*user, Control(IM_START), Text("assistant\n"))


def parses(text: str, form: Form) -> bool:
    """Whether some way to fill the form gives exactly this text."""
    rests = {text}
    for element in form:
        strings = (element,) if isinstance(element, str) else element
        rests = {rest.removeprefix(s) for rest, s in itertools.product(rests, strings) if rest.startswith(s)}
    return "" in rests


def final(events: Iterable[Event]) -> Event:
    *_, last = events
    return last


def done(events: Iterable[Event]) -> Done:
    last = final(events)
    assert isinstance(last, Done), last
    return last
