"""Sections as Markdown. Figures are named, not shown: Markdown holds no pictures of its own."""

from __future__ import annotations

from collections.abc import Sequence

from evals.report.sections import Section, Table


def write(title: str, sections: Sequence[Section]) -> str:
    """The whole report."""
    return "\n".join([f"# {title}", *(block for section in sections for block in _section(section))]) + "\n"


def _section(section: Section) -> list[str]:
    blocks = ["", f"## {section.heading}"]
    for sentence in section.text:
        blocks += ["", sentence]
    if section.items:
        blocks += ["", *(f"- **{lead}.** {sentence}" for lead, sentence in section.items)]
    for one in section.tables:
        blocks += ["", table(one)]
    if section.pictures:
        blocks += ["", *(f"- {picture.name}.svg, {picture.name}.png: {picture.says}" for picture in section.pictures)]
    return blocks


def table(found: Table) -> str:
    """A caption and its table; a bar within a cell is escaped."""
    lines = [f"*{found.caption}*", "", _row(found.header), "|" + "---|" * len(found.header)]
    return "\n".join([*lines, *map(_row, found.rows)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
