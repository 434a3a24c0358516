"""The content tree of a DICOM structured report (pydicom) as sections: Basic Text, Enhanced, Comprehensive and others.

Containers are headings, text, codes and measurements are lines, modifiers (laterality, say) stay with what they
modify. Names, dates and observers (observation context, PNAME) and all of the file's header stay out. An encapsulated
PDF is read as a PDF.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import UID, EncapsulatedPDFStorage

from radlite_tui.assistant.intake.taken import Found, Taken, counted, newest
from radlite_tui.errors import BadInput

DEEPEST = 64
HEADER = 8
PREAMBLE = 132
SR_CLASSES = "1.2.840.10008.5.1.4.1.1.88."
CONTEXT = ("HAS OBS CONTEXT", "HAS ACQ CONTEXT")
POINTERS = ("IMAGE", "COMPOSITE", "WAVEFORM", "SCOORD", "SCOORD3D", "TCOORD", "UIDREF")


class Watched(io.BytesIO):
    """Bytes that note every read beyond their end: pydicom takes a file that was cut off for a whole one."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.short: list[tuple[int, int]] = []

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        if size is not None and size >= 0 and len(found) < size:
            self.short.append((size, len(found)))
        return found

    @property
    def whole(self) -> bool:
        """Whether the only read beyond the end was for another element's header."""
        return self.short in ([(HEADER, 0)], [])


def read(data: bytes) -> Taken:
    """The report's text. Raises BadInput for images, truncated files and reports without text."""
    watched = Watched(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(watched, force=data[128:PREAMBLE] != b"DICM")
            dataset.decode()
        except RecursionError:
            raise
        except Exception as error:
            raise BadInput(f"is a damaged or truncated DICOM file ({type(error).__name__}); send it again.") from error
        if not watched.whole:
            raise BadInput("is a truncated DICOM file, its end is missing; send it again.")
        kind = UID(str(dataset.get("SOPClassUID", "")))
        if kind == EncapsulatedPDFStorage:
            return encapsulated(dataset)
        if not str(kind).startswith(SR_CLASSES):
            what = kind.name if kind else "DICOM object"
            raise BadInput(f"is a DICOM file and no structured report ({what}); give the report (SR).")
        return report(dataset, kind)


def encapsulated(dataset: Dataset) -> Taken:
    """A PDF inside."""
    from dataclasses import replace

    from radlite_tui.assistant.intake import pdf

    inner = pdf.read(bytes(dataset.get("EncapsulatedDocument", b"")))
    return replace(inner, format=f"DICOM with a {inner.format}")


def report(dataset: Dataset, kind: UID) -> Taken:
    """The tree as text, with what was left out counted."""
    rest: dict[str, int] = {}
    lines = list(item(dataset, 0, rest))
    text = "\n".join(lines).strip()
    if not text:
        raise BadInput("is a DICOM structured report without text; send the whole report.")
    took = ["the content tree; names in the header and the observation context stay out"]
    if dataset.get("CompletionFlag") == "PARTIAL":
        took.append("a report that is marked partial")
    if dataset.get("VerificationFlag") == "UNVERIFIED":
        took.append("a report that nobody has verified")
    left_out = tuple(counted(count, what) for what, count in rest.items())
    return newest([Found(text)], Taken("", kind.name.removesuffix(" Storage"), took=tuple(took), left_out=left_out))


def item(node: Dataset, depth: int, rest: dict[str, int]) -> Iterator[str]:
    """The lines of one content item and what is below it."""
    if depth > DEEPEST:
        raise BadInput("is nested too deeply to be a report; send it again.")
    if "ReferencedContentItemIdentifier" in node:
        rest["reference within the report"] = rest.get("reference within the report", 0) + 1
        return
    kind = str(node.get("ValueType", ""))
    below: Sequence[Dataset] = node.get("ContentSequence") or ()
    modifiers = [one for one in below if one.get("RelationshipType") == "HAS CONCEPT MOD"]
    children = [one for one in below if one.get("RelationshipType") not in ("HAS CONCEPT MOD", *CONTEXT)]
    hidden = len(below) - len(modifiers) - len(children)
    if hidden:
        rest["item of observation context"] = rest.get("item of observation context", 0) + hidden
    name = meaning(node, "ConceptNameCodeSequence")
    said = "; ".join(
        f"{meaning(one, 'ConceptNameCodeSequence').lower()}: {value(one)}" for one in modifiers if value(one)
    )
    if kind == "CONTAINER":
        if name and depth:
            yield ""
            yield f"{name.upper()}:"
        if said and depth:
            yield said
    elif kind in POINTERS or kind == "PNAME":
        what = "person's name" if kind == "PNAME" else "reference to an image or another object"
        rest[what] = rest.get(what, 0) + 1
    elif value(node):
        about = f" ({said})" if said else ""
        plain = kind == "TEXT" and name.casefold() in ("finding", "findings", "impression", "conclusion", "text", "")
        yield f"{value(node)}{about}" if plain else f"{name}: {value(node)}{about}" if name else f"{value(node)}{about}"
    for child in children:
        yield from item(child, depth + 1, rest)


def value(node: Dataset) -> str:
    """An item's value in words; "" for what has none to read."""
    kind = str(node.get("ValueType", ""))
    if kind == "TEXT":
        return str(node.get("TextValue", "")).strip().replace("\r\n", "\n").replace("\r", "\n")
    if kind == "CODE":
        return meaning(node, "ConceptCodeSequence")
    if kind == "NUM":
        measured = (node.get("MeasuredValueSequence") or [Dataset()])[0]
        unit_code = (measured.get("MeasurementUnitsCodeSequence") or [Dataset()])[0]
        unit = str(unit_code.get("CodeValue", "")) or meaning(measured, "MeasurementUnitsCodeSequence")
        return f"{measured.get('NumericValue', '')} {'' if unit in ('1', '{no units}') else unit}".strip()
    if kind in ("DATE", "TIME", "DATETIME"):
        found: Any = node.get({"DATE": "Date", "TIME": "Time", "DATETIME": "DateTime"}[kind], "")
        return str(found)
    return ""


def meaning(node: Dataset, sequence: str) -> str:
    """The words of a code."""
    codes = node.get(sequence) or ()
    return str(codes[0].get("CodeMeaning", "")).strip() if codes else ""
