"""Sections of a report by their headings, and the words in it that count for a label."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radlite_tui import tasks
from radlite_tui.assistant.grounds import descriptors, lists, naming
from radlite_tui.assistant.sections import main_part, sections
from radlite_tui.tasks import rads

TEXT = """CT CHEST

Indication: cough
TECHNIQUE
Helical.
findings: 9 mm nodule.

IMPRESSION: Nodule.
"""


def test_headings_in_any_case_begin_sections() -> None:
    found = sections(TEXT)
    assert [part.name for part in found] == ["", "INDICATION", "TECHNIQUE", "FINDINGS", "IMPRESSION"]
    assert [part.name for part in found if part.main] == ["FINDINGS", "IMPRESSION"]
    assert TEXT[found[3].body : found[3].end].strip() == "9 mm nodule."


def test_headings_run_together_in_one_line_are_seen_in_capitals_only() -> None:
    assert [s.name for s in sections("FINDINGS: Clear. IMPRESSION: Normal. The impression: none.")] == [
        "FINDINGS",
        "IMPRESSION",
    ]


def test_a_word_in_a_sentence_is_no_heading() -> None:
    assert [part.name for part in sections("The findings are stable.\nHistory of asthma.")] == [""]


@given(st.lists(st.sampled_from(["FINDINGS:", "impression: ", "Technique", "\n", "The lung is clear. ", " ", "é"])))
def test_sections_join_to_the_report(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = sections(text)
    assert "".join(text[part.start : part.end] for part in found).strip() == text.strip()
    assert all(part.start <= part.body <= part.end for part in found)


def test_the_main_part_is_findings_and_impression_word_for_word() -> None:
    assert main_part(TEXT) == "findings: 9 mm nodule.\n\nIMPRESSION: Nodule."
    assert main_part("No headings here.") is None
    assert main_part("FINDINGS: Clear.") is None


def test_staging_rests_on_the_sentences_that_name_nodes() -> None:
    text = "INDICATION: nodes?\nFINDINGS: Two nodes, 15 mm. The liver is normal."
    assert [text[a:b] for a, b in naming(text, lists()["n_staging"])] == ["Two nodes, 15 mm"]


def test_descriptors_are_found_for_their_own_system() -> None:
    text = "FINDINGS: Irregular hypoechoic mass with a spiculated margin."
    words = [text[a:b] for a, b in descriptors(text, lists()["rads"]["BI-RADS"])]
    assert words == ["Irregular", "hypoechoic", "spiculated"]


@pytest.mark.parametrize("system", [system.name for system in rads.SYSTEMS])
def test_every_rads_system_has_words_that_match_its_own_example(system: str) -> None:
    examples = (*tasks.get("rads_assignment").examples, *tasks.get("rads_assignment").demonstrations)
    own = [e.report.text for e in examples if e.answer.startswith(system)]
    assert all(descriptors(text, lists()["rads"][system]) for text in own)
