"""A results folder as stored scores: the same whatever way it is read, and a sentence for every line that is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evals import samples, score
from evals.predictions import FILE, Prediction, Writer
from evals.scoring import FURTHER
from radlite_tui import tasks
from radlite_tui.errors import BadInput
from tests.evals import made


@pytest.fixture(scope="module")
def found() -> list[Prediction]:
    return made.predictions(12, tasks.TAGS)


def test_every_free_task_has_further_metrics() -> None:
    assert set(FURTHER) == {tag for tag in tasks.TAGS if tasks.get(tag).form() is None}


def test_a_folder_read_in_parts_by_several_processes_is_the_folder(
    found: list[Prediction], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.folder(tmp_path, found)
    whole = samples.load(tmp_path)
    monkeypatch.setattr(samples, "PART", 200_000)
    monkeypatch.setattr(samples, "processors", lambda: 2)
    parts = samples.load(tmp_path)
    assert (parts.n, parts.stamps, list(parts.cells)) == (whole.n, whole.stamps, list(whole.cells))
    for key, cell in whole.cells.items():
        other = parts.cells[key]
        assert (cell.cases, cell.groups, cell.golds, cell.answers) == (
            other.cases, other.groups, other.golds, other.answers,
        )  # fmt: skip
        assert np.array_equal(cell.scores, other.scores)
        assert np.array_equal(cell.strict, other.strict)
        assert all(np.array_equal(cell.further[name], other.further[name]) for name in cell.further)
        assert list(cell.probabilities) == list(other.probabilities)


def test_a_stored_score_is_that_of_the_answer_scored_by_itself(found: list[Prediction]) -> None:
    gathered = samples.gather(found).cells
    for p in found[::17]:
        cell = gathered[p.task, p.model, p.mode]
        place = cell.cases.index(p.case)
        assert cell.scores[place] == score.score(p, p.text, lenient=True)
        assert cell.strict[place] == score.score(p, p.text, lenient=False)
        if cell.probabilities and p.probabilities is not None:
            kept = cell.probabilities[place]
            assert kept is not None
            assert set(kept) == set(p.probabilities)


def test_probabilities_that_are_missing_stay_missing(found: list[Prediction]) -> None:
    few = [p for p in found if p.task == "n_staging" and (p.model, p.mode) == ("one", "fine-tuned")]
    few[3] = replace(few[3], probabilities=None)
    (cell,) = samples.gather(few).cells.values()
    assert [kept is None for kept in cell.probabilities] == [i == 3 for i in range(len(few))]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"nonsense\n", "line 3: not a JSON object"),
        (b"[1]\n", "line 3: written by another version"),
        (b'{"schema": 2}\n', "line 3: written by another version"),
        (b'{"schema": 1, "case": "x"}\n', "line 3: not a whole prediction"),
    ],
)
def test_a_wrong_line_is_named(found: list[Prediction], tmp_path: Path, line: bytes, said: str) -> None:
    made.folder(tmp_path, found[:2])
    with (tmp_path / FILE).open("ab") as file:
        file.write(line)
    with pytest.raises(BadInput, match=said):
        samples.load(tmp_path)


def test_a_field_of_another_version_is_named(found: list[Prediction], tmp_path: Path) -> None:
    made.folder(tmp_path, found[:1])
    text = (tmp_path / FILE).read_text()
    (tmp_path / FILE).write_text(text.replace('{"case"', '{"sureness":1,"case"'))
    with pytest.raises(BadInput, match="line 1: written by another version"):
        samples.load(tmp_path)


def test_a_case_that_is_there_twice_is_named(found: list[Prediction], tmp_path: Path) -> None:
    made.folder(tmp_path, [found[0], found[1], found[0]])
    with pytest.raises(BadInput, match=f"line 3: case {found[0].case} of one, zero-shot is there twice"):
        samples.load(tmp_path)


def test_a_gold_answer_outside_the_labels_is_named(found: list[Prediction], tmp_path: Path) -> None:
    staged = next(p for p in found if p.task == "n_staging")
    made.folder(tmp_path, [found[0], replace(staged, gold="N7")])
    with pytest.raises(BadInput, match="line 2: the gold answer 'N7' is not one of n_staging"):
        samples.load(tmp_path)


def test_cases_without_gold_are_counted_and_not_scored(found: list[Prediction], tmp_path: Path) -> None:
    made.folder(tmp_path, [found[0], replace(found[1], gold="")])
    loaded = samples.load(tmp_path)
    assert (loaded.n, loaded.unscored) == (2, 1)
    assert [len(cell.cases) for cell in loaded.cells.values()] == [1]


def test_a_cut_line_is_dropped_wherever_the_file_was_cut(found: list[Prediction], tmp_path: Path) -> None:
    made.folder(tmp_path, found[:2])
    whole = (tmp_path / FILE).read_bytes()
    first = whole.index(b"\n") + 1
    for cut in (0, 1, first - 1, first, first + 1, len(whole) - 1):
        (tmp_path / FILE).write_bytes(whole[:cut])
        with Writer(tmp_path) as writer:
            writer.write(found[2])
        assert (tmp_path / FILE).read_bytes().startswith(whole[: first if cut >= first else 0])
        assert samples.load(tmp_path).n == (2 if cut >= first else 1)
