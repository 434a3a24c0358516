"""Predictions to rows, tables and routes, on answers whose scores are known by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evals.__main__ import main
from evals.cells import cells
from evals.predictions import FILE, Prediction, Writer, read
from evals.routes import best, text
from evals.score import majority_text, row, rows, score
from evals.table import BEGIN, END, insert, markdown
from radlite_tui.errors import BadInput
from radlite_tui.routing import models as routes
from radlite_tui.tasks.base import Mode

STAGING = Prediction(
    case="c0",
    group="g0",
    task="n_staging",
    subset="",
    model="one",
    mode="fine-tuned",
    report="Enlarged subcarinal node.",
    prior=None,
    words="",
    gold="N2",
    text="N2",
    finish="stop",
    error="",
    prompt_tokens=10,
    cached_tokens=0,
    completion_tokens=2,
    total_s=0.1,
    sha256="",
    adapter_sha256=None,
    version="0",
    prompt_version="1",
)


def staging(index: int, gold: str, answer: str, **changes: str) -> Prediction:
    return replace(STAGING, case=f"c{index}", group=f"g{index}", gold=gold, text=answer, **changes)


def test_a_row_by_hand() -> None:
    found = row([staging(0, "N2", "N2"), staging(1, "N2", "N1"), staging(2, "N0", "no idea"), staging(3, "N2", "N2")])
    assert (found.value, found.strict, found.majority, found.unparseable, found.n) == (0.5, 0.5, 0.75, 0.25, 4)
    assert found.low < 0.5 < found.high


def test_a_wordy_answer_counts_leniently_and_not_strictly() -> None:
    wordy = staging(0, "N2", "Positive. N staging: N2")
    assert score(wordy, wordy.text, lenient=True) == 1.0
    assert score(wordy, wordy.text, lenient=False) == 0.0


def test_changes_are_scored_as_a_set() -> None:
    gold = "- [Worsened] pleural effusion\n- [Resolved] edema"
    answer = "- [Worsened] pleural effusion\n- [Improved] edema"
    report = "The pleural effusion is larger. No edema now."
    case = staging(0, gold, answer, task="temporal_comparison", report=report, prior="Small effusion. Edema.")
    assert score(case, answer, lenient=True) == pytest.approx(1 / 3)


def test_the_majority_answer_is_the_most_common_gold() -> None:
    golds = [staging(0, "N2", "-"), staging(1, "N0", "-"), staging(2, "N2", "-")]
    assert majority_text(cells(golds)["n_staging", "one", "fine-tuned"]) == "N2"


def test_routes_send_each_task_to_its_best_model_and_read_back(tmp_path: Path) -> None:
    two = [staging(0, "N2", "N2", model="two", mode="few-shot"), staging(0, "N2", "N0")]
    path = tmp_path / "routes.toml"
    path.write_text(text(best(rows(two))), encoding="utf-8")
    route = routes.read(path)["n_staging"]
    assert (route.model, route.mode, route.value, route.n) == ("two", Mode.FEW_SHOT, 1.0, 1)


def test_a_line_cut_by_a_crash_is_dropped_and_overwritten(tmp_path: Path) -> None:
    with Writer(tmp_path) as writer:
        writer.write(STAGING)
    with (tmp_path / FILE).open("a") as cut:
        cut.write('{"case": "c1", "gro')
    assert [p.case for p in read(tmp_path)] == ["c0"]
    with Writer(tmp_path) as writer:
        writer.write(replace(STAGING, case="c2"))
    assert [p.case for p in read(tmp_path)] == ["c0", "c2"]


def test_a_malformed_or_foreign_line_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("nonsense\n")
    with pytest.raises(BadInput, match="line 1"):
        list(read(tmp_path))
    (tmp_path / FILE).write_text('{"schema": 99}\n')
    with pytest.raises(BadInput, match="another version"):
        list(read(tmp_path))


def test_the_table_goes_between_the_markers_only(tmp_path: Path) -> None:
    table = markdown(rows([STAGING]))
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    insert(readme, table)
    assert readme.read_text() == f"before\n{BEGIN}\n{table}\n{END}\nafter\n"
    readme.write_text("no markers")
    with pytest.raises(BadInput, match="to put the table between"):
        insert(readme, table)


def test_report_prints_json_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Writer(tmp_path) as writer:
        writer.write(STAGING)
    assert main(["report", "--out", str(tmp_path), "--json"]) == 0
    (only,) = json.loads(capsys.readouterr().out)["rows"]
    assert {"task", "model", "mode", "metric", "value", "low", "high", "n", "majority", "unparseable", "cases"} <= set(
        only
    )


def test_an_empty_results_folder_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--out", str(tmp_path)]) == 2
    assert "holds no predictions" in capsys.readouterr().err
