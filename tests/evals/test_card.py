"""Model cards: written from the manifest, the recipe and the scores, and complete for who must judge a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.__main__ import main
from radlite_tui.models.store import Store
from tests.evals import made

QWEN3 = "radlite-nano-qwen3"


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    skill = {(QWEN3, "zero-shot"): 0.2, (QWEN3, "fine-tuned"): 0.8, ("unknown", "fine-tuned"): 0.5}
    folder = made.folder(tmp_path_factory.mktemp("results"), made.predictions(25, skill=skill))
    assert main(["card", "--out", str(folder), "--to", str(folder / "cards")]) == 0
    return folder / "cards"


def test_a_card_a_model_that_is_installed(cards: Path) -> None:
    assert [file.name for file in cards.iterdir()] == [f"{QWEN3}.md"]


def test_a_card_says_what_a_reader_must_know(cards: Path) -> None:
    text = (cards / f"{QWEN3}.md").read_text()
    manifest = Store().get(QWEN3)
    for heading in ("What it is", "Data and method", "Scores", "RADS answers", "Limits", "The paper it follows"):
        assert f"## {heading}" in text
    assert "Not for clinical use" in text
    assert all(file.sha256 in text for file in manifest.files)
    assert "finetune all --recipe nano" in text
    assert text.count(f"| {QWEN3} | fine-tuned | accuracy |") >= 3
    assert "| unknown |" not in text


def test_results_of_models_that_are_not_here_are_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = made.folder(tmp_path, made.predictions(2, ["n_staging"], {("unknown", "fine-tuned"): 0.5}))
    assert main(["card", "--out", str(folder), "--to", str(tmp_path)]) == 2
    assert "its manifest is needed" in capsys.readouterr().err
