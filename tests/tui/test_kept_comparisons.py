"""A comparison made on its screen is kept while saving is on, and comes back onto that screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from radlite_tui.assistant.history.store import Store
from radlite_tui.tasks.report import Report
from radlite_tui.tui.screens.compare import CompareScreen
from tests.assistant.history.kept import settled
from tests.scripted import ScriptedEngine
from tests.tui.comparing import chosen, compared, opened
from tests.tui.desk import REPORT
from tests.tui.test_history import SIZES, desk_with, history


@pytest.mark.parametrize("size", SIZES)
async def test_it_is_kept_with_what_the_user_said_of_it_and_reopened_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("RADLITE_DATA", str(tmp_path / "data"))
    engine = ScriptedEngine({"n_staging": "N2"})
    async with desk_with(settled(tmp_path), size, Report(REPORT, None, "breast.txt"), engine) as desk:
        screen = await opened(desk, "nodes")
        assert "SAVING ON" in desk.screen()
        await desk.pilot.press("4", "x")
        await desk.type("N1")
        await desk.pilot.press("enter")
        await desk.until(lambda: desk.app.screen is screen)
        await desk.pilot.press("escape")
        await desk.until(lambda: desk.app.screen is desk.read)
    kept = Store(tmp_path / "history.db").conversation(1)
    assert (kept.expected, [turn.rating for turn in kept.turns]) == ("N1", [None, None, 4])
    async with desk_with(settled(tmp_path), size, engine=engine) as desk:
        ran = len(engine.requests)
        shown = await history(desk)
        assert "Compared: nodes" in desk.screen()
        await desk.until(lambda: "vote: N2 (3 of 3)" in str(shown.query_one("#history-text").content))  # type: ignore[attr-defined]
        await desk.pilot.press("enter")
        screen = await compared(desk)
        for said in ("from the history", "Expected: N1", "Vote: N2 (3 of 3)", "rated 4", "fine-tuned ✓ (3 of 3)"):
            assert said in desk.screen(), desk.screen()
        await desk.pilot.press("right", "2", "escape")
        await desk.until(lambda: desk.app.screen is desk.read)
        assert len(engine.requests) == ran
    assert [turn.rating for turn in Store(tmp_path / "history.db").conversation(1).turns] == [2, None, 4]


async def test_names_that_were_hidden_stay_hidden_until_every_answer_is_rated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADLITE_DATA", str(tmp_path / "data"))
    async with desk_with(settled(tmp_path), (120, 40), Report(REPORT)) as desk:
        await opened(desk)
        await chosen(desk, *["down"] * 6, "space")
        await desk.pilot.press("5", "escape")
        await desk.until(lambda: desk.app.screen is desk.read)
        await history(desk)
        await desk.pilot.press("enter")
        screen = await compared(desk)
        assert isinstance(screen, CompareScreen)
        for hidden in ("few-shot", "zero-shot", "fine-tuned", "tok/s"):
            assert hidden not in desk.screen()
        for view in screen.views:
            screen.turn_to(view.place)
            if view.rating is None:
                await desk.pilot.press("3")
        await desk.pilot.pause()
        assert "fine-tuned" in desk.screen()
    kept = Store(tmp_path / "history.db").conversation(2)
    assert kept.blind
    assert sorted(turn.rating or 0 for turn in kept.turns) == [3, 3, 5]


async def test_a_private_conversations_comparison_is_not_kept(tmp_path: Path) -> None:
    async with desk_with(settled(tmp_path), report=Report(REPORT)) as desk:
        desk.app.keeping.make_private()
        await desk.ask("birads")
        await opened(desk, "nodes")
        assert "SAVING OFF" in desk.screen()
    path = tmp_path / "history.db"
    assert not path.exists() or Store(path).list() == ()
