"""The smoke recipe from nothing to installed models that the app can load."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from finetune import pipeline, recipe
from finetune.__main__ import main
from radlite_tui.models.store import Store


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the outputs of `all`, models installed in `installed`."""
    folder = tmp_path_factory.mktemp("smoke")
    assert main(["all", "--recipe", "smoke", "--out", str(folder), "--install", str(folder / "installed")]) == 0
    return folder


def test_all_installs_models_that_pass_their_checksums(built: Path) -> None:
    store = Store(built / "installed", embedded=built / "none", memory=built / "verified.json")
    assert store.problems() == ()
    models = {model.name: model for model in store.list()}
    assert set(models) == {"radlite-smoke-qwen2", "radlite-smoke-qwen3"}
    for model in models.values():
        assert model.demonstration
        assert "Not for clinical use" in model.description
        assert model.layout.order == "report-first"
        assert {file.role for file in model.files} == {"base", "adapter"}


def test_gguf_files_and_pytorch_agree(built: Path) -> None:
    assert main(["verify", "--recipe", "smoke", "--out", str(built)]) == 0


def test_every_training_leaves_a_log_of_losses(built: Path) -> None:
    logs = sorted(str(log.parent.relative_to(built)) for log in built.glob("qwen?/**/log.jsonl"))
    adapters = ["qwen2/adapter/stage-1", "qwen2/adapter/stage-2", "qwen3/adapter/stage-1"]
    assert logs == sorted(["qwen2/base", "qwen3/base", *adapters])
    for log in logs:
        lines = [json.loads(line) for line in (built / log / "log.jsonl").read_text().splitlines()]
        assert any("loss" in line for line in lines)


def test_a_finished_stage_is_not_done_again(built: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.glob("qwen?/*/final/*")}
    run = pipeline.Run(recipe.load("smoke"), built, lambda line: None)
    pipeline.train(run, "qwen2")
    assert {path: path.stat().st_mtime_ns for path in built.glob("qwen?/*/final/*")} == before


def test_data_is_the_same_when_made_again(built: Path, tmp_path: Path) -> None:
    assert main(["data", "--recipe", "smoke", "--out", str(tmp_path)]) == 0
    for name in ("tokenizer/tokenizer.json", "data/cases.jsonl"):
        assert (tmp_path / name).read_bytes() == (built / name).read_bytes()
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize(("text", "word"), [("model = 1\n", "lacks"), ("model = [\n", "not valid TOML")])
def test_a_faulty_recipe_is_named(tmp_path: Path, text: str, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "faulty.toml"
    path.write_text(text)
    assert main(["data", "--recipe", str(path)]) == 2
    shown = capsys.readouterr().err
    assert "faulty.toml" in shown
    assert word in shown


def test_exporting_before_training_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--recipe", "smoke", "--out", str(tmp_path)]) == 2
    assert "run `python -m finetune data` first" in capsys.readouterr().err
