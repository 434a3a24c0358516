"""The comparison screen: three modes of one request, beside each other or one at a time."""

from __future__ import annotations

from radlite_tui import tasks
from radlite_tui.tasks.report import Report
from radlite_tui.tui.screens.compare import CompareScreen
from tests.scripted import ScriptedEngine
from tests.tui.desk import REPORT, Desk, Gate, open_desk, scripted


async def compared(desk: Desk) -> CompareScreen:
    await desk.until(lambda: isinstance(desk.app.screen, CompareScreen))
    screen = desk.app.screen
    assert isinstance(screen, CompareScreen)
    await desk.until(lambda: screen.over)
    await desk.pilot.pause()
    return screen


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
        assert f"Expected: {right}  zero-shot ✓  few-shot ✓  fine-tuned ✓   Agreement: 3 of 3 pairs" in desk.screen()


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
