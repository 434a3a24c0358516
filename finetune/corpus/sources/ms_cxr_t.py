"""MS-CXR-T: how five findings changed between two chest X-rays, judged by a radiologist; a test set."""

from __future__ import annotations

from collections.abc import Iterator

from finetune.corpus import files, mimic
from finetune.corpus.case import Case
from finetune.corpus.source import Expected, Library, Source
from finetune.corpus.sources import mimic_cxr
from radlite_tui.tasks.outputs import Change, TemporalOutput

TABLE = "MS_CXR_T_temporal_image_classification_v1.0.0.csv"
FINDINGS = {
    "consolidation_progression": "consolidation",
    "edema_progression": "edema",
    "pleural_effusion_progression": "pleural effusion",
    "pneumonia_progression": "pneumonia",
    "pneumothorax_progression": "pneumothorax",
}
STATUSES = {"improving": "improved", "stable": "unchanged", "worsening": "worsened"}


def read(library: Library) -> Iterator[Case]:
    """A case a pair of studies: the report of the later, the report of the earlier, and the judged findings."""
    path = library.path(SOURCE, TABLE)
    reports = mimic.Reports.of(library.path(mimic_cxr.SOURCE, mimic.REPORTS))
    _, by_image = mimic.splits(library.path(mimic_cxr.SOURCE, mimic.SPLIT))
    pairs: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in files.table(path, ("previous_dicom_id", "study_id", "subject_id", *FINDINGS)):
        earlier = by_image.get(row["previous_dicom_id"])
        if earlier is None:
            raise files.changed(path, f"image {row['previous_dicom_id']} is not in {mimic.SPLIT}")
        pair = pairs.setdefault((row["subject_id"], row["study_id"], earlier), {})
        for column, finding in FINDINGS.items():
            judged = row[column].strip().lower()
            if judged and judged != "nan":
                if judged not in STATUSES:
                    raise files.changed(path, f"study {row['study_id']}: {column} is {judged!r}")
                pair[finding] = STATUSES[judged]
    for (patient, study, earlier), judgements in pairs.items():
        if judgements:
            yield SOURCE.case(
                f"{study}-{earlier}",
                "temporal_comparison",
                reports.shown(study),
                TemporalOutput(tuple(Change(status, finding) for finding, status in judgements.items())),
                prior=reports.shown(earlier),
                group=f"mimic-{patient}",
                split="test",
            )


SOURCE = Source(
    name="ms_cxr_t",
    title="MS-CXR-T",
    home="https://physionet.org/content/ms-cxr-t/",
    licence="PhysioNet Credentialed Health Data License 1.5.0",
    access="credentialed",
    files=(Expected(TABLE, "a row a pair of images: their ids and five progressions"),),
    tasks={"temporal_comparison": "improving, stable and worsening as improved, unchanged and worsened; test only"},
    rows={"temporal_comparison": 1_045},
    needs=("mimic_cxr",),
    read=read,
)
