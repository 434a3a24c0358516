"""Model-based metrics: what is said where one cannot run, and BERTScore by its package on a tiny model."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.__main__ import main
from evals.cells import Cell, Key, cells
from evals.learned import measuring
from evals.learned.judge import mean_of
from evals.learned.measuring import METRICS, asked, measure
from radlite_tui.errors import BadInput
from tests.evals import made

SKILL = {("one", "zero-shot"): 0.2, ("one", "fine-tuned"): 0.9}
PREDICTIONS = made.predictions(12, ["impression_generation", "radiology_qa", "n_staging"], SKILL)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a BERT of two layers and a vocabulary of the cases' own words; its weights are random."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("encoder")
    words = sorted({w for p in PREDICTIONS for w in "".join(c if c.isalnum() else " " for c in p.gold.lower()).split()})
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", ",", *words]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    BertTokenizerFast(vocab=str(folder / "vocab.txt"), model_max_length=128).save_pretrained(folder)
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    BertModel(BertConfig(vocab_size=len(vocabulary), **shape)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def found() -> Mapping[Key, Cell]:
    return cells(PREDICTIONS)


def test_bertscore_of_the_package_is_shown_with_its_interval(
    encoder: Path, found: Mapping[Key, Cell], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.setenv(name, "1")
    (own,) = asked(f"bertscore={encoder}")
    result = measure([own], found, PREDICTIONS)
    assert result.skipped == ()
    by_key = {(m.task, m.mode): m for m in result.measures}
    assert set(by_key) == {(t, m) for t in measuring.BOTH for _, m in SKILL}
    for m in by_key.values():
        assert m.low <= m.value <= m.high
        assert m.n == 12
        assert m.majority is not None
    right = by_key["impression_generation", "fine-tuned"]
    assert right.value > by_key["impression_generation", "zero-shot"].value
    judge = measuring.load(own)
    same, other, nothing = judge.columns(["no effusion", "left mass", ""], ["no effusion", "no effusion", "mass"])[:, 0]
    assert same == pytest.approx(1.0, abs=1e-5)
    assert nothing == 0.0 < other < same


def test_a_missing_package_or_weights_are_a_sentence_each_and_the_report_is_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    empty = tmp_path / "empty"
    empty.mkdir()
    folder = made.folder(tmp_path / "results", PREDICTIONS)
    names = [name for name, metric in METRICS.items() if importlib.util.find_spec(metric.imported) is None]
    wanted = ",".join([*names, f"bertscore={empty}"])
    assert main(["report", "--out", str(folder), "--with", wanted, "--json", "--full"]) == 0
    full = json.loads(capsys.readouterr().out)
    assert full["learned"] == []
    assert len(full["skipped"]) == len(names) + 1
    for said, name in zip(full["skipped"], [*names, "bertscore"], strict=True):
        assert said.startswith(f"{METRICS[name].title} is left out: its ")
        assert said.endswith(".")
        assert "\n" not in said
        if name != "bertscore":
            assert f"pip install {METRICS[name].package}" in said
    assert f"its weights are not in {empty}" in full["skipped"][-1]
    assert main(["report", "--out", str(folder), "--with", wanted]) == 0
    text = capsys.readouterr().out
    assert "## Model-based metrics" in text
    assert all(said in text for said in full["skipped"])


def test_a_report_without_them_imports_no_training_library(tmp_path: Path) -> None:
    folder = made.folder(tmp_path, PREDICTIONS)
    code = (
        "import sys; from evals.__main__ import main; "
        f"main(['report', '--out', {str(folder)!r}]); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'bert_score')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    assert "Model-based" not in done.stdout


def test_unknown_names_and_folders_are_refused(tmp_path: Path) -> None:
    assert [one.metric.name for one in asked("all")] == list(METRICS)
    assert asked("") == ()
    with pytest.raises(BadInput, match="unknown metric 'bleurt'; known: bertscore"):
        asked("bleurt")
    with pytest.raises(BadInput, match="is no folder"):
        asked(f"green={tmp_path / 'none'}")


@given(st.lists(st.tuples(st.sampled_from(["", " ", "mass", "no mass"]), st.sampled_from(["", "mass"])), min_size=1))
def test_what_says_nothing_scores_nothing_and_is_never_shown_to_a_model(pairs: list[tuple[str, str]]) -> None:
    shown: list[str] = []

    def scores(said: list[str], gold: list[str]) -> list[float]:
        shown.extend([*said, *gold])
        return [0.5] * len(said)

    columns = mean_of("length", scores).columns([p for p, _ in pairs], [g for _, g in pairs])
    there = np.array([bool(p.strip() and g.strip()) for p, g in pairs])
    assert columns[:, 0].tolist() == np.where(there, 0.5, 0.0).tolist()
    assert all(text.strip() for text in shown)
    assert columns[:, 1].sum() == len(pairs)
