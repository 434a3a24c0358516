"""The text of a Word document (python-docx): paragraphs, tables and text boxes in their order, as they read with all
changes accepted. Headers, footers, comments and notes stay out: letterheads hold names."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from docx import Document
from docx.oxml.ns import qn

from radlite_tui.assistant.intake.taken import Taken, counted
from radlite_tui.errors import BadInput

UNPACKED = 60_000_000
"""Bytes a document may unpack to."""
FILES = 2_000
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
DELETED = (qn("w:del"), qn("w:moveFrom"))
WRAPPERS = (qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:moveTo"), qn("w:customXml"))
BREAKS = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}


def read(data: bytes) -> Taken:
    """The body's text. Raises BadInput for another kind of ZIP file and for one that unpacks to too much."""
    names = unpack(data)
    document = Document(io.BytesIO(data))
    body = document.element.body
    text = "\n".join(lines(body)).strip()
    if not text:
        raise BadInput("has no text in its body (only pictures, headers or footers); give the report as plain text.")
    return Taken(text, "Word document", left_out=tuple(left_out(document, body, names)))


def unpack(data: bytes) -> list[str]:
    """The names of the files inside, after looking at what they unpack to. Entities have no place in the format."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            total = sum(member.file_size for member in members)
            if len(members) > FILES or total > UNPACKED:
                raise BadInput(
                    f"unpacks to {total:,} bytes in {len(members):,} files, more than a report can have; "
                    "give the report as plain text."
                )
            if "word/document.xml" not in {member.filename for member in members}:
                raise BadInput("is a ZIP archive and no Word document; unpack it and give one report.")
            for member in members:
                if member.filename.endswith((".xml", ".rels")) and declares(archive.read(member)):
                    raise BadInput("declares XML entities, which no Word document does; it may be made to do harm.")
            return [member.filename for member in members]
    except zipfile.BadZipFile as error:
        raise BadInput("is a damaged ZIP file (a Word document is one); copy it again.") from error


def declares(part: bytes) -> bool:
    """Whether a part has a document type, in any encoding XML may be in."""
    return b"<!DOCTYPE" in part.replace(b"\0", b"")


def lines(element: Any) -> Iterator[str]:
    """The lines of a body, a cell or a text box."""
    for child in element:
        if child.tag == qn("w:p"):
            yield from paragraph(child).split("\n")
        elif child.tag == qn("w:tbl"):
            for row in within(child, qn("w:tr")):
                yield "\t".join(" ".join(lines(cell)) for cell in within(row, qn("w:tc"))).rstrip()
        elif child.tag in DELETED or child.tag == FALLBACK:
            continue
        elif child.tag in WRAPPERS:
            yield from lines(child)


def within(element: Any, tag: str) -> Iterator[Any]:
    """The rows of a table or the cells of a row; content controls and the like around them do not count."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag in WRAPPERS:
            yield from within(child, tag)


def paragraph(element: Any) -> str:
    """A paragraph's text; text boxes anchored in it come after it, on lines of their own."""
    boxes: list[str] = []
    text = "".join(runs(element, boxes))
    return "\n".join([text, *boxes])


def runs(element: Any, boxes: list[str]) -> Iterator[str]:
    """The pieces of text under an element, deleted ones left out."""
    for child in element:
        if child.tag == qn("w:t"):
            yield child.text or ""
        elif child.tag in BREAKS:
            yield BREAKS[child.tag]
        elif child.tag in DELETED or child.tag == FALLBACK or child.tag == qn("w:pPr"):
            continue
        elif child.tag == qn("w:txbxContent"):
            boxes.extend(lines(child))
        elif isinstance(child.tag, str):
            yield from runs(child, boxes)


def left_out(document: Any, body: Any, names: list[str]) -> Iterator[str]:
    """What else is in the file."""
    pictures = sum(name.startswith("word/media/") for name in names)
    if pictures:
        yield counted(pictures, "picture")
    edges = {
        edge.part.partname: edge
        for section in document.sections
        for edge in (section.header, section.footer)
        if not edge.is_linked_to_previous
    }
    if any(text.strip() for edge in edges.values() for text in lines(edge._element)):
        yield "headers and footers (they often hold names)"
    for part, name in (("comments", "comments"), ("footnotes", "footnotes"), ("endnotes", "endnotes")):
        if f"word/{part}.xml" in names and any(True for _ in body.iter(*(qn(tag) for tag in REFERENCES[part]))):
            yield name
    deleted = sum(1 for _ in body.iter(qn("w:delText")))
    if deleted:
        yield "text that tracked changes delete"
    embedded = sum(name.startswith("word/embeddings/") for name in names)
    if embedded:
        yield counted(embedded, "embedded file")


REFERENCES = {
    "comments": ("w:commentReference",),
    "footnotes": ("w:footnoteReference",),
    "endnotes": ("w:endnoteReference",),
}
