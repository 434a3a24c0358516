"""PubMedQA: questions answered from abstracts; those about imaging, by their MeSH headings."""

from __future__ import annotations

from collections.abc import Iterator

from finetune.corpus import files
from finetune.corpus.case import Case
from finetune.corpus.source import Expected, Library, Source, split_of
from radlite_tui.tasks.outputs import TextOutput

LABELLED, GENERATED, TEST = "ori_pqal.json", "ori_pqaa.json", "test_ground_truth.json"
IMAGING = (
    "angiography",
    "diagnostic imaging",
    "image interpretation",
    "mammography",
    "magnetic resonance imaging",
    "multidetector",
    "positron-emission tomography",
    "radiograph",
    "radiology",
    "tomography, x-ray",
    "tomography, emission",
    "ultrasonograph",
    "ultrasound",
    "x-rays",
)
"""Parts of MeSH headings, in lower case, that make an abstract one about imaging."""


def read(library: Library) -> Iterator[Case]:
    """A case a question about imaging: the abstract without its conclusion is the report, the conclusion the answer."""
    test = library.optional(SOURCE, TEST)
    held = set(files.json_object(test)) if test else set()
    for name in (LABELLED, GENERATED):
        path = library.path(SOURCE, name) if name == LABELLED else library.optional(SOURCE, name)
        if path is None:
            continue
        for number, value in files.json_items(path):
            row = files.checked(value, ("QUESTION", "CONTEXTS", "MESHES", "LONG_ANSWER"), path, number)
            if not imaging(row["MESHES"]):
                continue
            decision = str(row.get("final_decision", "")).strip().capitalize()
            answer = f"{decision}. {row['LONG_ANSWER'].strip()}" if decision else row["LONG_ANSWER"].strip()
            group = f"pubmed-{number}"
            split = "train" if name == GENERATED else "test" if number in held else _not_test(group)
            yield SOURCE.case(
                f"{name.removesuffix('.json')}/{number}",
                "radiology_qa",
                "\n\n".join(text.strip() for text in row["CONTEXTS"]),
                TextOutput(answer),
                words=row["QUESTION"].strip(),
                group=group,
                split=split,
            )


def imaging(headings: list[str]) -> bool:
    """Whether one of the MeSH headings is about imaging."""
    return any(part in heading.lower() for heading in headings for part in IMAGING)


def _not_test(group: str) -> str:
    """Questions that the owner does not hold out: trained on, or one in ten for validation."""
    return "validation" if split_of(group) == "validation" else "train"


SOURCE = Source(
    name="pubmedqa",
    title="PubMedQA (imaging)",
    home="https://github.com/pubmedqa/pubmedqa",
    licence="MIT",
    access="open",
    files=(
        Expected(
            LABELLED,
            "1,000 questions with answers by people",
            sha256="8b3276be8942ebbd77f3ddcda12c1749bf0e490045a736fd8438ee40cf37a41d",
        ),
        Expected(
            TEST,
            "the 500 of them that are held out, by PMID",
            sha256="939fe566f09017d13b1ca64d2ddfee0bc2374b366048152997669cccedc44d51",
            needed=False,
        ),
        Expected(GENERATED, "211,269 questions made from titles; trained on only", needed=False),
    ),
    tasks={"radiology_qa": "final_decision and LONG_ANSWER to QUESTION, from CONTEXTS"},
    rows={"radiology_qa": 212_269},
    read=read,
)
