"""Models, files and machines that do not fit each other: a sentence, the contract's exit code, nothing on stdout."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.command import PROGRAM, TIMEOUT, Program, one_sentence
from tests.engine.conftest import REPORT, SLOW
from tests.engine.tiny_gguf import Shape, write_adapter, write_model

ASKED = ("ask", "Please.", "--report", "report.txt", "--task", "impression_generation")


@pytest.fixture
def reported(radlite: Program) -> Program:
    """The program in an empty home with a report."""
    (radlite.home / "report.txt").write_text(REPORT, encoding="utf-8")
    return radlite


@pytest.mark.parametrize(
    ("arch", "shape"), [("qwen3", Shape()), ("qwen2", Shape(width=128))], ids=["architecture", "sizes"]
)
def test_an_adapter_of_another_model_is_named(reported: Program, arch: str, shape: Shape) -> None:
    base = write_model(reported.home / "base.gguf", "qwen2")
    reported.give("mixed", base=base, adapter=write_adapter(reported.home / "other.gguf", arch, shape))
    refused = reported(*ASKED, "--model", "mixed")
    assert (refused.returncode, refused.stdout) == (3, b"")
    assert "other.gguf" in one_sentence(refused.stderr)
    assert reported(*ASKED, "--model", "mixed", "--mode", "zero-shot", "--max-tokens", "3").returncode == 0


def test_a_context_too_small_is_told_with_counts(reported: Program) -> None:
    reported.give("small", context=64, base=write_model(reported.home / "base.gguf", "qwen2"))
    refused = reported(*ASKED, "--model", "small", "--mode", "zero-shot")
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert "64" in one_sentence(refused.stderr)


@pytest.mark.skipif(sys.platform != "linux", reason="limits the program's memory")
@pytest.mark.parametrize("mib", [130, 160, 220])
def test_no_memory_for_the_model_is_said(reported: Program, mib: int) -> None:
    reported.give("large", base=write_model(reported.home / "large.gguf", "qwen2", SLOW))
    refused = limited(reported, mib, *ASKED, "--model", "large", "--mode", "zero-shot")
    assert (refused.returncode, refused.stdout) == (3, b"")
    said = one_sentence(refused.stderr)
    assert "not enough memory" in said
    assert "large.gguf" in said


def limited(program: Program, mib: int, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program with so much address space for each of its processes, of which numpy takes no part per core."""
    program.environment["OPENBLAS_NUM_THREADS"] = "1"
    command = ["sh", "-c", f'ulimit -v {mib * 1024} && exec "$@"', "sh", *PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, timeout=TIMEOUT, env=program.environment, cwd=program.home)
