"""The synthetic report corpus: cases for every task, and plain report text, all deterministic by seed.

Each generator is a module with `generate(rng, split) -> list[Case]`: the cases of one synthetic patient. It draws a
scene, computes the gold from the scene, and writes the text from the same scene. This package numbers the cases, sets
their group and split, and keeps texts apart: a report text belongs to exactly one split, by its hash, so no report
(and no closed-book question) is in two splits, whichever builds are run and in whatever order.

Public data sets are read by `source`, `sources` and `assemble`, into the same cases (docs/data); a build of the
synthetic corpus reads none of them. May import `radlite_tui.tasks`; must never import torch.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b
from importlib import import_module
from itertools import count
from types import ModuleType

from finetune.corpus.case import Case, Split
from finetune.corpus.jsonl import read, write
from radlite_tui.errors import BadInput

__all__ = ["GENERATORS", "TASKS", "Case", "Split", "build", "read", "reports", "split_of", "write"]

GENERATORS: dict[str, str] = {
    "rads": "finetune.corpus.rads",
    "chest": "finetune.corpus.chest",
    "temporal": "finetune.corpus.temporal",
    "nli": "finetune.corpus.nli",
    "staging": "finetune.corpus.staging",
    "qa": "finetune.corpus.qa",
    "studies": "finetune.corpus.studies",
}
"""Generator name -> module. Add a line here and one in `TASKS`; nothing else knows the generators."""

TASKS: dict[str, tuple[str, ...]] = {
    "rads": ("rads_assignment",),
    "chest": ("abnormality_detection", "impression_generation", "radiology_ner"),
    "temporal": ("temporal_comparison",),
    "nli": ("radiology_nli",),
    "staging": ("n_staging", "m_staging"),
    "qa": ("radiology_qa",),
    "studies": (
        "impression_generation",
        "radiology_ner",
        "temporal_comparison",
        "radiology_nli",
        "radiology_qa",
    ),
}
"""Generator name -> the tasks it gives cases for."""

BUCKETS: tuple[Split, ...] = ("train", "train", "train", "validation", "test")
"""A text's hash picks one of these."""

BARREN = 3000
"""Patients in a row without a usable case after which a generator counts as exhausted."""


def build(counts: Mapping[str, int], split: Split, seed: int) -> Iterator[Case]:
    """`counts[task]` cases of each task, interleaved. The same arguments give the same cases.

    Within validation and test no (task, report, prior, words) comes twice. Raises BadInput for an unknown task, and
    when the generators cannot give that many different cases.
    """
    for task in counts:
        if not any(task in tasks for tasks in TASKS.values()):
            raise BadInput(f"No generator gives cases for task {task!r}; known are {sorted(_known())}.")
    left = dict(counts)
    seen: set[bytes] = set()
    sources = {name: _patients(name, split, seed) for name in GENERATORS}
    barren = dict.fromkeys(GENERATORS, 0)
    while any(n > 0 for n in left.values()):
        for name, patients in sources.items():
            if not any(left.get(task, 0) > 0 for task in TASKS[name]):
                continue
            used = 0
            for case in next(patients):
                key = _digest("\0".join((case.task, case.report.text, case.report.prior or "", case.words)))
                if left.get(case.task, 0) <= 0 or (split != "train" and key in seen):
                    continue
                seen.add(key)
                left[case.task] -= 1
                used += 1
                yield case
            barren[name] = 0 if used else barren[name] + 1
            if barren[name] > BARREN:
                wanted = {task: left[task] for task in TASKS[name] if left.get(task, 0) > 0}
                raise BadInput(f"Generator {name!r} has no more different {split} cases; still wanted: {wanted}.")


def reports(split: Split, seed: int) -> Iterator[str]:
    """Report texts without end for base pre-training, one generator after another. A text may come more than once."""
    sources = [_patients(name, split, seed + 1_000_003) for name in GENERATORS]
    while True:
        for patients in sources:
            yield from dict.fromkeys(t for case in next(patients) for t in (case.report.text, case.report.prior) if t)


def split_of(case: Case) -> Split:
    """The split a case's report text (its words, where there is no report) belongs to."""
    text = " ".join((case.report.text or case.words).lower().split())
    return BUCKETS[_digest(text)[0] % len(BUCKETS)]


def _patients(name: str, split: Split, seed: int) -> Iterator[list[Case]]:
    """The patients of one generator, their cases numbered and those of other splits left out."""
    module: ModuleType = import_module(GENERATORS[name])
    for index in count():
        rng = random.Random(f"{seed}/{split}/{name}/{index}")
        group = f"{name}-{split}-{seed}-{index}"
        cases: list[Case] = module.generate(rng, split)
        yield [
            replace(case, id=f"{group}-{number}", group=group, split=split)
            for number, case in enumerate(cases)
            if split_of(case) == split
        ]


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=8).digest()


def _known() -> set[str]:
    return {task for tasks in TASKS.values() for task in tasks}
