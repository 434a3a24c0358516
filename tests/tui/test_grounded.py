"""Answers drawn with what they rest on, and Markdown drawn as text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from radlite_tui.assistant import reading
from radlite_tui.assistant.types import Answer, Ask
from radlite_tui.engine.protocol import Done, Stats
from radlite_tui.tasks.report import Report
from radlite_tui.tui.grounded import draw_answer, left_over
from radlite_tui.tui.markdown import draw_markdown
from tests.scripted import ScriptedStore, assistant


def answered(tag: str, report: str, text: str) -> Answer:
    plan = assistant().plan(Ask(Report(report), "x", tag))
    return reading.answer(plan, ScriptedStore(), Done(text, "stop", Stats()))


def test_a_warning_stands_under_the_sentence_it_is_about() -> None:
    report = "FINDINGS: Consolidation in the left lower lobe. No pneumothorax. 8 mm nodule."
    answer = answered("impression_generation", report, "Right consolidation. A 8 mm nodule. Pneumothorax.")
    rows = draw_answer(answer, 76).plain.split("\n")
    assert rows[0] == "Right consolidation."
    assert rows[1].strip().startswith("⚠ side:")
    assert rows[2] == "A 8 mm nodule."
    assert rows[3] == "Pneumothorax."
    assert rows[4].strip().startswith("⚠ negation:")
    assert left_over(answer) == ()


def test_a_chat_answer_keeps_its_markdown_and_has_its_warning_under_what_it_is_about() -> None:
    report = "FINDINGS: Consolidation in the left lower lobe. 8 mm nodule."
    text = "## Plan\n\n**Right** consolidation:\n\n- the 8 mm nodule\n- rest\n\n|a|b|\n|-|-|\n|nodule|9 mm|\n\nEnd."
    rows = draw_answer(answered("chat", report, text), 76).plain.split("\n")
    assert rows[:2] == ["Plan", "Right consolidation:"]
    assert rows[2].strip().startswith("⚠ side:")
    assert rows[3:5] == ["• the 8 mm nodule", "• rest"]
    assert rows[8] == "nodule │ 9 mm"
    assert rows[9].strip().startswith("⚠ size:")
    assert rows[-1] == "End."
    assert sum("⚠" in row for row in rows) == 2


def test_staging_quotes_its_sentences_and_says_how_they_were_found() -> None:
    drawn = draw_answer(answered("n_staging", "Two hilar nodes, 15 mm. Clear lungs.", "N1"), 76).plain
    assert "In the report: “Two hilar nodes, 15 mm”" in drawn
    assert "not by the model" in drawn
    assert "Clear lungs" not in drawn


def test_staging_without_a_word_of_nodes_says_so() -> None:
    assert "? nothing in the report names" in draw_answer(answered("n_staging", "Clear lungs.", "N0"), 76).plain


def test_rads_names_the_descriptors_it_can_be_held_against() -> None:
    answer = answered("rads_assignment", "Irregular mass with a spiculated margin, breast.", "BI-RADS 5")
    assert "In the report: “irregular”, “spiculated”" in draw_answer(answer, 76).plain


def test_markdown_is_drawn_without_its_marks() -> None:
    drawn = draw_markdown("# Plan\n\n**CT** first:\n\n1. one\n2. two\n   - deep\n\n> said\n\n```\ncode\n```", 40).plain
    assert drawn.split("\n") == [
        "Plan", "CT first:", "1. one", "2. two", "   • deep", "", "│ said", "", "│ code",
    ]  # fmt: skip


TABLE = """\
| Finding | Size |
|---|--:|
| Mass with a **spiculated** margin | 18 mm |
| Cyst | 4 mm |
"""


def test_a_table_has_columns_as_wide_as_there_is_room() -> None:
    assert draw_markdown(TABLE, 60).plain.split("\n") == [
        "Finding                       │  Size",
        "──────────────────────────────┼──────",
        "Mass with a spiculated margin │ 18 mm",
        "Cyst                          │  4 mm",
    ]
    assert draw_markdown(TABLE, 26).plain.split("\n") == [
        "Finding            │  Size",
        "───────────────────┼──────",
        "Mass with a        │ 18 mm",
        "spiculated margin  │      ",
        "Cyst               │  4 mm",
    ]


def test_a_table_without_room_for_its_columns_stands_row_by_row() -> None:
    drawn = draw_markdown("|a|b|c|\n|-|-|-|\n|first long|second long|third long|\n|x|y|z|", 16).plain
    assert drawn.split("\n") == ["a: first long", "b: second long", "c: third long", "", "a: x", "b: y", "c: z"]


def test_every_line_keeps_to_its_place_under_what_it_belongs_to() -> None:
    text = "A paragraph:\n- an item of some words\n  1. and one below it\n\n> a quote of words\n\n```\n  " + "x" * 30
    assert draw_markdown(text, 20).plain.split("\n") == [
        "A paragraph:",
        "• an item of some",
        "  words",
        "  1. and one below",
        "     it",
        "",
        "│ a quote of words",
        "",
        "│   " + "x" * 16,
        "│ " + "x" * 14,
    ]


def test_links_are_text_and_html_is_text() -> None:
    drawn = draw_markdown("[here](http://example.org) <b>bold</b> ![scan](x.png)", 60)
    assert "http" not in drawn.plain
    assert "<b>bold</b>" in drawn.plain
    assert "scan" in drawn.plain


@given(st.text(alphabet="ab *_`#>-1.\n[]()|", max_size=60))
def test_half_an_answer_is_drawn_at_any_place(text: str) -> None:
    drawn = draw_markdown(text, 20).plain
    assert all(letter in drawn for letter in set(text) & {"a"} if f"({letter}" not in text and "]:" not in text)
