"""Requests and files the engine cannot serve: refused by name, nothing cut, nothing crashed."""

from __future__ import annotations

from pathlib import Path

import pytest

from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.protocol import Failed, ModelFiles, Request
from radlite_tui.errors import ModelUnavailable, RadliteError
from radlite_tui.segments import Control, Text
from tests.engine.conftest import REPORT, chat, done, final


def test_prompt_that_leaves_no_room_is_refused_with_counts(engine: LocalEngine, base: ModelFiles) -> None:
    prompt = chat(REPORT * 30)
    counted = engine.count(base, prompt)
    small = ModelFiles(base.weights, context=counted + 10)
    fits = done(engine.generate(Request(small, prompt, max_tokens=10)))
    refused = final(engine.generate(Request(small, prompt, max_tokens=11)))
    assert fits.stats.prompt_tokens == counted, "nothing is cut"
    assert isinstance(refused, Failed)
    assert (refused.kind, refused.needed, refused.context) == ("too_long", counted + 11, counted + 10)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "does not exist"),
        (b"", "not a GGUF file"),
        (b"PK\x03\x04 an archive", "not a GGUF file"),
        (b"GGUF", "damaged"),
        (b"GGUF\x03\x00\x00\x00" + b"\xff" * 400, "damaged"),
    ],
)
def test_unusable_file_is_named(engine: LocalEngine, tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "weights.gguf"
    if content is not None:
        path.write_bytes(content)
    failed = final(engine.generate(Request(ModelFiles(str(path)), chat(REPORT))))
    assert isinstance(failed, Failed)
    assert failed.kind == "model"
    assert str(path) in failed.message
    assert says in failed.message
    with pytest.raises(ModelUnavailable, match=says):
        engine.count(ModelFiles(str(path)), chat(REPORT))


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9, 0.999])
def test_truncated_file_is_named(engine: LocalEngine, tmp_path: Path, folder: Path, share: float) -> None:
    whole = (folder / "qwen2-base.gguf").read_bytes()
    path = tmp_path / "cut.gguf"
    path.write_bytes(whole[: int(len(whole) * share)])
    failed = final(engine.generate(Request(ModelFiles(str(path)), chat(REPORT))))
    assert isinstance(failed, Failed)
    assert failed.kind == "model"
    assert path.name in failed.message


def test_adapter_of_another_model_is_named(engine: LocalEngine, folder: Path, slow: ModelFiles) -> None:
    model = ModelFiles(slow.weights, str(folder / "qwen3-adapter.gguf"), slow.context)
    failed = final(engine.generate(Request(model, chat(REPORT))))
    assert isinstance(failed, Failed)
    assert failed.kind == "model"
    assert "qwen3-adapter.gguf" in failed.message


def test_replaced_file_is_read_anew(engine: LocalEngine, tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "replaced.gguf"
    request = Request(ModelFiles(str(path)), chat(REPORT), max_tokens=20)
    texts = []
    for arch in ("qwen2", "qwen3"):
        path.unlink(missing_ok=True)
        path.write_bytes((folder / f"{arch}-base.gguf").read_bytes())
        texts.append(done(engine.generate(request)).text)
    assert texts[0] != texts[1]


def test_unknown_control_token_is_named(engine: LocalEngine, base: ModelFiles) -> None:
    failed = final(engine.generate(Request(base, (Control("<|nonsense|>"), Text("x")))))
    assert isinstance(failed, Failed)
    assert failed.kind == "request"
    assert "<|nonsense|>" in failed.message
    with pytest.raises(RadliteError, match="nonsense"):
        engine.count(base, (Control("<|nonsense|>"),))


def test_empty_prompt_is_refused(engine: LocalEngine, base: ModelFiles) -> None:
    failed = final(engine.generate(Request(base, ())))
    assert isinstance(failed, Failed)
    assert failed.kind == "request"
