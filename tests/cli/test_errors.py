"""What goes wrong on the command line: one sentence on standard error, nothing on standard output, the right code."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from radlite_tui.models.store import EMBEDDED
from tests.cli.command import PROGRAM, Program, one_sentence

BAD = [
    (["ask", "birads?", "--report", "no.txt"], 2, "no.txt"),
    (["ask", "birads?", "--report", "."], 2, "directory"),
    (["ask", "birads?", "--report", "empty.txt"], 2, "empty"),
    (["ask", "birads?", "--report", "binary.txt"], 2, "binary"),
    (["ask", "birads?", "--report", "big.txt"], 2, "5,000,000 bytes"),
    (["ask", "birads?", "--report", "koi8.txt"], 2, "not valid UTF-8"),
    (["ask", "birads?"], 2, "report is empty"),
    (["ask", "birads?", "--prior", "ok.txt"], 2, "--report"),
    (["ask", "hmm", "--report", "ok.txt"], 2, "--task"),
    (["ask", "x", "--report", "ok.txt", "--task", "radz"], 2, "rads_assignment"),
    (["ask", "[TASK: radz] x", "--report", "ok.txt"], 2, "rads_assignment"),
    (["ask", "birads?", "--report", "ok.txt", "--model", "gpt"], 2, "radlite-nano-qwen2"),
    (["ask", "birads?", "--report", "ok.txt", "--mode", "tuned"], 2, "fine-tuned"),
    (["ask", "birads?", "--report", "ok.txt", "--max-tokens", "0"], 2, "--max-tokens"),
    (["ask", "--report", "ok.txt", "--task", "radiology_nli"], 2, "hypothesis"),
    (["ask", "--report", "ok.txt", "--task", "radiology_qa"], 2, "question"),
    (["ask", "what changed?", "--report", "ok.txt", "--task", "temporal_comparison"], 2, "earlier report"),
    (["route", "-"], 2, "--jsonl"),
    (["route", "x", "--task", "radz", "--json"], 2, "radz"),
    (["compare", "birads?", "--report", "ok.txt", "--modes", "zero"], 2, "zero-shot"),
    (["compare", "birads?", "--report", "ok.txt", "--models", "gpt"], 2, "radlite-nano-qwen2"),
    (["compare", "birads?", "--report", "ok.txt", "--expect", "perhaps"], 2, "perhaps"),
    (["models", "show", "gpt"], 2, "gpt"),
    (["models", "show"], 2, "radlite-nano-qwen2"),
]


@pytest.fixture
def files(radlite: Program) -> Program:
    """A home with good and bad reports."""
    contents = {
        "ok.txt": b"Lungs are clear.",
        "empty.txt": b"",
        "binary.txt": b"\x00\x01\x02",
        "big.txt": b"x" * 5_000_000,
        "koi8.txt": "Отёк лёгких".encode("koi8-r"),
    }
    for name, content in contents.items():
        (radlite.home / name).write_bytes(content)
    return radlite


@pytest.mark.parametrize(("arguments", "code", "names"), BAD, ids=[" ".join(a) for a, _, _ in BAD])
def test_bad_input_is_one_sentence_and_a_code(files: Program, arguments: list[str], code: int, names: str) -> None:
    done = files(*arguments)
    assert done.returncode == code, done.stderr.decode()
    assert done.stdout == b""
    assert names in one_sentence(done.stderr)
    assert len(done.stderr.decode().strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [["ask", "--seed", "x"], ["nonsense", "more"], ["models", "burn"], ["--nope"]])
def test_bad_usage_exits_2(radlite: Program, arguments: list[str]) -> None:
    done = radlite(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Traceback" not in done.stderr


def broken_model(folder: Path, damage: str) -> None:
    """A user model made from an embedded one, then damaged."""
    source = EMBEDDED / "radlite-nano-qwen2"
    shutil.copytree(source, folder / "broken")
    manifest = folder / "broken" / "manifest.toml"
    manifest.write_text(manifest.read_text().replace('name = "radlite-nano-qwen2"', 'name = "broken"'))
    base = next(iter(sorted((folder / "broken").glob("base*.gguf"))))
    content = bytearray(base.read_bytes())
    if damage == "missing":
        base.unlink()
    elif damage == "truncated":
        base.write_bytes(content[: len(content) // 2])
    elif damage == "not GGUF":
        base.write_bytes(b"XXXX" + content[4:])
    else:
        content[len(content) // 2] ^= 0xFF
        base.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "says"),
    [("missing", "missing"), ("truncated", "truncated"), ("not GGUF", "not a GGUF"), ("changed", "wrong checksum")],
)
def test_a_damaged_model_is_refused_with_3(radlite: Program, damage: str, says: str) -> None:
    folder = radlite.home / "models"
    broken_model(folder, damage)
    radlite.environment["RADLITE_MODELS"] = str(folder)
    (radlite.home / "ok.txt").write_text("Irregular mass.")
    done = radlite("ask", "birads?", "--report", "ok.txt", "--model", "broken", "--json")
    assert (done.returncode, done.stdout) == (3, b"")
    assert says in one_sentence(done.stderr)
    verified = radlite("models", "verify", "broken", "--json")
    assert verified.returncode == 3
    assert says in verified.stdout.decode()
    assert radlite("models", "verify", "radlite-nano-qwen3").returncode == 0


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        (b"qwen2.block_count", 2**31, "qwen2.block_count is 2,147,483,648"),
        (b"tokenizer.ggml.eos_token_id", 2**31, "eos_token_id is 2147483648"),
    ],
)
def test_a_model_file_that_was_made_wrong_is_refused_with_3(
    radlite: Program, key: bytes, value: int, says: str
) -> None:
    folder = radlite.home / "models"
    shutil.copytree(EMBEDDED / "radlite-nano-qwen2", folder / "broken")
    base = next((folder / "broken").glob("base*.gguf"))
    before = base.read_bytes()
    at = before.index(key) + len(key) + 4
    base.write_bytes(before[:at] + value.to_bytes(4, "little") + before[at + 4 :])
    manifest = folder / "broken" / "manifest.toml"
    text = manifest.read_text().replace('name = "radlite-nano-qwen2"', 'name = "broken"')
    digests = [hashlib.sha256(data).hexdigest() for data in (before, base.read_bytes())]
    manifest.write_text(text.replace(*digests))
    radlite.environment["RADLITE_MODELS"] = str(folder)
    (radlite.home / "ok.txt").write_text("Irregular mass.")
    done = radlite("ask", "birads?", "--report", "ok.txt", "--model", "broken", "--json")
    assert (done.returncode, done.stdout) == (3, b"")
    assert says in one_sentence(done.stderr)


def test_a_closed_pipe_is_quiet(radlite: Program) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*PROGRAM, "route", "birads?", "--json"],
        stdout=writing,
        stderr=subprocess.PIPE,
        env=radlite.environment,
        timeout=60,
    )
    os.close(writing)
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_a_sentence(radlite: Program) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PROGRAM, "route", "birads?", "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=radlite.environment,
            timeout=60,
        )
    assert done.returncode == 1
    assert "No space left" in one_sentence(done.stderr)


def test_words_that_are_not_text_are_refused(radlite: Program) -> None:
    done = subprocess.run(
        [*(os.fsencode(part) for part in PROGRAM), b"route", b"\xff\xfe", b"--json"],
        capture_output=True,
        env=radlite.environment,
        timeout=60,
    )
    assert done.returncode == 2
    assert "UTF-8" in one_sentence(done.stderr)


def test_an_ascii_terminal_gets_every_answer(radlite: Program) -> None:
    radlite.environment |= {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = radlite("ask", "entities?", "--report", "-", "--task", "radiology_ner", stdin="Ödem ≥ 5 mm.".encode())
    assert done.returncode == 0, done.stderr.decode()


def test_help_and_version_need_nothing_heavy(radlite: Program) -> None:
    code = (
        "import sys\nfrom radlite_tui.cli.main import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('numpy', 'textual', 'llama_cpp', 'torch')))"
    )
    for flag in ("--help", "--version"):
        done = subprocess.run(
            [sys.executable, "-c", code, flag], capture_output=True, env=radlite.environment, timeout=60
        )
        assert done.stdout.decode().splitlines()[-1] == "[]"
