"""CheXpert Plus: 187,711 chest X-ray reports in sections, with CheXbert's 14 statuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from finetune.corpus import files
from finetune.corpus.case import Case
from finetune.corpus.labels import labelled
from finetune.corpus.sections import tidy, written
from finetune.corpus.source import Expected, Library, Source
from radlite_tui.tasks.abnormality_detection import NAMES
from radlite_tui.tasks.outputs import AbnormalityOutput, ImpressionOutput

TABLE = "df_chexpert_plus_240401.csv"
LABELS = "chexbert_labels/report_fixed.json"
STUDY = re.compile(r"(patient\d+)[/_](study\d+)")
SECTIONS = {
    "section_clinical_history": "INDICATION",
    "section_history": "INDICATION",
    "section_comparison": "COMPARISON",
    "section_narrative": "NARRATIVE",
    "section_findings": "FINDINGS",
    "section_impression": "IMPRESSION",
}


def read(library: Library) -> Iterator[Case]:
    """Cases of each study, from the first of its images: the table repeats a report for every image."""
    path = library.path(SOURCE, TABLE)
    given = library.optional(SOURCE, LABELS)
    labels = dict(statuses(given)) if given else {}
    done = set()
    for row in files.table(path, ("path_to_image", "report", "split", *SECTIONS)):
        study = study_of(row["path_to_image"], path)
        if study in done:
            continue
        done.add(study)
        parts: dict[str, str] = {}
        for column, name in SECTIONS.items():
            if body := tidy(row[column]):
                parts.setdefault(name, body)
        group = f"chexpert-{study.split('/')[0]}"
        if parts.get("FINDINGS") and parts.get("IMPRESSION"):
            before = written(parts, "INDICATION", "COMPARISON", "FINDINGS")
            gold = ImpressionOutput(parts["IMPRESSION"])
            yield SOURCE.case(study, "impression_generation", before, gold, group=group, split=row["split"])
        if study in labels:
            shown = written(parts, *dict.fromkeys(SECTIONS.values())) or tidy(row["report"])
            yield SOURCE.case(study, "abnormality_detection", shown, labels[study], group=group, split=row["split"])


def statuses(path: Path) -> Iterator[tuple[str, AbnormalityOutput]]:
    """Study and its labels; all images of a study have the same report and so the same labels."""
    for row in files.json_lines(path, ("path_to_image", *NAMES)):
        try:
            found = labelled(row)
        except (TypeError, ValueError) as error:
            raise files.changed(path, f"{row['path_to_image']}: {error}, not 1, 0, -1 or null") from None
        if found is not None:
            yield study_of(row["path_to_image"], path), found


def study_of(image: str, path: Path) -> str:
    """patient00001/study1 of an image's path."""
    match = STUDY.search(image)
    if match is None:
        raise files.changed(path, f"{image} does not name a patient and a study")
    return f"{match[1]}/{match[2]}"


SOURCE = Source(
    name="chexpert_plus",
    title="CheXpert Plus",
    home="https://aimi.stanford.edu/datasets/chexpert-plus",
    licence="Stanford University Dataset Research Use Agreement",
    access="credentialed",
    files=(
        Expected(TABLE, "a row an image: paths, split, the report and its sections"),
        Expected(LABELS, "CheXbert's statuses on the whole report, a JSON line an image", needed=False),
    ),
    tasks={
        "impression_generation": "section_impression, from history, comparison and section_findings",
        "abnormality_detection": "1, 0, -1 and null of report_fixed.json",
    },
    rows={"impression_generation": 187_711, "abnormality_detection": 187_711},
    read=read,
)
