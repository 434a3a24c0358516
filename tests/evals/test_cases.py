"""Which cases are asked: shares of them, files of every kind, and a sentence for every line that is wrong."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from evals import case_files
from evals.cases import Item, Shard, chosen, synthetic
from finetune.corpus import arrow, jsonl
from finetune.corpus.row import COLUMNS, row_of
from radlite_tui import tasks
from radlite_tui.errors import BadInput

STAGED = {"id": "a", "task": "n_staging", "report": "CT chest. A subcarinal node of 18 mm.", "gold": "N2"}


def read(path: Path | str, only: str | None = None) -> list[Item]:
    said: list[str] = []
    return list(case_files.read(str(path), Path("data"), only, said.append))


def written(path: Path, *lines: object) -> Path:
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines))
    return path


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return [Item.of(case) for case in synthetic(tasks.TAGS, 5, 0)]


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shares_are_everything_once_and_as_many_of_each_task(items: list[Item], count: int) -> None:
    shares = [Shard(number, count).of(items) for number in range(1, count + 1)]
    assert sorted(item.id for share in shares for item in share) == sorted(item.id for item in items)
    for tag in tasks.TAGS:
        sizes = [sum(item.task == tag for item in share) for share in shares]
        assert max(sizes) - min(sizes) <= 1
    assert max(map(len, shares)) - min(map(len, shares)) <= len(tasks.TAGS) // 2


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2"])
def test_a_share_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="--shard"):
        Shard.read(text)


def test_what_the_corpus_writes_is_read_as_it_was(items: list[Item], tmp_path: Path) -> None:
    cases = synthetic(tasks.TAGS, 5, 0)
    jsonl.write(tmp_path / "cases.jsonl", cases)
    assert read(tmp_path / "cases.jsonl") == items
    written(tmp_path / "rows.jsonl", *map(row_of, cases))
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(map(row_of, cases))
    for name in ("rows.jsonl", "rows.csv"):
        found = read(tmp_path / name)
        assert [(i.id, i.report.text, i.report.prior, i.words, i.gold) for i in found] == [
            (i.id, i.report.text, i.report.prior, i.words, i.gold) for i in items
        ]
        rads = [item for item in found if item.task == "rads_assignment" and item.gold != "No applicable RADS"]
        assert rads
        assert all(item.subset in item.gold for item in rads)


def test_a_built_set_gives_its_test_cases(items: list[Item], tmp_path: Path) -> None:
    from finetune.corpus.assemble import Plan, build
    from finetune.corpus.source import Library

    build(Plan(Library(tmp_path / "none"), ("synthetic",), 10), tmp_path / "set", lambda _: None)
    found = read(tmp_path / "set")
    expected = {case.id for case in arrow.cases(tmp_path / "set", "test")}
    assert {item.id for item in found} == expected
    assert len(chosen(found, ("n_staging",), 1)) == 1


def test_the_least_a_line_needs(tmp_path: Path) -> None:
    path = written(tmp_path / "own.csv", "id,text", "7,CT chest. No enlarged nodes.")
    (item,) = read(path, "n_staging")
    assert (item.id, item.task, item.gold, item.group, item.source) == ("7", "n_staging", "", "7", "own.csv")
    assert item.report.text == "CT chest. No enlarged nodes."
    assert read(written(tmp_path / "own.jsonl", {**STAGED, "id": 7}))[0].id == "7"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "line 2 is not JSON"),
        ("[1]", "line 2 is not a JSON object"),
        ({**STAGED, "id": ""}, "line 2: it has no id"),
        ({**STAGED, "task": "staging"}, "line 2: no task is called 'staging'; the tasks are"),
        ({**STAGED, "task": ""}, "line 2: it names no task"),
        ({**STAGED, "id": "b", "gold": "N7"}, "line 2: the gold answer 'N7' is not one of n_staging"),
        ({**STAGED, "id": "b", "report": " "}, "line 2: the report is empty"),
        ({**STAGED, "id": "b", "report": 3}, "line 2: report is not a text"),
        ({**STAGED, "id": "b", "task": "radiology_qa", "gold": ""}, "line 2: the question is empty"),
        ({**STAGED, "id": "b", "report": {"text": "x"}}, "line 2: not a case"),
        (STAGED, "has the id 'a' in lines 1 and 2"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: object, said: str) -> None:
    path = written(tmp_path / "cases.jsonl", STAGED, line)
    with pytest.raises(BadInput, match=r"cases\.jsonl") as raised:
        read(path)
    assert said in str(raised.value)
    assert str(raised.value).count(". ") == 0


def test_a_file_that_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="columns id and report"):
        read(written(tmp_path / "cases.csv", "name,note", "a,b"))
    with pytest.raises(BadInput, match="has no cases"):
        read(written(tmp_path / "empty.jsonl"))
    with pytest.raises(BadInput, match="cannot be read"):
        read(tmp_path / "missing.jsonl")
    with pytest.raises(BadInput, match="There is no built set"):
        read(tmp_path)
    with pytest.raises(BadInput, match="no file, no built set and no data set; these are"):
        read("open-i")
    with pytest.raises(BadInput, match="open_i lacks"):
        read("open_i")
