"""The comparison screen in tests: opened by its key, its choices changed, waited for to its end."""

from __future__ import annotations

from radlite_tui.tui.screens.compare import CompareScreen
from radlite_tui.tui.screens.compare_setup import CompareSetupScreen
from tests.tui.desk import Desk


async def compared(desk: Desk) -> CompareScreen:
    await desk.until(lambda: isinstance(desk.app.screen, CompareScreen))
    screen = desk.app.screen
    assert isinstance(screen, CompareScreen)
    await desk.until(lambda: screen.over)
    await desk.pilot.pause()
    return screen


async def opened(desk: Desk, words: str = "birads") -> CompareScreen:
    await desk.type(words)
    await desk.pilot.press("ctrl+e")
    return await compared(desk)


async def chosen(desk: Desk, *keys: str) -> CompareScreen:
    """Open the comparison's choices, press keys there, and compare anew."""
    before = desk.app.screen
    await desk.pilot.press("c")
    await desk.until(lambda: isinstance(desk.app.screen, CompareSetupScreen))
    await desk.pilot.press(*keys, "enter")
    await desk.until(lambda: desk.app.screen is not before and isinstance(desk.app.screen, CompareScreen))
    return await compared(desk)
