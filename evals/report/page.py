"""Sections as one HTML page that needs no other file: style and figures are in it, nothing is fetched or run.

Headings in order, tables with captions and header cells for screen readers, figures with a text, a style for print and
for dark screens. Imports the standard library and `sections`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from evals.report.sections import Picture, Section, Table

STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #ffffff; --line: #c8c8c8; --faint: #f3f3f3;
  --note: #4a4a4a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e6; --paper: #15181b; --line: #4a4f55; --faint: #20252a; --note: #b4b4b4; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 72rem;
  margin: 0 auto; padding: 1rem; }
.notice { border: 2px solid currentColor; padding: .6rem .9rem; font-weight: 600; }
nav ul { columns: 3 14rem; padding-left: 1.2rem; }
.scroll { overflow-x: auto; margin: 1rem 0 1.6rem; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--note); padding-bottom: .4rem; max-width: 60rem; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .7rem .25rem 0; text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid var(--ink); }
tbody tr:nth-child(even) { background: var(--faint); }
tbody th { font-weight: 600; white-space: nowrap; }
td { white-space: nowrap; } td.long { white-space: normal; min-width: 16rem; }
figure { margin: 1.2rem 0; padding: .6rem; background: #ffffff; color: #1a1a1a; border: 1px solid var(--line); }
figure svg { max-width: 100%; height: auto; }
a { color: inherit; }
.skip { position: absolute; left: -999rem; } .skip:focus { left: 1rem; }
@page { size: A4 landscape; margin: 12mm; }
@media print {
  body { max-width: none; font-size: 10pt; color: #000; background: #fff; }
  nav, .skip { display: none; }
  .scroll { overflow: visible; margin: .4rem 0 1rem; } table { font-size: 7pt; }
  th, td { padding: .1rem .35rem .1rem 0; hyphens: none; }
  td.long { min-width: 0; }
  figure svg { max-height: 165mm; }
  thead { display: table-header-group; } tr, figure { break-inside: avoid; } h2, caption { break-after: avoid; }
}
"""


def write(title: str, notice: str, sections: Sequence[Section]) -> str:
    """The page."""
    entries = "".join(f'<li><a href="#{anchor(s.heading)}">{escape(s.heading)}</a></li>' for s in sections)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<a class="skip" href="#main">To the scores</a>\n<header><h1>{escape(title)}</h1>\n'
        f'<p class="notice" role="note">{escape(notice)}</p></header>\n'
        f'<nav aria-label="Contents"><ul>{entries}</ul></nav>\n<main id="main">\n'
        + "\n".join(_section(section) for section in sections)
        + "\n</main>\n</body>\n</html>\n"
    )


def anchor(heading: str) -> str:
    """A heading as the name a link goes to."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _section(section: Section) -> str:
    parts = [f'<section aria-labelledby="{anchor(section.heading)}">']
    parts.append(f'<h2 id="{anchor(section.heading)}">{escape(section.heading)}</h2>')
    parts += [f"<p>{escape(sentence)}</p>" for sentence in section.text]
    if section.items:
        items = (f"<li><strong>{escape(lead)}.</strong> {escape(said)}</li>" for lead, said in section.items)
        parts.append(f"<ul>{''.join(items)}</ul>")
    parts += [table(one) for one in section.tables]
    parts += [figure(one) for one in section.pictures]
    return "\n".join([*parts, "</section>"])


def table(found: Table) -> str:
    """A table whose first column heads its rows; wide ones scroll by themselves, also by keyboard."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in found.header)
    rows = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td{' class=long' * (len(cell) > 32)}>{escape(cell)}</td>" for cell in rest)
        + "</tr>\n"
        for first, *rest in found.rows
    )
    label = escape(found.caption, quote=True)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}"><table><caption>{escape(found.caption)}'
        f"</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>"
    )


def figure(picture: Picture) -> str:
    """A figure in the page itself. Its ids get the figure's name before them, since several stand in one page."""
    svg = picture.svg[picture.svg.index("<svg") :]
    svg = re.sub(r'(\bid=")', rf"\g<1>{picture.name}-", svg)
    svg = re.sub(r"(url\(#|href=\"#)", rf"\g<1>{picture.name}-", svg)
    says = escape(picture.says, quote=True)
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{says}" ', 1)
    return f"<figure>\n{svg}\n<figcaption>{escape(picture.says)}</figcaption>\n</figure>"
