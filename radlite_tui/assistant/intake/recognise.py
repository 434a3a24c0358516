"""Which format a file is, by its first bytes and never by its name. Pure; imports `errors` only."""

from __future__ import annotations

import re

from radlite_tui.errors import BadInput

HEAD = 4096
"""Bytes that are looked at."""

HL7_START = re.compile(rb"(?:\xef\xbb\xbf)?[\s\x0b]*(?:FHS|BHS|MSH)[^\w\s]")
FHIR_JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{.*?"resourceType"\s*:', re.DOTALL)
FHIR_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<.*?http://hl7\.org/fhir", re.DOTALL)
BARE_DICOM = re.compile(rb"(?:\x02\x00\x00\x00UL|\x08\x00[\x00-\x18]\x00(?:UL|CS|UI|DA|.\x00\x00\x00))", re.DOTALL)
REFUSED = (
    (b"\xd0\xcf\x11\xe0", "is an old Office file (.doc); save it as .docx or as plain text"),
    (b"{\\rtf", "is an RTF file; save it as .docx or as plain text"),
    (b"\x89PNG", "is a picture, not text; recognise its text first (OCR)"),
    (b"\xff\xd8\xff", "is a picture, not text; recognise its text first (OCR)"),
    (b"II*\0", "is a picture, not text; recognise its text first (OCR)"),
    (b"MM\0*", "is a picture, not text; recognise its text first (OCR)"),
    (b"\x1f\x8b", "is a compressed file; unpack it first"),
)


def recognise(head: bytes) -> str:
    """The name of the module that reads a file with this beginning, or "" for plain text. Raises BadInput, without the
    file's name, for what is known to be something else."""
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "docx"
    if head[128:132] == b"DICM" or BARE_DICOM.match(head):
        return "dicom"
    for start, why in REFUSED:
        if head.startswith(start):
            raise BadInput(f"{why}.")
    if HL7_START.match(head):
        return "hl7"
    if FHIR_JSON.match(head) or FHIR_XML.match(head):
        return "fhir"
    return ""
