"""The report in its formats, the paper's tables, the findings, and what the files need to be shown alone."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evals.__main__ import main
from evals.cells import cells
from evals.findings import findings
from evals.report import content as contents
from evals.report import markdown, page, paper_tables
from evals.report.content import Content
from evals.report.published import paper
from evals.report.sections import Section, Table
from radlite_tui import tasks
from radlite_tui.tasks import rads
from tests.evals import made

CONTRACT = {"task", "model", "mode", "metric", "value", "low", "high", "n", "majority", "unparseable", "cases"}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.folder(tmp_path_factory.mktemp("results"), made.predictions(30))


class Outline(HTMLParser):
    """What a page is made of: open tags, headings, and everything it would fetch."""

    VOID = {"meta", "link", "img", "br", "hr", "input", "path", "use", "rect", "circle", "line", "stop", "image"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.fetched += [tag] * (tag in ("script", "link", "img", "iframe"))
        self.fetched += [
            v for n in ("src", "href", "xlink:href") if (v := found.get(n) or "") and not v.startswith("#")
        ]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_the_json_report_keeps_the_contract_and_the_full_one_adds_to_it(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "--out", str(results), "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert set(plain) == {"rows"}
    assert all(set(row) >= CONTRACT for row in plain["rows"])
    assert len(plain["rows"]) == len(made.TASKS) * len(made.SKILL)
    assert main(["report", "--out", str(results), "--json", "--full"]) == 0
    full = json.loads(capsys.readouterr().out)
    assert full["rows"] == plain["rows"]
    assert set(full) >= {"rows", "findings", "contests", "fits", "severity", "preferences"}


def test_the_page_needs_no_other_file_and_is_in_order_for_a_screen_reader(results: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    assert main(["report", "--out", str(results), "--html", str(file)]) == 0
    text = file.read_text(encoding="utf-8")
    outline = Outline()
    outline.feed(text)
    assert outline.open == []
    assert outline.fetched == []
    assert outline.levels[0] == 1
    assert all(after <= before + 1 for before, after in zip(outline.levels, outline.levels[1:], strict=False))
    assert len(outline.ids) == len(set(outline.ids))
    assert text.count("<svg ") == text.count('role="img" aria-label="') >= 7
    assert text.count("<caption>") == text.count("<table>") > 5
    assert "synthetic" in text
    assert "url(http" not in text
    assert "@import" not in text


def test_what_a_model_wrote_cannot_become_markup() -> None:
    cell = Section("A & B", tables=[Table("<b>", ("x|y",), [("<script>alert(1)</script>",)])])
    assert "<script>" not in page.write("t", "n", [cell])
    assert "x\\|y" in markdown.write("t", [cell])


def test_the_csv_has_a_line_a_row_and_subset(results: Path, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    assert main(["report", "--out", str(results), "--csv", str(file)]) == 0
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert set(rows[0]) >= CONTRACT
    assert len(rows) > len(made.TASKS) * len(made.SKILL)
    assert {row["subset"] for row in rows if row["task"] == "rads_assignment"} >= {"", "BI-RADS"}


def test_the_papers_figures_are_all_there_and_named_as_its_own(results: Path) -> None:
    published = paper()
    assert set(published.tasks) == set(published.training) == set(tasks.TAGS)
    assert {s.name for s in rads.SYSTEMS} == set(published.rads)
    assert sum(published.training.values()) == 161_586
    assert [sum(share[i] for share in published.severity.values()) for i in (0, 1)] == pytest.approx([1, 1], abs=2e-3)
    content = contents.load(results)
    table = paper_tables.tasks(published, content.rows)
    assert table.header[2:6] == (
        "paper Qwen2.5-3B zero-shot", "paper Qwen2.5-3B tuned", "paper Qwen3-4B zero-shot", "paper Qwen3-4B tuned",
    )  # fmt: skip
    line = next(row for row in table.rows if row[0] == "n_staging")
    assert line[2:6] == ("0.000", "0.890", "0.000", "0.890")
    assert "arXiv 2605.00421" in table.caption
    assert "synthetic" in table.caption


def test_findings_follow_the_scores_and_say_when_one_does_not_hold(results: Path) -> None:
    content = contents.load(results)
    found = {finding.title: finding for finding in content.findings}
    gain = found["LoRA against zero-shot, one"]
    assert gain.verdict == "holds"
    assert all(str(one) in gain.sentence for one in gain.differences.values())
    assert found["Examples after tuning, one"].verdict in ("holds", "holds in part")
    assert found["Examples after tuning, two"].verdict == "does not hold"
    assert "do not show it" in found["Examples after tuning, two"].sentence
    assert found["Quantisation keeps the score"].verdict == "cannot be told"


def test_quantisations_of_one_model_are_held_against_the_finest() -> None:
    own = [p for p in made.predictions(30, ["n_staging"]) if p.model == "two" and p.mode == "fine-tuned"]
    fine, coarse = made.renamed(own, "two-f16", "F16"), made.renamed(own, "two-q4_k_m", "Q4_K_M")
    (same,) = [f for f in findings(cells([*fine, *coarse]), [], []) if f.about == "quantisation"]
    assert same.verdict == "holds"
    assert "Q4_K_M minus F16" in same.sentence
    ruined = [replace(p, text="N3" if p.gold != "N3" else "N0") for p in coarse]
    (lost,) = [f for f in findings(cells([*fine, *ruined]), [], []) if f.about == "quantisation"]
    assert lost.verdict == "does not hold"


def test_a_report_of_one_model_in_one_mode_is_whole(tmp_path: Path) -> None:
    few = [p for p in made.predictions(5, ["radiology_nli"]) if (p.model, p.mode) == ("one", "fine-tuned")]
    text = markdown.write(contents.TITLE, contents.sections(Content.of(few)))
    assert "there is no ensemble to judge" in text
    assert "Too few answers with probabilities" in text
