"""What Enter would run: task, model, mode, how sure and why; or the numbered tasks it could be.

May import Textual and, once there is a plan to show, `choices` and the draft. Shows a plan; never makes one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from radlite_tui.tui.lines import MUTED, percent

if TYPE_CHECKING:
    from radlite_tui.assistant.types import Plan


class RoutingLine(Static):
    """One line above the input line."""

    def hint(self, sentence: str) -> None:
        """A plain sentence, when there is no plan to show."""
        self.update(Content.styled(f"  {sentence}", MUTED))

    def problem(self, sentence: str) -> None:
        """Why Enter cannot run anything."""
        self.update(Content.styled(f"! {sentence}", "$text-warning"))

    def show(self, plan: Plan, missing: str, pinned: bool) -> None:
        """A plan that would run, or one that lacks something."""
        from radlite_tui.tui.choices import title, why

        assert plan.routing.task is not None
        width = (self.size.width or 80) - 2
        for model in (str(plan.model), str(plan.model).removeprefix("radlite-")):
            who = Content.assemble(
                ("→ ", "bold $text-primary"), (title(plan.routing.task), "bold"), f" · {model} · {plan.mode} · "
            )
            if missing:
                said = Content.styled(f"! {missing}", "$text-warning")
            else:
                picked = "picked from the list"
                said = Content.styled(why(plan).replace("chosen by the user", picked) if pinned else why(plan), MUTED)
            line = who + said
            if line.cell_length <= width:
                break
        model_why = Content.styled(f" · {plan.model_reason}", MUTED)
        if not missing and plan.model_reason and line.cell_length + model_why.cell_length <= width:
            line += model_why
        self.update(line if missing else line.truncate(width, ellipsis=True))

    def refuse(self, sentence: str, remedies: Sequence[str]) -> None:
        """Why this cannot run, and by number what could."""
        choices = "  ".join(f"{number} {name}" for number, name in enumerate(remedies, 1))
        said = Content.assemble((f"! {sentence} ", "$text-warning"), (choices, "bold"), ("  Esc cancels", MUTED))
        self.update(said)

    def offer(self, plan: Plan, asking: bool) -> None:
        """The tasks the words could mean, by number."""
        from radlite_tui.tui.choices import title
        from radlite_tui.tui.draft import OFFERED

        tags = plan.routing.alternatives[:OFFERED]
        choices = "  ".join(f"{n} {title(tag)} {percent(share)}" for n, (tag, share) in enumerate(tags, 1))
        end = f"press 1-{len(tags)}, or say more" if asking else f"Enter, then 1-{len(tags)}"
        self.update(Content.assemble(("? not sure: ", "bold $text-warning"), choices, (f"  {end}", MUTED)))
