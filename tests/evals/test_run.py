"""`evals run`: the real program on the embedded models, stopped, gone on with, and kept from mixing."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from evals.__main__ import main
from evals.predictions import FILE, Prediction, read
from radlite_tui.models.store import EMBEDDED
from tests.engine.loopback import Line, loopback

MODEL = "radlite-nano-qwen3"
WAIT_S = 60
COMMAND = ("run", "--models", MODEL, "--modes", "few-shot,fine-tuned", "--tasks", "n_staging,radiology_ner")


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "evals", *COMMAND, "--out", str(folder), *more]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """(exit code, what it said)."""
    said = process.communicate(timeout=WAIT_S)[1]
    return process.returncode, said


def until(process: subprocess.Popen[str], folder: Path, lines: int) -> None:
    """Until so many lines are there, which is before the run's end."""
    while not (folder / FILE).exists() or (folder / FILE).read_bytes().count(b"\n") < lines:
        assert process.poll() is None, "it ended before it was stopped"
        try:
            process.wait(0.005)
        except subprocess.TimeoutExpired:
            continue


def answered(folder: Path) -> list[tuple[object, ...]]:
    """All of each prediction but when it was made and how long it took."""
    return [
        (*p.key, p.text, p.finish, p.probabilities, p.gold, p.prompt_tokens, p.sha256, p.adapter_sha256, p.settings)
        for p in read(folder)
    ]


def evals(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """(exit code, what it said) of a run in this process."""
    code = main([*COMMAND, *arguments])
    return code, capsys.readouterr().err.strip()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight cases a task, one at a time, in one go."""
    folder = tmp_path_factory.mktemp("whole")
    code, said = finish(start(folder, "--limit", "8", "--parallel", "1"))
    assert code == 0, said
    return folder


@pytest.fixture
def started(whole: Path, tmp_path: Path) -> Path:
    """A folder with the beginning of the whole run."""
    lines = (whole / FILE).read_text().splitlines(keepends=True)
    (tmp_path / FILE).write_text("".join(lines[:5]))
    return tmp_path


def test_a_prediction_says_all_it_is_from(whole: Path) -> None:
    predictions = list(read(whole))
    assert len(predictions) == 2 * 2 * 8
    for p in predictions:
        assert (p.model, p.backend, p.source, p.finish) == (MODEL, "local", "synthetic", "stop")
        assert p.settings == {"seed": 0, "constrained": True, "batched": False}
        assert len(p.sha256) == 64
        assert (p.adapter_sha256 is None) == (p.mode == "few-shot")
        assert p.host
        assert p.date.endswith("+00:00")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_stopped_in_the_middle_and_gone_on_with_it_is_the_whole_run(
    whole: Path, tmp_path: Path, number: signal.Signals
) -> None:
    process = start(tmp_path, "--limit", "8", "--parallel", "4")
    until(process, tmp_path, 3)
    process.send_signal(number)
    code, said = finish(process)
    assert code == (130 if number == signal.SIGINT else -signal.SIGKILL)
    kept = [line for line in (tmp_path / FILE).read_text().splitlines(keepends=True) if line.endswith("\n")]
    assert 3 <= len(kept) < 32
    code, said = finish(start(tmp_path, "--limit", "8", "--parallel", "4", "--resume"))
    assert code == 0, said
    assert f"{32 - len(kept)} predictions written" in said
    assert f"{len(kept)} were there already" in said
    assert sorted(map(repr, answered(tmp_path))) == sorted(map(repr, answered(whole)))
    if number == signal.SIGKILL:
        assert answered(tmp_path) == answered(whole)


def test_a_share_is_its_part_of_the_whole_run(whole: Path, tmp_path: Path) -> None:
    code, said = finish(start(tmp_path, "--limit", "8", "--shard", "2/3"))
    assert code == 0, said
    share = answered(tmp_path)
    assert 8 <= len(share) <= 12
    assert share == [one for one in answered(whole) if one[:3] in {own[:3] for own in share}]


def test_nothing_is_asked_twice(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (whole / FILE).read_bytes()
    code, said = evals(capsys, "--limit", "8", "--out", str(whole))
    assert (code, (whole / FILE).read_bytes()) == (0, before)
    assert said == f"0 predictions written to {whole}; 32 were there already"


@pytest.mark.parametrize(
    ("was", "is_now", "more", "said"),
    [
        ('"seed":0', '"seed":1', (), "line 2: radlite-nano-qwen3 few-shot was asked with another setting (seed 1"),
        ('"batched":false', '"batched":false', ("--free",), "line 1: radlite-nano-qwen3 few-shot was asked with ano"),
        ('"prompt_version":"', '"prompt_version":"0.', (), "with another version of the prompts (0.1, now 1)"),
        ('"sha256":"', '"sha256":"0', (), "with another file (0"),
        ('"adapter_sha256":null', '"adapter_sha256":"ab"', (), "with another adapter (ab, now none)"),
        ('"backend":"local"', '"backend":"gpu:80"', (), "with another backend (gpu:80, now local)"),
        ('"report":"', '"report":"Then. ', (), "had another report; use another --out folder, or the cases of then."),
    ],
)
def test_answers_of_another_kind_are_not_mixed_in(
    started: Path, capsys: pytest.CaptureFixture[str], was: str, is_now: str, more: Sequence[str], said: str
) -> None:
    first, second, *others = (started / FILE).read_text().splitlines(keepends=True)
    assert was in second
    text = "".join([first, second.replace(was, is_now, 1), *others])
    (started / FILE).write_text(text)
    code, sentence = evals(capsys, "--limit", "8", "--out", str(started), *more)
    assert code == 2
    assert said in sentence
    assert str(started / FILE) in sentence
    assert "--out" in sentence
    assert len(sentence.splitlines()) == 1
    assert (started / FILE).read_text() == text


def test_a_line_of_another_version_or_twice_there_is_named(started: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (started / FILE).read_text().splitlines(keepends=True)
    for text, said in (
        (lines[0] + lines[1].replace('"schema":1', '"schema":2'), "line 2: written by another version"),
        (
            lines[0] + lines[1] + lines[0],
            "of radlite-nano-qwen3, few-shot is there twice",
        ),
        (lines[0] + "{]\n", "line 2: not a JSON object"),
    ):
        (started / FILE).write_text(text)
        code, sentence = evals(capsys, "--limit", "8", "--out", str(started))
        assert code == 2
        assert said in sentence
        assert (started / FILE).read_text() == text


def test_a_run_keeps_others_out_of_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    process = start(tmp_path, "--limit", "30")
    until(process, tmp_path, 1)
    code, said = evals(capsys, "--out", str(tmp_path))
    process.kill()
    finish(process)
    assert code == 2
    assert f"Another run is writing into {tmp_path}" in said


def test_a_model_that_goes_missing_ends_the_run_and_what_was_answered_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    shutil.copytree(EMBEDDED / MODEL, models / "copy")
    manifest = models / "copy" / "manifest.toml"
    manifest.write_text(manifest.read_text().replace(f'name = "{MODEL}"', 'name = "copy"'))
    monkeypatch.setenv("RADLITE_MODELS", str(models))
    more = ("--models", "copy", "--modes", "fine-tuned", "--tasks", "radiology_ner", "--limit", "16")
    process = start(tmp_path, *more, "--parallel", "2")
    until(process, tmp_path, 2)
    (models / "copy" / "adapter.gguf").rename(models / "away.gguf")
    code, said = finish(process)
    assert code == 3
    assert "adapter.gguf" in said.splitlines()[-1]
    kept = list(read(tmp_path))
    assert 2 <= len(kept) < 16
    assert {p.finish for p in kept} == {"stop"}
    (models / "away.gguf").rename(models / "copy" / "adapter.gguf")
    code, said = finish(start(tmp_path, *more))
    assert code == 0, said
    assert len(list(read(tmp_path))) == 16


def test_own_cases_are_asked_and_those_without_gold_are_not_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [{"id": f"own-{i}", "text": f"CT chest. Node of {i} mm.", "gold": "N1" if i else ""} for i in range(3)]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    arguments = ("--cases", str(tmp_path / "own.jsonl"), "--tasks", "n_staging", "--out", str(tmp_path))
    code, said = evals(capsys, *arguments)
    assert code == 0, said
    assert "1 of 3 cases have no gold answer; they are answered and not scored" in said
    found: list[Prediction] = list(read(tmp_path))
    assert [(p.case, p.gold, p.source) for p in found[:3]] == [
        ("own-0", "", "own.jsonl"), ("own-1", "N1", "own.jsonl"), ("own-2", "N1", "own.jsonl"),
    ]  # fmt: skip
    assert main(["report", "--out", str(tmp_path), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert {row["n"] for row in rows} == {2}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--limit", "0"), "--limit is 0"),
        (("--parallel", "-1"), "--parallel is -1"),
        (("--models", "gpt"), "Unknown model 'gpt'"),
        (("--modes", "tuned"), "Unknown mode 'tuned'"),
        (("--tasks", ","), "--tasks names none"),
        (("--shard", "5/4"), "--shard is '5/4'"),
        (("--cases", "nothing"), "--cases 'nothing' is no file"),
    ],
)
def test_wrong_arguments_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: Sequence[str], said: str
) -> None:
    code, sentence = evals(capsys, "--out", str(tmp_path / "new"), *arguments)
    assert code == 2
    assert said in sentence
    assert len(sentence.splitlines()) == 1
    assert not (tmp_path / "new").exists()


@pytest.fixture
def settle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings file of this test's programs."""
    path = tmp_path / "config.toml"
    monkeypatch.setenv("RADLITE_CONFIG", str(path))
    return path


def test_a_server_is_a_backend_and_is_named(tmp_path: Path, settle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with loopback(lambda line, number: line.stream("N", "1")) as server:
        host = server.url.removeprefix("http://").removesuffix("/v1")
        settle.write_text(f'[engine]\nkind = "openai"\n[engine.openai]\nurl = "{server.url}"\nmodel = "some-model"\n')
        arguments = ("--models", "all", "--tasks", "n_staging", "--limit", "3", "--out", str(tmp_path / "out"))
        code, said = evals(capsys, *arguments, "--modes", "all")
        assert code == 0, said
        assert "left out: some-model@" in said
        found = list(read(tmp_path / "out"))
        assert len(server.answers) == len(found) == 6
        assert {p.mode for p in found} == {"zero-shot", "few-shot"}
        for p in found:
            assert (p.backend, p.model, p.text, p.sha256) == (host, f"some-model@{host}", "N1", "")
            assert p.settings == {"seed": 0, "constrained": True, "batched": True}
        assert evals(capsys, *arguments, "--modes", "fine-tuned")[0] == 2


def test_a_server_that_goes_away_ends_the_run_and_is_asked_again_by_the_next(
    tmp_path: Path, settle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = [True]

    def script(line: Line, number: int) -> None:
        if broken[0] and number > 3:
            line.reply(500, {"error": {"message": "out of order"}})
        else:
            line.stream("N1")

    with loopback(script) as server:
        settle.write_text(
            f'[engine]\nkind = "openai"\n[engine.openai]\nurl = "{server.url}"\nmodel = "some-model"\nretries = 0\n'
        )
        arguments = ("--models", "all", "--modes", "zero-shot", "--tasks", "n_staging", "--limit", "40")
        arguments += ("--parallel", "1", "--out", str(tmp_path / "out"))
        code, said = evals(capsys, *arguments)
        assert code == 1
        assert "8 cases in a row were not answered" in said
        found = list(read(tmp_path / "out"))
        assert [p.finish for p in found[:4]] == ["stop", "stop", "stop", "error"]
        assert len(found) < 40
        broken[0] = False
        code, said = evals(capsys, *arguments)
        assert code == 0, said
        assert "37 predictions written" in said
        assert [(p.text, p.finish) for p in read(tmp_path / "out")] == [("N1", "stop")] * 40
