"""Drawing and counting without an app: bars, grids, marks, the status line, the figures of a run."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radlite_tui import tasks
from radlite_tui.assistant.types import Routing
from radlite_tui.engine.protocol import Cancelled, Done, Event, Loading, Prefill, Stats, Token
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.outputs import AbnormalityOutput, Change, Entity, NerOutput, RadsOutput, TemporalOutput
from radlite_tui.tasks.report import Report
from radlite_tui.tui.choices import Choices
from radlite_tui.tui.drawing import bars, draw, entity_spans
from radlite_tui.tui.lines import percent
from radlite_tui.tui.progress import Progress
from radlite_tui.tui.widgets.status import Standing, status_text


@pytest.mark.parametrize(
    ("probability", "said"), [(1, "100 %"), (0.999, ">99 %"), (0.834, "83 %"), (0.001, "<1 %"), (0, "0 %")]
)
def test_percentages_never_round_to_certainty(probability: float, said: str) -> None:
    assert percent(probability) == said


def test_bars_show_the_three_most_probable_best_first() -> None:
    drawn = [line.plain for line in bars({"N0": 0.1, "N1": 0.2, "N2": 0.65, "N3": 0.05}, 60)]
    assert [line.split()[0] for line in drawn] == ["N2", "N1", "N0"]
    assert drawn[0].endswith("65 %")
    assert drawn[0].count("█") > drawn[1].count("█") > drawn[2].count("█")


def test_a_rads_answer_names_the_edition_its_management_comes_from() -> None:
    output = RadsOutput("BI-RADS 5", "BI-RADS", "5", (), "Tissue diagnosis.")
    drawn = draw(output, Report("x"), 70).plain
    assert " BI-RADS 5 " in drawn
    assert "Tissue diagnosis." in drawn
    assert "5th edition" in drawn


def test_modifiers_are_drawn() -> None:
    output = RadsOutput("CAD-RADS 4A", "CAD-RADS", "4A", ("N", "S"), "x")
    assert "modifiers: N, S" in draw(output, Report("x"), 70).plain


def test_each_state_of_the_grid_has_its_own_glyph() -> None:
    output = AbnormalityOutput(
        {"edema": "positive", "pneumonia": "negative", "fracture": "uncertain", "no finding": "not_mentioned"}
    )
    drawn = draw(output, Report("x"), 40).plain
    for said in ("+ edema", "- pneumonia", "? fracture", "· no finding"):
        assert said in drawn


def test_changes_have_arrow_word_and_evidence() -> None:
    report = Report("The effusion is larger. The tube is out.")
    output = TemporalOutput((Change("worsened", "effusion", (0, 23)), Change("resolved", "tube", None)))
    drawn = draw(output, report, 70).plain
    assert "↑ worsened  effusion" in drawn
    assert "“The effusion is larger.”" in drawn
    assert "✓ resolved  tube" in drawn


def test_entities_are_marked_where_they_stand() -> None:
    text = "No effusion in the left lung."
    output = NerOutput(
        anatomy=(Entity("left lung", 19, 28), Entity("lung", 24, 28)), observation_absent=(Entity("effusion", 3, 11),)
    )
    assert "No [effusion]⊖ in the ‹left lung›." in draw(output, Report(text), 70).plain
    assert "left lung; lung" in draw(output, Report(text), 70).plain


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10)), max_size=12))
def test_marked_spans_never_overlap(places: list[tuple[int, int]]) -> None:
    entities = tuple(Entity("x" * size, start, start + size) for start, size in places)
    spans = entity_spans(NerOutput(anatomy=entities[::2], observation_present=entities[1::2]))
    assert all(first[1] <= second[0] for first, second in pairwise(spans))


@pytest.mark.parametrize("tag", tasks.TAGS)
@pytest.mark.parametrize("width", [20, 38, 76, 160])
def test_every_example_draws_at_every_width(tag: str, width: int) -> None:
    task = tasks.get(tag)
    for example in (*task.demonstrations, *task.examples):
        assert draw(task.parse(example.answer, example.report), example.report, width).plain


def test_the_status_line_keeps_its_numbers_in_80_columns() -> None:
    standing = Standing("reading", "RADS", "radlite-nano-qwen2", "fine-tuned")
    progress = Progress("reading", 640, 1930, prefill_tok_s=3120, tokens=214, decode_tok_s=7.8, context=4096)
    text = status_text(standing, progress, 80)
    assert len(text) <= 80
    for said in ("prefill 640/1930", "7.8 tok/s", "214 tok", "ctx 52%", "SAVING OFF", "RADS"):
        assert said in text
    wide = status_text(standing, progress, 140)
    assert wide == (
        "reading │ RADS · radlite-nano-qwen2 · fine-tuned │ prefill 640/1930 3120/s │ 7.8 tok/s │ 214 tok │ ctx 52% │ "
        "SAVING OFF"
    )


@pytest.mark.parametrize("width", range(36, 140, 7))
def test_the_status_line_always_says_whether_it_saves(width: int) -> None:
    progress = Progress("writing", 1930, 1930, tokens=214, decode_tok_s=7.8, context=4096)
    standing = Standing("writing", "Abnormalities", "radlite-nano-qwen3", "fine-tuned+few-shot")
    assert status_text(standing, progress, width).endswith("SAVING OFF")


def test_stopped_and_failed_are_said_even_in_a_narrow_line() -> None:
    progress = Progress("stopped", 100, 100, tokens=20, decode_tok_s=7.8, context=2048)
    assert status_text(Standing("stopped", "Impression", "radlite-nano-qwen2", "zero-shot"), progress, 60).startswith(
        "stopped"
    )


def test_progress_counts_what_it_is_told_and_measures_the_rest() -> None:
    progress = Progress(context=1000)
    events: list[tuple[Event, float]] = [
        (Loading("base.gguf"), 0.0),
        (Prefill(100, 400, 100), 1.0),
        (Prefill(400, 400, 100), 2.0),
        (Token("a ", 2), 3.0),
        (Token("b", 1), 4.0),
    ]
    for event, now in events:
        progress = progress.feed(event, now)
    assert progress.prefill_tok_s == 300
    assert progress.decode_tok_s == 2
    assert (progress.tokens, progress.text, progress.cached) == (3, "a b", 100)
    assert progress.context_share == 0.403


def test_the_engines_own_figures_stand_before_ours() -> None:
    progress = Progress().feed(Token("a"), 1.0).feed(Token("b"), 2.0)
    done = Done("ab", "stop", Stats(prompt_tokens=9, completion_tokens=2, decode_tok_s=7.5, context=2048))
    progress = progress.feed(done, 3.0)
    assert (progress.decode_tok_s, progress.prompt_done, progress.context) == (7.5, 9, 2048)
    assert progress.state == "done"


def test_a_cancelled_run_keeps_its_text() -> None:
    progress = Progress().feed(Token("some "), 1.0).feed(Cancelled("some ", Stats()), 2.0)
    assert (progress.state, progress.text) == ("stopped", "some ")


def test_the_task_key_goes_through_likely_tasks_and_round_again() -> None:
    routed = Routing("n_staging", 0.6, "classifier", (("m_staging", 0.3),), "")
    choices, seen = Choices(), ["n_staging"]
    for _ in range(10):
        choices = choices.next_task(routed, seen[-1])
        seen.append(choices.task or "n_staging")
    assert seen[1] == "m_staging"
    assert set(seen) == {*tasks.TAGS, tasks.CHAT}
    assert seen[-1] == "n_staging"
    assert choices.task is None


def test_the_mode_key_goes_round_all_modes() -> None:
    choices, seen = Choices(), []
    for _ in Mode:
        choices = choices.next_mode(choices.mode)
        seen.append(choices.mode)
    assert set(seen) == set(Mode)
