"""RXL-RADSet: 1,600 synthetic reports in ten RADS systems, each with the category radiologists agreed on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from finetune.corpus import files
from finetune.corpus.sections import tidy
from finetune.corpus.source import Expected, Item, Library, Skipped, Source
from radlite_tui.tasks import rads
from radlite_tui.tasks.rads_assignment import output

METADATA = "**/metadata.csv"
SYSTEMS = {
    "B": "BI-RADS",
    "COR": "CAD-RADS",
    "GB": "GB-RADS",
    "L": "LI-RADS",
    "LRTR": "LI-RADS TR",
    "LUNG": "Lung-RADS",
    "NI": "NI-RADS",
    "O": "O-RADS",
    "P": "PI-RADS",
    "T": "TI-RADS",
    "VI": "VI-RADS",
}
"""The letters in a report's number, such as R001_B_MG, and the system they stand for."""


def read(library: Library) -> Iterator[Item]:
    """A case for each report of the metadata whose text is there and whose score is a category of our tables."""
    metadata = library.path(SOURCE, METADATA)
    texts = {path.stem.upper(): path for path in library.folder(SOURCE.name).rglob("*") if path.suffix in READERS}
    for row in files.table(metadata, ("Report_Number", "Modality", "Profile", "RADS_score")):
        number = row["Report_Number"].strip()
        label = label_of(number, row["RADS_score"], metadata)
        if label is None:
            reason = f"the score {row['RADS_score'].strip()} is no category we have"
            yield Skipped(f"{SOURCE.name}/{number}", "rads_assignment", SOURCE.name, reason)
            continue
        path = texts.get(number.upper())
        if path is None:
            raise files.changed(metadata, f"report {number} has no file {number}.pdf or {number}.txt beside it")
        text = READERS[path.suffix](path)
        yield SOURCE.case(number, "rads_assignment", text, output(label), group=f"rxl-{number}")


def label_of(number: str, score: str, metadata: Path) -> str | None:
    """Our label of a score; None where our tables have no such category ("Nonprogressing", VI-RADS NC).

    NI-RADS scores primary and neck apart, "3 // 1": the higher decides what is done, so it is the label.
    """
    letters = number.upper().removeprefix("R_").removeprefix("R").lstrip("0123456789").strip("_").split("_")[0]
    if letters not in SYSTEMS:
        raise files.changed(metadata, f"report {number} is of no system we know by its letters")
    parts = [part.strip() for part in score.split("//")]
    spelt = [part.capitalize() if letters == "LRTR" else part.upper() for part in parts]
    known = [category for part in spelt if (category := rads.find(f"{SYSTEMS[letters]} {part}"))]
    if len(known) < len(parts):
        return None
    return max(known, key=lambda category: category.order or 0.0).label


def _pdf(path: Path) -> str:
    import pypdf
    from pypdf.errors import PyPdfError

    with files.reading(path):
        try:
            return tidy("\n\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages))
        except PyPdfError as error:
            raise files.changed(path, f"it is not a PDF that can be read ({error})") from error


def _txt(path: Path) -> str:
    return files.text(path).strip()


READERS: dict[str, Callable[[Path], str]] = {".pdf": _pdf, ".txt": _txt}

SOURCE = Source(
    name="rxl_radset",
    title="RXL-RADSet",
    home="https://github.com/RadioX-Labs/RADSet",
    licence="CC BY-NC-SA 4.0",
    access="on request",
    files=(
        Expected(METADATA, "number, modality, profile and score of each report"),
        Expected("**/*.pdf", "the reports, one a file named by its number, as in the owner's samples", needed=False),
        Expected("**/*.txt", "or the same as text", needed=False),
    ),
    tasks={"rads_assignment": "RADS_score in the system of the report's number; NI-RADS: the higher of its two scores"},
    rows={"rads_assignment": 1600},
    read=read,
)
