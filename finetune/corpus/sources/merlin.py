"""Merlin: 25,494 abdominal CT reports; distant metastasis as stated, and impressions where they are in the sheet."""

from __future__ import annotations

from collections.abc import Iterator

from finetune.corpus import files
from finetune.corpus.case import Case
from finetune.corpus.sections import sections, tidy, written
from finetune.corpus.source import Expected, Library, Source
from radlite_tui.tasks.outputs import ImpressionOutput, LabelOutput

SHEET = "reports_final*.xlsx"
LABELS = "zero_shot_findings_disease_cls.csv"
METASTASIS = {"1": "M1", "0": "M0"}
"""1: metastatic disease is mentioned, 0: it is denied. -1, not mentioned, says nothing about the stage."""


def read(library: Library) -> Iterator[Case]:
    """Cases of each study. A study is its own group: the sheet names no patient."""
    sheet = library.path(SOURCE, SHEET)
    given = library.optional(SOURCE, LABELS)
    stages = {}
    if given:
        for row in files.table(given, ("study id", "metastatic_disease")):
            stages[row["study id"]] = METASTASIS.get(row["metastatic_disease"].strip().removesuffix(".0"))
    for cells in files.sheet(sheet, ("study id", "Findings", "Split")):
        study, split = cells["study id"], cells["Split"]
        parts = sections(cells["Findings"].replace("IMPRESSION:", "\nIMPRESSION:"))
        impression = parts.pop("IMPRESSION", "")
        before = parts.pop("", "")
        findings = written({"FINDINGS": before, **parts}, "FINDINGS", *parts) if before else written(parts, *parts)
        group = f"merlin-{study}"
        if impression and findings:
            gold = ImpressionOutput(impression)
            yield SOURCE.case(study, "impression_generation", findings, gold, group=group, split=split)
        if stage := stages.get(study):
            text = tidy(cells["Findings"])
            yield SOURCE.case(study, "m_staging", text, LabelOutput(stage), group=group, split=split)


SOURCE = Source(
    name="merlin",
    title="Merlin Abdominal CT",
    home="https://github.com/StanfordMIMI/Merlin/blob/main/documentation/download.md",
    licence="Stanford University Dataset Research Use Agreement",
    access="credentialed",
    files=(
        Expected(SHEET, "study id, Findings, Split and Few Shot"),
        Expected(LABELS, "30 findings of each study: 1 stated, 0 denied, -1 not mentioned", needed=False),
    ),
    tasks={
        "m_staging": "metastatic_disease stated as M1, denied as M0",
        "impression_generation": "the text after IMPRESSION: in Findings, where it is there",
    },
    rows={"m_staging": 25_494, "impression_generation": 25_494},
    read=read,
)
