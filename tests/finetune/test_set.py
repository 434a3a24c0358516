"""A set built from data sets: the schema, groups that stay together, near-duplicates, changed files, the command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from finetune.__main__ import main
from finetune.corpus import arrow, near
from finetune.corpus.assemble import Plan, build, settled
from finetune.corpus.case import Case
from finetune.corpus.row import COLUMNS, SPLITS, case_of, row_of
from finetune.corpus.source import Library
from finetune.corpus.summary import Summary
from radlite_tui.errors import BadInput
from radlite_tui.tasks.outputs import Change, LabelOutput, TemporalOutput, TextOutput
from radlite_tui.tasks.report import Report
from tests.finetune import made

LONG = " ".join(f"word{n}" for n in range(60))


def quiet(line: str) -> None:
    """Say nothing."""


def case(**changed: Any) -> Case:
    """A sound case, with changes."""
    fields: dict[str, Any] = {
        "id": "a",
        "task": "n_staging",
        "report": Report("No enlarged node."),
        "gold": LabelOutput("N0"),
        "group": "g",
    }
    return Case(**fields | changed)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of all data sets, and some synthetic cases."""
    root = tmp_path_factory.mktemp("build")
    library = Library(made.library(root / "data"))
    build(Plan(library, synthetic=12, accept_changes=True), root / "set", quiet)
    return root / "set"


def test_rows_have_the_ten_columns_and_read_back_as_the_cases_they_were(built: Path) -> None:
    rows = arrow.load(built)
    assert set(rows) == set(SPLITS)
    for split, part in rows.items():
        assert part.column_names == list(COLUMNS)
        assert set(part["split"]) <= {split}
        for row in part:
            assert row_of(case_of(row)) == row
    assert {c.task for split in SPLITS for c in arrow.cases(built, split)} == {
        task for source in arrow.manifest(built)["rows"] for task in source.split("/")[1:2]
    }


def test_no_group_is_in_two_splits(built: Path) -> None:
    groups = {split: set(part["group"]) for split, part in arrow.load(built).items()}
    assert not groups["train"] & groups["test"]
    assert not groups["train"] & groups["validation"]
    assert not groups["validation"] & groups["test"]


def test_what_one_source_holds_out_no_other_trains_on() -> None:
    splits, moved = settled(["p", "p", "q", "r", "r"], ["train", "test", "train", "validation", "train"])
    assert splits == ["test", "test", "train", "validation", "validation"]
    assert moved == 2


def test_the_same_files_give_the_same_set(built: Path, tmp_path: Path) -> None:
    build(Plan(Library(built.parent / "data"), synthetic=12, accept_changes=True), tmp_path, quiet)
    assert arrow.manifest(tmp_path) == arrow.manifest(built)


def test_the_manifest_says_what_the_set_is_made_of(built: Path) -> None:
    facts = arrow.manifest(built)
    assert facts["left_out"] == {"rxl_radset/rads_assignment/the score NC is no category we have": 1}
    assert sum(facts["rows"].values()) == sum(len(part) for part in arrow.load(built).values())
    assert set(facts["sha256"]) == set(SPLITS)
    file = facts["files"]["radnli/radnli_dev_v1.jsonl"]
    assert file["bytes"] == (built.parent / "data" / "radnli" / "radnli_dev_v1.jsonl").stat().st_size
    assert any(name.startswith("synthetic/") for name in facts["rows"])


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"report": Report(" ")}, "the report is empty"),
        ({"task": "radiology_nli", "gold": LabelOutput("neutral")}, "the statement is empty"),
        ({"task": "temporal_comparison", "gold": TemporalOutput(())}, "no prior report"),
        ({"gold": LabelOutput("N7")}, "does not read the answer"),
        ({"task": "radiology_qa", "words": "Why?", "gold": TextOutput("<think>so</think> Yes.")}, "thinking"),
        ({"group": ""}, "it has no group"),
        (
            {
                "task": "temporal_comparison",
                "report": Report("a", "b"),
                "gold": TemporalOutput((Change("new", "x (related to: y)"),)),
            },
            "does not read the answer",
        ),
    ],
)
def test_a_row_its_task_does_not_read_is_refused_with_the_reason(changed: Mapping[str, Any], reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        row_of(case(**changed))


def row(report: str, words: str = "", prior: str = "") -> dict[str, str]:
    return {"report": report, "words": words, "prior": prior}


def test_a_train_report_that_is_nearly_a_test_report_is_dropped() -> None:
    nearly = LONG.replace("word59", "other")
    rows = [row(nearly), row(LONG), row(LONG[::-1]), row(nearly.upper() + ".")]
    assert near.crossing(rows, ["train", "test", "train", "validation"]) == {0: 1, 3: 1}


def test_test_rows_stay_and_rows_of_one_split_do_not_drop_each_other() -> None:
    rows = [row(LONG), row(LONG), row(LONG)]
    assert near.crossing(rows, ["train", "train", "train"]) == {}
    assert near.crossing(rows, ["test", "test", "validation"]) == {2: 0}


def test_short_reports_are_told_apart_by_what_is_asked() -> None:
    rows = [
        row("Lungs are clear.", "There is no pneumonia in either lung."),
        row("Lungs are clear.", "Ribs are broken."),
    ]
    assert near.crossing(rows, ["train", "test"]) == {}
    assert near.crossing([rows[0], rows[0]], ["train", "test"]) == {0: 1}


def test_a_report_with_another_question_still_is_the_same_report() -> None:
    assert near.crossing([row(LONG, "One question?"), row(LONG, "Another?")], ["train", "test"]) == {0: 1}


def test_the_summary_counts_balance_and_conflicts() -> None:
    summary = Summary()
    for number, stage in enumerate(("N0", "N0", "N1")):
        summary.add(row_of(case(id=str(number), gold=LabelOutput(stage))))
    text = list(summary.lines())
    assert "n_staging: N0 66.7 %, N1 33.3 %" in text
    (counted,) = [line.split()[1:] for line in text if line.startswith("n_staging ")]
    assert counted == ["3", "3", "3", "1", "1", "2", "1"]
    assert summary.json() == {"synthetic/n_staging/train": 3}
    assert max(map(len, text)) <= 80


def test_a_changed_or_lost_file_is_noticed_and_may_be_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made.library(tmp_path / "data", "radnli")
    command = ["data", "--build", str(tmp_path / "set"), "--sources", str(tmp_path / "data")]
    assert main(command) == 0
    assert "radiology_nli" in capsys.readouterr().out
    path = tmp_path / "data" / "radnli" / "radnli_dev_v1.jsonl"
    path.write_text(path.read_text().replace("small", "large"), encoding="utf-8")
    assert main(command) == 2
    said = capsys.readouterr().err
    assert f"{path} has changed since the set was built" in said
    assert "--accept-changes" in said
    assert main([*command, "--accept-changes"]) == 0
    assert main(command) == 0


def test_a_file_that_is_not_the_published_one_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made.library(tmp_path / "data", "open_i")
    command = ["data", "--build", str(tmp_path / "set"), "--sources", str(tmp_path / "data")]
    assert main(command) == 2
    assert "NLMCXR_reports.tgz is not the published file" in capsys.readouterr().err
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--only", "radnli"], "radnli lacks radnli_test_v1.jsonl"),
        ([], "radnli lacks radnli_test_v1.jsonl"),
        (["--only", "nothing"], "There is no source 'nothing'"),
        (["--only", "radqa"], "radqa lacks train.json, dev.json, test.json"),
    ],
)
def test_what_cannot_be_built_is_one_sentence_and_code_2(
    more: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made.library(tmp_path, "radnli")
    (tmp_path / "radnli" / "radnli_test_v1.jsonl").unlink()
    assert main(["data", "--build", str(tmp_path / "set"), "--sources", str(tmp_path), *more]) == 2
    said = capsys.readouterr().err.strip()
    assert sentence in said.splitlines()[-1]


def test_an_empty_folder_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "--build", str(tmp_path / "set"), "--sources", str(tmp_path)]) == 2
    assert "see `python -m finetune data --list`" in capsys.readouterr().err


def test_a_build_that_is_broken_off_leaves_no_manifest(built: Path, tmp_path: Path) -> None:
    library = Library(made.library(tmp_path / "data", "radnli"))
    path = library.folder("radnli") / "radnli_test_v1.jsonl"
    path.write_text(path.read_text() + "{}\n", encoding="utf-8")
    with pytest.raises(BadInput, match="line 2"):
        build(Plan(library), tmp_path / "set", quiet)
    assert not (tmp_path / "set" / arrow.MANIFEST).exists()
    with pytest.raises(BadInput, match="There is no built set"):
        arrow.load(tmp_path / "set")


def test_a_manifest_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / arrow.MANIFEST).write_text("{", encoding="utf-8")
    with pytest.raises(BadInput, match=r"manifest\.json is not JSON"):
        arrow.manifest(tmp_path)


def test_data_sets_and_a_recipe_do_not_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in (["data"], ["train", "--list"], ["data", "--list", "--recipe", "smoke"]):
        with pytest.raises(SystemExit) as caught:
            main(wrong)
        assert caught.value.code == 2
    assert "--recipe" in capsys.readouterr().err


def test_the_manifest_is_plain_json(built: Path) -> None:
    assert json.loads((built / arrow.MANIFEST).read_text(encoding="utf-8"))["versions"]["datasketch"]


@pytest.mark.parametrize("taken", ["a file", "foreign rows"])
def test_a_folder_that_cannot_be_written_is_one_sentence(
    taken: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made.library(tmp_path / "data", "radnli")
    target = tmp_path / "set"
    if taken == "a file":
        target.write_text("mine", encoding="utf-8")
    else:
        (target / "rows").mkdir(parents=True)
        (target / "rows" / "mine.txt").write_text("mine", encoding="utf-8")
    assert main(["data", "--build", str(target), "--sources", str(tmp_path / "data")]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(f"{target} ")
    assert "another folder" in said
    assert target.is_file() or (target / "rows" / "mine.txt").is_file()


@pytest.mark.parametrize("wrong", [["--build", "x", "--synthetic", "-1"], ["--variety", "--texts", "0"]])
def test_numbers_that_mean_nothing_are_bad_usage(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["data", *wrong])
    assert caught.value.code == 2
    assert "is less than" in capsys.readouterr().err


BUILDS = """
import sys
from finetune.__main__ import main
opened = []
sys.addaudithook(lambda name, _: opened.append(name) if name in ("socket.connect", "socket.getaddrinfo") else None)
assert main(["data", "--build", sys.argv[2], "--sources", sys.argv[1], "--accept-changes"]) == 0
print(len(opened), *(name for name in ("torch", "transformers") if name in sys.modules))
"""


def test_a_build_connects_to_nobody_and_loads_no_torch(built: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", BUILDS, str(built.parent / "data"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "0"
