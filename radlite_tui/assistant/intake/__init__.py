"""How text comes in: from a file, standard input or a paste; what cannot be a report is refused in one sentence.

Plain text and, with the extra `formats`, PDF, Word, HL7 v2, FHIR and DICOM, one module a format. May import `tasks`,
`routing.task` and the assistant's types. Never edits plain text it accepts, and says what it took out of the rest.
"""

from radlite_tui.assistant.intake.parts import split_statements, split_studies, unpack
from radlite_tui.assistant.intake.reading import (
    Opened,
    open_report,
    read,
    read_file,
    read_from,
    read_report,
    read_stream,
)
from radlite_tui.assistant.intake.taken import Taken
from radlite_tui.assistant.intake.text import LIMIT, check, too_big
from radlite_tui.showing import BIDI, UNSEEN, display, display_offsets, shown

__all__ = [
    "BIDI",
    "LIMIT",
    "UNSEEN",
    "Opened",
    "Taken",
    "check",
    "display",
    "display_offsets",
    "open_report",
    "read",
    "read_file",
    "read_from",
    "read_report",
    "read_stream",
    "shown",
    "split_statements",
    "split_studies",
    "too_big",
    "unpack",
]
