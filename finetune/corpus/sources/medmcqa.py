"""MedMCQA: multiple-choice questions of Indian entrance examinations; those in radiology, asked without a report."""

from __future__ import annotations

from collections.abc import Iterator

from finetune.corpus import files
from finetune.corpus.case import Case
from finetune.corpus.source import Expected, Library, Source
from radlite_tui.tasks.outputs import TextOutput

FILES = ("train.json", "dev.json")
"""The answers of test.json are not published."""
OPTIONS = ("opa", "opb", "opc", "opd")


def read(library: Library) -> Iterator[Case]:
    """A case a question with one right option; the options are part of the question, the option's words the answer."""
    for name in FILES:
        path = library.path(SOURCE, name)
        for row in files.json_lines(path, ("id", "question", "cop", "subject_name", *OPTIONS)):
            if row["subject_name"] != "Radiology" or row.get("choice_type", "single") != "single":
                continue
            options = [" ".join(str(row[option]).split()) for option in OPTIONS]
            if row["cop"] not in (1, 2, 3, 4):
                raise files.changed(path, f"question {row['id']}: cop is {row['cop']!r}, not 1 to 4")
            asked = " ".join(row["question"].split())
            yield SOURCE.case(
                row["id"],
                "radiology_qa",
                "",
                TextOutput(options[row["cop"] - 1]),
                words=f"{asked} Options: {'; '.join(options)}.",
                group=f"medmcqa-{row['id']}",
                split=name.removesuffix(".json"),
            )


SOURCE = Source(
    name="medmcqa",
    title="MedMCQA (radiology)",
    home="https://github.com/medmcqa/medmcqa",
    licence="Apache-2.0",
    access="open",
    files=(
        Expected("train.json", "182,822 questions of all subjects, a JSON line each"),
        Expected("dev.json", "4,183 more, for validation"),
    ),
    tasks={"radiology_qa": "the text of the option that cop (1 to 4) names, to question and options"},
    rows={"radiology_qa": 187_005},
    read=read,
)
