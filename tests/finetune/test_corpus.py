"""The corpus as a whole: builds by seed, splits that share nothing, phrase banks, spans and JSON lines."""

from __future__ import annotations

import random
from itertools import combinations, islice
from pathlib import Path

import pytest

from finetune import corpus
from finetune.corpus import text
from finetune.corpus.bank import BANKS, Bank
from finetune.corpus.case import Split
from radlite_tui.errors import BadInput
from radlite_tui.tasks import get

COUNTS = {"rads_assignment": 200}
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


def test_a_build_is_the_same_for_the_same_seed() -> None:
    once, again = (list(corpus.build(COUNTS, "train", 7)) for _ in range(2))
    assert once == again
    assert once != list(corpus.build(COUNTS, "train", 8))


def test_a_build_gives_the_counts_asked_for() -> None:
    cases = list(corpus.build({"rads_assignment": 30, "radiology_nli": 20}, "test", 1))
    assert [sum(c.task == task for c in cases) for task in ("rads_assignment", "radiology_nli")] == [30, 20]
    assert len({c.id for c in cases}) == 50


def test_no_report_and_no_group_is_in_two_splits() -> None:
    every = {task: 60 for tasks in corpus.TASKS.values() for task in tasks} | {"rads_assignment": 1500}
    built = {split: list(corpus.build(every if split == "train" else COUNTS, split, 3)) for split in SPLITS}
    for one, other in combinations(SPLITS, 2):
        texts = {c.report.text for c in built[one] if c.report.text}
        assert not {c.report.text for c in built[other]} & texts
        assert not {c.group for c in built[other]} & {c.group for c in built[one]}


def test_a_split_follows_from_the_text_alone() -> None:
    for split in SPLITS:
        assert {corpus.split_of(case) for case in corpus.build(COUNTS, split, 5)} == {split}


def test_gold_renders_and_parses_back_strictly() -> None:
    counts = {task: 25 for tasks in corpus.TASKS.values() for task in tasks}
    for case in corpus.build(counts, "validation", 2):
        task = get(case.task)
        answer = task.render(case.gold)
        assert task.render(task.parse(answer, case.report)) == answer, case


def test_json_lines_read_back_as_written(tmp_path: Path) -> None:
    counts = {task: 10 for tasks in corpus.TASKS.values() for task in tasks}
    cases = list(corpus.build(counts, "train", 4))
    assert corpus.write(tmp_path / "cases.jsonl", cases) == len(cases)
    assert list(corpus.read(tmp_path / "cases.jsonl")) == cases


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text('{"id": "a"}\n', encoding="utf-8")
    with pytest.raises(BadInput, match="line 1"):
        list(corpus.read(tmp_path / "cases.jsonl"))


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(BadInput, match="bogus"):
        next(corpus.build({"bogus": 1}, "train", 0))


def test_reports_for_pretraining_do_not_end_and_repeat_by_seed() -> None:
    assert list(islice(corpus.reports("train", 1), 50)) == list(islice(corpus.reports("train", 1), 50))


@pytest.mark.parametrize("name", sorted(path.stem for path in BANKS.glob("*.toml")))
def test_every_bank_is_well_formed_and_its_phrases_are_disjoint(name: str) -> None:
    assert Bank.load(name, "train").name == name


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ('[phrases.a]\ntrain = ["The lung is clear"]\ntest = ["the  lung is clear."]\n', "both train and test"),
        ('[phrases.a]\ntrain = ["x"]\n', "needs both"),
        ('[terms]\na = "  "\n', "list of strings"),
        ("[terms\n", "not valid TOML"),
    ],
)
def test_a_malformed_bank_is_refused(
    body: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{len(complaint)}.toml").write_text(body, encoding="utf-8")
    monkeypatch.setattr("finetune.corpus.bank.BANKS", tmp_path)
    with pytest.raises(BadInput, match=complaint):
        Bank.load(str(len(complaint)), "train")


def test_validation_writes_with_the_train_phrases_and_test_with_its_own() -> None:
    train, validation, test = (set(Bank.load("rads_ti", split).phrases("nodule")) for split in SPLITS)
    assert train == validation
    assert not train & test


@pytest.mark.parametrize("form", text.FORMS)
@pytest.mark.parametrize("usage", text.USAGES)
def test_marked_words_are_found_where_the_spans_say(form: text.Form, usage: text.Usage) -> None:
    passage = text.Passage(text.Style(form, usage, "mm", True))
    passage.heading("findings")
    passage.sentence("There is {a} in the {b}", a=text.Marked("x", "edema"), b=text.Marked("y", "left hemithorax"))
    sentence = passage.sentence("{a} is seen", a=text.Marked("x", "a tumor"))
    british = usage != "US"
    words = [passage.text[s.start : s.end].lower() for s in passage.spans]
    assert words[0] == ("oedema" if british else "edema")
    assert words[2] == ("a tumour" if british else "a tumor")
    assert passage.text[sentence.start : sentence.end].startswith("A tumo")
    assert passage.text.endswith(".")


def test_measurements_follow_the_unit() -> None:
    rng = random.Random(0)
    assert text.size(rng, text.Style("prose", "US", "mm", True), 18) == "18 mm"
    assert text.size(rng, text.Style("prose", "US", "cm", True), 18) == "1.8 cm"
