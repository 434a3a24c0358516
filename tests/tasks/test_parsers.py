"""What strict and lenient parsing take and refuse, task by task."""

from __future__ import annotations

from typing import Any

import pytest

from radlite_tui import tasks
from radlite_tui.errors import ParseError
from radlite_tui.tasks import Report, rads
from radlite_tui.tasks.abnormality_detection import NAMES
from radlite_tui.tasks.abnormality_detection import output as abnormalities
from radlite_tui.tasks.rads_assignment import output as rads_output

MAMMOGRAM = Report("Mammogram: irregular mass in the left breast.")


def read(tag: str, text: str, report: Report = MAMMOGRAM, *, lenient: bool = True) -> dict[str, Any]:
    return tasks.get(tag).parse(text, report, lenient=lenient).json()


@pytest.mark.parametrize("label", rads.LABELS)
def test_every_rads_label_is_read_alone_and_in_a_sentence(label: str) -> None:
    assert read("rads_assignment", label, lenient=False)["label"] == label
    assert read("rads_assignment", f"The final assessment is {label}.")["label"] == label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("BIRADS 4b", "BI-RADS 4B"),
        ("BI-RADS category 4 lesion", "BI-RADS 4"),
        ("BI-RADS: 0", "BI-RADS 0"),
        ("**BI-RADS 3**", "BI-RADS 3"),
        ("Category 4A: low suspicion", "BI-RADS 4A"),
        ("4", "BI-RADS 4"),
        ("BI-RADS 2\n\nIt is not BI-RADS 3 because it is calcified.", "BI-RADS 2"),
        ("LR-5", "LI-RADS 5"),
        ("LI-RADS LR-M", "LI-RADS M"),
        ("LR-TR Viable", "LI-RADS TR Viable"),
        ("LI-RADS treatment response: non-viable", "LI-RADS TR Nonviable"),
        ("TR4", "TI-RADS 4"),
        ("ACR TI-RADS TR4", "TI-RADS 4"),
        ("TIRADS 4 (TR4)", "TI-RADS 4"),
        ("PI-RADS score 4/5", "PI-RADS 4"),
        ("PI-RADS v2.1 category 3", "PI-RADS 3"),
        ("vi rads 3", "VI-RADS 3"),
        ("O-RADS MRI 4", "O-RADS 4"),
        ("O-RADS US v2022: 3", "O-RADS 3"),
        ("CAD-RADS 2.0: 4A", "CAD-RADS 4A"),
        ("Lung-RADS 4BS", "Lung-RADS 4B"),
        ("NI-RADS 2a", "NI-RADS 2A"),
        ("GBRADS-5", "GB-RADS 5"),
        ("None", "No applicable RADS"),
        ("No RADS category applies.", "No applicable RADS"),
    ],
)
def test_synonyms_become_the_canonical_label_and_only_leniently(text: str, label: str) -> None:
    assert read("rads_assignment", text)["label"] == label
    with pytest.raises(ParseError):
        read("rads_assignment", text, lenient=False)


@pytest.mark.parametrize(
    "text",
    [
        "I cannot say.",
        "BI-RADS 9",
        "BI-RADS 40",
        "BI-RADS 4D",
        "Right breast BI-RADS 2, left breast BI-RADS 4",
        "5 mm mass",
    ],
)
def test_what_names_no_one_category_does_not_parse(text: str) -> None:
    for lenient in (False, True):
        with pytest.raises(ParseError):
            read("rads_assignment", text, lenient=lenient)


def test_a_bare_category_needs_a_report_that_tells_its_system() -> None:
    assert read("rads_assignment", "Category 4A", Report("Coronary CT: LAD stenosis."))["label"] == "CAD-RADS 4A"
    assert read("rads_assignment", "Category 3", Report("Assess by GB-RADS. Bladder normal."))["label"] == "GB-RADS 3"
    with pytest.raises(ParseError):
        read("rads_assignment", "Category 3", Report("Normal study."))
    with pytest.raises(ParseError):
        read("rads_assignment", "4B", Report("Thyroid nodule."))


@pytest.mark.parametrize(
    ("text", "label", "modifiers"),
    [
        ("CAD-RADS 4A/S/P2", "CAD-RADS 4A", ["S", "P2"]),
        ("CAD-RADS 3/P3/HRP/I+", "CAD-RADS 3", ["P3", "HRP", "I+"]),
        ("CAD-RADS 3/P1/I+/-/E", "CAD-RADS 3", ["P1", "I+/-", "E"]),
        ("CAD-RADS 2/N", "CAD-RADS 2", ["N"]),
        ("Lung-RADS 2/S", "Lung-RADS 2", ["S"]),
    ],
)
def test_modifiers_stand_apart_from_the_label(text: str, label: str, modifiers: list[str]) -> None:
    output = read("rads_assignment", text, lenient=False)
    assert (output["label"], output["modifiers"]) == (label, modifiers)
    assert read("rads_assignment", f"Assessment: {text}.") == output
    assert tasks.get("rads_assignment").render(rads_output(label, modifiers)) == text


def test_a_modifier_of_another_system_does_not_parse() -> None:
    for text in ("BI-RADS 4/S", "CAD-RADS 3/Q", "Lung-RADS 3/P2", "No applicable RADS/S"):
        with pytest.raises(ParseError):
            read("rads_assignment", text, lenient=False)


def test_a_rads_output_carries_system_category_and_management() -> None:
    output = read("rads_assignment", "Lung-RADS 3", lenient=False)
    assert (output["system"], output["category"]) == ("Lung-RADS", "3")
    assert output["management"] == "Low-dose CT in 6 months."
    assert read("rads_assignment", "No applicable RADS", lenient=False)["system"] == ""


@pytest.mark.parametrize(
    ("tag", "text", "label"),
    [
        ("n_staging", "Positive. N staging: N2", "N2"),
        ("n_staging", "Lymph node involvement: Positive. N staging: N3", "N3"),
        ("n_staging", "cT2aN1M0", "N1"),
        ("n_staging", "The nodal stage is 2.", "N2"),
        ("n_staging", "pN2b", "N2"),
        ("n_staging", "Negative", "N0"),
        ("n_staging", "No lymph node involvement.", "N0"),
        ("m_staging", "M stage: M1b", "M1"),
        ("m_staging", "cT3N2M1", "M1"),
        ("m_staging", "No evidence of distant metastasis.", "M0"),
        ("m_staging", "Positive", "M1"),
        ("radiology_nli", "Entailment.", "entailment"),
        ("radiology_nli", "The report contradicts the statement.", "contradiction"),
        ("radiology_nli", "Answer: neutral", "neutral"),
        ("radiology_nli", "<think>\n\n</think>\n\nneutral", "neutral"),
    ],
)
def test_looser_labels_are_read_leniently_only(tag: str, text: str, label: str) -> None:
    assert read(tag, text)["label"] == label
    with pytest.raises(ParseError):
        read(tag, text, lenient=False)


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("n_staging", "N4"),
        ("n_staging", "between N1 and N2"),
        ("n_staging", "in 2 nodes"),
        ("n_staging", "Positive"),
        ("m_staging", "5 mm"),
        ("m_staging", "M0 or M1"),
        ("radiology_nli", "yes"),
        ("radiology_nli", "not entailed"),
        ("radiology_nli", "entailment or contradiction"),
    ],
)
def test_undecided_labels_do_not_parse(tag: str, text: str) -> None:
    with pytest.raises(ParseError, match="Expected one of"):
        read(tag, text)


CHEST = Report("Heart is enlarged. No effusion.")
GRID = tasks.get("abnormality_detection").render(abnormalities({"cardiomegaly": "positive", "effusion": "negative"}))


def test_the_grid_is_always_fourteen_lines_in_one_order() -> None:
    assert len(NAMES) == 14
    assert [line[2:].partition(":")[0] for line in GRID.splitlines()] == list(NAMES)
    assert read("abnormality_detection", GRID, CHEST, lenient=False)["labels"] == {
        **dict.fromkeys((name.lower() for name in NAMES), "not_mentioned"),
        "cardiomegaly": "positive",
        "pleural effusion": "negative",
    }


def test_a_grid_with_lines_missing_or_moved_is_lenient() -> None:
    for text in (
        "- Cardiomegaly: positive\n- Pleural Effusion: negative",
        "Pleural effusion: absent\nCardiomegaly: present",
        "1. Cardiomegaly: Positive.\n2. Effusion: Negative.",
    ):
        assert read("abnormality_detection", text, CHEST) == read("abnormality_detection", GRID, CHEST)
        with pytest.raises(ParseError):
            read("abnormality_detection", text, CHEST, lenient=False)
    with pytest.raises(ParseError):
        read("abnormality_detection", "The heart is large.", CHEST)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ({}, "positive"),
        ({"Pneumothorax": "negative", "Support Devices": "positive"}, "positive"),
        ({"Edema": "uncertain"}, "not_mentioned"),
        ({"Fracture": "positive"}, "not_mentioned"),
    ],
)
def test_no_finding_holds_only_when_nothing_else_does(statuses: dict[str, str], expected: str) -> None:
    assert abnormalities(statuses).labels["no finding"] == expected


def test_the_examples_obey_the_no_finding_rule() -> None:
    task = tasks.get("abnormality_detection")
    for example in (*task.examples, *task.demonstrations):
        labels = task.parse(example.answer, example.report).json()["labels"]
        del labels["no finding"]
        assert task.render(abnormalities(labels)) == example.answer


def test_probabilities_of_the_grid_are_kept_label_by_label() -> None:
    task = tasks.get("abnormality_detection")
    choice = {"positive": 0.7, "negative": 0.1, "uncertain": 0.1, "not mentioned": 0.1}
    weighed = task.weigh(task.parse(GRID, CHEST), [choice] * 14).json()["probabilities"]
    assert list(weighed) == [name.lower() for name in NAMES]
    assert weighed["edema"] == {"positive": 0.7, "negative": 0.1, "uncertain": 0.1, "not_mentioned": 0.1}


SERIAL = Report(
    "FINDINGS: The right pleural effusion is larger, 2.5 cm. Patchy opacity at the left base is new. No pneumothorax.",
    prior="Small right pleural effusion. Left apical pneumothorax.",
)


def evidence(change: dict[str, Any]) -> str | None:
    return SERIAL.text[slice(*change["evidence"])] if change["evidence"] else None


def test_changes_rest_on_the_sentence_that_speaks_of_them() -> None:
    text = "- [Worsened] right pleural effusion\n- [New Finding] left opacity\n- [Resolved] left pneumothorax"
    changes = read("temporal_comparison", text, SERIAL, lenient=False)["changes"]
    assert [(c["status"], c["finding"]) for c in changes] == [
        ("worsened", "right pleural effusion"),
        ("new", "left opacity"),
        ("resolved", "left pneumothorax"),
    ]
    assert [evidence(c) for c in changes] == [
        "The right pleural effusion is larger, 2.5 cm.",
        "Patchy opacity at the left base is new.",
        "No pneumothorax.",
    ]


def test_a_finding_the_report_does_not_mention_has_no_evidence() -> None:
    (change,) = read("temporal_comparison", "- [New Finding] right rib fracture", SERIAL)["changes"]
    assert change["evidence"] is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- [New Finding] new (related to: opacity)", [("new", "opacity")]),
        ("- [Worsened] larger (related to: pleural effusion)", [("worsened", "pleural effusion")]),
        ("1. [no change] heart size.\nThat is all.", [("unchanged", "heart size")]),
        ("Improved: consolidation\nStable: nodule", [("improved", "consolidation"), ("unchanged", "nodule")]),
        ("No change.", []),
    ],
)
def test_looser_changes_are_read_leniently_only(text: str, expected: list[tuple[str, str]]) -> None:
    changes = read("temporal_comparison", text, SERIAL)["changes"]
    assert [(c["status"], c["finding"]) for c in changes] == expected
    with pytest.raises(ParseError):
        read("temporal_comparison", text, SERIAL, lenient=False)


def test_nothing_to_compare_is_an_answer() -> None:
    assert read("temporal_comparison", "none", SERIAL, lenient=False)["changes"] == []
    with pytest.raises(ParseError):
        read("temporal_comparison", "The effusion is larger.", SERIAL)


REPORT = Report("No effusion on the left. Small right effusion.\nThe right\nlung base shows possible atelectasis.")


def ner(text: str, *, lenient: bool = False) -> dict[str, list[tuple[str, int]]]:
    output = read("radiology_ner", text, REPORT, lenient=lenient)
    for entities in output.values():
        for entity in entities:
            assert REPORT.text[entity["start"] : entity["end"]] == entity["text"]
    return {name: [(e["text"], e["start"]) for e in entities] for name, entities in output.items()}


def test_entities_are_exact_spans_and_a_repeated_one_takes_the_next_place() -> None:
    found = ner(
        "Anatomy: left; right; right lung base\nObservation (Present): small; effusion\n"
        "Observation (Absent): effusion\nObservation (Uncertain): atelectasis"
    )
    assert found["anatomy"] == [("left", 19), ("right", 31), ("right\nlung base", 51)]
    assert found["observation_present"] == [("Small", 25), ("effusion", 37)]
    assert found["observation_absent"] == [("effusion", 3)]
    assert found["observation_uncertain"] == [("atelectasis", 82)]


def test_an_entity_that_is_not_in_the_report_is_refused_strictly_and_dropped_leniently() -> None:
    text = (
        "Anatomy: left; heart\nObservation (Present): none\nObservation (Absent): none\nObservation (Uncertain): none"
    )
    with pytest.raises(ParseError, match="'heart'"):
        ner(text)
    assert ner(text, lenient=True)["anatomy"] == [("left", 19)]


def test_part_of_a_word_is_no_entity() -> None:
    text = "Anatomy: lun\nObservation (Present): none\nObservation (Absent): none\nObservation (Uncertain): none"
    with pytest.raises(ParseError):
        ner(text)


def test_entity_lines_may_be_missing_or_loosely_headed_when_lenient() -> None:
    text = "**Anatomy:** left\n- Absent: effusion.\n\nNothing else."
    found = ner(text, lenient=True)
    assert found["anatomy"] == [("left", 19)]
    assert found["observation_absent"] == [("effusion", 3)]
    with pytest.raises(ParseError):
        ner(text)
    with pytest.raises(ParseError):
        ner("There is an effusion.", lenient=True)


def test_an_impression_does_not_repeat_its_heading() -> None:
    assert read("impression_generation", "IMPRESSION: Normal chest.")["impression"] == "Normal chest."
    with pytest.raises(ParseError):
        read("impression_generation", "IMPRESSION: Normal chest.", lenient=False)
    assert read("impression_generation", " Normal chest.\n", lenient=False)["impression"] == "Normal chest."


def test_an_answer_may_be_headed_when_lenient() -> None:
    assert read("radiology_qa", "Answer: 9 mm.")["answer"] == "9 mm."
    assert read("radiology_qa", "9 mm.", lenient=False)["answer"] == "9 mm."
