"""The text layer of a PDF, page after page (pypdf). Runs no script, follows no link, opens no attachment."""

from __future__ import annotations

import io
import logging

from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError

from radlite_tui.assistant.intake.taken import Taken, counted
from radlite_tui.errors import BadInput

PAGES = 200
SCANNED = (
    "has no text layer: {pages} of scanned pictures; recognise the text first (OCR, for example ocrmypdf) "
    "or give the report as plain text."
)


def read(data: bytes) -> Taken:
    """Every page's text. Raises BadInput for an encrypted, scanned or very long document."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    reader = PdfReader(io.BytesIO(data))
    try:
        if reader.is_encrypted and not reader.decrypt(""):
            raise BadInput("is encrypted; open it with its password and save it without one.")
        count = len(reader.pages)
    except (DependencyError, FileNotDecryptedError) as error:
        raise BadInput("is encrypted; open it with its password and save it without one.") from error
    if count > PAGES:
        raise BadInput(f"has {count:,} pages and a report may have {PAGES}; give the report's pages alone.")
    texts = [page.extract_text().strip() for page in reader.pages]
    pictures = sum(pictures_on(page) for page in reader.pages)
    empty = sum(not text for text in texts)
    if empty == count:
        raise BadInput(SCANNED.format(pages=counted(count, "page")))
    left_out = []
    if empty:
        left_out.append(f"{counted(empty, 'page')} without a text layer (scanned)")
    if pictures:
        left_out.append(counted(pictures, "picture"))
    if reader.attachments:
        left_out.append(counted(len(reader.attachments), "attachment"))
    took = ("all text on the pages, headers with names among it; delete what must not go in",)
    return Taken(
        "\n\n".join(text for text in texts if text), f"PDF, {counted(count, 'page')}", None, took, tuple(left_out)
    )


def pictures_on(page: object) -> int:
    """How many pictures a page shows."""
    try:
        resources = page["/Resources"].get_object()  # type: ignore[index]
        objects = resources.get("/XObject", {}).get_object()
        return sum(objects[name].get_object().get("/Subtype") == "/Image" for name in objects)
    except (KeyError, AttributeError):
        return 0
