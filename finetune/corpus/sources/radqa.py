"""RadQA: 6,148 questions of referring physicians about radiology reports, answered by spans of them."""

from __future__ import annotations

from collections.abc import Iterator

from finetune.corpus import files
from finetune.corpus.case import Case
from finetune.corpus.source import Expected, Library, Source
from radlite_tui.tasks.outputs import TextOutput

FILES = ("train.json", "dev.json", "test.json")
UNANSWERED = "The report does not say."
"""What our task says where the owner marks a question as impossible."""


def read(library: Library) -> Iterator[Case]:
    """A case a question, in SQuAD's format. Of several marked answers the first counts."""
    for name in FILES:
        path = library.path(SOURCE, name)
        for entry in files.checked(files.json_object(path), ("data",), path, "it")["data"]:
            title = str(files.checked(entry, ("title", "paragraphs"), path, "an entry")["title"])
            for place, paragraph in enumerate(entry["paragraphs"]):
                files.checked(paragraph, ("context", "qas"), path, title)
                for question in paragraph["qas"]:
                    files.checked(question, ("id", "question", "answers"), path, title)
                    answers = question["answers"]
                    answer = " ".join(answers[0]["text"].split()) if answers else UNANSWERED
                    yield SOURCE.case(
                        f"{name.removesuffix('.json')}/{title}/{place}/{question['id']}",
                        "radiology_qa",
                        paragraph["context"].strip(),
                        TextOutput(answer),
                        words=question["question"].strip(),
                        group=f"radqa-{title}",
                        split=name.removesuffix(".json"),
                    )


SOURCE = Source(
    name="radqa",
    title="RadQA",
    home="https://physionet.org/content/radqa/",
    licence="PhysioNet Credentialed Health Data License 1.5.0",
    access="credentialed",
    files=tuple(Expected(name, "questions and answers in SQuAD 2.0's format") for name in FILES),
    tasks={"radiology_qa": f"the first marked answer, or {UNANSWERED!r}"},
    rows={"radiology_qa": 6_148},
    read=read,
)
