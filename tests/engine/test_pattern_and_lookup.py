"""Answers that match an expression, and guesses that change no answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radlite_tui import tasks
from radlite_tui.engine.llama.pattern import candidates
from radlite_tui.engine.llama.speculate import LONGEST, PAUSE, TRIALS, Lookup, Payoff
from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import Done, Failed, ModelFiles, Request
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.prompt import prompt
from tests.engine.conftest import REPORT, chat, done, final
from tests.engine.test_side_by_side import EMBEDDED, requests, same_but_for_ties

JSON = r'\{"size_mm": \d{1,3}, "side": "(?:left|right)"\}'


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    engine = LocalEngine(EngineOptions(threads=1))
    yield engine
    engine.close()


@pytest.mark.parametrize("temperature", [0.0, 2.0])
@pytest.mark.parametrize("expression", [JSON, r"(?:yes|no)\.", r"[a-z]{3}( [a-z]{3}){2}"])
def test_an_answer_matches_its_pattern(
    engine: LocalEngine, base: ModelFiles, expression: str, temperature: float
) -> None:
    request = Request(base, chat(REPORT), max_tokens=80, temperature=temperature, seed=4, pattern=expression)
    answer = done(engine.generate(request))
    assert answer.finish == "stop"
    assert re.fullmatch(expression, answer.text)


def test_a_pattern_that_cannot_be_read_is_refused_in_a_sentence(engine: LocalEngine, base: ModelFiles) -> None:
    failed = final(engine.generate(Request(base, chat(REPORT), pattern="(")))
    assert isinstance(failed, Failed)
    assert failed.kind == "request"
    assert "pattern" in failed.message


@pytest.mark.parametrize("base", EMBEDDED, ids=lambda path: path.parent.name)
def test_changes_always_have_the_tasks_form(engine: LocalEngine, base) -> None:  # type: ignore[no-untyped-def]
    task = tasks.get("temporal_comparison")
    model = ModelFiles(str(base), str(base.with_name("adapter.gguf")))
    for example in (*task.demonstrations, *task.examples):
        text = prompt(task, Mode.FINE_TUNED, example.report)
        answer = final(engine.generate(Request(model, text, max_tokens=256, pattern=task.pattern)))
        assert isinstance(answer, Done)
        if answer.finish == "stop":
            task.parse(answer.text, example.report)


def test_candidates_come_by_falling_likelihood_each_once() -> None:
    logits = np.random.default_rng(1).normal(size=300).astype(np.float32)
    found = list(candidates(logits))
    assert sorted(found) == list(range(300))
    assert list(logits[found]) == sorted(logits, reverse=True)


def test_the_next_tokens_are_guessed_from_where_the_last_ones_stood() -> None:
    lookup = Lookup([1, 2, 3, 4, 5, 6, 9])
    lookup.add([1, 2, 3])
    assert lookup.guess(3) == [4, 5, 6]
    lookup.add([7])
    assert lookup.guess(3) == []


@given(st.lists(st.integers(0, 4), max_size=60), st.integers(1, 30))
@settings(max_examples=200, deadline=None)
def test_a_guess_is_what_followed_before(tokens: list[int], most: int) -> None:
    guess = Lookup(tokens).guess(most)
    assert len(guess) <= min(most, LONGEST)
    if guess:
        places = [i for i in range(3, len(tokens)) if tokens[i - 3 : i] == tokens[-3:]]
        assert any(tokens[i : i + len(guess)] == guess for i in places)


def test_guessing_stops_where_it_does_not_pay_and_is_tried_again_later() -> None:
    payoff = Payoff()
    payoff.plain(0.1)
    for _ in range(TRIALS):
        assert payoff.worth
        payoff.checked(0.6, 1)
    assert not any(payoff.worth for _ in range(PAUSE))
    assert payoff.worth
    payoff.checked(0.6, 12)
    payoff.checked(0.6, 12)
    payoff.checked(0.6, 12)
    assert payoff.worth


def test_guessing_changes_no_answer(engine: LocalEngine) -> None:
    plain = LocalEngine(EngineOptions(threads=1, speculate=False))
    for base in EMBEDDED:
        model = ModelFiles(str(base), str(base.with_name("adapter.gguf")))
        for request in requests(model):
            if request.form is None:
                one, other = final(engine.generate(request)), final(plain.generate(request))
                assert same_but_for_ties(request, one, other)
    plain.close()


def test_guessing_saves_steps_where_the_answer_repeats_the_prompt(engine: LocalEngine) -> None:
    plain = LocalEngine(EngineOptions(threads=1, speculate=False))
    model = ModelFiles(str(EMBEDDED[0]))
    words = "left upper lobe nodule, right lower lobe mass, small pleural effusion, no pneumothorax. "
    request = Request(model, chat(words * 8), max_tokens=120)
    steps = [done(e.generate(request)).stats.steps for e in (engine, plain)]
    plain.close()
    assert steps[0] <= steps[1]
