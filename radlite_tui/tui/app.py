"""The app's front door: is there a terminal, can the report be read; then the app.

May import `tui` and, where a report is named, the assistant's intake. What is wrong with the terminal or the file is
said in one sentence on stderr before anything is drawn.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from radlite_tui import settings
from radlite_tui.errors import BadInput
from radlite_tui.tui import calm

if TYPE_CHECKING:
    from radlite_tui.assistant.intake import Taken
    from radlite_tui.tasks.report import Report

SWITCH_S = 0.001
"""What is drawn is written in a thread of its own, which waits so long at most while the app computes (else 0.005)."""
INSTEAD = "use: radlite-tui ask WORDS --report FILE."


def run(report_path: Path | None) -> int:
    """Start the app, with a report opened if one is given. Returns the exit code; says why on stderr when not 0.

    On a calm screen, as over SSH, the mouse is left to the terminal: a dropped connection would leave it switched on
    there. In GNU screen too, which keeps a single Esc to itself while a program listens to the mouse. Settings that
    cannot be used are told on the screen, and the defaults hold for them.
    """
    try:
        require_terminal()
        opened, offered = (None, None) if report_path is None else read(report_path)
    except BadInput as error:
        print(error, file=sys.stderr)
        return error.exit_code
    found, problems = settings.read_what_fits()
    gc.disable()  # until the first paint, before which nothing becomes garbage
    sys.setswitchinterval(SWITCH_S)
    is_calm = calm(os.environ, found.app.calm)  # before Textual is imported, which reads it then
    from radlite_tui.tui import terminal_input
    from radlite_tui.tui.application import RadliteApp

    terminal_input.install()
    app = RadliteApp(opened, offered=offered, found=found, problems=problems)
    app.run(mouse=not is_calm and not os.environ.get("STY"))
    return app.return_code or 0


def read(path: Path) -> tuple[Report | None, Taken | None]:
    """(the report in a file, or what of it is to be shown before it is used). Raises BadInput."""
    from radlite_tui.assistant import intake
    from radlite_tui.tasks.report import Report

    taken = intake.read(path)
    return (None, taken) if taken.to_confirm else (Report(taken.text, taken.prior, taken.source), None)


def require_terminal() -> None:
    """Raises BadInput where there is no terminal to draw on."""
    streams = (sys.stdin, sys.stdout, sys.stderr)  # Textual draws on stderr
    if not all(stream is not None and stream.isatty() for stream in streams):
        raise BadInput(f"The app needs a terminal for its input and output and there is none here; {INSTEAD}")
    if os.name == "posix" and os.environ.get("TERM", "") in ("", "dumb"):
        raise BadInput(f"TERM is empty or dumb, so nothing can be drawn here; set TERM=xterm, or {INSTEAD}")
