"""The history on screen: searched while typing, reopened, renamed, deleted, exported; smooth when long."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.history.recovery import Draft, Recovered
from radlite_tui.assistant.history.store import Store
from radlite_tui.settings import Settings
from radlite_tui.tasks.report import Report
from radlite_tui.tui.application import RadliteApp
from radlite_tui.tui.screens.history import HistoryScreen
from radlite_tui.tui.screens.history_asks import ConfirmScreen, OfferScreen
from radlite_tui.tui.screens.line import LineScreen
from tests.assistant.history.kept import kept, settled
from tests.scripted import ScriptedEngine
from tests.tui.desk import REPORT, Desk, Gate, scripted

PAGES = 20
SIZES = [(80, 24), (120, 40)]


@asynccontextmanager
async def desk_with(
    found: Settings,
    size: tuple[int, int] = (80, 24),
    report: Report | None = None,
    engine: ScriptedEngine | None = None,
) -> AsyncIterator[Desk]:
    app = RadliteApp(report, scripted(engine), found=found)
    async with app.run_test(size=size) as pilot:
        desk = Desk(app, pilot)
        await desk.ready()
        await desk.until(lambda: app.keeping.keeper is not None)
        yield desk


async def history(desk: Desk) -> HistoryScreen:
    """The history, opened by its key and listed."""
    await desk.pilot.press("f2")
    await desk.until(lambda: isinstance(desk.app.screen, HistoryScreen) and desk.app.screen.loaded)
    screen = desk.app.screen
    assert isinstance(screen, HistoryScreen)
    return screen


async def test_the_status_line_says_whether_saving_is_on_and_a_key_switches_it(tmp_path: Path) -> None:
    async with desk_with(settled(tmp_path), report=Report(REPORT)) as desk:
        await desk.until(lambda: "SAVING ON" in desk.status())
        await desk.ask("birads")
        assert "SAVING ON" in desk.status()
        await desk.pilot.press("alt+s")
        assert "SAVING OFF" in desk.status()
        await desk.ask("nodes")
        assert "SAVING OFF" in desk.status()
    turns = Store(tmp_path / "history.db").conversation(1).turns
    assert [turn.ask.words for turn in turns] == ["birads"]


async def test_an_app_without_settings_keeps_nothing_and_says_so(tmp_path: Path) -> None:
    app = RadliteApp(Report(REPORT), scripted())
    async with app.run_test(size=(80, 24)) as pilot:
        desk = Desk(app, pilot)
        await desk.ready()
        await desk.ask("birads")
        assert "SAVING OFF" in desk.status()


@pytest.mark.parametrize("size", SIZES)
async def test_a_conversation_is_found_while_typing_and_reopened_with_its_report(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    kept(tmp_path, ("birads?", "what now"), ("nodes please",), ("hello there",))
    async with desk_with(settled(tmp_path), size) as desk:
        screen = await history(desk)
        assert len(screen.entries) == 3
        await desk.type("what")
        await desk.until(lambda: len(screen.entries) == 1)
        await desk.until(lambda: "model SHA-256" in str(screen.query_one("#history-text").content))  # type: ignore[attr-defined]
        shown = desk.screen()
        for said in ("birads?", "1 conversation found", "SAVING ON", "Not for clinical use", "open"):
            assert said in shown, shown
        await desk.pilot.press("enter")
        await desk.until(lambda: desk.app.screen is desk.read)
        await desk.until(lambda: all(turn.answer for turn in desk.read.conversation.turns()))
        assert [turn.plan.ask.words for turn in desk.read.conversation.turns()] == ["birads?", "what now"]
        assert "18 mm irregular mass" in desk.read.pane.current.text
        assert "breast.txt" in desk.screen()
        assert "from the history" in desk.status()
        await desk.ask("nodes")
    turns = Store(tmp_path / "history.db").conversation(1).turns
    assert [(turn.ask.words, turn.parent) for turn in turns] == [("birads?", None), ("what now", 1), ("nodes", 2)]


async def test_a_conversation_is_renamed_and_deleted_only_when_that_is_meant(tmp_path: Path) -> None:
    kept(tmp_path, ("birads?",), ("nodes please",))
    async with desk_with(settled(tmp_path)) as desk:
        screen = await history(desk)
        await desk.pilot.press("ctrl+r")
        assert isinstance(desk.app.screen, LineScreen)
        desk.app.screen.query_one(Input).value = "axilla"
        await desk.pilot.press("enter")
        await desk.until(lambda: "axilla" in desk.screen())
        await desk.pilot.press("ctrl+d")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen))
        await desk.pilot.press("enter")
        await desk.until(lambda: desk.app.screen is screen)
        assert len(screen.entries) == 2
        await desk.pilot.press("ctrl+d")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen))
        await desk.pilot.press("y")
        await desk.until(lambda: len(screen.entries) == 1)
        await desk.until(lambda: "axilla" not in desk.screen())
        await desk.pilot.press("escape")
        await desk.until(lambda: desk.app.screen is desk.read)
    assert [one.title for one in Store(tmp_path / "history.db").list()] == ["birads?"]


async def test_an_export_is_written_where_the_user_says_and_never_over_a_file(tmp_path: Path) -> None:
    kept(tmp_path / "history", ("birads?",))
    async with desk_with(settled(tmp_path / "history")) as desk:
        screen = await history(desk)
        for _ in range(2):
            await desk.pilot.press("ctrl+e")
            await desk.until(lambda: isinstance(desk.app.screen, LineScreen))
            desk.app.screen.query_one(Input).value = str(tmp_path / "out.json")
            await desk.pilot.press("enter")
            await desk.until(lambda: desk.app.screen is screen)
        await desk.until(lambda: any("is there already" in told.message for told in desk.app._notifications))
    assert '"notice": "Not for clinical use"' in (tmp_path / "out.json").read_text()


async def test_a_history_that_is_empty_or_damaged_says_what_it_is(tmp_path: Path) -> None:
    async with desk_with(settled(tmp_path / "none", "off")) as desk:
        await history(desk)
        await desk.until(lambda: "Nothing is kept" in desk.screen())
        assert "Alt+S switches saving" in " ".join(desk.screen().replace("│", "").split())
    (tmp_path / "history.db").write_bytes(b"no database" * 1000)
    async with desk_with(settled(tmp_path, "off")) as desk:
        await history(desk)
        await desk.until(lambda: "damaged (file is not a database)" in desk.screen())
        assert "the history cannot be read" in desk.screen()


async def test_a_private_conversation_is_not_kept_and_what_was_kept_can_go(tmp_path: Path) -> None:
    async with desk_with(settled(tmp_path), report=Report(REPORT)) as desk:
        await desk.ask("birads")
        assert desk.app.keeping.keeper is not None
        desk.app.keeping.keeper.flush()
        desk.app.keeping.make_private()
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen))
        assert "SAVING OFF" in desk.status()
        await desk.pilot.press("y")
        await desk.until(lambda: desk.app.screen is desk.read)
        await desk.ask("nodes")
        await desk.pilot.press("ctrl+n", "ctrl+n")
        await desk.until(lambda: "SAVING ON" in desk.status())
    assert Store(tmp_path / "history.db").list() == ()


async def test_the_history_can_be_looked_at_while_an_answer_is_written(tmp_path: Path, gate: Gate) -> None:
    kept(tmp_path, ("nodes please",))
    engine = ScriptedEngine({"chat": "one two three"}, step=gate)
    gate.allowed = 2
    async with desk_with(settled(tmp_path), report=Report(REPORT), engine=engine) as desk:
        await desk.type("hello")
        await desk.pilot.press("enter")
        await desk.until(lambda: len(gate.reached) == 3)
        screen = await history(desk)
        await desk.until(lambda: len(screen.entries) == 2)
        await desk.pilot.press("enter")
        assert desk.app.screen is screen
        gate.open.set()
        await desk.until(lambda: not desk.app.busy)
        await desk.pilot.press("escape")
        await desk.answered()


async def test_a_full_history_scrolls_smoothly_and_only_draws_what_is_seen(tmp_path: Path) -> None:
    many = 10_000
    path = kept(tmp_path, ("hello",))
    store = Store(path)
    with store.connection.writing() as connection:
        rows = ((f"conversation {number}", float(number), float(number)) for number in range(many))
        connection.executemany("INSERT INTO conversation (title, created, touched) VALUES (?, ?, ?)", rows)
    store.close()
    async with desk_with(settled(tmp_path)) as desk:
        screen = await history(desk)
        await desk.until(lambda: len(screen.entries) == many + 1)
        drawn: list[int] = []
        line = screen.line
        screen.rows.line = lambda row, width: (drawn.append(row), line(row, width))[1]
        started = time.process_time()
        for _ in range(PAGES):
            await desk.pilot.press("pagedown")
        seconds = (time.process_time() - started) / PAGES
        assert screen.rows.chosen == PAGES * screen.rows.page
        assert f"conversation {many - screen.rows.chosen}" in desk.screen()
        assert len(drawn) <= 2 * (PAGES + 10) * screen.rows.size.height
        assert seconds < 0.1, "a page takes longer than a tenth of a second of the processor"
        await desk.pilot.press("up")
        assert screen.rows.chosen == PAGES * screen.rows.page - 1


@pytest.mark.parametrize(("key", "first"), [("enter", "is there edema"), ("escape", "edema")])
async def test_what_is_typed_or_pasted_while_a_cut_off_question_is_offered_is_kept(
    tmp_path: Path, key: str, first: str
) -> None:
    async with desk_with(settled(tmp_path, "off")) as desk:
        desk.app.keeping.offer(Recovered(0.0, Draft(Report(REPORT, None, "pasted"), "is there ")))
        await desk.until(lambda: isinstance(desk.app.screen, OfferScreen))
        await desk.pilot.press(*"edema")
        desk.app.screen.post_message(events.Paste(" or effusion"))
        await desk.until(lambda: "waits for your answer" in desk.screen())
        await desk.pilot.press(key)
        await desk.until(lambda: desk.app.screen is desk.read and desk.read.ask_line.text == f"{first} or effusion")
        assert desk.read.pane.current.text == (REPORT if key == "enter" else "")


async def test_words_typed_before_a_cut_off_question_is_offered_stay(tmp_path: Path) -> None:
    async with desk_with(settled(tmp_path, "off")) as desk:
        await desk.type("edema")
        desk.app.keeping.offer(Recovered(0.0, Draft(Report(REPORT, None, "pasted"), "is there ")))
        await desk.until(lambda: isinstance(desk.app.screen, OfferScreen))
        await desk.pilot.press("enter")
        await desk.until(lambda: desk.app.screen is desk.read and desk.read.ask_line.text == "is there edema")


async def test_the_real_models_answer_comes_back_as_it_was(tmp_path: Path) -> None:
    found = settled(tmp_path)
    app = RadliteApp(Report(REPORT), Assistant.create, found=found)
    async with app.run_test(size=(80, 24)) as pilot:
        desk = Desk(app, pilot)
        await desk.ready()
        await desk.ask("birads")
        before = desk.latest()
    app = RadliteApp(None, Assistant.create, found=found)
    async with app.run_test(size=(80, 24)) as pilot:
        desk = Desk(app, pilot)
        await desk.ready()
        await history(desk)
        await desk.pilot.press("enter")
        await desk.until(lambda: desk.app.screen is desk.read and desk.read.conversation.latest is not None)
        await desk.until(lambda: desk.read.conversation.latest.answer is not None)  # type: ignore[union-attr]
        assert desk.latest().split() == before.split()
