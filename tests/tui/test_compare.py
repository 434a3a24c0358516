"""The comparison screen: three modes of one request, beside each other or one at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from radlite_tui import tasks
from radlite_tui.assistant import ratings
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.types import Ask
from radlite_tui.engine.protocol import Event, Failed, Request
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.report import Report
from radlite_tui.tui.screens.compare import CompareScreen
from radlite_tui.tui.screens.compare_setup import Compare
from tests.scripted import ScriptedEngine
from tests.tui.comparing import chosen, compared, opened
from tests.tui.desk import PATIENCE, REPORT, Gate, open_desk, scripted


async def test_three_columns_with_their_figures_and_agreement() -> None:
    async with open_desk(scripted(), size=(120, 40), report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.pilot.press("ctrl+e")
        screen = await compared(desk)
        shown = desk.screen()
        for said in ("zero-shot", "few-shot", "fine-tuned", "10.0 tok/s", "first 0.20 s", "3 of 3 pairs"):
            assert said in shown, shown
        assert [column.region.x for column in screen.columns] == sorted({c.region.x for c in screen.columns})
        assert all(column.display and column.answer is not None for column in screen.columns)


async def test_one_column_at_a_time_on_a_narrow_terminal() -> None:
    async with open_desk(scripted(), size=(80, 24), report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.pilot.press("ctrl+e")
        screen = await compared(desk)
        assert [column.styles.display for column in screen.columns].count("block") == 1
        assert "fine-tuned ✓ (3 of 3)" in desk.screen()
        await desk.pilot.press("right_square_bracket")
        assert "zero-shot ✓ (1 of 3)" in desk.screen()
        await desk.pilot.press("left")
        assert "fine-tuned ✓ (3 of 3)" in desk.screen()


async def test_modes_that_disagree_are_counted() -> None:
    engine = ScriptedEngine()

    def step(index: int) -> None:
        tuned = engine.requests[-1].model.adapter is not None
        engine.answers["radiology_qa"] = "yes" if not tuned else "no"

    engine.step = step
    engine.answers["radiology_qa"] = "yes"
    async with open_desk(scripted(engine), size=(120, 40), report=Report(REPORT)) as desk:
        await desk.type("what")
        await desk.pilot.press("ctrl+e")
        await compared(desk)
        assert "of 3 pairs" in desk.screen()


async def test_an_example_shows_which_modes_give_its_authors_answer() -> None:
    right = tasks.get("n_staging").demonstrations[0].answer
    engine = ScriptedEngine({"n_staging": right})
    async with open_desk(scripted(engine), size=(120, 40)) as desk:
        await desk.pilot.press("ctrl+k", *["down"] * 6, "e", "ctrl+e")
        await compared(desk)
        assert f"Expected: {right}  zero-shot ✓  few-shot ✓  fine-tuned ✓" in desk.screen()


async def test_escape_stops_a_comparison_and_then_leaves_it(gate: Gate) -> None:
    engine = ScriptedEngine(step=gate)
    async with open_desk(scripted(engine), report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.pilot.press("ctrl+e")
        await desk.until(lambda: gate.reached)
        await desk.pilot.press("escape")
        gate.open.set()
        await compared(desk)
        await desk.pilot.press("escape")
        assert desk.app.screen is desk.read
        assert desk.read.ask_line.text == "birads"


async def test_nothing_to_compare_says_so() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        await desk.pilot.press("ctrl+e")
        assert "Nothing to compare yet" in desk.routing()


async def test_the_last_answer_can_be_compared_without_typing_it_again() -> None:
    async with open_desk(scripted(), size=(120, 40), report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.pilot.press("enter")
        await desk.answered()
        await desk.pilot.press("ctrl+e")
        screen = await compared(desk)
        assert screen.ask.task == "rads_assignment"


async def test_every_mode_of_both_embedded_models_can_be_compared() -> None:
    async with open_desk(Assistant.create, size=(120, 40), report=Report(REPORT)) as desk:
        screen = await opened(desk, "birads?")
        names = [manifest.name for manifest in desk.app.assistant.models()] if desk.app.assistant else []
        other = next(place for place, name in enumerate(names) if name != screen.routed)
        screen = await chosen(desk, *["down"] * 3, "space", *["down"] * (other + 1), "space")
        assert {(view.column.model, view.column.mode) for view in screen.columns} == {
            (name, mode) for name in names for mode in Mode
        }
        assert all(view.answer is not None for view in screen.columns)
        assert sum(view.display for view in screen.columns) == 4
        first = screen.columns[0]
        await desk.pilot.press(*["left"] * screen.current)
        assert first.display
        assert "Vote:" in desk.screen()


async def test_one_column_is_nothing_to_compare() -> None:
    async with open_desk(scripted(), report=Report(REPORT)) as desk:
        screen = await opened(desk)
        await desk.pilot.press("c", "space")
        await desk.pilot.pause()
        assert "[ ] mode   zero-shot" in desk.screen()
        assert "[x] mode   few-shot" in desk.screen()
        await desk.pilot.press("down", "space", "enter")
        assert "at least two columns" in desk.screen()
        await desk.pilot.press("escape")
        assert desk.app.screen is screen


async def test_columns_are_scored_against_a_typed_answer() -> None:
    async with open_desk(scripted(ScriptedEngine({"n_staging": "N2"})), size=(120, 40), report=Report(REPORT)) as desk:
        screen = await opened(desk, "nodes")
        await desk.pilot.press("x")
        await desk.type("N1")
        await desk.pilot.press("enter")
        await desk.until(lambda: desk.app.screen is screen)
        await desk.pilot.pause()
        assert "Expected: N1  zero-shot ✗" in desk.screen()
        assert "Vote: N2 (3 of 3)" in desk.screen()
        await desk.pilot.press("x", *["backspace"] * 2)
        await desk.type("purple")
        await desk.pilot.press("enter")
        await desk.until(lambda: desk.app.screen is screen)
        assert screen.wanted == "N1"


async def test_word_differences_hold_without_colour() -> None:
    async with open_desk(scripted(), size=(120, 40), report=Report(REPORT)) as desk:
        screen = await opened(desk, "what")
        for view, text in zip(screen.columns, ("a left mass", "a right mass", "a left mass"), strict=True):
            assert view.answer is not None
            view.answer = replace(view.answer, text=text)
        screen.turn_to(0)
        await desk.pilot.press("d")
        await desk.pilot.pause()
        assert "[-left-] {+right+} mass" in desk.screen()
        await desk.pilot.press("d")
        await desk.pilot.pause()
        assert "[-left-]" not in desk.screen()


async def test_names_stay_hidden_until_every_answer_is_rated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADLITE_DATA", str(tmp_path))
    async with open_desk(scripted(), size=(120, 40), report=Report(REPORT)) as desk:
        await opened(desk)
        screen = await chosen(desk, *["down"] * 6, "space")
        assert screen.chosen.blind
        for hidden in ("few-shot", "zero-shot", "fine-tuned", "nano", "tok/s"):
            assert hidden not in desk.screen()
        await desk.pilot.press("o")
        assert not list(tmp_path.iterdir())
        await desk.pilot.press("5", "right", "3", "right")
        assert "fine-tuned" not in desk.screen()
        assert not (tmp_path / "ratings.jsonl").exists()
        await desk.pilot.press("1")
        await desk.pilot.pause()
        assert "fine-tuned" in desk.screen()
        found = list(ratings.read(tmp_path / "ratings.jsonl"))
        assert [rating.rating for rating in found] == [5, 3, 1]
        assert all(rating.blind for rating in found)
        assert {rating.mode for rating in found} == {"zero-shot", "few-shot", "fine-tuned"}


class LastColumnFails(ScriptedEngine):
    """The fine-tuned column waits until it may go on, and fails then."""

    def __init__(self) -> None:
        super().__init__()
        self.may_fail = threading.Event()

    def generate(self, request: Request) -> Iterator[Event]:
        if request.model.adapter is None:
            yield from super().generate(request)
            return
        self.may_fail.wait(PATIENCE)
        yield Failed("worker", "The engine stopped.")


async def test_names_are_told_when_all_that_was_answered_is_rated_and_the_rest_fails_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADLITE_DATA", str(tmp_path))
    engine = LastColumnFails()
    async with open_desk(scripted(engine), size=(120, 40), report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.planned()
        desk.app.push_screen(CompareScreen(Ask(Report(REPORT), "birads", "rads_assignment"), Compare(blind=True)))
        await desk.until(lambda: isinstance(desk.app.screen, CompareScreen) and len(desk.app.screen.answered()) == 2)
        screen = desk.app.screen
        assert isinstance(screen, CompareScreen)
        for view in screen.answered():
            screen.turn_to(view.place)
            await desk.pilot.press("4")
        assert "fine-tuned" not in desk.screen()
        assert not (tmp_path / "ratings.jsonl").exists()
        engine.may_fail.set()
        await desk.until(lambda: screen.over)
        await desk.until(lambda: "fine-tuned ⚠" in desk.screen())
        assert {rating.mode for rating in ratings.read(tmp_path / "ratings.jsonl")} == {"zero-shot", "few-shot"}


async def test_an_expected_answer_the_task_cannot_have_is_refused_also_while_nothing_is_answered(gate: Gate) -> None:
    async with open_desk(scripted(ScriptedEngine(step=gate)), size=(120, 40), report=Report(REPORT)) as desk:
        await desk.type("nodes")
        await desk.pilot.press("ctrl+e")
        await desk.until(lambda: gate.reached)
        screen = desk.app.screen
        assert isinstance(screen, CompareScreen)
        for words in ("N1", "purple"):
            await desk.pilot.press("x", *["backspace"] * 2)
            await desk.type(words)
            await desk.pilot.press("enter")
            await desk.until(lambda: desk.app.screen is screen)
        assert screen.wanted == "N1"
        gate.open.set()
        await compared(desk)
        assert "Expected: N1" in desk.screen()


async def test_an_export_is_kept_in_two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADLITE_DATA", str(tmp_path))
    async with open_desk(scripted(), size=(80, 24), report=Report(REPORT)) as desk:
        await opened(desk)
        await desk.pilot.press("o")
        await desk.until(lambda: len(list(tmp_path.glob("comparisons/*"))) == 2)
        assert {file.suffix for file in tmp_path.glob("comparisons/*")} == {".md", ".json"}
