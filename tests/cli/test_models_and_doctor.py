"""`models` and `doctor`: what is here, whether it is whole, and what this machine means for it."""

from __future__ import annotations

import re
import signal
import subprocess

import pytest

from tests.cli.command import Program, one_sentence
from tests.engine.tiny_gguf import Shape, write_model

LARGE = Shape(width=512, layers=6, heads=8, kv_heads=2, inner=2048)


def test_the_embedded_models_are_listed_and_say_that_they_are_demonstrations(radlite: Program) -> None:
    found = radlite.json("models", "list")["models"]
    assert {model["name"] for model in found} == {"radlite-nano-qwen2", "radlite-nano-qwen3"}
    assert {model["architecture"] for model in found} == {"qwen2", "qwen3"}
    assert all(model["embedded"] and model["demonstration"] and not model["problems"] for model in found)
    assert sum(model["bytes"] for model in found) <= 40_000_000


def test_a_model_is_shown_with_its_files(radlite: Program) -> None:
    found = radlite.json("models", "show", "radlite-nano-qwen3")
    assert found["name"] == "radlite-nano-qwen3"
    assert all(len(file["sha256"]) == 64 for file in found["files"])
    assert found["licence"]


def test_the_embedded_models_verify(radlite: Program) -> None:
    found = radlite.json("models", "verify")
    assert found["ok"]
    assert found["files"]


def test_a_verified_model_is_remembered(radlite: Program) -> None:
    assert not any(model["verified"] for model in radlite.json("models", "list")["models"])
    radlite("models", "verify")
    assert all(model["verified"] for model in radlite.json("models", "list")["models"])


def test_doctor_tells_of_machine_and_models(radlite: Program) -> None:
    found = radlite.json("doctor")
    assert {"versions", "terminal", "processor", "memory", "permissions", "models", "problems", "slow"} <= set(found)
    assert found["processor"]["physical"] >= 1
    assert found["memory"]["total"] > 0
    assert len(found["models"]) == 2
    assert any("no terminal" in problem for problem in found["problems"])
    assert any("checked once" in sentence for sentence in found["slow"])


def test_doctor_in_words_has_the_same_sentences(radlite: Program) -> None:
    done = radlite("doctor")
    assert done.returncode == 0
    for sentence in radlite.json("doctor")["problems"]:
        assert sentence in done.stdout.decode()


def test_a_bad_manifest_is_named_and_hides_nothing(radlite: Program) -> None:
    folder = radlite.home / "models" / "bad"
    folder.mkdir(parents=True)
    (folder / "manifest.toml").write_text("name = ")
    radlite.environment["RADLITE_MODELS"] = str(folder.parent)
    done = radlite("models", "list")
    assert done.returncode == 0
    assert b"radlite-nano-qwen2" in done.stdout
    assert b"manifest.toml" in done.stderr
    assert radlite("models", "verify").returncode == 3
    assert radlite("doctor").returncode == 3


def large_model(radlite: Program) -> None:
    """A user's model just large enough to be worth measuring."""
    path = write_model(radlite.home / "base.gguf", "qwen2", LARGE)
    assert path.stat().st_size > 64 * 2**20
    radlite.give("large", base=path)


def test_doctor_measures_a_large_model_when_asked_and_remembers(radlite: Program) -> None:
    large_model(radlite)
    before = radlite.json("doctor")
    assert [file["state"] for file in before["models"][0]["measured"]] == ["not measured yet"]
    assert any("doctor --probe large" in sentence for sentence in before["slow"])
    done = radlite("doctor", "--probe", "large")
    assert done.returncode == 0
    assert "average request" in done.stderr.decode()
    assert "measured in" in done.stderr.decode()
    assert "base.gguf: repack" in done.stdout.decode()
    after = radlite.json("doctor")
    (file,) = after["models"][0]["measured"]
    assert file["result"]["measurements"]
    assert "prefill" in file["state"]
    assert not any("--probe" in sentence for sentence in after["slow"])


def test_doctor_measures_no_small_models(radlite: Program) -> None:
    done = radlite("doctor", "--probe")
    assert done.returncode == 0
    assert done.stderr.decode().count("small, so the usual settings are used") == 2
    for model in radlite.json("doctor")["models"]:
        assert [file["result"] for file in model["measured"]] == [None]
        assert "small" in model["measured"][0]["state"]


def test_doctor_names_an_unknown_model(radlite: Program) -> None:
    done = radlite("doctor", "--probe", "gpt")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "gpt" in one_sentence(done.stderr)


MANIFEST = """
name = "large"
title = "A large file"
architecture = "qwen2"
context = 2048
description = "Nothing but zeros"
licence = "none"
maker = "a test"
[layout]
order = "report-first"
[[files]]
role = "base"
path = "base.gguf"
sha256 = "{sha256}"
size = {size}
quantization = "Q8_0"
"""


@pytest.fixture
def large(radlite: Program) -> Program:
    """A model of 40 GB that takes no room, and minutes to verify."""
    folder = radlite.home / "models" / "large"
    folder.mkdir(parents=True)
    (folder / "manifest.toml").write_text(MANIFEST.format(sha256="0" * 64, size=40_000_000_000))
    with (folder / "base.gguf").open("wb") as file:
        file.write(b"GGUF")
        file.truncate(40_000_000_000)
    radlite.environment["RADLITE_MODELS"] = str(folder.parent)
    return radlite


@pytest.mark.parametrize("arguments", [["models", "verify", "large"], ["ask", "hello", "--model", "large"]])
def test_long_checking_says_how_far_it_is_and_is_stopped_by_an_interrupt(large: Program, arguments: list[str]) -> None:
    process = large.start(*arguments)
    assert process.stderr is not None
    told = ""
    while not re.search(r"base\.gguf.*: \d+ %, about .* left", told):
        line = process.stderr.readline().decode()
        assert line, told
        told += line
    process.send_signal(signal.SIGINT)
    try:
        _, rest = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert process.returncode == 130, rest.decode()
    assert b"Traceback" not in rest
    assert not list(large.home.rglob("*.json")), "nothing is remembered"
