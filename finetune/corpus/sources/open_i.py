"""Open-i: 3,955 chest X-ray reports of Indiana University; impressions from their findings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from finetune.corpus import files
from finetune.corpus.case import Case
from finetune.corpus.sections import tidy, written
from finetune.corpus.source import Expected, Library, Source
from radlite_tui.tasks.outputs import ImpressionOutput

ARCHIVE = "NLMCXR_reports.tgz"


def read(library: Library) -> Iterator[Case]:
    """A case for each XML file that has findings and an impression. XXXX is the owner's de-identification."""
    from xml.etree.ElementTree import ParseError, fromstring

    path = library.path(SOURCE, ARCHIVE)
    found = 0
    for name, content in files.members(path, ".xml"):
        try:
            root = fromstring(content)
        except ParseError as error:
            raise files.changed(path, f"{name} is not XML that can be read ({error})") from None
        parts = {element.get("Label", "").upper(): tidy(element.text or "") for element in root.iter("AbstractText")}
        if parts.get("FINDINGS") and parts.get("IMPRESSION"):
            found += 1
            number = PurePosixPath(name).stem
            before = written(parts, "INDICATION", "COMPARISON", "FINDINGS")
            gold = ImpressionOutput(parts["IMPRESSION"])
            yield SOURCE.case(number, "impression_generation", before, gold, group=f"open-i-{number}")
    if not found:
        what = "it holds no XML file such as ecgen-radiology/1.xml with FINDINGS and IMPRESSION"
        raise files.changed(path, what)


SOURCE = Source(
    name="open_i",
    title="Open-i (Indiana University chest X-rays)",
    home="https://openi.nlm.nih.gov/faq#collection",
    licence="CC BY-NC-ND 4.0",
    access="open",
    files=(
        Expected(
            ARCHIVE,
            "ecgen-radiology/1.xml and so on",
            sha256="8fb6de7eec73d8c3665067ad4bb003ccd57f971ae316d2642e1627ac7268667a",
        ),
    ),
    tasks={"impression_generation": "the IMPRESSION abstract, from INDICATION, COMPARISON and FINDINGS"},
    rows={"impression_generation": 3_955},
    read=read,
)
