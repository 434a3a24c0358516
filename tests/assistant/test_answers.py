"""Answers as JSON of the command contract, as plain lines, and as what copying gives."""

from __future__ import annotations

import json

import pytest

from radlite_tui import tasks
from radlite_tui.assistant import answers
from radlite_tui.assistant.types import Answer, Ask
from radlite_tui.tasks import Mode, Report
from tests import scripted
from tests.contract import ANSWER_KEYS

REPORT = Report("Small left pleural effusion. No pneumothorax. Opacity in the right base may be atelectasis.", "Clear.")


def answered(tag: str, text: str | None = None, mode: Mode = Mode.FINE_TUNED, report: Report = REPORT) -> Answer:
    engine = scripted.ScriptedEngine({tag: text} if text is not None else None)
    return scripted.assistant(engine).ask(Ask(report, "Is it?", task=tag, mode=mode))


@pytest.mark.parametrize("tag", [*tasks.TAGS, tasks.CHAT])
def test_every_answer_has_the_contract_s_keys_and_survives_json(tag: str) -> None:
    found = answers.ask_json(answered(tag))
    assert set(found) >= ANSWER_KEYS
    assert json.loads(json.dumps(found)) == found
    assert set(found["stats"]) == set(answers.STATS)
    assert found["parsed"] is True
    assert found["mode"] == "fine-tuned"


def test_an_unparsed_answer_says_so_in_json() -> None:
    found = answers.ask_json(answered("radiology_ner", "who knows", Mode.ZERO_SHOT))
    assert (found["parsed"], found["output"], found["text"]) == (False, None, "who knows")
    assert found["parse_error"]


def test_a_label_is_shown_with_its_percentage_and_management() -> None:
    lines = answers.lines(answered("rads_assignment", "BI-RADS 5"))
    assert lines[0] == "BI-RADS 5  80 %"
    assert lines[-1].startswith("management: ")


def test_the_grid_has_all_labels() -> None:
    lines = answers.lines(answered("abnormality_detection"))
    assert len(lines) == 14
    assert any(line.startswith("+ pleural effusion") for line in lines)


def test_changes_have_arrows_and_evidence() -> None:
    lines = answers.lines(answered("temporal_comparison", "- [Worsened] left pleural effusion"))
    assert lines == ['↑ worsened   left pleural effusion  ("Small left pleural effusion.")']


def test_entities_have_glyphs() -> None:
    assert answers.lines(answered("radiology_ner")) == [
        "Anatomy:   ‹left pleural›; ‹right base›",
        "Present:   [Small]⊕; [effusion]⊕; [Opacity]⊕",
        "Absent:    [pneumothorax]⊖",
        "Uncertain: [atelectasis]⊘",
    ]


def test_escapes_a_model_wrote_are_shown_and_not_obeyed() -> None:
    assert answers.lines(answered("chat", "\x1b[2Jhello")) == ["␛[2Jhello"]


@pytest.mark.parametrize("tag", [*tasks.TAGS, tasks.CHAT])
def test_what_is_copied_is_plain_ascii(tag: str) -> None:
    copied = answers.copied(answered(tag))
    assert copied
    assert copied.isascii()
    assert all(c == "\n" or c.isprintable() for c in copied)


@pytest.mark.parametrize(
    ("text", "plain"), [("5 × 4 mm, ≥ 3", "5 x 4 mm, >= 3"), ("Ödem – naïve", "Odem - naive"), ("肺", "<U+80BA>")]
)
def test_signs_are_spelled_for_a_pacs(text: str, plain: str) -> None:
    assert answers.pacs(text) == plain


@pytest.mark.parametrize(
    ("share", "text"), [(1.0, "100 %"), (0.999, "> 99 %"), (0.001, "< 1 %"), (0.0, "0 %"), (0.5, "50 %")]
)
def test_a_percentage_never_claims_certainty(share: float, text: str) -> None:
    assert answers.percent(share) == text


def test_a_demonstration_model_is_named_as_one() -> None:
    notice = answers.notice(answered("m_staging"))
    assert notice.startswith("Not for clinical use.")
    assert "demonstration" in notice
