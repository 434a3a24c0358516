"""Closed answers: always of the form, with probabilities that a plain computation agrees with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import Done, Failed, ModelFiles, Request, Token
from radlite_tui.segments import Control, Form, Text
from tests.engine.conftest import chat, parses
from tests.engine.reference import Reference

LABELS = (
    *(f"BI-RADS {c}" for c in ("0", "1", "2", "3", "4", "4A", "4B", "4C", "5", "6")),
    *(f"TI-RADS {c}" for c in range(1, 6)),
    *(f"LI-RADS {c}" for c in ("1", "2", "3", "4", "5", "M", "TIV", "TR Viable", "TR Nonviable")),
    *(f"CAD-RADS {c}{m}" for c in ("3", "4A", "4B") for m in ("", "/N", "/S")),
    "No applicable RADS",
)
STATUSES = ("positive", "negative", "uncertain", "not_mentioned")


@pytest.fixture
def reference(base: ModelFiles) -> Iterator[Reference]:
    reference = Reference(base.weights)
    yield reference
    reference.close()


def fill(engine: LocalEngine, model: ModelFiles, form: Form, text: str = "Report: effusion.") -> Done:
    *_, last = engine.generate(Request(model, chat(text), form=form))
    assert isinstance(last, Done), last
    return last


def prompt_tokens(reference: Reference, text: str = "Report: effusion.") -> list[int]:
    return [
        token
        for segment in chat(text)
        for token in (
            reference.tokens(segment.token, special=True)
            if isinstance(segment, Control)
            else reference.tokens(segment.text)
        )
    ]


@pytest.mark.parametrize("branches", [64, 5])
def test_label_probabilities_match_a_plain_computation(base: ModelFiles, reference: Reference, branches: int) -> None:
    engine = LocalEngine(EngineOptions(threads=1, branches=branches))
    answer = fill(engine, base, (LABELS,))
    engine.close()
    (chances,) = answer.choices
    expected = reference.choice(prompt_tokens(reference), "", LABELS, None)
    assert sum(expected.values()) == pytest.approx(1)
    assert sum(chances.values()) == pytest.approx(1)
    assert dict(chances) == pytest.approx(expected, abs=1e-3)
    assert answer.text == max(chances, key=lambda label: chances[label])
    assert list(chances) == list(LABELS)


def test_grid_probabilities_match_a_plain_computation(
    engine: LocalEngine, base: ModelFiles, reference: Reference
) -> None:
    names = ("atelectasis", "effusion", "edema")
    form: Form = tuple(part for name in names for part in (f"{name}: ", STATUSES, "\n"))
    answer = fill(engine, base, form)
    assert parses(answer.text, form)
    before = ""
    for name, chances, line in zip(names, answer.choices, answer.text.splitlines(), strict=True):
        expected = reference.choice(prompt_tokens(reference), f"{before}{name}: ", STATUSES, "\n")
        assert sum(chances.values()) == pytest.approx(1)
        assert dict(chances) == pytest.approx(expected, abs=1e-3)
        before += f"{line}\n"


def test_string_that_begins_another_competes_with_it(
    engine: LocalEngine, base: ModelFiles, reference: Reference
) -> None:
    strings = ("BI-RADS 4", "BI-RADS 4A", "BI-RADS 4AB")
    (chances,) = fill(engine, base, (strings,)).choices
    assert dict(chances) == pytest.approx(reference.choice(prompt_tokens(reference), "", strings, None), abs=1e-3)
    assert all(0 < chance < 1 for chance in chances.values())


def test_adapter_changes_the_probabilities(engine: LocalEngine, base: ModelFiles, adapted: ModelFiles) -> None:
    form: Form = (("positive", "negative", "uncertain"),)
    reference = Reference(adapted.weights, adapted.adapter)
    expected = reference.choice(prompt_tokens(reference), "", form[0], None)
    reference.close()
    (tuned,) = fill(engine, adapted, form).choices
    (plain,) = fill(engine, base, form).choices
    assert dict(tuned) == pytest.approx(expected, abs=1e-3)
    assert dict(plain) != pytest.approx(expected, abs=1e-2)


def test_answer_is_spelled_as_training_spells_it(engine: LocalEngine, base: ModelFiles, reference: Reference) -> None:
    form: Form = ("effusion: ", STATUSES, "\nTI: ", STATUSES, " and the end")
    answer = fill(engine, base, form)
    assert answer.stats.completion_tokens == len(reference.tokens(answer.text))


def test_forced_text_streams_with_the_rest(engine: LocalEngine, base: ModelFiles) -> None:
    form: Form = ("🫁 lungs: ", ("clear ✓", "not clear ✗"), ".")
    events = list(engine.generate(Request(base, chat("Report"), form=form)))
    assert isinstance(events[-1], Done)
    text = "".join(event.text for event in events if isinstance(event, Token))
    assert text == events[-1].text
    assert parses(text, form)
    assert "�" not in text


def test_same_question_twice_gives_the_same_probabilities(engine: LocalEngine, base: ModelFiles) -> None:
    first = fill(engine, base, (LABELS,), "Twice.")
    fill(engine, base, ("n: ", STATUSES), "Between.")
    second = fill(engine, base, (LABELS,), "Twice.")
    assert dict(first.choices[0]) == pytest.approx(dict(second.choices[0]), abs=1e-3)


def test_free_answer_after_a_closed_one_is_unharmed(engine: LocalEngine, base: ModelFiles) -> None:
    def free() -> str:
        *_, last = engine.generate(Request(base, chat("Report: effusion."), max_tokens=15))
        assert isinstance(last, Done)
        return last.text

    before = free()
    fill(engine, base, (LABELS,))
    assert free() == before


def test_choice_of_one_string_is_certain(engine: LocalEngine, base: ModelFiles) -> None:
    answer = fill(engine, base, (("only",), ": ", STATUSES, ", ", ("so",)))
    assert answer.text.startswith("only: ")
    assert answer.text.endswith(", so")
    assert answer.choices[0] == {"only": 1.0}
    assert answer.choices[2] == {"so": 1.0}
    assert set(answer.choices[1]) == set(STATUSES)


@pytest.mark.parametrize("form", [((),), (("a", "a"),), (("a", "b"), ("c", "d")), (("a", "b"), "", ("c", "d"))])
def test_form_without_a_meaning_is_refused(engine: LocalEngine, base: ModelFiles, form: Form) -> None:
    *_, last = engine.generate(Request(base, chat("Report"), form=form))
    assert isinstance(last, Failed)
    assert last.kind == "request"


words = st.text(alphabet="ab 4:\nRADSé🫁", min_size=1, max_size=6)
forms = st.lists(st.tuples(words, st.lists(words, min_size=2, max_size=4, unique=True)), min_size=1, max_size=3)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=forms, tail=words)
def test_any_form_is_filled_as_asked(
    engine: LocalEngine, base: ModelFiles, parts: list[tuple[str, list[str]]], tail: str
) -> None:
    form: Form = (*(element for literal, choice in parts for element in (literal, tuple(choice))), tail)
    answer = fill(engine, base, form)
    assert parses(answer.text, form)
    for chances, (_, choice) in zip(answer.choices, parts, strict=True):
        assert set(chances) == set(choice)
        assert sum(chances.values()) == pytest.approx(1)


def test_closed_answer_never_runs_out_of_tokens(engine: LocalEngine, base: ModelFiles) -> None:
    form: Form = (("a long answer of many tokens, longer than the limit", "another long answer of many tokens"),)
    *_, last = engine.generate(Request(base, (Text("x"),), max_tokens=1, form=form))
    assert isinstance(last, Done)
    assert parses(last.text, form)
