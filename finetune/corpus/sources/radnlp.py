"""RadNLP 2024 (NTCIR-18): lung cancer CT reports, made without patients, with T, N and M."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from finetune.corpus import files
from finetune.corpus.case import Case
from finetune.corpus.source import Expected, Library, Source
from radlite_tui.tasks import m_staging, n_staging
from radlite_tui.tasks.outputs import LabelOutput

REPORTS = "radnlp_2024*/en/main_task/{split}/*.txt"
LABELS = "radnlp_2024*/??/main_task/{split}/label.csv"
SPLITS = ("train", "val", "test")


def read(library: Library) -> Iterator[Case]:
    """An N and an M case for each English report; sub-stages such as M1b count as their stage."""
    for split in SPLITS:
        find = library.optional if split == "test" else library.path
        labels, first = (find(SOURCE, pattern.format(split=split)) for pattern in (LABELS, REPORTS))
        if labels is None or first is None:
            continue
        for row in files.table(labels, ("id", "n", "m")):
            number = row["id"].strip()
            path = first.with_name(f"{number}.txt")
            if not path.is_file():
                raise files.changed(labels, f"report {number} has no file {path}")
            text, group = files.text(path).strip(), f"radnlp-{number}"
            for task, column, known in (
                ("n_staging", "n", n_staging.TASK.labels or ()),
                ("m_staging", "m", m_staging.TASK.labels or ()),
            ):
                stage = _stage(row[column], known, labels, number)
                yield SOURCE.case(number, task, text, LabelOutput(stage), group=group, split=split)


def _stage(written: str, known: tuple[str, ...], path: Path, number: str) -> str:
    """M1b is M1: a letter and its digit."""
    stage = written.strip().upper()[:2]
    if stage not in known:
        raise files.changed(path, f"report {number}: the stage {written!r} is none of {', '.join(known)}")
    return stage


SOURCE = Source(
    name="radnlp",
    title="RadNLP 2024 (NTCIR-18)",
    home="https://sociocom.naist.jp/radnlp-2024/",
    licence="the task's data use agreement (research only)",
    access="on request",
    files=tuple(
        Expected(pattern.format(split=split), holds, needed=split != "test")
        for split in SPLITS
        for pattern, holds in (
            (REPORTS, f"the English reports of {split}, one a file named by its number"),
            (LABELS, f"id, t, n and m of {split}; the stages are the same in both languages"),
        )
    ),
    tasks={"n_staging": "n, N0 to N3", "m_staging": "m, M1a to M1c as M1"},
    rows={"n_staging": 243, "m_staging": 243},
    read=read,
)
