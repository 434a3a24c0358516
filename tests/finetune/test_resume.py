"""A training that is killed at any moment goes on from its last checkpoint and ends with the very same weights."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from finetune import curves
from finetune.__main__ import main
from finetune.lora import last_whole

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a signal of POSIX systems")


def words(folder: Path) -> list[str]:
    return ["train", "--recipe", "smoke", "--out", str(folder), "--architecture", "qwen2", "--threads", "1"]


def killed(folder: Path, reached: Callable[[], bool]) -> None:
    """Train in a process of its own and kill it as soon as `reached`."""
    with subprocess.Popen(
        [sys.executable, "-m", "finetune", *words(folder)], cwd=ROOT, stderr=subprocess.DEVNULL, env={**os.environ}
    ) as process:
        until = time.monotonic() + 120
        while not reached():
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < until, "it came to no checkpoint"
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=30) == -signal.SIGKILL


def test_a_killed_training_ends_with_the_weights_of_an_unbroken_one(tmp_path: Path) -> None:
    """Killed in the base, then in the adapter; base and adapter are equal to the last bit."""
    import torch
    from safetensors.torch import load_file

    whole, broken = tmp_path / "whole", tmp_path / "broken"
    threads = torch.get_num_threads()
    try:
        assert main(["data", "--recipe", "smoke", "--out", str(whole)]) == 0
        shutil.copytree(whole, broken)
        assert main(words(whole)) == 0
        base, adapter = broken / "qwen2" / "base", broken / "qwen2" / "adapter"
        killed(broken, (base / "checkpoint.pt").is_file)
        assert not (base / "final").exists()
        stage = adapter / "stage-1"
        killed(broken, lambda: last_whole(stage / "checkpoints") is not None)
        assert not (stage / "final").exists()
        assert main(words(broken)) == 0
    finally:
        torch.set_num_threads(threads)
    for name in ("base/final/model.safetensors", "adapter/final/adapter_model.safetensors"):
        ended = load_file(broken / "qwen2" / name)
        for key, weights in load_file(whole / "qwen2" / name).items():
            assert torch.equal(weights, ended[key]), f"{name}: {key}"
    for log in (base / curves.LOG, stage / curves.LOG):
        steps = [line["step"] for line in curves.lines(log) if "loss" in line]
        assert steps == [line["step"] for line in curves.lines(whole / log.relative_to(broken)) if "loss" in line]


def test_a_checkpoint_that_was_not_written_to_its_end_is_passed_over(tmp_path: Path) -> None:
    for step, state in ((4, '{"global_step": 4}'), (8, '{"global_st'), (12, None)):
        (tmp_path / f"checkpoint-{step}").mkdir()
        if state is not None:
            (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text(state)
    assert last_whole(tmp_path) == tmp_path / "checkpoint-4"
    assert last_whole(tmp_path / "nothing") is None


def test_a_log_goes_on_at_the_step_that_is_resumed(tmp_path: Path) -> None:
    log = tmp_path / curves.LOG
    log.write_text(
        '{"step": 1, "seconds": 2.0}\n{"step": 2, "seconds": 4.5}\n{"step": 3, "seconds": 6.0}\n{"step": 4, "sec'
    )
    assert curves.resume(log, 2) == 4.5
    assert [line["step"] for line in curves.lines(log)] == [1, 2]
    assert curves.resume(log, 0) == 0.0
    assert curves.lines(log) == []
