"""Plain text: which encoding it is in, and whether it can be a report at all.

May import its siblings and `errors`. Never replaces a byte. UTF-8 and UTF-16 are told from the bytes; what is neither
and looks like one of the two Western single-byte encodings is read as that and said to be a guess. A statistical
detector was tried and left: on a page of text it takes Western encodings for Central European ones.
"""

from __future__ import annotations

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE

from radlite_tui.assistant.intake.taken import TEXT, UTF8, Taken
from radlite_tui.errors import BadInput

LIMIT = 1_000_000
"""Bytes a report may have: some hundred times a long one."""
CONTROL_SHARE = 0.05
"""More control characters than this and the text is not one."""
FOREIGN_SHARE = 0.2
"""More bytes above ASCII than this among the letters, and the text is not in a Western encoding."""
UTF16_SHARE = 0.3
"""This many zero bytes in the odd or even places, and none in the others, and the text is UTF-16."""


def too_big(name: str, size: int | None = None, limit: int = LIMIT) -> str:
    is_size = f"is {size:,} bytes" if size is not None else f"is more than {limit:,} bytes"
    return f"{name} {is_size} and a report may have {limit:,} at most; give one report, not an archive."


def take(data: bytes, name: str) -> Taken:
    """Plain text with its encoding. Raises BadInput."""
    text, encoding = decode(data, name)
    check(text, name)
    if encoding == UTF8:
        return Taken(text, source=name)
    guessed = encoding.startswith(("Windows", "Latin", "UTF-16 without"))
    return Taken(text, f"{TEXT} ({encoding})", doubtful=guessed, source=name)


def decode(data: bytes, name: str) -> tuple[str, str]:
    """(text, encoding in words). Raises BadInput; never replaces a byte."""
    if not data:
        raise BadInput(f"{name} is empty; give a report.")
    if data.startswith(BOM_UTF8):
        return strictly(data.removeprefix(BOM_UTF8), "UTF-8", name), "UTF-8 with a byte order mark"
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return strictly(data, "UTF-16", name), "UTF-16"
    if b"\0" in data:
        codec = utf16_without_mark(data)
        if codec is None:
            raise BadInput(f"{name} is a binary file, not text (it has a NUL byte); give a text report.")
        return strictly(data, codec, name), "UTF-16 without a byte order mark"
    try:
        return data.decode("utf-8"), UTF8
    except UnicodeDecodeError:
        found = western(data)
        if found is None:
            return strictly(data, "UTF-8", name), UTF8
        return data.decode(found), "Windows-1252" if found == "cp1252" else "Latin-1"


def strictly(data: bytes, codec: str, name: str) -> str:
    """Decoded, or BadInput with the byte and the line."""
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        shown = codec.upper().removesuffix("-LE").removesuffix("-BE")
        raise BadInput(
            f"{name} is not valid {shown} (byte 0x{data[error.start]:02x} in line {line}); "
            "convert it first, for example with: iconv -f WINDOWS-1252 -t UTF-8."
        ) from error


def utf16_without_mark(data: bytes) -> str | None:
    """The UTF-16 byte order that the zero bytes of Western text show, or None."""
    half = len(data) // 2
    even, odd = data[0::2].count(0), data[1::2].count(0)
    if len(data) % 2 == 0 and even == 0 and odd > UTF16_SHARE * half:
        return "utf-16-le"
    if len(data) % 2 == 0 and odd == 0 and even > UTF16_SHARE * half:
        return "utf-16-be"
    return None


def western(data: bytes) -> str | None:
    """The Western single-byte encoding this can be, or None: damaged UTF-8, another alphabet, no text."""
    high = [byte for byte in data if byte >= 0x80]
    letters = sum(1 for byte in data if byte >= 0x80 or chr(byte).isalpha())
    damaged = any(ord(c) > 0x7F and not 0xDC80 <= ord(c) <= 0xDCFF for c in data.decode("utf-8", "surrogateescape"))
    if damaged or cut_off(data) or len(high) > max(1, FOREIGN_SHARE * letters):
        return None
    if all(byte >= 0xA0 for byte in high):
        return "latin-1"
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    return "cp1252"


def cut_off(data: bytes) -> bool:
    """Whether this could be UTF-8 that ends in the middle of a character."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return False


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
