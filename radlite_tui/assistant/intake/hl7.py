"""The report in an HL7 v2 result message: the observations (OBX) of each order (OBR), headings from their identifiers.

Parsed by python-hl7 (`hl7`); escapes are read here, because that library drops what follows a lone backslash. Nothing
of PID, PV1, ORC and OBR goes into the text; of PID-3 it is only asked whether it stays the same.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import hl7

from radlite_tui.assistant.intake import text as plain
from radlite_tui.assistant.intake.taken import Found, Taken, counted, newest
from radlite_tui.errors import BadInput

TYPES = ("ORU", "MDM")
TEXTS = ("TX", "FT", "ST", "")
CODED = ("CE", "CWE", "CNE", "IS", "ID", "CF")
VALUES = ("NM", "SN", "DT", "DTM", "TS", "TM")
WITHDRAWN = {"D": "deleted", "W": "withdrawn as wrong", "X": "without a result"}
CHARSETS = {"ASCII": "ascii", "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "GB 18030-2000": "gb18030"} | {
    f"8859/{part}": f"iso8859-{part}" for part in (*range(1, 10), 15)
}
SUFFIXES = {"GDT": "FINDINGS", "IMP": "IMPRESSION", "REC": "RECOMMENDATION", "ADT": "ADDENDUM", "CSI": "TECHNIQUE"}
"""Observation sub-identifiers of HL7 2.5.1, chapter 7 (OBX-3)."""
LOINC = {
    "18782-3": "FINDINGS",
    "59776-5": "FINDINGS",
    "19005-8": "IMPRESSION",
    "55110-1": "CONCLUSION",
    "55111-9": "TECHNIQUE",
    "18834-2": "COMPARISON",
    "55752-0": "CLINICAL INFORMATION",
    "18783-1": "RECOMMENDATION",
    "18785-6": "INDICATION",
}
"""Section codes of radiology reports, from LOINC."""
WITHOUT_HEADING = ("", "REPORT", "BODY", "TEXT", "REPORT TEXT", "RADIOLOGY REPORT")
HEXADECIMAL = re.compile(r"X((?:[0-9A-Fa-f]{2})+)$")


@dataclass
class Study:
    """One order's observations, as they come."""

    patient: str
    when: str = ""
    title: str = ""
    status: str = ""
    lines: list[str] = field(default_factory=list)
    heading: str = ""


@dataclass
class Rest:
    """What is not taken, by kind."""

    counts: dict[str, int] = field(default_factory=dict)
    documents: list[bytes] = field(default_factory=list)

    def add(self, kind: str) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + 1


def read(data: bytes) -> Taken:
    """The newest report of a message or a batch of them, with the one before as the prior. Raises BadInput."""
    content = in_its_charset(data)
    content = re.sub(r"\r\n?|\n", "\r", content.strip("\x0b\x1c\r\n\t \ufeff").replace("\x1c", ""))
    rest, studies, types = Rest(), [], []
    for message in hl7.split_file(content):
        check_separators(message)
        parsed = hl7.parse(message)
        types.append(part(parsed.segment("MSH"), 9))
        if types[-1].split(parsed.separators[3])[0] not in TYPES:
            raise BadInput(f"is an HL7 message of type {types[-1]!r}, which holds no report; give an ORU message.")
        studies += read_message(parsed, rest)
    if not types:
        raise BadInput("has no message header (MSH) at the start of a line; export the message again.")
    left_out = [counted(count, kind, kind + "s") for kind, count in rest.counts.items()]
    taken = Taken(
        "",
        f"HL7 v2 {types[0].replace('^', '_')[:12]}",
        took=("the observations (OBX); patient and order headers stay out, names inside the text do not",),
        left_out=tuple(left_out),
    )
    found = [
        Found("\n".join(study.lines).strip(), study.title, study.when, study.patient)
        for study in studies
        if any(line.strip() for line in study.lines)
    ]
    if not found and rest.documents:
        return document(rest.documents[0], taken)
    return newest(found, taken)


def check_separators(message: str) -> None:
    """Raises BadInput where MSH does not say, in four or five different signs, what parts a field."""
    first = message.split("\r")[0]
    signs = first[4:].split(first[3])[0] if len(first) > 4 else ""
    distinct = len(set(signs + first[3:4])) == len(signs) + 1
    if len(signs) not in (4, 5) or not distinct or any(sign.isalnum() or sign.isspace() for sign in signs):
        raise BadInput(f"has encoding characters in MSH that cannot be used ({signs[:8]!r}); export it again.")


def in_its_charset(data: bytes) -> str:
    """The file's text in the character set that its first header names (MSH-18), else as any plain text."""
    ascii_only = data.isascii()
    start = re.search(r"(?:^|[\r\n\x0b])(MSH[^\r\n]*)", data.decode("latin-1"))
    fields = start[1].split(start[1][3]) if start is not None and len(start[1]) > 3 else []
    named = re.split(r"[~^]", fields[17])[0].strip().upper() if len(fields) > 17 else ""
    codec = CHARSETS.get(named)
    if ascii_only or not named or codec in ("ascii", "utf-8"):
        return plain.decode(data, "It")[0]
    if codec is None:
        raise BadInput(f"is in the character set {named[:20]!r}, which is not known here; convert it to UTF-8.")
    return plain.strictly(data, codec, "It")


def read_message(message: Any, rest: Rest) -> list[Study]:
    """One study an OBR; observations before any OBR belong to one without."""
    studies: list[Study] = []
    patient = ""
    for segment in message:
        kind = str(segment[0])
        if kind == "PID":
            patient = first(part(segment, 3), message)
        elif kind == "OBR":
            when = part(segment, 22) or part(segment, 7)
            studies.append(Study(patient, when, title(part(segment, 4), message), part(segment, 25)))
        elif kind == "OBX":
            if not studies:
                studies.append(Study(patient))
            observe(segment, message, studies[-1], rest)
        elif kind == "NTE":
            rest.add("comment (NTE)")
    return studies


def observe(segment: Any, message: Any, study: Study, rest: Rest) -> None:
    """Add one observation to its study, or count it among what is left out."""
    kind, status, value = part(segment, 2), part(segment, 11), part(segment, 5)
    if status in WITHDRAWN:
        rest.add(f"observation {WITHDRAWN[status]}")
    elif kind in ("ED", "RP"):
        rest.add("attached document" if kind == "ED" else "reference to a document elsewhere")
        components = value.split(message.separators[3])
        if kind == "ED" and len(components) > 4 and components[3].upper() == "BASE64":
            rest.documents.append(decoded(components[4]))
    elif kind in TEXTS:
        repeats = value.split(message.separators[2])
        added = [line for repeat in repeats for line in unescape(repeat, message).split("\n")]
        head(study, heading(part(segment, 3), message), added[0])
        study.lines += added
    elif kind in CODED or kind in VALUES:
        shown = title(value, message) if kind in CODED else unescape(value, message)
        name, unit = title(part(segment, 3), message), title(part(segment, 6), message)
        head(study, "", "")
        study.lines.append(" ".join(word for word in (f"{name}:" if name else "", shown, unit) if word))
    else:
        rest.add(f"observation of the type {kind}")


def head(study: Study, name: str, line: str) -> None:
    """Begin a section when the identifier changes; a text that begins with its own heading needs no other."""
    if name != study.heading:
        if study.lines:
            study.lines.append("")
        if name and not line.strip().upper().startswith(name):
            study.lines.append(f"{name}:")
        study.heading = name


def heading(identifier: str, message: Any) -> str:
    """The section an observation's identifier stands for, or "" for the report as a whole."""
    code, *more = identifier.split(message.separators[3])
    suffix = code.split(message.separators[4])[-1].upper()
    known = LOINC.get(code) or SUFFIXES.get(suffix)
    name = unescape(more[0], message).strip() if more else ""
    if known:
        return known
    upper = name.upper().rstrip(":")
    return "" if upper in WITHOUT_HEADING or len(upper) > 40 or not is_section(upper) else upper


def is_section(name: str) -> bool:
    """Whether a name is that of a section of a report, and not of an examination."""
    words = ("FINDING", "IMPRESSION", "CONCLUSION", "TECHNIQUE", "COMPARISON", "INDICATION", "HISTORY", "ADDENDUM")
    return any(word in name for word in (*words, "RECOMMENDATION", "CLINICAL", "PROCEDURE", "COMMENT"))


def unescape(value: str, message: Any) -> str:
    """A field's text with its escapes read. What is no escape, a lone backslash among them, stays as it is."""
    mark = re.escape(message.esc)
    separators = message.separators
    signs = {"F": separators[1], "R": separators[2], "S": separators[3], "T": separators[4], "E": message.esc}

    def one(match: re.Match[str]) -> str:
        code = match[1]
        if code in signs:
            return str(signs[code])
        if code in ("H", "N"):
            return ""
        if hexadecimal := HEXADECIMAL.match(code):
            raw = bytes.fromhex(hexadecimal[1])
            return raw.decode("utf-8") if is_utf8(raw) else raw.decode("latin-1")
        if code[:3] in (".br", ".ce"):
            return "\n"
        if code[:3] == ".sp":
            return "\n" * (min(int(code[3:] or 1), 9) if code[3:].strip("+ ").isdigit() or not code[3:] else 1)
        if code[:3] in (".sk", ".in", ".ti"):
            return " "
        return "" if code in (".fi", ".nf") else match[0]

    return re.sub(f"{mark}([^{mark}\\s]{{1,40}}){mark}", one, value)


def is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def part(segment: Any, number: int) -> str:
    """A field as it stands, "" when the segment ends before it."""
    return str(segment[number]) if len(segment) > number else ""


def first(value: str, message: Any) -> str:
    return re.split("[" + re.escape(message.separators[2] + message.separators[3]) + "]", value)[0]


def title(value: str, message: Any) -> str:
    """The words of a coded value: its text, else its code."""
    components = value.split(message.separators[2])[0].split(message.separators[3])
    named: Iterable[str] = (components[1] if len(components) > 1 else "", components[0])
    return next((unescape(name, message).strip() for name in named if name.strip()), "")


def decoded(data: str) -> bytes:
    """The bytes of an attached document; none when they are damaged."""
    try:
        return base64.b64decode(data, validate=False)
    except (binascii.Error, ValueError):
        return b""


def document(data: bytes, taken: Taken) -> Taken:
    """A message whose report is an attached PDF alone."""
    if not data.startswith(b"%PDF-"):
        raise BadInput("has its report only as an attached document that is no PDF; give that document.")
    from radlite_tui.assistant.intake import pdf

    inner = pdf.read(data)
    left_out = tuple(one for one in taken.left_out if "attached" not in one)
    return Taken(
        inner.text, f"{taken.format} with an attached {inner.format}", None, inner.took, (*left_out, *inner.left_out)
    )
