"""The screens beside the Read screen in a state worth looking at, reached as a user reaches them.

Each function begins on the Read screen and leaves its own screen up; `back` leads back. Shared by what is pictured and
by what is measured for contrast, so that no screen is only one of the two.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from radlite_tui.assistant.history.keeper import Keeper
from radlite_tui.assistant.history.store import Store
from radlite_tui.tasks.report import Report
from radlite_tui.tui.screens.compare import CompareScreen
from radlite_tui.tui.screens.form import FormScreen
from radlite_tui.tui.screens.history import HistoryScreen
from tests.assistant.history.kept import ask, settled
from tests.tui.comparing import opened
from tests.tui.desk import Desk

MORNING = 1_750_000_000.0
"""2025-06-15 15:06:40 UTC."""
HOUR = 3600.0
CHEST = Report("FINDINGS: 18 mm spiculated nodule, left upper lobe. No effusion.", None, "chest-ct.txt")
BREAST = Report(
    "FINDINGS: 18 mm irregular mass, left breast.\nIMPRESSION: Suspicious mass of the left breast.", None, "breast.txt"
)
CONVERSATIONS = (
    (BREAST, "birads?", "write the impression please"),
    (CHEST, "list the entities"),
    (Report(""), "hello, what can you do?"),
    (Report(f"{CHEST.text} Enlarged hilar nodes.", "FINDINGS: 12 mm nodule.", "follow-up.hl7"), "what changed since?"),
    (CHEST, "nodes please, and say which of them it rests on before I sign this and go home for the night"),
    (BREAST, "metastasis?"),
)
OF_THIS_MACHINE = ", ".join(
    f"'$.{name}', 'as it was'" for name in ("version", "llama_cpp", "processor", "prompt_version", "request_sha256")
)
"""What of an answer's provenance differs from machine to machine and from version to version."""


def history_of(folder: Path) -> Path:
    """A history with a few conversations, an hour apart, the latest of them cut off; the database's path."""
    keeper = Keeper(settled(folder))
    for report, *words in CONVERSATIONS:
        keeper.begin()
        for one in words:
            ask(keeper, one, report)
    keeper.close()
    store = Store(folder / "history.db")
    with store.connection.writing() as connection:
        when = f"{MORNING} + id * {HOUR}"
        connection.execute(f"UPDATE conversation SET created = {when}, touched = {when}")
        connection.execute(f"UPDATE turn SET created = {when}")
        connection.execute(f"UPDATE answer SET provenance = json_set(provenance, {OF_THIS_MACHINE})")
        connection.execute(
            "UPDATE answer SET state = 'interrupted', offered = 1 WHERE id = (SELECT max(id) FROM answer)"
        )
    store.close()
    return folder / "history.db"


@contextmanager
def universal_time() -> Iterator[None]:
    """Times on the screen are UTC's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


async def back(desk: Desk) -> None:
    """Esc until the Read screen is there."""
    while desk.app.screen is not desk.read:
        await desk.pilot.press("escape")
        await desk.pilot.pause()


async def history(desk: Desk) -> None:
    """The list, its first conversation in the preview."""
    await desk.pilot.press("f2")
    await desk.until(lambda: isinstance(desk.app.screen, HistoryScreen) and desk.app.screen.previewed)
    await desk.pilot.pause()


async def search_history(desk: Desk) -> None:
    """What was found stands out in the lines; the second of them is chosen."""
    await history(desk)
    await desk.type("nod")
    screen = desk.app.screen
    assert isinstance(screen, HistoryScreen)
    await desk.until(lambda: 0 < len(screen.entries) < len(CONVERSATIONS))
    await desk.pilot.press("down")
    chosen = screen.chosen
    assert chosen is not None
    await desk.until(lambda: screen.previewed is not None and screen.previewed.summary.id == chosen.id)
    await desk.pilot.pause()


async def form(desk: Desk, number: str) -> FormScreen:
    """The form of the task with this number in the list of tasks."""
    await desk.pilot.press("ctrl+k", number)
    await desk.until(lambda: isinstance(desk.app.screen, FormScreen))
    await desk.pilot.pause()
    screen = desk.app.screen
    assert isinstance(screen, FormScreen)
    return screen


async def inference(desk: Desk) -> None:
    """The form of inference, a hypothesis typed."""
    await form(desk, "4")
    await desk.type("there is a nodule on the left")
    await desk.pilot.pause()


async def changes(desk: Desk) -> None:
    """The form of changes with both reports, in the second of them."""
    await form(desk, "3")
    await desk.pilot.press("tab")
    await desk.pilot.pause()


async def comparison(desk: Desk) -> CompareScreen:
    """Three finished columns, compared to the second."""
    return await opened(desk, "impression")


async def palette(desk: Desk) -> None:
    """The commands that have what was typed in their names."""
    await desk.pilot.press("ctrl+p")
    await desk.until(lambda: desk.app.screen is not desk.read)
    await desk.type("rep")
    await desk.until(lambda: "Report: open" in desk.screen())
    await desk.pilot.pause()
