"""A picture of the app, made by the app: `python -m radlite_tui.tui.picture OUT.svg [--size 120x36] [--theme NAME]`.

Runs the real app without a terminal on an example report, asks the embedded models what the arguments say, and saves
the screen as SVG. The picture names no font to fetch, so showing it needs no network.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from textual.pilot import Pilot

from radlite_tui import tasks
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.tasks.report import Report
from radlite_tui.tui.application import RadliteApp
from radlite_tui.tui.themes import DARK, THEMES

PATIENCE = 600
FONT_FACE = re.compile(r"@font-face\s*\{.*?\}", re.DOTALL)


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Wait for a condition while the app runs. Raises TimeoutError after some minutes."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("The app did not come to the state that was to be pictured.")
        await pilot.pause(0.05)


async def picture(asked: list[str], size: tuple[int, int], theme: str, task: str) -> str:
    """The screen as SVG once every request of `asked` is answered about the task's example report."""
    example = tasks.get(task).demonstrations[0].report
    app = RadliteApp(Report(example.text, example.prior, "example.txt"), Assistant.create)
    async with app.run_test(size=size) as pilot:
        app.theme = theme
        await until(pilot, lambda: app.assistant is not None)
        for number, words in enumerate(asked, 1):
            app.read_screen.ask_line.text = words
            await pilot.press("enter")
            await until(pilot, partial(answered, app, number))
        await pilot.pause()
        return FONT_FACE.sub("", app.export_screenshot(title="RadLite"))


def answered(app: RadliteApp, number: int) -> bool:
    """Whether this many requests are answered and nothing runs."""
    following = app.read_screen.following
    done = following is not None and following.over and not app.busy
    return done and len(app.read_screen.conversation.turns()) == number


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m radlite_tui.tui.picture", description="Save a picture of the app.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", default="120x36", help="columns x rows")
    parser.add_argument("--theme", default=DARK.name, choices=[theme.name for theme in THEMES])
    parser.add_argument("--task", default="rads_assignment", choices=tasks.TAGS, help="whose example report is read")
    parser.add_argument("--ask", action="append", help="what is asked; may be given several times")
    arguments = parser.parse_args()
    width, _, height = arguments.size.partition("x")
    asked = arguments.ask or ["birads?", "write the impression"]
    svg = asyncio.run(picture(asked, (int(width), int(height)), arguments.theme, arguments.task))
    arguments.out.write_text(svg, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
