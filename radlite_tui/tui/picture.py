"""Pictures of the app, made by the app: `python -m radlite_tui.tui.picture --all` writes all of them below `docs`.

Runs the real app without a terminal on example reports, asks the embedded models what the scene says, and saves the
screen as SVG. A picture names no font to fetch, so showing it needs no network. For one picture of one's own:
`python -m radlite_tui.tui.picture OUT.svg [--size 120x36] [--theme NAME] [--task TAG] [--ask WORDS]`.
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
from radlite_tui.tui.application import RadliteApp
from radlite_tui.tui.scenes import SCENES, Scene
from radlite_tui.tui.themes import DARK, THEMES

PATIENCE = 600
DOCS = Path(__file__).parents[2] / "docs"
FONT_FACE = re.compile(r"@font-face\s*\{.*?\}", re.DOTALL)


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Wait for a condition while the app runs. Raises TimeoutError after some minutes."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("The app did not come to the state that was to be pictured.")
        await pilot.pause(0.05)


async def picture(scene: Scene) -> str:
    """The screen as SVG once everything in the scene is asked, answered, typed and pressed."""
    app = RadliteApp(scene.report, Assistant.create, scene.offered)
    async with app.run_test(size=scene.size) as pilot:
        app.theme = scene.theme
        await until(pilot, lambda: app.assistant is not None)
        for number, words in enumerate(scene.asked, 1):
            app.read_screen.ask_line.text = words
            await pilot.press("enter")
            await until(pilot, partial(answered, app, number))
        if scene.words:
            app.read_screen.ask_line.text = scene.words
            await pilot.pause()
            await until(pilot, lambda: app.read_screen.plan_timer is None and app.read_screen.draft.plan is not None)
        for key in scene.keys:
            await pilot.press(key)
            await pilot.pause()
        await until(pilot, lambda: not app.busy)
        await pilot.pause(0.5)
        return FONT_FACE.sub("", app.export_screenshot(title="RadLite"))


def answered(app: RadliteApp, number: int) -> bool:
    """Whether this many requests are answered and nothing runs."""
    following = app.read_screen.following
    done = following is not None and following.over and not app.busy
    return done and len(app.read_screen.conversation.turns()) == number


def write_all(folder: Path) -> None:
    """Every picture of the user guide."""
    for scene in SCENES:
        path = folder / scene.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(asyncio.run(picture(scene)), encoding="utf-8")
        print(path, file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m radlite_tui.tui.picture", description="Save pictures of the app.")
    parser.add_argument("out", type=Path, nargs="?", help="one picture")
    parser.add_argument("--all", action="store_true", help="all pictures of the user guide, below docs")
    parser.add_argument("--size", default="120x36", help="columns x rows")
    parser.add_argument("--theme", default=DARK.name, choices=[theme.name for theme in THEMES])
    parser.add_argument("--task", default="rads_assignment", choices=tasks.TAGS, help="whose example report is read")
    parser.add_argument("--ask", action="append", help="what is asked; may be given several times")
    arguments = parser.parse_args()
    if arguments.all == (arguments.out is not None):
        parser.error("name one picture, or give --all")
    if arguments.all:
        write_all(DOCS)
        return 0
    width, _, height = arguments.size.partition("x")
    asked = tuple(arguments.ask or ("birads?", "write the impression"))
    scene = Scene(str(arguments.out), (int(width), int(height)), arguments.task, asked, theme=arguments.theme)
    arguments.out.write_text(asyncio.run(picture(scene)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
