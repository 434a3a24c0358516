"""Shared by the training tests: a small vocabulary, a few cases from the tasks' own examples, a tiny recipe."""

from __future__ import annotations

from dataclasses import replace

import pytest

from finetune import recipe
from finetune.corpus.case import Case
from finetune.rows import texts
from finetune.tokenizer import Tokenizer
from radlite_tui.tasks import TAGS, get

pytest.importorskip("torch")
pytest.importorskip("trl")


@pytest.fixture(scope="session")
def example_cases() -> list[Case]:
    """A case for each worked example and demonstration of the tasks."""
    return [
        Case(f"{tag}-{number}", tag, example.report, get(tag).parse(example.answer, example.report), example.words)
        for tag in TAGS
        for number, example in enumerate((*get(tag).examples, *get(tag).demonstrations))
    ]


@pytest.fixture(scope="session")
def tokenizer(example_cases: list[Case]) -> Tokenizer:
    """A vocabulary of 1,024 tokens learnt from the example cases."""
    return Tokenizer.train([part.text for case in example_cases for part in texts(case)], 1024)


@pytest.fixture(scope="session")
def tiny() -> recipe.FromNothing:
    """The smoke recipe, smaller still."""
    smoke = recipe.load("smoke")
    assert isinstance(smoke, recipe.FromNothing)
    return replace(
        smoke,
        base=replace(smoke.base, tokens=8 * 2 * 256, row=256, checkpoint_seconds=0.0),
        adapter=replace(smoke.adapter, rows=16, batch=2, checkpoint_steps=4),
    )
