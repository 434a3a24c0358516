"""Damaged, foreign and unfit model files: a sentence each, in the real worker, and never a hang or a dead front end.

RADLITE_DAMAGED_FILES sets how many randomly damaged files are tried (2,400 unless told).
"""

from __future__ import annotations

import math
import os
import re
import resource
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import Done, Failed, Final, ModelFiles, Request
from radlite_tui.segments import Text
from tests.engine.conftest import REPORT, chat, done, final
from tests.engine.damage import Anatomy, Number, mutations, truncations, with_number
from tests.engine.tiny_gguf import Shape, gguf, write_adapter, write_model

DEADLINE_S = 60.0
COUNT = int(os.environ.get("RADLITE_DAMAGED_FILES", "2400"))
TINY = Shape(width=32, layers=1, heads=2, kv_heads=1, inner=32, context=128)
ARCHITECTURES = ("qwen2", "qwen3")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest sound files: a model and an adapter of each architecture."""
    folder = tmp_path_factory.mktemp("tiny")
    for arch in ARCHITECTURES:
        write_model(folder / f"{arch}-base.gguf", arch, TINY)
        write_adapter(folder / f"{arch}-adapter.gguf", arch, TINY)
    return folder


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "engine.log"


@pytest.fixture(scope="module")
def engine(log: Path) -> Iterator[LocalEngine]:
    engine = LocalEngine(EngineOptions(threads=1, contexts=1, log=str(log)))
    yield engine
    engine.close()


@contextmanager
def deadline(engine: LocalEngine) -> Iterator[None]:
    """A worker that has not answered in time is killed, which fails the assertion on its answer."""

    def kill() -> None:
        if engine.pid is not None:
            os.kill(engine.pid, 9)

    timer = threading.Timer(DEADLINE_S, kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def ask(engine: LocalEngine, weights: Path, adapter: Path | None = None) -> Final:
    """One token from a model. The prompt is plain text, which any vocabulary can spell."""
    model = ModelFiles(str(weights), str(adapter) if adapter else None, context=64)
    with deadline(engine):
        last = final(engine.generate(Request(model, (Text("Report: no effusion."),), max_tokens=1, stop=())))
    assert isinstance(last, Final)
    return last


def is_one_sentence(message: str) -> bool:
    return (
        message.endswith(".") and "\n" not in message and not re.search(r"[.!?] [A-Z]", message.replace("llama.", ""))
    )


def outcome(answer: Final, file: Path) -> str:
    """Who refused the file, after checking that it was answered properly or refused in one sentence that names it."""
    if isinstance(answer, Done):
        return "answered"
    assert isinstance(answer, Failed), answer
    assert answer.kind == "model", answer
    assert file.name in answer.message
    assert is_one_sentence(answer.message), answer.message
    if "process ended" in answer.message or "memory to load" in answer.message:
        return "the worker died"
    return "refused by llama.cpp" if "cannot be" in answer.message else "refused by the check"


def try_all(engine: LocalEngine, file: Path, versions: Iterable[bytes], base: Path | None = None) -> Counter[str]:
    """Ask with each version of a file: as the model, or as the adapter of `base`."""
    outcomes: Counter[str] = Counter()
    for number, version in enumerate(versions):
        damaged = file.with_name(f"{file.stem}-{number}.gguf")
        damaged.write_bytes(version)
        outcomes[outcome(ask(engine, base or damaged, damaged if base else None), damaged)] += 1
        damaged.unlink()
    return outcomes


def is_answered(engine: LocalEngine, tiny: Path, log: Path) -> bool:
    """The front end lives on, its worker answers, and nothing went wrong unnoticed."""
    whole = [ask(engine, tiny / "qwen2-base.gguf", adapter) for adapter in (None, tiny / "qwen2-adapter.gguf")]
    return all(isinstance(answer, Done) for answer in whole) and "Traceback" not in log.read_text()


@pytest.mark.parametrize("what", ["base", "adapter"])
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_randomly_damaged_files_are_answered_or_refused(
    engine: LocalEngine,
    tiny: Path,
    tmp_path: Path,
    log: Path,
    arch: str,
    what: str,
    record_property: Callable[[str, object], None],
) -> None:
    seed, base = (1, None) if what == "base" else (2, tiny / f"{arch}-base.gguf")
    versions = (data for _, data in mutations(tiny / f"{arch}-{what}.gguf", COUNT // 4, seed=seed))
    outcomes = try_all(engine, tmp_path / f"{what}.gguf", versions, base)
    record_property("outcomes", dict(outcomes))
    assert outcomes.total() == COUNT // 4
    assert outcomes["the worker died"] <= COUNT // 400, outcomes
    assert outcomes["refused by the check"] > COUNT // 8, outcomes
    assert is_answered(engine, tiny, log)


@pytest.mark.parametrize("what", ["base", "adapter"])
def test_file_cut_short_anywhere_is_refused_before_llama_cpp_sees_it(
    engine: LocalEngine, tiny: Path, tmp_path: Path, what: str
) -> None:
    whole = tiny / f"qwen2-{what}.gguf"
    base = None if what == "base" else tiny / "qwen2-base.gguf"
    assert try_all(engine, tmp_path / "cut.gguf", truncations(whole), base) == {"refused by the check": 64}


def test_every_extreme_number_in_the_tensor_table_is_refused(engine: LocalEngine, tiny: Path, tmp_path: Path) -> None:
    anatomy = Anatomy(tiny / "qwen2-base.gguf")
    versions = (with_number(anatomy.whole, place, 2**62 - 1) for place in anatomy.table)
    outcomes = try_all(engine, tmp_path / "table.gguf", versions)
    assert outcomes == {"refused by the check": len(anatomy.table)}


@pytest.mark.parametrize(("at", "value"), [(4, 1), (4, 4), (4, 0x03000000), (8, 2**63), (8, 10**6), (16, 2**40)])
def test_absurd_header_is_refused(engine: LocalEngine, tiny: Path, tmp_path: Path, at: int, value: int) -> None:
    path = tmp_path / "header.gguf"
    size = 4 if at == 4 else 8
    path.write_bytes(with_number((tiny / "qwen2-base.gguf").read_bytes(), Number(at, size), value))
    assert outcome(ask(engine, path), path) == "refused by the check"


def edited(path: Path, target: Path, **values: object) -> Path:
    """A copy of a model file with other metadata; None leaves a key out. Keys have their dots as underscores."""
    reader, writer = gguf.GGUFReader(path), gguf.GGUFWriter(str(target), "qwen2")
    copy_metadata(reader, writer, values)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target


def copy_metadata(reader: Any, writer: Any, values: dict[str, object]) -> None:
    for name, field in reader.fields.items():
        key = name.replace(".", "_")
        if name.startswith("GGUF.") or name == "general.architecture" or (key in values and values[key] is None):
            continue
        kind, sub = field.types[0], field.types[1] if len(field.types) > 1 else None
        writer.add_key_value(name, values.get(key, field.contents()), kind, sub)


def claiming(path: Path, target: Path, inner: int) -> Path:
    """A copy of a model file that claims a feed-forward width of `inner`; its tensors are a hole in the file."""
    reader, writer = gguf.GGUFReader(path), gguf.GGUFWriter(str(target), "qwen2")
    copy_metadata(reader, writer, {"qwen2_feed_forward_length": inner})
    needed = 4096
    for tensor in reader.tensors:
        shape = [int(size) for size in reversed(tensor.shape)]
        if "ffn_down" in tensor.name:
            shape[1] = inner
        elif "ffn_gate" in tensor.name or "ffn_up" in tensor.name:
            shape[0] = inner
        writer.add_tensor_info(tensor.name, shape, np.dtype(np.float32), 4 * math.prod(shape))
        needed += 4 * math.prod(shape) + 32
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    os.truncate(target, target.stat().st_size + needed)
    return target


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"tokenizer_ggml_model": None}, "no tokeniser"),
        ({"tokenizer_ggml_tokens": None}, "no list of tokens"),
        ({"tokenizer_ggml_tokens": ["a", "b", "a"]}, "the token a occurs twice"),
        ({"tokenizer_ggml_tokens": ["a", "b"]}, "token_type does not have one number for each of 2 tokens"),
        ({"tokenizer_ggml_token_type": [1, 1]}, "token_type does not have one number"),
        ({"tokenizer_ggml_merges": None}, "no list of merges"),
        ({"tokenizer_ggml_eos_token_id": 99_999}, "eos_token_id is 99999"),
        ({"tokenizer_ggml_padding_token_id": 2**32 - 1}, "padding_token_id"),
        ({"qwen2_block_count": None}, "qwen2.block_count is missing"),
        ({"qwen2_block_count": 0}, "qwen2.block_count is no whole number above 0"),
        ({"qwen2_block_count": 2}, "blk.1."),
        ({"qwen2_block_count": 100_000}, "512 is the most"),
        ({"qwen2_embedding_length": 64}, "do not make its width"),
        ({"qwen2_attention_head_count_kv": 0}, "do not go together"),
        ({"qwen2_attention_head_count": 3}, "3 heads of 16 do not make its width"),
        ({"qwen2_attention_key_length": 8}, "do not go together"),
        ({"qwen2_feed_forward_length": 33}, "ffn_gate.weight has the size 32 x 32, but 32 x 33 is needed"),
        ({"qwen2_attention_layer_norm_rms_epsilon": float("nan")}, "rms_epsilon is not a number"),
        ({"qwen2_rope_freq_base": 0.0}, "freq_base is not above 0"),
    ],
)
def test_model_that_contradicts_itself_is_refused_with_the_reason(
    engine: LocalEngine, tiny: Path, tmp_path: Path, values: dict[str, object], says: str
) -> None:
    path = edited(tiny / "qwen2-base.gguf", tmp_path / "edited.gguf", **values)
    answer = ask(engine, path)
    assert outcome(answer, path) == "refused by the check"
    assert isinstance(answer, Failed)
    assert says in answer.message


def test_architecture_unknown_to_the_check_is_left_to_llama_cpp(
    engine: LocalEngine, tiny: Path, tmp_path: Path
) -> None:
    path = tmp_path / "foreign.gguf"
    path.write_bytes((tiny / "qwen2-base.gguf").read_bytes().replace(b"qwen2", b"qwenX"))
    answer = ask(engine, path)
    assert outcome(answer, path) == "refused by llama.cpp"
    assert isinstance(answer, Failed)
    assert "qwenX" in answer.message


def test_adapters_for_another_model_or_none_are_refused(engine: LocalEngine, tiny: Path, tmp_path: Path) -> None:
    wider = write_adapter(tmp_path / "wider.gguf", "qwen2", Shape(width=64, layers=1, heads=2, kv_heads=1, inner=32))
    deeper = write_adapter(tmp_path / "deeper.gguf", "qwen2", Shape(width=32, layers=2, heads=2, kv_heads=1, inner=32))
    base = tiny / "qwen2-base.gguf"
    for adapter, says in (
        (wider, "have other sizes"),
        (deeper, "no tensor blk.1."),
        (tiny / "qwen3-adapter.gguf", "it is for qwen3, not qwen2"),
        (base, "is not a LoRA adapter"),
        (tmp_path / "absent.gguf", "does not exist"),
    ):
        answer = ask(engine, base, adapter)
        assert isinstance(answer, Failed)
        assert (answer.kind, says in answer.message) == ("model", True), answer.message
        assert is_one_sentence(answer.message)
    answer = ask(engine, tiny / "qwen2-adapter.gguf")
    assert isinstance(answer, Failed)
    assert "is an adapter" in answer.message


def test_what_is_not_a_file_is_named_and_waited_for_by_nobody(engine: LocalEngine, tmp_path: Path) -> None:
    (tmp_path / "folder.gguf").mkdir()
    os.mkfifo(tmp_path / "pipe.gguf")
    (tmp_path / "loop.gguf").symlink_to(tmp_path / "loop.gguf")
    (tmp_path / "empty.gguf").touch()
    for name, says in (
        ("folder.gguf", "is a folder"),
        ("pipe.gguf", "not a regular file"),
        ("loop.gguf", "cannot be read: Too many levels of symbolic links"),
        ("empty.gguf", "is not a GGUF file"),
        ("absent.gguf", "does not exist"),
    ):
        answer = ask(engine, tmp_path / name)
        assert isinstance(answer, Failed)
        assert (answer.kind, says in answer.message, name in answer.message) == ("model", True, True), answer.message


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_file_without_the_right_to_read_it_is_named(engine: LocalEngine, tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "secret.gguf"
    path.write_bytes((tiny / "qwen2-base.gguf").read_bytes())
    path.chmod(0)
    answer = ask(engine, path)
    assert isinstance(answer, Failed)
    assert "cannot be read: Permission denied" in answer.message


def grant(engine: LocalEngine, more: int) -> None:
    """Let the worker take this many more bytes of memory, and no more."""
    assert engine.pid is not None
    pages = int(Path(f"/proc/{engine.pid}/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + more
    resource.prlimit(engine.pid, resource.RLIMIT_AS, (limit, limit))


def test_model_larger_than_memory_is_refused_as_such(tiny: Path, tmp_path: Path) -> None:
    path = claiming(tiny / "qwen2-base.gguf", tmp_path / "huge.gguf", inner=2**25)
    assert path.stat().st_size > 12 * 2**30
    engine = LocalEngine(EngineOptions(threads=1))
    assert isinstance(ask(engine, tiny / "qwen2-base.gguf"), Done)
    grant(engine, 2**29)
    answer = ask(engine, path)
    assert outcome(answer, path) != "the worker died"
    assert isinstance(answer, Failed)
    assert "not enough memory" in answer.message
    assert "12.9 GB" in answer.message
    assert isinstance(ask(engine, tiny / "qwen2-base.gguf"), Done)
    engine.close()


def test_context_that_is_too_small_or_too_large_is_refused(tiny: Path, folder: Path) -> None:
    engine = LocalEngine(EngineOptions(threads=1))
    weights = str(folder / "qwen2-base.gguf")
    small = final(engine.generate(Request(ModelFiles(weights, context=1), chat(REPORT), max_tokens=1)))
    assert isinstance(small, Failed)
    assert small.kind == "too_long"
    assert done(engine.generate(Request(ModelFiles(weights), chat(REPORT), max_tokens=1)))
    grant(engine, 2**29)
    large = final(engine.generate(Request(ModelFiles(weights, context=2**23), chat(REPORT), max_tokens=1)))
    assert isinstance(large, Failed)
    assert large.kind == "model"
    assert "not enough memory" in large.message
    assert done(engine.generate(Request(ModelFiles(weights), chat(REPORT), max_tokens=1)))
    engine.close()
