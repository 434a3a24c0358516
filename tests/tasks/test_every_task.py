"""What holds for every task alike: its fields, its examples and its round trip."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError

import pytest

from radlite_tui import tasks
from radlite_tui.errors import BadInput, ParseError
from radlite_tui.tasks import CHAT, TAGS, Example, Report, Task

ALL = (*TAGS, CHAT)
EXAMPLES = [
    pytest.param(tasks.get(tag), example, id=f"{tag}-{kind}{number}")
    for tag in ALL
    for kind in ("examples", "demonstrations")
    for number, example in enumerate(getattr(tasks.get(tag), kind))
]
MAX_TOKENS = {
    "rads_assignment": 30,
    "impression_generation": 256,
    "temporal_comparison": 256,
    "radiology_nli": 10,
    "radiology_ner": 256,
    "abnormality_detection": 256,
    "n_staging": 64,
    "m_staging": 10,
    "radiology_qa": 256,
    "chat": 256,
}
METRICS = {"accuracy", "rouge_l", "jaccard", "per_label_accuracy"}


@pytest.mark.parametrize("tag", ALL)
def test_a_task_says_what_it_is(tag: str) -> None:
    task = tasks.get(tag)
    assert task.tag == tag
    assert task.title
    assert len(task.title) <= 14
    assert task.help
    assert "\n" not in task.help
    assert len(task.help) <= 76
    assert 5 <= len(task.instruction.split()) <= 20
    assert "\n" not in task.instruction
    assert task.answer_format
    assert "\n" not in task.answer_format
    assert task.metric in METRICS
    assert task.max_tokens == MAX_TOKENS[tag]
    assert task.uses_words == bool(task.words_heading)
    assert len(task.examples) >= 3
    assert len(task.demonstrations) >= 1


def test_an_unknown_task_is_named_together_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"'n_stage'.*n_staging.*chat"):
        tasks.get("n_stage")


def test_the_comparison_alone_needs_a_prior_report() -> None:
    assert [tag for tag in ALL if tasks.get(tag).needs_prior] == ["temporal_comparison"]
    assert all(example.report.prior for example in tasks.get("temporal_comparison").examples)


def test_inference_questions_and_chat_alone_use_the_words() -> None:
    assert {tag for tag in ALL if tasks.get(tag).uses_words} == {"radiology_nli", "radiology_qa", "chat"}


@pytest.mark.parametrize(("task", "example"), EXAMPLES)
def test_an_example_answer_is_canonical(task: Task, example: Example) -> None:
    output = task.parse(example.answer, example.report)
    assert task.render(output) == example.answer
    assert task.render(task.parse(task.render(output), example.report)) == example.answer


@pytest.mark.parametrize(("task", "example"), EXAMPLES)
def test_lenient_reads_a_canonical_answer_as_strict_does(task: Task, example: Example) -> None:
    strict = task.parse(example.answer, example.report)
    assert task.parse(example.answer, example.report, lenient=True) == strict
    wrapped = f"<think>\n\n</think>\n\n{example.answer}\n"
    assert task.parse(wrapped, example.report, lenient=True) == strict
    with pytest.raises(ParseError):
        task.parse(wrapped, example.report)


@pytest.mark.parametrize(("task", "example"), EXAMPLES)
def test_an_example_gives_words_where_the_task_uses_them(task: Task, example: Example) -> None:
    assert bool(example.words) == task.uses_words


@pytest.mark.parametrize("tag", ALL)
def test_examples_differ_from_each_other_and_from_the_demonstrations(tag: str) -> None:
    task = tasks.get(tag)
    asked = [(e.report.text, e.words) for e in (*task.examples, *task.demonstrations)]
    assert len(set(asked)) == len(asked)
    if task.labels and tag != "abnormality_detection":
        assert len({e.answer for e in task.examples}) >= 2


@pytest.mark.parametrize("tag", TAGS)
def test_example_reports_are_short_and_demonstrations_longer(tag: str) -> None:
    task = tasks.get(tag)
    assert all(len(e.report.text.split()) <= 60 for e in task.examples)
    assert all(40 <= len(e.report.text.split()) <= 140 for e in task.demonstrations)


@pytest.mark.parametrize("tag", ALL)
@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize("answer", ["", "  \n ", "<think>a thought without an end"])
def test_an_empty_answer_does_not_parse(tag: str, lenient: bool, answer: str) -> None:
    with pytest.raises(ParseError, match=r"\.$"):
        tasks.get(tag).parse(answer, Report("Lungs are clear."), lenient=lenient)


@pytest.mark.parametrize("tag", [tag for tag in TAGS if tasks.get(tag).form()])
def test_a_closed_answer_is_written_out_of_its_form(tag: str) -> None:
    task = tasks.get(tag)
    form = task.form()
    assert form is not None
    pattern = "".join(
        re.escape(part) if isinstance(part, str) else f"(?:{'|'.join(map(re.escape, part))})" for part in form
    )
    for example in task.examples:
        assert re.fullmatch(pattern, example.answer), example.answer


def test_the_closed_tasks_are_these() -> None:
    closed = {tag for tag in ALL if tasks.get(tag).form()}
    assert closed == {"rads_assignment", "abnormality_detection", "n_staging", "m_staging", "radiology_nli"}


@pytest.mark.parametrize("tag", ["n_staging", "m_staging", "radiology_nli", "rads_assignment"])
def test_probabilities_join_the_label_they_belong_to(tag: str) -> None:
    task = tasks.get(tag)
    assert task.labels
    label = task.labels[1]
    probabilities = {one: (0.5 if one == label else 0.5 / (len(task.labels) - 1)) for one in task.labels}
    weighed = task.weigh(task.parse(label, Report("")), [probabilities]).json()
    assert weighed["label"] == label
    assert weighed["probabilities"] == probabilities


def test_outputs_are_frozen() -> None:
    output = tasks.get("n_staging").parse("N1", Report(""))
    with pytest.raises(FrozenInstanceError):
        output.label = "N2"  # type: ignore[union-attr, misc]
