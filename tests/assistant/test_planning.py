"""What would run: tasks by choice, tag and words, models and modes, and what a plan still lacks."""

from __future__ import annotations

import pytest

from radlite_tui import tasks
from radlite_tui.assistant.types import Ask, Plan
from radlite_tui.errors import BadInput
from radlite_tui.segments import Spans
from radlite_tui.tasks import Mode, Report
from tests import scripted

REPORT = Report("Small left pleural effusion. No pneumothorax.")


def plan(words: str = "", report: Report = REPORT, **fixed: object) -> Plan:
    return scripted.assistant().plan(Ask(report, words, **fixed))  # type: ignore[arg-type]


def missing(words: str = "", report: Report = REPORT, **fixed: object) -> str:
    return scripted.assistant().missing(plan(words, report, **fixed))


def test_words_are_routed() -> None:
    made = plan("birads?")
    assert (made.routing.task, made.routing.by) == ("rads_assignment", "classifier")
    assert (made.model, made.mode) == ("radlite-nano-qwen2", Mode.FINE_TUNED)


@pytest.mark.parametrize("tag", [*tasks.TAGS, tasks.CHAT])
def test_a_chosen_task_wins_over_tag_and_words(tag: str) -> None:
    made = plan("[TASK: m_staging] birads?", task=tag)
    assert (made.routing.task, made.routing.by, made.routing.confidence) == (tag, "user", 1.0)


@pytest.mark.parametrize("tag", [*tasks.TAGS, tasks.CHAT])
def test_a_tag_wins_over_words(tag: str) -> None:
    made = plan(f"[TASK: {tag}] birads?")
    assert (made.routing.task, made.routing.by) == (tag, "tag")


def test_unknown_words_abstain_and_say_what_they_nearly_were() -> None:
    made = plan("stage it")
    assert made.routing.abstained
    assert (made.model, made.mode) == (None, None)
    assert "n_staging 46%" in scripted.assistant().missing(made)


def test_an_abstention_does_not_run() -> None:
    with pytest.raises(BadInput, match="Not sure"):
        next(scripted.assistant().run(plan("stage it")))


@pytest.mark.parametrize(
    ("fixed", "names"),
    [({"task": "radz"}, "rads_assignment"), ({"task": "n_staging", "model": "radlite-nano-qwen"}, "did you mean")],
)
def test_unknown_names_are_refused_with_the_known_ones(fixed: dict[str, str], names: str) -> None:
    with pytest.raises(BadInput, match=names):
        plan("x", **fixed)


def test_an_unknown_tag_is_refused() -> None:
    with pytest.raises(BadInput, match="nli_task"):
        plan("[TASK: nli_task] x")


def test_one_key_changes_keep_the_rest() -> None:
    assistant = scripted.assistant()
    made = plan("birads?")
    assert assistant.replan(made, mode=Mode.ZERO_SHOT).mode is Mode.ZERO_SHOT
    other = assistant.replan(assistant.replan(made, model="radlite-nano-qwen3"), task="n_staging")
    assert (other.routing.task, other.routing.by, other.model) == ("n_staging", "user", "radlite-nano-qwen3")
    assert assistant.replan(made, mode=Mode.ZERO_SHOT).routing is made.routing


@pytest.mark.parametrize(
    ("tag", "what"),
    [("radiology_nli", "hypothesis"), ("radiology_qa", "question"), ("temporal_comparison", "earlier report")],
)
def test_a_plan_says_what_it_lacks(tag: str, what: str) -> None:
    assert what in missing(task=tag)
    assert what in missing(f"[TASK: {tag}]")


@pytest.mark.parametrize("tag", [tag for tag in tasks.TAGS if tag != "radiology_qa"])
def test_a_report_is_needed(tag: str) -> None:
    assert missing("The heart is large.", Report("  \n"), task=tag)


def test_a_closed_book_question_needs_no_report() -> None:
    assert missing("what does BI-RADS 3 mean?", Report("")) == ""


def test_a_hypothesis_may_follow_the_tag() -> None:
    request = scripted.assistant().request(plan("[TASK: radiology_nli] The heart is enlarged."))
    text = "".join(getattr(segment, "text", "") for segment in request.prompt)
    assert "Statement: The heart is enlarged." in text
    assert text.count("[TASK:") == 1


def test_premise_and_hypothesis_headings_are_taken_apart() -> None:
    report = Report("Premise: The heart is normal.\nHypothesis: The heart is enlarged.")
    made = plan(report=report)
    assert (made.routing.task, made.routing.by) == ("radiology_nli", "tag")
    assert made.ask.report.text == "The heart is normal."
    assert made.ask.words == "The heart is enlarged."


def test_prior_and_current_headings_are_taken_apart() -> None:
    made = plan("what changed?", Report("PRIOR:\nSmall effusion.\n\nCURRENT:\nLarge effusion."))
    assert (made.ask.report.prior, made.ask.report.text) == ("Small effusion.", "Large effusion.")
    assert scripted.assistant().missing(made) == ""


def test_a_tagged_request_may_carry_its_report() -> None:
    made = plan("[TASK: rads_assignment] Give the category.\n\nReport:\nIrregular mass.\n\nSpiculated.", Report(""))
    assert made.ask.report.text == "Irregular mass.\n\nSpiculated."
    assert scripted.assistant().missing(made) == ""


@pytest.mark.parametrize("mode", list(Mode))
def test_closed_answers_are_decoded_over_their_form_unless_asked_otherwise(mode: Mode) -> None:
    assistant = scripted.assistant()
    assert assistant.request(plan(task="n_staging", mode=mode)).form is not None
    assert assistant.request(plan(task="n_staging", mode=mode), constrained=False).form is None
    assert assistant.request(plan(task="impression_generation", mode=mode)).form is None


@pytest.mark.parametrize("mode", list(Mode))
def test_entities_are_decoded_as_spans_of_the_report(mode: Mode) -> None:
    assistant = scripted.assistant()
    form = assistant.request(plan(task="radiology_ner", mode=mode)).form or ()
    assert {part.source for part in form if isinstance(part, Spans)} == {REPORT.text}
    assert assistant.request(plan(task="radiology_ner", mode=mode), constrained=False).form is None


@pytest.mark.parametrize("mode", list(Mode))
def test_a_free_answer_is_begun_for_an_untuned_model_alone(mode: Mode) -> None:
    assistant = scripted.assistant()
    report = Report("Large effusion.", "Small effusion.")
    made = assistant.request(plan(report=report, task="temporal_comparison", mode=mode))
    assert (made.opening is None) is mode.tuned
    assert made.pattern is not None
    free = assistant.request(plan(report=report, task="temporal_comparison", mode=mode), constrained=False)
    assert (free.opening, free.pattern) == (None, None)


@pytest.mark.parametrize("mode", list(Mode))
def test_worked_examples_are_named_as_the_constant_beginning(mode: Mode) -> None:
    request = scripted.assistant().request(plan(task="n_staging", mode=mode))
    other = scripted.assistant().request(plan(report=Report("No nodes."), task="n_staging", mode=mode))
    assert (request.constant > 0) is mode.shots
    assert request.prompt[: request.constant] == other.prompt[: request.constant]


def test_a_report_is_read_ahead_for_the_model_of_most_tasks_until_something_is_asked() -> None:
    engine = scripted.ScriptedEngine()
    assistant = scripted.assistant(engine)
    made = plan(task="n_staging", mode=Mode.FEW_SHOT)
    assert list(assistant.read_ahead(REPORT))
    assert list(assistant.read_ahead(REPORT, made))
    before, shown = engine.read_ahead
    for request, asked in ((before, plan(task="n_staging")), (shown, made)):
        whole = assistant.request(asked).prompt
        assert whole[: len(request.prompt)] == request.prompt
        assert "Report:" in getattr(request.prompt[-1], "text", "")
    assert not list(assistant.read_ahead(Report("")))


def test_limits_and_seed_reach_the_engine() -> None:
    request = scripted.assistant().request(plan(task="impression_generation", max_tokens=7, seed=3))
    assert (request.max_tokens, request.seed) == (7, 3)


def test_no_answer_tokens_at_all_is_refused() -> None:
    with pytest.raises(BadInput, match="max tokens"):
        scripted.assistant().request(plan(task="n_staging", max_tokens=0))
