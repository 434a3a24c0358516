"""The Textual app: owns the assistant, the one run in progress, themes and global keys.

May import the assistant and `tui`. Runs live on the app, not on a screen, so closing a screen loses no event.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter, Monochrome
from textual.message_pump import MessagePump
from textual.screen import ModalScreen, Screen

from radlite_tui.errors import RadliteError
from radlite_tui.settings import Settings
from radlite_tui.showing import display
from radlite_tui.tui import starting, themes
from radlite_tui.tui.colourless import Colourless
from radlite_tui.tui.keeping import Keeping
from radlite_tui.tui.messages import Arrived, Ready
from radlite_tui.tui.runner import Runner
from radlite_tui.tui.screens.read import ReadScreen
from radlite_tui.tui.screens.small import TooSmall, too_small

if TYPE_CHECKING:
    from radlite_tui.assistant.assistant import Assistant
    from radlite_tui.assistant.history.records import KeptConversation
    from radlite_tui.assistant.intake import Taken
    from radlite_tui.assistant.types import Ask
    from radlite_tui.tasks.report import Report
    from radlite_tui.tui.copying import Copying
    from radlite_tui.tui.runner import Source

DRAIN_HZ = 5
LATER_CSS = Path(__file__).with_name("later.tcss")
NEW_OBJECTS = 5_000
"""How many are made before the youngest are looked through for garbage."""


class RadliteApp(App[None]):
    """report: opened at the start; offered: shown at the start, opened when the user agrees. create: makes the
    assistant, in a thread, after the first paint. found: the settings; problems: what is wrong with them, a sentence
    each."""

    TITLE = "RadLite"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-columns"), (120, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (18, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", id="app.quit", show=False, priority=True),
        Binding("ctrl+c", "copy_or_stop", "Copy the selection, or stop", id="app.copy", show=False, priority=True),
        Binding("f1,alt+h", "help", "Help for where you are", id="app.help", show=False, priority=True),
        Binding("ctrl+p", "command_palette", "All commands", id="app.palette", show=False, priority=True),
        Binding("ctrl+g", "jump", "Go to a part of the screen by its letter", id="app.jump", show=False, priority=True),
        Binding("f2,alt+r", "history", "Conversations that were kept", id="app.history", show=False, priority=True),
        Binding("alt+s", "saving", "Saving on or off", id="app.saving", show=False, priority=True),
        Binding("alt+z", "suspend_process", "To the shell; fg comes back", id="app.suspend", show=False, priority=True),
    ]

    def __init__(
        self,
        report: Report | None = None,
        create: Callable[[], Assistant] | None = None,
        offered: Taken | None = None,
        found: Settings | None = None,
        problems: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self.offered = offered
        self.settings = Settings() if found is None else found
        self.problems = problems
        self.keymap: Mapping[str, str] = {}
        self.create = partial(starting.create, found) if create is None else create
        self.assistant: Assistant | None = None
        self.keeping = Keeping(self, found)
        self.runner = Runner()
        self.receiver: MessagePump | None = None
        self.animation_level = "none"
        for theme in themes.THEMES:
            self.register_theme(theme)
        self.begin_in(themes.chosen(self.settings.app.theme, self.console.color_system, os.environ))
        self.read_screen = ReadScreen(report)

    def get_default_screen(self) -> Screen[None]:
        """The read screen, with the classes of its size from the beginning, so that it is styled and laid out once."""
        for size, breakpoints in (
            (self.size.width, self.HORIZONTAL_BREAKPOINTS),
            (self.size.height, self.VERTICAL_BREAKPOINTS),
        ):
            self.read_screen.add_class(max(one for one in breakpoints if one[0] <= size)[1], update=False)
        return self.read_screen

    def on_mount(self) -> None:
        self.take_keys()
        if self.offered is not None:
            from radlite_tui.tui.screens.taken import TakenScreen

            self.push_screen(TakenScreen(self.offered), self.read_screen.file_opened)
        self.set_interval(1 / DRAIN_HZ, self.drain)
        self.app_resume_signal.subscribe(self, self.draw_again)
        self.fit(self.size.width, self.size.height)
        self.read_screen.call_after_refresh(self.wake)

    def draw_again(self, _: App[None]) -> None:
        """Everything, after the shell had the terminal."""
        self.refresh(layout=True)

    def take_keys(self) -> None:
        """The user's own keys, where they set any; what cannot be used joins the problems."""
        if self.settings.keys:
            from radlite_tui.tui import keymap

            asked, bound = self.settings.keys, keymap.every_binding()
            self.keymap, wrong = keymap.checked(asked, bound, str(self.settings.path))
            self.problems += wrong
            self.set_keymap(dict(self.keymap))
            self.read_screen.call_after_refresh(self.read_screen.show_keys)

    def key(self, binding_id: str) -> str:
        """The key of one of the app's own bindings, as it is set now."""
        from radlite_tui.tui.screens.help import key_names

        own = {binding.id: binding.key for binding in self.BINDINGS if isinstance(binding, Binding)}
        return key_names(self.keymap.get(binding_id, own[binding_id]))

    def tell_problems(self) -> None:
        """What is wrong with the settings; the app goes on with the defaults."""
        for sentence in self.problems:
            self.notify(display(sentence), severity="warning", timeout=30, markup=False)

    def wake(self) -> None:
        """Once the first screen is painted: the rest of the styles, and whatever can be done in a thread."""
        gc.enable()
        self.stylesheet.read(LATER_CSS)
        self.stylesheet.parse()
        self.tell_problems()
        self.run_worker(self.prepare, thread=True, exit_on_error=False, group="assistant")

    def prepare(self) -> None:
        """In a thread: what the first keys need, then the other screens."""
        self.make_assistant()
        starting.load(starting.SCREENS)
        settle_memory()

    def make_assistant(self) -> None:
        """In a thread: the history, and the assistant with what planning needs; the read screen is told of it."""
        try:
            starting.load(starting.KEEPING)
            self.call_from_thread(self.keeping.start)
            starting.load(starting.ASKING)
            assistant = self.create()
            assistant.warm()
        except RadliteError as error:
            self.read_screen.post_message(Ready(str(error)))
            return
        except Exception as error:
            self.log.error(repr(error))
            self.read_screen.post_message(Ready(f"RadLite could not start ({type(error).__name__}: {error})."))
            return
        self.assistant = assistant
        self.read_screen.post_message(Ready())

    @cached_property
    def copying(self) -> Copying:
        from radlite_tui.tui.copying import Copying

        return Copying(self, self.settings.app.copy)

    @property
    def busy(self) -> bool:
        return self.runner.running

    def start_run(self, source: Source, receiver: MessagePump) -> None:
        """Run something in a thread; what it gives goes to `receiver` in `Arrived` messages."""
        assert self.assistant is not None
        self.runner.begin()
        self.receiver = receiver
        work = partial(self.runner.work, source, self.assistant.cancel)
        self.run_worker(work, thread=True, exit_on_error=False, group="run")

    def drain(self) -> None:
        """Hand over what came: at most one message a tick."""
        items = self.runner.take()
        if items and self.receiver is not None:
            self.receiver.post_message(Arrived(items))

    def stop_run(self) -> None:
        """Stop the run in progress; its partial answer comes as usual."""
        if self.assistant is not None:
            self.runner.stop(self.assistant.cancel)

    def fit(self, width: int, height: int) -> None:
        """Say so when the terminal is too small, and come back when it is not."""
        on_top = isinstance(self.screen, TooSmall)
        if too_small(width, height) and not on_top:
            self.push_screen(TooSmall())
        elif not too_small(width, height) and on_top:
            self.pop_screen()

    def on_resize(self, event: events.Resize) -> None:
        if self.read_screen.is_mounted:
            self.fit(event.size.width, event.size.height)

    def on_unmount(self) -> None:
        self.close_assistant()
        self.keeping.close()

    def close_assistant(self) -> None:
        """End the run and the engine, so that no thread outlives the screen."""
        if self.assistant is not None:
            self.stop_run()
            self.assistant.close()

    def action_copy_or_stop(self) -> None:
        """Ctrl+C: copy what is selected, else stop what runs, else say how to leave."""
        focused = self.focused
        selected = getattr(focused, "selected_text", "") or self.screen.get_selected_text() or ""
        if selected:
            self.copy(selected)
        elif self.busy:
            self.stop_run()
        else:
            self.notify("Nothing is selected and nothing runs. Ctrl+Q quits.", timeout=3)

    def copy(self, text: str, note: str = "") -> None:
        """Copy by the first route there is from here, and say which it was."""
        self.copying.copy(text, note)

    def latest_answer(self) -> str:
        """The text of the latest answer; says so when there is none."""
        turn = self.read_screen.conversation.latest
        text = turn.plain() if turn is not None else ""
        if not text:
            self.notify("There is no answer to copy yet.", timeout=3)
        return text

    def action_copy_answer(self) -> None:
        if text := self.latest_answer():
            self.copy(text)

    def action_copy_ascii(self) -> None:
        """The answer in plain ASCII, for systems that take nothing else."""
        from radlite_tui.assistant import plain_ascii

        if text := self.latest_answer():
            ascii = plain_ascii.plain(text)
            self.copy(ascii.text, plain_ascii.note(ascii))

    def action_show_answer(self) -> None:
        """The answer on the terminal's own screen, to select by hand."""
        if text := self.latest_answer():
            self.copying.page(text)

    def action_step_mark(self, step: int) -> None:
        if not self.read_screen.pane.step_mark(step):
            self.notify("Nothing is marked in the report.", timeout=3)

    def action_help(self) -> None:
        """What the keys do here: first those of the part that has the focus."""
        from radlite_tui.tui.screens.help import HelpScreen
        from radlite_tui.tui.screens.jump import JumpScreen

        if isinstance(self.screen, HelpScreen):
            self.screen.dismiss()
        elif not isinstance(self.screen, (JumpScreen, TooSmall)):
            self.push_screen(HelpScreen(self.screen, self.focused))

    def action_jump(self) -> None:
        """Letters over the parts of the screen; the next key goes to one."""
        from radlite_tui.tui.screens.jump import JumpScreen, parts_of

        targets = parts_of(self.screen)
        if isinstance(self.screen, JumpScreen):
            self.screen.dismiss()
        elif targets and not isinstance(self.screen, TooSmall):
            self.push_screen(JumpScreen(targets))

    def action_command_palette(self) -> None:
        """The palette belongs to the full screens; over a question or a sentence there is nothing to command."""
        if not isinstance(self.screen, (ModalScreen, TooSmall)):
            super().action_command_palette()

    def begin_in(self, name: str) -> None:
        """The first theme: nothing is styled yet, so nothing has to be styled anew."""
        self.filter_colours(name)
        self.set_reactive(App.theme, name)
        dark = self.current_theme.dark
        self.set_class(True, f"-theme-{name}", update=False)
        self.set_class(dark, "-dark-mode", update=False)
        self.set_class(not dark, "-light-mode", update=False)
        self._refresh_truecolor_filter(self.ansi_theme)
        self.stylesheet.set_variables(self.get_css_variables())

    def action_theme(self, name: str) -> None:
        """Another theme."""
        self.filter_colours(name)
        self.theme = name

    def filter_colours(self, name: str) -> None:
        """The theme without colours has none at all, not greys."""
        colourless = name == themes.MONO.name
        kept = [one for one in self._filters if not isinstance(one, (Colourless, Monochrome))]
        grey: list[LineFilter] = [Monochrome()] if self.no_color else []
        self._filters = [*kept, Colourless()] if colourless else kept + grey

    def action_history(self) -> None:
        """The conversations that were kept."""
        from radlite_tui.tui.screens.history import HistoryScreen

        if isinstance(self.screen, ReadScreen):
            self.push_screen(HistoryScreen(), self.reopen)

    def reopen(self, kept: KeptConversation | None) -> None:
        """A conversation chosen in the history, or a comparison."""
        from radlite_tui.assistant.history import compared
        from radlite_tui.tui.reopening import reopen
        from radlite_tui.tui.screens import compare_kept

        if kept is not None and compared.is_one(kept):
            from radlite_tui.tui.screens.compare import CompareScreen

            self.push_screen(CompareScreen(compared.ask_of(kept), compare_kept.chosen(kept), kept))
        elif kept is not None and self.keeping.keeper is not None:
            reopen(self.read_screen, self.keeping.keeper, kept)

    def action_saving(self) -> None:
        self.keeping.switch()

    def compare(self, ask: Ask) -> None:
        """The same request in three modes, on a screen of its own."""
        from radlite_tui.tui.screens.compare import CompareScreen

        self.push_screen(CompareScreen(ask))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the palette offers here and now."""
        from radlite_tui.tui.commands import app_commands, commands_here, read_commands

        read = isinstance(screen, ReadScreen)
        if isinstance(screen, ReadScreen):
            yield from read_commands(screen)
        yield from commands_here(screen, with_screen=not read)
        yield from app_commands(self)


def settle_memory() -> None:
    """Spare what was made until now the looking for garbage: all of it stays, and to look through it takes a tenth of a
    second from a model that is writing."""
    if not gc.get_freeze_count():
        gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
