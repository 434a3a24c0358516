"""Opening a document in the app: what was read is shown first, and only Enter uses it."""

from __future__ import annotations

from pathlib import Path

from radlite_tui.assistant import intake
from radlite_tui.tui.application import RadliteApp
from radlite_tui.tui.screens.pick import OpenScreen
from radlite_tui.tui.screens.taken import TakenScreen
from tests import documents
from tests.tui.desk import Desk, open_desk, scripted


async def opened(desk: Desk, path: Path) -> None:
    """Ctrl+O, the path, Enter, and the question what was read."""
    await desk.pilot.press("ctrl+o")
    await desk.until(lambda: isinstance(desk.app.screen, OpenScreen))
    desk.app.screen.query_one("#open-path").value = str(path)  # type: ignore[attr-defined]
    await desk.pilot.press("enter")
    await desk.until(lambda: isinstance(desk.app.screen, TakenScreen))
    await desk.pilot.pause()


async def test_a_document_is_shown_with_what_was_left_out_and_used_on_enter(tmp_path: Path) -> None:
    path = tmp_path / "now.hl7"
    path.write_bytes(documents.usual_hl7())
    async with open_desk(scripted()) as desk:
        await opened(desk, path)
        screen = desk.screen()
        assert "now.hl7: HL7 v2 ORU_R01" in screen
        assert "1 attached document" in screen
        assert documents.FINDINGS in screen
        assert not desk.read.pane.current.text
        await desk.pilot.press("enter")
        await desk.until(lambda: desk.app.screen is desk.read)
        assert documents.FINDINGS in desk.read.pane.current.text
        assert desk.read.pane.source == "now.hl7"


async def test_esc_goes_back_to_the_path_and_nothing_is_used(tmp_path: Path) -> None:
    path = tmp_path / "latin.txt"
    path.write_bytes("Ödem beidseits.".encode("latin-1"))
    async with open_desk(scripted()) as desk:
        await opened(desk, path)
        assert "Latin-1" in desk.screen()
        await desk.pilot.press("escape")
        await desk.until(lambda: isinstance(desk.app.screen, OpenScreen))
        await desk.pilot.press("escape")
        await desk.until(lambda: desk.app.screen is desk.read)
        assert not desk.read.pane.current.text


async def test_the_earlier_report_of_a_message_becomes_the_earlier_report(tmp_path: Path) -> None:
    path = tmp_path / "two.json"
    older = documents.fhir_report(id="2", effectiveDateTime="2023-01-01", conclusion="older")
    path.write_bytes(documents.bundle(documents.fhir_report(), older))
    async with open_desk(scripted(), size=(120, 40)) as desk:
        await opened(desk, path)
        await desk.pilot.press("enter")
        await desk.until(lambda: desk.app.screen is desk.read)
        assert "older" in desk.read.pane.prior.text


async def test_a_document_named_at_the_start_is_shown_before_it_is_used(tmp_path: Path) -> None:
    path = tmp_path / "now.pdf"
    path.write_bytes(documents.pdf(documents.FINDINGS))
    app = RadliteApp(None, scripted(), offered=intake.read(path))
    async with app.run_test(size=(80, 24)) as pilot:
        desk = Desk(app, pilot)
        await desk.until(lambda: isinstance(app.screen, TakenScreen))
        assert not app.read_screen.pane.current.text
        await pilot.press("enter")
        await desk.until(lambda: app.read_screen.pane.current.text == documents.FINDINGS)
