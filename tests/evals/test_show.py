"""The results in the terminal: every view by keyboard, at 80x24 and 120x40, in 16 colours and in none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import DataTable, Static

from evals.__main__ import main
from evals.cells import cells
from evals.report.content import Content
from evals.show.app import ShowApp
from evals.show.looking import UNPARSED, WHICH, Looking, confusion, histogram
from radlite_tui.tui import themes
from tests.evals import made

NAMES = ["rads_assignment", "impression_generation", "n_staging", "abnormality_detection"]
SKILL = {("one", "fine-tuned"): 0.7, ("two", "fine-tuned"): 0.6, ("two", "zero-shot"): 0.2}


@pytest.fixture(scope="module")
def looking() -> Looking:
    return Looking(Content.of(made.predictions(25, NAMES, SKILL)))


@pytest.fixture(params=[(80, 24), (120, 40)], ids=["80x24", "120x40"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    return request.param


def lines(app: ShowApp) -> list[str]:
    """The screen as text."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


def text(app: ShowApp) -> str:
    return "\n".join(lines(app))


async def test_every_view_by_keyboard_alone(looking: Looking, size: tuple[int, int]) -> None:
    app = ShowApp(looking)
    async with app.run_test(size=size) as pilot:
        assert app.query_one("#rows", DataTable).row_count == 3
        assert "majority answer" in text(app)
        await pilot.press("2")
        assert "q quit" in lines(app)[-1]
        assert "p prev" in lines(app)[-1]
        assert "gold, answer" in text(app)
        await pilot.press("3")
        assert "disagreements, 1 of" in text(app)
        assert app.focused is not None
        assert app.focused.id == "report-scroll"
        await pilot.press("tab")
        assert app.focused.id == "gold-scroll"
        await pilot.press("q")
    assert not app.is_running


async def test_stepping_stops_at_both_ends_and_filters_change_what_is_stepped_through(looking: Looking) -> None:
    app = ShowApp(looking)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        found = len(app.found())
        await pilot.press("p")
        assert app.place == 0
        for _ in range(found + 2):
            await pilot.press("n")
        assert app.place == found - 1
        assert f"{found} of {found}." in text(app)
        counts = {}
        for _ in WHICH:
            counts[app.which] = len(app.found())
            await pilot.press("f")
        assert counts["all cases"] == 25
        assert 0 < counts["errors of A"] < counts["errors of B"] < 25


async def test_both_answers_and_gold_stand_beside_each_other(looking: Looking, size: tuple[int, int]) -> None:
    app = ShowApp(looking)
    async with app.run_test(size=size) as pilot:
        await pilot.press("t", "t", "3")
        shown = app.found()[0]
        assert (shown.a.model, shown.b.model) == ("one", "two")
        row = next(line for line in lines(app) if "Gold" in line)
        assert row.index("Gold") < row.index("─ A ─") < row.index("─ B ─")
        assert str(app.query_one("#gold", Static).content) == shown.a.gold
        word = "right" if shown.a_score == 1 else "wrong"
        assert f"{word}, {shown.a_score:.2f}" in text(app)


async def test_a_and_b_are_never_the_same_row(looking: Looking) -> None:
    app = ShowApp(looking)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        for key in "aabbbab":
            await pilot.press(key)
            assert app.side("a") != app.side("b")


async def test_enter_on_a_row_looks_at_its_answers(looking: Looking) -> None:
    app = ShowApp(looking)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "enter")
        assert app.view == "confusion"
        assert app.side("a") == app.rows()[1]


async def test_systems_step_through_and_free_tasks_have_bars(looking: Looking) -> None:
    app = ShowApp(looking)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        assert "BI-RADS" in text(app), text(app)
        await pilot.press("s")
        assert app.subset in text(app)
        await pilot.press("t")
        assert app.subset == ""
        assert "no labels to confuse" in text(app)


@pytest.mark.parametrize("theme", [themes.ANSI.name, themes.MONO.name])
async def test_nothing_is_lost_without_colours(looking: Looking, theme: str) -> None:
    app = ShowApp(looking)
    app.theme = theme
    app.filter_colours()
    async with app.run_test(size=(80, 24)) as pilot:
        for view in "123":
            await pilot.press(view)
            for strip in app.screen._compositor.render_strips():
                for segment in strip:
                    style = segment.style
                    if style is None or theme != themes.MONO.name:
                        continue
                    assert style.color is None or style.color.is_default
                    assert style.bgcolor is None or style.bgcolor.is_default
        await pilot.press("1")
        cursor = [s for strip in app.screen._compositor.render_strips() for s in strip if s.style and s.style.reverse]
        assert theme != themes.MONO.name or cursor


async def test_what_a_model_wrote_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    found = [replace(p, text="[bold]N0[/bold]\x1b[31m") for p in made.predictions(3, ["n_staging"], SKILL)]
    app = ShowApp(Looking(Content.of(found)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3", "f", "f", "f")
        assert "[bold]N0[/bold]" in text(app)
        assert "\x1b" not in text(app)


def test_a_confusion_by_hand() -> None:
    base = made.predictions(4, ["n_staging"], {("one", "fine-tuned"): 1.0})
    answers = [("N0", "N0"), ("N0", "N2"), ("N2", "no idea"), ("N2", "N2")]
    found = [replace(p, gold=gold, text=answer) for p, (gold, answer) in zip(base, answers, strict=True)]
    table = confusion(cells(found)["n_staging", "one", "fine-tuned"])
    assert table is not None
    assert table.labels == ("N0", "N2")
    assert table.answers == ("N0", "N2", UNPARSED)
    assert table.counts == ((1, 1, 0), (0, 1, 1))


def test_every_answer_is_in_one_bar() -> None:
    cell = cells(made.predictions(25, ["impression_generation"], SKILL))["impression_generation", "one", "fine-tuned"]
    assert sum(count for _, count in histogram(cell)) == 25


def test_without_a_terminal_it_says_what_to_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = made.folder(tmp_path, made.predictions(2, ["n_staging"], SKILL))
    assert main(["show", "--out", str(folder)]) == 2
    assert "evals report" in capsys.readouterr().err
