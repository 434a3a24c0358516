"""How text comes in: from a file, standard input or a paste; what cannot be a report is refused in one sentence.

May import `tasks`, `routing.task` and its siblings. Never edits what it accepts, never guesses an encoding. Also
splits a request that carries its parts under headings, and shows control characters as text.
"""

from __future__ import annotations

import re
import stat
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from radlite_tui.assistant.types import Ask
from radlite_tui.errors import BadInput
from radlite_tui.routing.task import split_tag
from radlite_tui.tasks.report import Report

LIMIT = 1_000_000
"""Bytes a report may have: some hundred times a long one."""
CONTROL_SHARE = 0.05
"""More control characters than this and the text is not one."""

PREMISE = re.compile(r"^[ \t]*premise[ \t]*:", re.IGNORECASE | re.MULTILINE)
HYPOTHESIS = re.compile(r"\b(?:hypothesis|statement)[ \t]*:", re.IGNORECASE)
STUDY = r"(?:[ \t]+(?:report|study|exam|examination))?[ \t]*:"
PRIOR = re.compile(rf"^[ \t]*(?:prior|previous){STUDY}", re.IGNORECASE | re.MULTILINE)
CURRENT = re.compile(rf"^[ \t]*current{STUDY}", re.IGNORECASE | re.MULTILINE)
HEADING = re.compile(r"\s*report[ \t]*:[ \t]*\n?", re.IGNORECASE)

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u2028\u2029\u00ad"


def read_file(path: str | Path) -> str:
    """The text of a file. Raises BadInput naming the file and what is wrong with it."""
    path = Path(path)
    name = display(str(path))
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise BadInput(f"{name} is a directory; give a report file.")
        if stat.S_ISREG(status.st_mode) and status.st_size > LIMIT:
            raise BadInput(too_big(name, status.st_size))
        with path.open("rb") as file:
            return read_stream(file, name)
    except FileNotFoundError as error:
        raise BadInput(f"There is no file {name}; check the path.") from error
    except PermissionError as error:
        raise BadInput(f"{name} may not be read by this user; check its permissions.") from error
    except ValueError as error:
        raise BadInput(f"{name} is no file name.") from error
    except OSError as error:
        raise BadInput(f"{name} cannot be read: {error.strerror}.") from error


def read_stream(stream: BinaryIO, name: str = "standard input") -> str:
    """The text of an open binary stream, such as standard input. Raises BadInput."""
    data = stream.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise BadInput(too_big(name))
    return decode(data, name)


def too_big(name: str, size: int | None = None) -> str:
    is_size = f"is {size:,} bytes" if size is not None else f"is more than {LIMIT:,} bytes"
    return f"{name} {is_size} and a report may have {LIMIT:,} at most; give one report, not an archive."


def decode(data: bytes, name: str) -> str:
    """Bytes to text: UTF-8, or UTF-16 with its byte order mark. Raises BadInput; never replaces a byte."""
    if not data:
        raise BadInput(f"{name} is empty; give a report.")
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        encoding = "UTF-16"
    else:
        encoding = "UTF-8"
        if b"\0" in data:
            raise BadInput(f"{name} is a binary file, not text (it has a NUL byte); give a text report.")
        data = data.removeprefix(BOM_UTF8)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(
            f"{name} is not valid {encoding} (byte 0x{data[error.start]:02x} in line {line}); "
            "convert it first, for example with: iconv -f WINDOWS-1252 -t UTF-8."
        ) from error
    return check(text, name)


def check(text: str, name: str = "The report") -> str:
    """The text itself, if it can be a report. Raises BadInput for blank, binary or oversized text."""
    if not text.strip():
        raise BadInput(f"{name} is empty; give a report.")
    if len(text) > LIMIT or len(text.encode("utf-8", "surrogatepass")) > LIMIT:
        raise BadInput(too_big(name))
    controls = sum(1 for c in text if (c < " " and c not in "\t\n\r\f\v\x1b") or c == "\x7f")
    if "\0" in text or controls > CONTROL_SHARE * len(text):
        raise BadInput(f"{name} is a binary file, not text; give a text report.")
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise BadInput(f"{name} is not valid UTF-8; convert it first.")
    return text


def read_report(source: str, prior: str | None = None, stdin: BinaryIO | None = None) -> Report:
    """A report from a file name, or from standard input for "-", with the prior's file if there is one."""
    if source == "-" and prior == "-":
        raise BadInput("Only one of report and prior can come from standard input.")

    def text(name: str) -> str:
        return read_stream(stdin) if name == "-" and stdin is not None else read_file(name)

    shown = "standard input" if source == "-" else Path(source).name
    return Report(text(source), text(prior) if prior is not None else None, shown)


def unpack(ask: Ask) -> Ask:
    """A request whose words hold everything, `[TASK: tag] instruction` and the report below it, taken apart.

    Only for tagged words without a report: the first line or paragraph stays the words, the rest is the report.
    """
    tag, rest = split_tag(ask.words)
    rest = rest.strip()
    if tag is None or ask.report.text.strip() or "\n" not in rest:
        return ask
    if PREMISE.match(rest) or PRIOR.match(rest):
        said, text = "", rest
    else:
        said, _, text = rest.partition("\n\n") if "\n\n" in rest else rest.partition("\n")
    heading = HEADING.match(text)
    text = text[heading.end() :] if heading else text
    return replace(ask, words=f"[TASK: {tag}] {said}", report=replace(ask.report, text=text.strip("\n")))


def split_statements(ask: Ask) -> Ask:
    """For language inference: a report under "Premise:" and "Hypothesis:" becomes report and words."""
    text = ask.report.text or ask.words
    premise, hypothesis = PREMISE.search(text), HYPOTHESIS.search(text)
    if not premise or not hypothesis or hypothesis.start() < premise.end():
        return ask
    before = text[premise.end() : hypothesis.start()].strip()
    return replace(ask, report=replace(ask.report, text=before), words=text[hypothesis.end() :].strip())


def split_studies(ask: Ask) -> Ask:
    """For comparison over time: one text with "PRIOR:" and "CURRENT:" headings becomes a prior and a report."""
    text = ask.report.text or ask.words
    prior, current = PRIOR.search(text), CURRENT.search(text)
    if ask.report.prior is not None or not prior or not current:
        return ask
    if prior.start() < current.start():
        earlier, later = text[prior.end() : current.start()], text[current.end() :]
    else:
        earlier, later = text[prior.end() :], text[current.end() : prior.start()]
    return replace(ask, report=replace(ask.report, text=later.strip(), prior=earlier.strip()))


def display(text: str) -> str:
    """The text with control, bidirectional and unseen characters made visible; tabs and line ends stay."""
    return "".join(shown(c) for c in text.replace("\r\n", "\n"))


def display_offsets(text: str) -> tuple[str, list[int]]:
    """(display of the text, where each character of the text begins in it, and the end): to carry spans over."""
    parts = [shown(c) for c in text]
    offsets = [0]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    return "".join(parts), offsets


def shown(char: str) -> str:
    """One character as it may be put on a terminal."""
    code = ord(char)
    if char in "\n\t" or 0x20 <= code < 0x7F:
        return char
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if code < 0xA0 or char in BIDI or char in UNSEEN or 0xD800 <= code <= 0xDFFF or 0xE0000 <= code <= 0xE007F:
        return f"<U+{code:04X}>"
    return char
