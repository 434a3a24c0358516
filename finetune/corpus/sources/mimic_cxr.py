"""MIMIC-CXR: 227,835 chest X-ray reports; impressions from their findings, and the CheXpert labeller's 14 statuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from finetune.corpus import files, mimic
from finetune.corpus.case import Case
from finetune.corpus.labels import labelled
from finetune.corpus.sections import sections, written
from finetune.corpus.source import Expected, Library, Source
from radlite_tui.tasks.abnormality_detection import NAMES
from radlite_tui.tasks.outputs import AbnormalityOutput, ImpressionOutput


def read(library: Library) -> Iterator[Case]:
    """An impression case for each report that has findings and an impression, a label case where labels are there."""
    by_study, _ = mimic.splits(library.path(SOURCE, mimic.SPLIT))
    given = library.optional(SOURCE, mimic.LABELS)
    labels = dict(statuses(given)) if given else {}
    reports = mimic.Reports.of(library.path(SOURCE, mimic.REPORTS))
    for place, text in reports.all():
        split = by_study.get(place.study, "train")
        parts = sections(text)
        if parts.get("FINDINGS") and parts.get("IMPRESSION"):
            before = written(parts, "INDICATION", "COMPARISON", "FINDINGS")
            gold = ImpressionOutput(parts["IMPRESSION"])
            yield SOURCE.case(place.study, "impression_generation", before, gold, group=place.group, split=split)
        if place.study in labels:
            shown = reports.shown(place.study)
            yield SOURCE.case(
                place.study, "abnormality_detection", shown, labels[place.study], group=place.group, split=split
            )


def statuses(path: Path) -> Iterator[tuple[str, AbnormalityOutput]]:
    """Study and its labels, for those that have any."""
    for row in files.table(path, ("subject_id", "study_id", *NAMES)):
        try:
            found = labelled(row)
        except ValueError as error:
            raise files.changed(path, f"study {row['study_id']}: {error}, not 1, 0, -1 or blank") from None
        if found is not None:
            yield row["study_id"], found


SOURCE = Source(
    name="mimic_cxr",
    title="MIMIC-CXR reports",
    home="https://physionet.org/content/mimic-cxr/ and https://physionet.org/content/mimic-cxr-jpg/",
    licence="PhysioNet Credentialed Health Data License 1.5.0",
    access="credentialed",
    files=(
        Expected(mimic.REPORTS, "the reports, files/p10/p10000032/s50414267.txt and so on"),
        Expected(mimic.SPLIT, "the owner's split, by image (of MIMIC-CXR-JPG)"),
        Expected(mimic.LABELS, "the CheXpert labeller's statuses (of MIMIC-CXR-JPG)", needed=False),
        Expected(mimic.METADATA, "date and time of each image, for the order of studies", needed=False),
    ),
    tasks={
        "impression_generation": "the IMPRESSION section, from indication, comparison and FINDINGS",
        "abnormality_detection": "1, 0, -1 and blank as positive, negative, uncertain and not mentioned",
    },
    rows={"impression_generation": 227_835, "abnormality_detection": 227_827},
    read=read,
)
