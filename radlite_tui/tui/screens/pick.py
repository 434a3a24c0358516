"""Two short questions the app asks: which task, and which file.

May import Textual, `tasks` and the assistant's intake.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from radlite_tui import tasks
from radlite_tui.assistant import intake
from radlite_tui.errors import BadInput
from radlite_tui.tui.screens.taken import TakenScreen

AUTO = "auto"
PICKABLE = (*tasks.TAGS, tasks.CHAT, AUTO)


@dataclass(frozen=True)
class Picked:
    """A task from the list (None: let the router decide), and whether to load its example report."""

    task: str | None
    example: bool = False


class PickScreen(ModalScreen[Picked | None]):
    """The nine tasks, chat, and back to automatic, each with its line of help."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+k", "leave", "Close the list", id="pick.close", priority=True),
        Binding("e", "example", "Take the task and load an example report", id="pick.example"),
        *(
            Binding(
                str(number),
                f"number({number})",
                f"Take {'task' if number else 'chat:'} {number or 'questions'}",
                id=f"pick.{number}",
                show=False,
            )
            for number in (*range(1, 10), 0)
        ),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(id="pick"):
            yield OptionList(*self.options(), id="pick-list")
            yield Static(id="pick-help")
            yield Static("Enter or 0-9 takes the task   e with an example report   Esc closes", id="pick-keys")

    def on_mount(self) -> None:
        self.query_one("#pick").border_title = "Tasks"
        self.query_one(OptionList).focus()

    def options(self) -> Iterable[Option]:
        for number, tag in enumerate(tasks.TAGS, 1):
            yield self.option(str(number), tag, tasks.get(tag).title, tasks.get(tag).help)
        yield self.option("0", tasks.CHAT, tasks.get(tasks.CHAT).title, tasks.get(tasks.CHAT).help)
        yield self.option(" ", AUTO, "Automatic", "RadLite chooses the task from your words.")

    @staticmethod
    def option(key: str, tag: str, name: str, about: str) -> Option:
        text = Content.assemble(
            (f"{key} {name:<14}", "bold"), f" {about}"
        )  # as the list has it: a highlighted line has other colours
        return Option(text, id=tag)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.take(event.option_id, example=False)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        tag = PICKABLE[event.option_index]
        about = "RadLite chooses the task from your words." if tag == AUTO else self.needs(tag)
        self.query_one("#pick-help", Static).update(Content(about))

    @staticmethod
    def needs(tag: str) -> str:
        """The task's help and what it has to be given."""
        task = tasks.get(tag)
        given = ["the report"] if tag != tasks.CHAT else []
        given += ["the earlier report"] if task.needs_prior else []
        given += [task.words_heading.lower() or "your words"] if task.uses_words else []
        return f"{task.help}. Give it {' and '.join(given)}."

    def take(self, tag: str | None, example: bool) -> None:
        self.dismiss(Picked(None if tag == AUTO else tag, example and tag not in (AUTO, tasks.CHAT)))

    def action_example(self) -> None:
        chosen = self.query_one(OptionList)
        if chosen.highlighted is not None:
            self.take(PICKABLE[chosen.highlighted], example=True)

    def action_number(self, number: int) -> None:
        self.take(PICKABLE[number - 1] if number else tasks.CHAT, example=False)

    def action_leave(self) -> None:
        self.dismiss(None)


class PathSuggester(Suggester):
    """The rest of a path that begins so, in alphabetical order; directories with a slash."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        folder, _, start = value.rpartition("/")
        base = Path(f"{folder}/" if "/" in value else ".").expanduser()
        try:
            names = sorted(p.name + ("/" if p.is_dir() else "") for p in base.iterdir() if p.name.startswith(start))
        except OSError:
            return None
        shown = [name for name in names if start or not name.startswith(".")]
        return value[: len(value) - len(start)] + shown[0] if shown else None


class OpenScreen(ModalScreen[intake.Taken | None]):
    """A path to open. Gives what was read; a file that cannot be a report is refused here, in a sentence."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close", id="open.close", priority=True),
        Binding("tab", "complete", "Complete the path", id="open.complete", priority=True),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(id="open"):
            yield Input(
                placeholder="path of a report: text, PDF, Word, HL7, FHIR or DICOM",
                suggester=PathSuggester(),
                id="open-path",
                compact=True,
            )
            yield Static("Enter opens   Tab completes   Esc", id="open-note")

    def on_mount(self) -> None:
        self.query_one("#open").border_title = "Open a report"
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not event.value.strip():
            return
        self.say("reading ...")
        self.run_worker(partial(self.read, Path(event.value.strip()).expanduser()), thread=True, exclusive=True)

    def read(self, path: Path) -> None:
        """In a thread: what the file holds, or why it is refused."""
        try:
            taken = intake.read(path)
        except BadInput as error:
            self.app.call_from_thread(self.say, f"! {error}", "$text-error")
            return
        self.app.call_from_thread(self.done, taken)

    def done(self, taken: intake.Taken) -> None:
        """Show what was taken out of a document first; nothing happens if the question was left meanwhile."""
        if self.is_current and taken.to_confirm:
            self.say("")
            self.app.push_screen(TakenScreen(taken), self.confirmed)
        elif self.is_current:
            self.dismiss(taken)

    def confirmed(self, taken: intake.Taken | None) -> None:
        """Used, or back to the path."""
        if taken is not None:
            self.dismiss(taken)

    def say(self, sentence: str, style: str = "") -> None:
        if self.is_current:
            self.query_one("#open-note", Static).update(Content.styled(sentence, style))

    def action_complete(self) -> None:
        self.query_one(Input).action_cursor_right()

    def action_leave(self) -> None:
        self.dismiss(None)
