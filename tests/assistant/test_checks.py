"""Warnings on answers that disagree with their report, and silence on answers that agree."""

from __future__ import annotations

import pytest

from radlite_tui import tasks
from radlite_tui.assistant.checks import warnings
from radlite_tui.assistant.types import Warning
from radlite_tui.tasks import Report
from radlite_tui.tasks.outputs import Change, ImpressionOutput, LabelOutput, TemporalOutput, TextOutput


def found(report: str, impression: str) -> tuple[Warning, ...]:
    return warnings(Report(report), ImpressionOutput(impression))


DISAGREEING = [
    ("Small right pleural effusion. Heart normal.", "Small left pleural effusion.", "laterality", "right"),
    ("FINDINGS: 4 mm stone in the left ureter.", "Right ureteric stone, 4 mm.", "laterality", "left"),
    ("Mass of 18 x 12 mm in the left breast.", "Left breast mass of 81 mm.", "measurement", "18 x 12 mm"),
    ("Nodule in the right lung of 0.6 cm.", "Right lung nodule of 9 mm.", "measurement", "0.6 cm"),
    ("No pneumothorax. Lungs clear.", "Apical pneumothorax.", "negation", "pneumothorax"),
    ("The lungs are clear without effusion.", "Pleural effusion.", "negation", "effusion"),
    ("No consolidation, effusion or pneumothorax.", "Consolidation on the right.", "negation", "consolidation"),
    ("Displaced fracture of the hip.", "No fracture.", "negation", "fracture"),
    ("Disc protrusion at L4-L5.", "Disc protrusion at L2-L3.", "level", "L4-L5"),
    ("Compression fracture of T12.", "Compression fracture of T7.", "level", "T12"),
]


@pytest.mark.parametrize(("report", "impression", "kind", "where"), DISAGREEING)
def test_a_disagreement_is_warned_of_with_its_place(report: str, impression: str, kind: str, where: str) -> None:
    (warning,) = found(report, impression)
    assert warning.kind == kind
    assert warning.span is not None
    assert report[slice(*warning.span)] == where


def test_a_lobe_that_is_nowhere_in_the_report_is_warned_of() -> None:
    (warning,) = found("Opacity in the left lower lobe.", "Left upper lobe opacity.")
    assert warning.kind == "level"


def test_a_size_out_of_nowhere_is_warned_of() -> None:
    (warning,) = found("There is a nodule in the lingula.", "Nodule of 7 mm in the lingula.")
    assert (warning.kind, warning.span) == ("measurement", None)


AGREEING = [
    ("Small right pleural effusion.", "Small right pleural effusion."),
    ("Bilateral pleural effusions.", "Left pleural effusion, and right pleural effusion."),
    ("Small effusion on the right, larger than on the left.", "Left effusion."),
    ("Mass in the left breast, 18 mm.", "Left breast mass of 1.8 cm."),
    ("Cyst of 21 mm in the left kidney.", "Left renal cyst, 2.1 cm. About 2 cm."),
    ("Aneurysm of 4.04 cm.", "Aneurysm of 4.0 cm."),
    ("Nodule of 4 mm.", "Small nodule. Follow up if larger than 6 mm."),
    ("No pneumothorax. Small effusion.", "Small effusion without pneumothorax."),
    ("No evidence of\npneumothorax or effusion.", "No pneumothorax. No effusion."),
    ("INDICATION: Rule out pneumothorax.\n\nFINDINGS: Lungs are clear.", "No pneumothorax."),
    ("Possible small effusion.", "No large effusion."),
    ("No large effusion.", "Small effusion."),
    ("No hepatic cyst. Simple cyst of the left kidney.", "Left renal cyst."),
    ("Without pneumothorax, small effusion persists.", "Small effusion."),
    ("No change in the right effusion.", "Right effusion is unchanged."),
    ("The effusion has resolved.", "No effusion."),
    ("T2 hyperintense lesion. Protrusion at L5-S1.", "T1 dark lesion. Protrusion at L5-S1."),
    ("Fusion from L2 to L5.", "Fusion including L3."),
    ("RUL mass. Nodule in the lingula.", "Right upper lobe mass and left upper lobe nodule."),
    ("Opacities in the right middle and lower lobes.", "Right lower lobe opacity."),
    ("No pericardial effusion. Small left effusion.", "Small left pleural effusion."),
    ("No mass effect.", "A mass cannot be excluded."),
    ("Lungs are clear.", "No acute cardiopulmonary abnormality."),
]


@pytest.mark.parametrize(("report", "impression"), AGREEING)
def test_agreement_is_silent(report: str, impression: str) -> None:
    assert found(report, impression) == ()


@pytest.mark.parametrize("tag", [*tasks.TAGS, tasks.CHAT])
def test_the_worked_examples_raise_no_warning(tag: str) -> None:
    task = tasks.get(tag)
    for example in (*task.examples, *task.demonstrations):
        assert warnings(example.report, task.parse(example.answer, example.report)) == ()


def test_a_question_without_a_report_is_not_checked() -> None:
    assert warnings(Report(""), TextOutput("A nodule under 6 mm needs no follow-up. No pneumothorax.")) == ()


def test_labels_are_not_checked() -> None:
    assert warnings(Report("No pneumothorax."), LabelOutput("contradiction")) == ()


def test_a_change_the_report_denies_is_warned_of() -> None:
    report = Report("No pneumothorax.", prior="Small left pneumothorax.")
    (warning,) = warnings(report, TemporalOutput((Change("worsened", "pneumothorax"),)))
    assert warning.kind == "negation"
    assert warnings(report, TemporalOutput((Change("resolved", "left pneumothorax"),))) == ()


def test_what_is_called_resolved_but_persists_is_warned_of() -> None:
    report = Report("The left effusion persists.", prior="Left effusion.")
    (warning,) = warnings(report, TemporalOutput((Change("resolved", "left effusion"),)))
    assert warning.kind == "negation"


def test_a_span_never_points_into_the_prior() -> None:
    report = Report("Clear lungs.", prior="Right effusion.")
    (warning,) = warnings(report, TemporalOutput((Change("resolved", "left effusion"),)))
    assert (warning.kind, warning.span) == ("laterality", None)
