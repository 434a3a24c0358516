"""The status line: what runs, how far it is, how fast, how full the context is, whether anything is saved.

May import Textual and `figures`. Every number in it was counted or measured; what is not known is left out.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from radlite_tui.tui.figures import rate, spark, wait

if TYPE_CHECKING:
    from radlite_tui.tui.progress import Progress

READABLE_HZ = 2
SEPARATOR = " │ "
TIGHT = "│"
FULL = 9
SEEN_FROM_NUMBERS = ("reading", "writing", "done")


@dataclass(frozen=True)
class Standing:
    """What the line says before its numbers. saving: whether what is asked is kept: ON, OFF or FAILS. following: the
    share of the context that the prompt which Enter would run fills, where it is counted."""

    state: str
    task: str = ""
    model: str = ""
    mode: str = ""
    saving: str = "OFF"
    following: float | None = None


def status_text(standing: Standing, progress: Progress | None, width: int) -> str:
    """The line in the fullest form that fits the width."""
    text = ""
    for detail in range(FULL, -1, -1):
        separator = SEPARATOR if detail >= 6 else TIGHT
        text = separator.join(parts(standing, progress, detail))
        if len(text) <= width:
            return text
    return text[: max(0, width - 1)] + "…"


def parts(standing: Standing, progress: Progress | None, detail: int) -> list[str]:
    """The line's parts. Less detail drops, in order: the reading speed, the model's family, the state where the numbers
    show it, the spaces, the mode, the task, the model, the reading, the context."""
    model = standing.model if detail >= 8 else standing.model.removeprefix("radlite-")
    who = [standing.task if detail >= 4 else "", model if detail >= 3 else "", standing.mode if detail >= 5 else ""]
    plain_state = progress is not None and standing.state in SEEN_FROM_NUMBERS
    found = ["" if plain_state and detail < 7 else standing.state]
    found.append((" · " if detail >= 6 else "·").join(word for word in who if word))
    if progress is not None:
        found += numbers(progress, detail)
    if standing.following is not None and detail >= 2:
        found.append(f"next ctx {standing.following:.0%}")
    found.append(f"SAVING {standing.saving}")
    return [part for part in found if part]


def numbers(progress: Progress, detail: int) -> list[str]:
    """What is known of the run's figures."""
    found = []
    writing = progress.state == "writing"
    if progress.prompt_total and detail >= (6 if writing else 2):
        speed = f" {progress.prefill_tok_s:.0f}/s" if progress.prefill_tok_s and detail >= FULL else ""
        left = progress.seconds_left
        counted = f" {wait(left)} left" if left is not None and left >= 1 else ""
        found.append(f"prefill {progress.prompt_done}/{progress.prompt_total}{speed}{counted}")
    if progress.decode_tok_s:
        bars = spark(progress.speeds) if detail >= (3 if writing else 6) else ""
        found.append(f"{rate(progress.decode_tok_s)} tok/s" + (f" {bars}" if bars else ""))
    if progress.tokens:
        found.append(f"{progress.tokens} tok")
    if progress.context_share is not None and detail >= 1:
        found.append(f"ctx {progress.context_share:.0%}")
    return found


class StatusLine(Static):
    """Always on screen, always the same place."""

    def __init__(self, id: str | None = None) -> None:  # Textual's own parameter name
        super().__init__(id=id)
        self.standing = Standing("starting")
        self.progress: Progress | None = None
        self.saving = Standing.saving
        self.text = ""
        self.drawn_at = 0.0
        self.following: float | None = None

    def show_soon(self, standing: Standing, progress: Progress | None) -> None:
        """As `show`, but while only numbers change, not more often than they can be read."""
        calm = (
            replace(standing, saving=self.saving) == self.standing
            and time.monotonic() - self.drawn_at < 1 / READABLE_HZ
        )
        if not calm:
            self.show(standing, progress)

    def gauge(self, share: float | None) -> None:
        """The share of the context that the next prompt fills, or None while it is not counted."""
        if share != self.following:
            self.following = share
            self.draw()

    def show(self, standing: Standing, progress: Progress | None) -> None:
        self.standing = replace(standing, saving=self.saving)
        self.progress, self.drawn_at = progress, time.monotonic()
        self.draw()

    def keep(self, saving: str) -> None:
        """How saving stands now, also in what is shown already."""
        self.saving = saving
        self.show(self.standing, self.progress)

    def on_resize(self) -> None:
        self.draw()

    def draw(self) -> None:
        text = status_text(
            replace(self.standing, following=self.following), self.progress, self.size.width or self.app.size.width
        )
        if text != self.text:
            self.text = text
            self.update(Content(text), layout=False)
