"""Cases that are not of the synthetic test: a file of the user's own, a built set, or a public data set.

Imports the corpus; the Arrow library only where a set is read. Of sets and readers only the test split is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from evals.cases import Item
from finetune.corpus import arrow, jsonl
from finetune.corpus.case import Case
from finetune.corpus.row import case_of, row_of, unasked
from finetune.corpus.source import Library, Skipped, Source, lacking, missing, sources
from radlite_tui import tasks
from radlite_tui.assistant.intake.records import records
from radlite_tui.errors import BadInput, ParseError
from radlite_tui.showing import display
from radlite_tui.tasks.report import Report

COLUMNS = (("id",), ("report", "text"))
TEXTS = ("id", "task", "report", "text", "prior", "words", "gold", "group", "source")
Tell = Callable[[str], None]


def read(name: str, folder: Path, only: str | None, tell: Tell) -> Iterator[Item]:
    """The cases of a JSONL or CSV file, of a built set's folder, or of the reader of this name, whose files are in
    `folder`. only: the task of lines that name none. Raises BadInput."""
    path = Path(name)
    if path.is_dir():
        return (Item.of(case) for case in arrow.cases(path, "test"))
    if path.exists() or path.suffix:
        return of_file(path, only, tell)
    source = sources().get(name)
    if source is None:
        raise BadInput(f"--cases {name!r} is no file, no built set and no data set; these are {', '.join(sources())}.")
    return of_source(source, Library(folder), tell)


def of_source(source: Source, library: Library, tell: Tell) -> Iterator[Item]:
    """The test cases of a public data set; those that cannot be asked are left out, and counted."""
    if lost := lacking(library, source):
        raise BadInput(missing(library, source, lost))
    left_out: Counter[str] = Counter()
    for found in source.read(library):
        try:
            if isinstance(found, Skipped):
                raise BadInput(found.reason)
            if found.split == "test":
                row_of(found)
                yield Item.of(found)
        except BadInput as error:
            left_out[str(error)] += 1
    for reason, count in left_out.items():
        tell(f"{source.name}: {count:,} left out: {reason}")


def of_file(path: Path, only: str | None, tell: Tell) -> Iterator[Item]:
    """The cases of a file, all of them whatever split they name. Raises BadInput naming the line that is wrong."""
    name = display(str(path))
    seen: dict[str, int] = {}
    for line, fields in records(path, COLUMNS, tell):
        try:
            item = of_fields(fields, path.name, only)
        except (BadInput, ParseError) as error:
            raise BadInput(f"{name}, line {line}: {_said(error)}; correct or remove it.") from None
        if item.id in seen:
            raise BadInput(f"{name} has the id {item.id!r} in lines {seen[item.id]} and {line}; ids must differ.")
        seen[item.id] = line
        yield item
    if not seen:
        raise BadInput(f"{name} has no cases; give one JSON object a line, or CSV with a heading line.")


def of_fields(fields: Mapping[str, Any], file: str, only: str | None) -> Item:
    """A line's case: as `finetune.corpus.jsonl` writes it, or in columns of text, of which id, report and task are
    needed. Raises BadInput and ParseError without a full stop at the end."""
    if isinstance(fields.get("report"), Mapping):
        try:
            case = jsonl.case(fields)
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(f"not a case ({type(error).__name__}: {error})") from error
        _known(case.task)
        return _fit(case)
    texts = {key: fields.get(key) or "" for key in TEXTS}
    if isinstance(fields.get("id"), int):
        texts["id"] = str(fields["id"])
    for key, value in texts.items():
        if not isinstance(value, str):
            raise BadInput(f"{key} is not a text")
    if not texts["id"]:
        raise BadInput("it has no id")
    texts["task"] = texts["task"] or only or ""
    _known(texts["task"])
    report = Report(texts["report"] or texts["text"], texts["prior"] or None, texts["source"] or file)
    group, gold = texts["group"] or texts["id"], texts["gold"].strip()
    if not gold:
        if lack := unasked(tasks.get(texts["task"]), report, texts["words"]):
            raise BadInput(lack)
        return Item(texts["id"], texts["task"], report, texts["words"], "", group, "", report.source)
    row = {**texts, "report": report.text, "source": report.source, "gold": gold, "group": group}
    try:
        return _fit(case_of({**row, "split": "test", "licence": "not given"}))
    except ParseError as error:
        said = f"the gold answer {display(gold[:60])!r} is not one of {texts['task']}"
        raise BadInput(f"{said} ({_said(error)})") from None


def _known(task: str) -> None:
    if task not in tasks.TAGS:
        named = f"no task is called {display(task)!r}" if task else "it names no task"
        raise BadInput(f"{named}; the tasks are {', '.join(tasks.TAGS)}")


def _fit(case: Case) -> Item:
    """The case as it is asked. Raises BadInput when it is not fit to be scored on."""
    try:
        row_of(case)
    except (AttributeError, TypeError) as error:
        raise BadInput(f"its gold answer is not one of {case.task}") from error
    return Item.of(case)


def _said(error: Exception) -> str:
    return str(error).rstrip(".")
