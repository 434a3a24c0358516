"""What a task renders it reads back: render(parse(render(x))) == render(x), for outputs of every shape."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from radlite_tui import tasks
from radlite_tui.tasks import Report, rads
from radlite_tui.tasks.abnormality_detection import NAMES
from radlite_tui.tasks.outputs import (
    CERTAINTIES,
    STATUSES,
    AbnormalityOutput,
    Change,
    Entity,
    ImpressionOutput,
    LabelOutput,
    NerOutput,
    Output,
    TemporalOutput,
    TextOutput,
)
from radlite_tui.tasks.rads_assignment import output as rads_output

WORDS = ("left", "Right", "effusion", "lung", "2.5 cm", "L4/5", "opacity", "no", "base", "x-ray", "50%", "pleural")
PHRASES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
PROSE = st.lists(PHRASES, min_size=1, max_size=4).map(". ".join)
FAST = settings(max_examples=60, deadline=None)


def check(tag: str, output: Output, report: Report) -> Output:
    """Both ways of parsing give back the rendered text; returns what strict parsing read."""
    task = tasks.get(tag)
    text = task.render(output)
    read = task.parse(text, report)
    assert task.render(read) == text
    assert task.render(task.parse(text, report, lenient=True)) == text
    return read


@given(
    st.sampled_from(["n_staging", "m_staging", "radiology_nli"]).flatmap(
        lambda tag: st.tuples(st.just(tag), st.sampled_from(tasks.get(tag).labels or ()))
    )
)
@FAST
def test_labels(pair: tuple[str, str]) -> None:
    tag, label = pair
    assert check(tag, LabelOutput(label), Report("")) == LabelOutput(label)


@given(st.sampled_from(rads.LABELS), st.data())
@FAST
def test_rads_with_modifiers(label: str, data: st.DataObject) -> None:
    category = rads.find(label)
    system = rads.system(category.system) if category else None
    marks = (
        data.draw(st.lists(st.sampled_from(system.modifiers), max_size=4, unique=True))
        if system and system.modifiers
        else []
    )
    assert check("rads_assignment", rads_output(label, marks), Report("")) == rads_output(label, marks)


@given(st.lists(st.sampled_from(CERTAINTIES), min_size=14, max_size=14))
@FAST
def test_the_grid(statuses: list[str]) -> None:
    output = AbnormalityOutput({name.lower(): status for name, status in zip(NAMES, statuses, strict=True)})
    assert check("abnormality_detection", output, Report("")) == output


@given(st.lists(st.builds(Change, st.sampled_from(STATUSES), PHRASES), max_size=6), PROSE)
@FAST
def test_changes(changes: list[Change], text: str) -> None:
    read = check("temporal_comparison", TemporalOutput(tuple(changes)), Report(text))
    assert isinstance(read, TemporalOutput)
    assert [(c.status, c.finding) for c in read.changes] == [(c.status, c.finding) for c in changes]
    assert all(c.evidence is None or text[slice(*c.evidence)].strip() for c in read.changes)


@st.composite
def annotated(draw: st.DrawFn) -> tuple[NerOutput, Report]:
    """A report of words, cut into entities and gaps; every entity has one class."""
    pieces = draw(st.lists(st.tuples(st.sampled_from(WORDS), st.integers(0, 4)), min_size=1, max_size=14))
    classes: list[list[Entity]] = [[], [], [], []]
    text = ""
    for word, kind in pieces:
        text += draw(st.sampled_from([" ", "\n", ". ", ", "])) if text else ""
        if kind < 4:
            classes[kind].append(Entity(word, len(text), len(text) + len(word)))
        text += word
    return NerOutput(*(tuple(entities) for entities in classes)), Report(text)


@given(annotated())
@settings(max_examples=200, deadline=None)
def test_entities(pair: tuple[NerOutput, Report]) -> None:
    output, report = pair
    read = check("radiology_ner", output, report)
    assert isinstance(read, NerOutput)
    for field in ("anatomy", "observation_present", "observation_absent", "observation_uncertain"):
        found = getattr(read, field)
        assert len(found) == len(getattr(output, field))
        assert all(report.text[e.start : e.end] == e.text for e in found)


@given(PROSE)
@FAST
def test_free_text(text: str) -> None:
    assert check("impression_generation", ImpressionOutput(text), Report("")) == ImpressionOutput(text)
    for tag in ("radiology_qa", "chat"):
        assert check(tag, TextOutput(text), Report("")) == TextOutput(text)
