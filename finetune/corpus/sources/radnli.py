"""RadNLI: 960 pairs of sentences from MIMIC-CXR reports, labelled twice."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

from finetune.corpus import files
from finetune.corpus.case import Case
from finetune.corpus.source import Expected, Library, Source
from radlite_tui.tasks.outputs import LabelOutput
from radlite_tui.tasks.radiology_nli import TASK

FILES = {"radnli_dev_v1.jsonl": "train", "radnli_test_v1.jsonl": "test"}
"""There is no training set; the development pairs are trained on, as in the published mix of 480."""


def read(library: Library) -> Iterator[Case]:
    """A case a pair: the premise is the report, the hypothesis the statement."""
    for name, split in FILES.items():
        path = library.path(SOURCE, name)
        for number, row in enumerate(files.json_lines(path, ("sentence1", "sentence2", "gold_label")), 1):
            if row["gold_label"] not in (TASK.labels or ()):
                raise files.changed(path, f"pair {number}: the label {row['gold_label']!r} is unknown")
            yield SOURCE.case(
                f"{name.split('_')[1]}/{number}",
                "radiology_nli",
                row["sentence1"].strip(),
                LabelOutput(row["gold_label"]),
                words=row["sentence2"].strip(),
                group=pair_of(row["sentence1"], row["sentence2"]),
                split=split,
            )


def pair_of(one: str, other: str) -> str:
    """The same for a pair and for the pair swapped, since the owner labelled each both ways round."""
    both = "\n".join(sorted((one.strip(), other.strip())))
    return f"radnli-{blake2b(both.encode(), digest_size=8).hexdigest()}"


SOURCE = Source(
    name="radnli",
    title="RadNLI",
    home="https://physionet.org/content/radnli-report-inference/",
    licence="PhysioNet Credentialed Health Data License 1.5.0",
    access="credentialed",
    files=(
        Expected("radnli_dev_v1.jsonl", "480 pairs; we train on them"),
        Expected("radnli_test_v1.jsonl", "480 pairs"),
    ),
    tasks={"radiology_nli": "gold_label of sentence1 (report) and sentence2 (statement)"},
    rows={"radiology_nli": 960},
    read=read,
)
