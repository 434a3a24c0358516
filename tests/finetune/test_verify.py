"""`verify` and `merge` on plain folders: what they find, how they are stopped, how much memory they take."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader
from numpy.typing import NDArray

from finetune import base, full_size, gguf_export, labels, logits, quantize, rounding, verify
from finetune.__main__ import main
from finetune.checkpoint import Checkpoint
from finetune.recipe import FromNothing
from finetune.tokenizer import Tokenizer
from tests.finetune import checkpoints

MERGE = """
import resource, sys
from pathlib import Path
import torch, safetensors
from finetune.merge import merge
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = peak()
merge(*map(Path, sys.argv[1:]))
print(peak() - before)
"""


@pytest.fixture(scope="module")
def model(tiny: FromNothing, tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random base, its tokenizer, and an adapter beside it."""
    folder = tmp_path_factory.mktemp("verify")
    base.fresh(base.configuration("qwen3", tiny.shape, tokenizer.size), 3).save_pretrained(str(folder / "base"))
    tokenizer.save(folder / "base")
    checkpoints.adapter(folder / "adapter", folder / "base", rank=32)
    return folder


def test_plain_folders_agree_and_labels_are_a_table(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["verify", "--base", str(model / "base"), "--adapter", str(model / "adapter"), "--as", "Q8_0"]
    assert main(given) == 0
    shown = capsys.readouterr().err
    assert "FAILED" not in shown
    for what in ("merged folder in PyTorch", "adapter on base, F16", "merged, F16", "merged, Q8_0"):
        assert f"{what}, largest logit difference" in shown
    for tag in labels.closed():
        given = labels.CASES if labels.count(tag) == 1 else labels.GRIDS
        assert f"| {tag} | {given * labels.count(tag)} |" in shown
    assert labels.count("abnormality_detection") == 14
    assert "merged, Q8_0, largest rounding of a weight in steps" in shown


def test_a_file_of_another_model_is_found(model: Path, tokenizer: Tokenizer, tmp_path: Path) -> None:
    checkpoint = Checkpoint.open(model / "base")
    gguf_export.write_model(tmp_path / "base.gguf", checkpoint, model / "base", "base")
    file = verify.File("base", tmp_path / "base.gguf", None, "F16")
    prompts = verify.fresh_prompts(tokenizer, "qwen3")[:4]
    fine = verify.Subject("x", "qwen3", model / "base", None, None, (file,), prompts, tokenizer, 1)
    assert verify.check(fine, lambda line: None) == 0
    told: list[str] = []
    assert verify.check(replace(fine, adapter=model / "adapter"), told.append) == 1
    assert any("largest logit difference" in line and "FAILED" in line for line in told)


def test_greedy_decoding_over_labels_ends_at_the_one_pytorch_ranks_first(model: Path, tokenizer: Tokenizer) -> None:
    given = logits.of_torch(model / "base", None)
    single = [asked for asked in labels.prompts(tokenizer, "qwen3", 2, 1) if len(asked.form) == 1]
    assert len(single) == len(labels.closed()) - 1
    for asked in single:
        (number,), first = labels.decode(given, asked, tokenizer), given(asked.ids)
        (options,) = asked.form
        starts = [tokenizer.text(option)[0] for option in options]
        assert first[starts[number]] == max(first[start] for start in starts)


def test_a_grid_is_decoded_label_by_label_after_what_was_chosen_before(tokenizer: Tokenizer) -> None:
    """A model that wants one string after another, whatever they were asked for."""
    (asked,) = [a for a in labels.prompts(tokenizer, "qwen3", 2, 1) if a.task == "abnormality_detection"]
    options = asked.form[1]
    wanted = [number % len(options) for number in range(14)]
    choices = iter(wanted)
    text = "".join(part if isinstance(part, str) else part[next(choices)] for part in asked.form)
    answer = tokenizer.text(text)

    def model(ids: Sequence[int]) -> NDArray[np.float32]:
        written = list(ids[len(asked.ids) :])
        assert written == answer[: len(written)]
        return np.eye(1, tokenizer.size, answer[len(written)], dtype=np.float32)[0]

    assert labels.decode(model, asked, tokenizer) == tuple(wanted)


def test_agreement_counts_every_label_of_a_grid_by_task() -> None:
    one, grid = labels.Asked("n_staging", [], ()), labels.Asked("abnormality_detection", [], ())
    wanted, given = [(0,), (1,), (0, 1, 2, 3)], [(0,), (0,), (0, 1, 2, 0)]
    assert labels.shares(wanted, given, [one, one, grid]) == {"n_staging": 0.5, "abnormality_detection": 0.75}
    assert list(labels.table(wanted, {"F16": given}, [one, one, grid]))[2:] == [
        "| n_staging | 2 | 0.500 |",
        "| abnormality_detection | 4 | 0.750 |",
    ]


def test_a_weight_that_was_not_rounded_to_its_nearest_step_is_found(model: Path, tmp_path: Path) -> None:
    checkpoint, whole, small = Checkpoint.open(model / "base"), tmp_path / "whole.gguf", tmp_path / "small.gguf"
    gguf_export.write_model(whole, checkpoint, model / "base", "base")
    quantize.quantize(whole, small, "Q8_0")
    assert 0.4 < rounding.worst(whole, small) <= rounding.BOUND
    tensors = {tensor.name: tensor for tensor in GGUFReader(str(small)).tensors}
    place = tensors["blk.0.ffn_up.weight"].data_offset + 2  # after the step of the first block
    content = bytearray(small.read_bytes())
    content[place] = (content[place] + 1) % 256
    small.write_bytes(content)
    assert rounding.worst(whole, small) > rounding.BOUND


def test_ctrl_c_stops_it_with_a_word_and_leaves_nothing(model: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "finetune", "verify", "--base", str(model / "base")]
    command += ["--adapter", str(model / "adapter"), "--as", "Q8_0"]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        while not (line := process.stderr.readline()).startswith("merge: "):
            assert line, "verify ended by itself"
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "stopped" in rest
    assert "Traceback" not in rest
    assert not list(tmp_path.glob("radlite-verify-*"))


def test_merging_takes_less_memory_than_the_model_and_a_third(tmp_path: Path) -> None:
    shape = full_size.Shape("qwen2", 1024, 4096, 8, 2, 128, 0.0, layers=6, vocabulary=152_000)
    full_size.random_checkpoint(shape, tmp_path / "base")
    full_size.random_adapter(tmp_path / "base", tmp_path / "adapter")
    size = Checkpoint.open(tmp_path / "base").size
    given = [str(tmp_path / name) for name in ("base", "adapter", "merged")]
    done = subprocess.run([sys.executable, "-c", MERGE, *given], check=True, capture_output=True, text=True)
    assert int(done.stdout) < 1.3 * size
    assert Checkpoint.open(tmp_path / "merged").size == pytest.approx(size, rel=0.01)
