"""A mix over a built set: shares, passes, epochs on their own, rows that are too long, no thinking that is learnt."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tokenizers import AddedToken

from finetune import mix
from finetune.__main__ import main
from finetune.corpus import arrow
from finetune.corpus.case import Case
from finetune.corpus.row import SPLITS, row_of
from finetune.mixture import epoch
from finetune.rows import NO_THINKING, layout_of, row
from finetune.tokenizer import Tokenizer
from radlite_tui.errors import BadInput
from radlite_tui.tasks import TAGS
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.outputs import LabelOutput
from radlite_tui.tasks.report import Report

SIZES = {"large": 300, "middle": 100, "small": 5}
WEIGHTS = {"large": 0.5, "middle": 1.0, "small": 3.0}

RECIPE = """
seed = 4
context = {context}
length = 0
epochs = 2

[tasks.n_staging]
rows = 25
weight = 1.0

[tasks.m_staging]
rows = 40
weight = 3.0
"""


@pytest.fixture(scope="module")
def vocabulary(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small vocabulary."""
    folder = tmp_path_factory.mktemp("vocabulary")
    tokenizer.save(folder)
    return folder


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of 30 N and 30 M cases, of which five N cases are long."""
    folder = tmp_path_factory.mktemp("set")
    cases = [
        Case(
            f"{tag}-{n}",
            f"{tag}_staging",
            Report("Node. " * (200 if n < 5 and tag == "n" else 3 + n)),
            gold,
            group=str(n),
        )
        for tag, gold in (("n", LabelOutput("N0")), ("m", LabelOutput("M0")))
        for n in range(30)
    ]
    made = arrow.stream(folder / "all.arrow", (row_of(case) for case in cases))
    arrow.save(folder / "rows", made, [SPLITS[0]] * len(cases), range(len(cases)))
    (folder / arrow.MANIFEST).write_text(json.dumps({"sha256": {"train": "1"}}), encoding="utf-8")
    return folder


def recipe(folder: Path, context: int = 300) -> str:
    path = folder / "mine.toml"
    path.write_text(RECIPE.format(context=context), encoding="utf-8")
    return str(path)


def quiet(line: str) -> None:
    """Say nothing."""


def test_the_published_mix_has_its_counts_and_weights() -> None:
    paper = mix.load("paper")
    assert set(paper.tasks) == set(TAGS)
    assert sum(share.rows for share in paper.tasks.values()) == paper.length == 161_586
    assert {share.weight for share in paper.tasks.values()} == {0.5, 1.0, 1.5, 3.0}


def test_a_row_is_drawn_as_often_as_its_weight_says() -> None:
    length = 265
    drawn = Counter(name for name, _ in epoch(SIZES, WEIGHTS, length, 1, 0))
    assert drawn == {"large": 150, "middle": 100, "small": 15}


def test_an_item_comes_again_only_after_all_its_fellows_and_each_pass_is_shuffled_anew() -> None:
    orders = [epoch(SIZES, WEIGHTS, 265, 1, number) for number in range(4)]
    large = Counter(item for order in orders for name, item in order if name == "large")
    assert set(large.values()) == {2}
    assert len(large) == SIZES["large"]
    first, second = ({item for name, item in order if name == "large"} for order in orders[:2])
    assert not first & second
    middle = [[item for name, item in order if name == "middle"] for order in orders]
    assert sorted(middle[0]) == sorted(middle[1])
    assert middle[0] != middle[1]


def test_an_epoch_is_the_same_whether_or_not_those_before_were_made() -> None:
    assert epoch(SIZES, WEIGHTS, 265, 1, 7) == epoch(SIZES, WEIGHTS, 265, 1, 7)
    assert epoch(SIZES, WEIGHTS, 265, 1, 7) != epoch(SIZES, WEIGHTS, 265, 2, 7)
    assert epoch(SIZES, WEIGHTS, 265, 1, 7) != epoch(SIZES, WEIGHTS, 265, 1, 6)


def test_long_rows_are_counted_and_left_out_and_the_rest_is_drawn(rows: Path, vocabulary: Path, tmp_path: Path) -> None:
    said: list[str] = []
    facts = mix.index(tmp_path / "index", rows, recipe(tmp_path), vocabulary, "qwen2", said.append)
    assert facts["rows"] == {"n_staging": 25, "m_staging": 30}
    assert facts["left_out"] == {"n_staging": 5, "m_staging": 0}
    assert any("10 fewer than the mix asks for" in line for line in said)
    train = arrow.load(rows)["train"]
    order = mix.read_epoch(tmp_path / "index", 0)
    drawn = Counter(train[int(number)]["task"] for number in order)
    assert drawn == facts["epochs"][0]["drawn"] == {"n_staging": 12, "m_staging": 43}
    tokenizer = Tokenizer.load(vocabulary)
    longest = max(len(row(case, tokenizer).ids) for case in map(mix.case_of, train.select(order.tolist())))
    assert longest <= 300


def test_an_index_goes_on_where_it_was_and_is_the_one_made_at_once(
    rows: Path, vocabulary: Path, tmp_path: Path
) -> None:
    name = recipe(tmp_path)
    whole = mix.index(tmp_path / "whole", rows, name, vocabulary, "qwen2", quiet)
    mix.index(tmp_path / "parts", rows, name, vocabulary, "qwen2", quiet, epochs=1)
    before = (tmp_path / "parts" / "epoch-0.npy").stat().st_mtime_ns
    assert mix.index(tmp_path / "parts", rows, name, vocabulary, "qwen2", quiet) == whole
    assert (tmp_path / "parts" / "epoch-0.npy").stat().st_mtime_ns == before
    order = mix.read_epoch(tmp_path / "whole", 1)
    assert np.array_equal(mix.read_epoch(tmp_path / "parts", 1, done=20), order[20:])


def test_an_index_of_something_else_or_a_damaged_one_is_refused(rows: Path, vocabulary: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    mix.index(folder, rows, recipe(tmp_path), vocabulary, "qwen2", quiet)
    with pytest.raises(BadInput, match="another mix"):
        mix.index(folder, rows, recipe(tmp_path, context=299), vocabulary, "qwen2", quiet)
    np.save(folder / "epoch-1.npy", np.zeros(3, dtype=np.uint32))
    with pytest.raises(BadInput, match=r"epoch-1\.npy is not the epoch"):
        mix.read_epoch(folder, 1)
    with pytest.raises(BadInput, match="--epochs 3"):
        mix.read_epoch(folder, 2)


def test_the_command_says_each_epoch_and_what_it_lacks(
    rows: Path, vocabulary: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["data", "--index", str(tmp_path / "i"), "--set", str(rows), "--mix", recipe(tmp_path)]
    assert main(command) == 2
    assert "--tokenizer" in capsys.readouterr().err
    assert main([*command, "--tokenizer", str(vocabulary)]) == 0
    assert capsys.readouterr().out.startswith("epoch 0: 55 rows, SHA-256 ")
    assert main([*command[:-1], "nothing", "--tokenizer", str(vocabulary)]) == 2
    assert "the mixes are paper" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[tasks.m_staging]", "[tasks.staging]", "no task 'staging'"),
        ("weight = 3.0", "wight = 3.0", r"\[tasks.m_staging\] lacks weight"),
        ("rows = 40", "rows = 0", "at least 1"),
    ],
)
def test_a_wrong_mix_names_the_key(old: str, new: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(RECIPE.format(context=9).replace(old, new), encoding="utf-8")
    with pytest.raises(BadInput, match=complaint):
        mix.load(str(path))


def test_qwen3_rows_open_with_an_empty_thought_that_is_not_learnt(tokenizer: Tokenizer) -> None:
    knows = Tokenizer(type(tokenizer.raw).from_str(tokenizer.raw.to_str()))
    knows.raw.add_tokens([AddedToken(token, normalized=False) for token in ("<think>", "</think>")])
    knows.raw.encode_special_tokens = True
    case = Case("a", "n_staging", Report("No enlarged node."), LabelOutput("N0"))
    layout = layout_of("qwen3", knows)
    assert layout == NO_THINKING
    made = row(case, knows, Mode.FINE_TUNED, layout)
    start, end = knows.control("<think>"), knows.control("</think>")
    assert start in made.ids[: made.answer]
    assert not {start, end} & set(made.ids[made.answer :])
    assert made.ids[made.answer :] == row(case, knows).ids[row(case, knows).answer :]
    assert layout_of("qwen2", knows) == layout_of("qwen3", tokenizer) != NO_THINKING
