"""MIMIC-CXR's reports, which several data sets point to: by patient and study, and in the order they were made.

Reads `mimic-cxr-reports.zip` as handed out, without unpacking it. May import `files` and `source`.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from finetune.corpus import files
from finetune.corpus.sections import sections, written

REPORTS = "mimic-cxr-reports.zip"
SPLIT = "mimic-cxr-2.0.0-split.csv.gz"
METADATA = "mimic-cxr-2.0.0-metadata.csv.gz"
LABELS = "mimic-cxr-2.0.0-chexpert.csv.gz"
KEY = re.compile(r"p(\d{8})/s(\d{8})\.txt$")
SHOWN = ("INDICATION", "COMPARISON", "FINDINGS", "IMPRESSION")
"""Sections that make the report of a task; technique and addresses say nothing about the patient."""


@dataclass(frozen=True)
class Study:
    """A report's place. patient, study: MIMIC's eight digits; group: the same name in every data set built on MIMIC."""

    patient: str
    study: str

    @property
    def group(self) -> str:
        return f"mimic-{self.patient}"


def study_of(key: str) -> Study | None:
    """Patient and study of a path such as p10/p10000032/s50414267.txt; None for another one."""
    match = KEY.search(key)
    return Study(match[1], match[2]) if match else None


@dataclass
class Reports:
    """The zip, open, with where each study's report lies in it."""

    path: Path
    archive: zipfile.ZipFile
    names: dict[str, tuple[str, Study]] = field(default_factory=dict)

    @staticmethod
    def of(path: Path) -> Reports:
        """Open the zip and list it. Raises BadInput when it is no zip or holds no report."""
        with files.reading(path):
            opened = Reports(path, zipfile.ZipFile(path))
            for name in sorted(opened.archive.namelist()):
                if study := study_of(name):
                    opened.names[study.study] = (name, study)
        if not opened.names:
            raise files.changed(path, "it holds no file such as files/p10/p10000032/s50414267.txt")
        return opened

    def all(self) -> Iterator[tuple[Study, str]]:
        """Every study and its report, in the order of the names."""
        for study, (_, place) in self.names.items():
            yield place, self.text(study)

    def text(self, study: str) -> str:
        """The report of a study; the empty text when the zip has none."""
        if study not in self.names:
            return ""
        with files.reading(self.path):
            return self.archive.read(self.names[study][0]).decode("utf-8", errors="replace")

    def shown(self, study: str) -> str:
        """The report as a task sees it: its headed sections without technique, or all of it where it has none."""
        parts = sections(self.text(study))
        body = written(parts, *SHOWN)
        return body if "FINDINGS" in parts or "IMPRESSION" in parts else "\n\n".join(parts.values())


def splits(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The owner's split of each study, and the study of each image."""
    by_study, by_image = {}, {}
    for row in files.table(path, ("dicom_id", "study_id", "split")):
        by_study[row["study_id"]] = row["split"]
        by_image[row["dicom_id"]] = row["study_id"]
    return by_study, by_image


def priors(path: Path) -> dict[str, str]:
    """Each study's preceding study of the same patient, by date and time."""
    seen: dict[str, set[tuple[str, float, str]]] = {}
    for row in files.table(path, ("subject_id", "study_id", "StudyDate", "StudyTime")):
        try:
            when = (row["StudyDate"], float(row["StudyTime"]), row["study_id"])
        except ValueError:
            raise files.changed(path, f"StudyTime of study {row['study_id']} is {row['StudyTime']!r}") from None
        seen.setdefault(row["subject_id"], set()).add(when)
    before: dict[str, str] = {}
    for studies in seen.values():
        order = [study for _, _, study in sorted(studies)]
        order = list(dict.fromkeys(order))
        before.update(zip(order[1:], order, strict=False))
    return before
