"""Text that is drawn again several times a second while an answer is written. May import Textual only.

The app computes beside the model and over a slow line, so a change costs what changed: lines that stay are not sent
again, and the screen is only laid out anew when there are more lines or fewer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.geometry import Region
from textual.widgets import Static

if TYPE_CHECKING:
    from typing_extensions import Self


class Redrawn(Static):
    """Shows a `Content`; `show` replaces it."""

    shown: tuple[int, list[Content]] = (0, [])
    changed: Region | None = None

    def show(self, content: Content) -> None:
        """Draw the content in place of what there was."""
        width = self.content_size.width
        now = content.wrap(width) if width else []
        before_width, before = self.shown
        self.shown = (width, now)
        if not now or width != before_width or len(now) != len(before):
            self.update(content)
            return
        rows = [row for row, (old, new) in enumerate(zip(before, now, strict=True)) if not old.is_same(new)]
        if rows:
            self.changed = Region(0, rows[0], width, rows[-1] - rows[0] + 1)
            self.update(content, layout=False)
            self.changed = None

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """As Textual's, narrowed to the lines that changed while `show` draws them."""
        if self.changed is not None and not regions and not layout:
            regions = (self.changed,)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
