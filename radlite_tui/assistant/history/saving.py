"""Whether conversations are kept: the settings say, else what the user chose once, else by who shares the machine.

May import `settings`, `errors`, `private_files`, `places` and `sharing`. `remember` and `forget` write one small file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from radlite_tui import private_files
from radlite_tui.assistant.history import places, sharing
from radlite_tui.errors import BadInput, RadliteError
from radlite_tui.settings import HistorySettings, Settings

By = Literal["settings", "choice", "rule", "now"]


@dataclass(frozen=True)
class Saving:
    """by: who decided; why: a clause that goes on from "Saving is on/off: "."""

    on: bool
    by: By
    why: str

    @property
    def sentence(self) -> str:
        return f"Saving is {word(self.on)}: {self.why}."


def word(on: bool) -> str:
    return "on" if on else "off"


def decide(chosen: HistorySettings, machine: sharing.Machine | None = None) -> Saving:
    """Whether to save. Never raises: a choice that cannot be read counts as none."""
    if chosen.saving != "auto":
        return Saving(chosen.saving == "on", "settings", f'history.saving is "{chosen.saving}"')
    remembered = choice(chosen)
    if remembered is not None:
        return Saving(remembered, "choice", f"chosen with `history {word(remembered)}`")
    shared = sharing.reasons(sharing.here() if machine is None else machine)
    if shared:
        return Saving(False, "rule", f"this machine counts as shared, since {' and '.join(shared)}")
    return Saving(True, "rule", "one person uses this machine")


def choice(chosen: HistorySettings) -> bool | None:
    """What the user chose with `history on|off`, or None."""
    try:
        text = (places.folder(chosen) / places.CHOICE_NAME).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return {"on": True, "off": False}.get(text)


def remember(settled: Settings, on: bool) -> None:
    """Keep the user's choice. Raises BadInput where the settings decide otherwise, RadliteError where it cannot be
    written."""
    chosen = settled.history
    if chosen.saving not in ("auto", word(on)):
        place = "the environment" if settled.origins.get("history.saving") == "environment" else str(settled.path)
        raise BadInput(f'In {place}, history.saving is "{chosen.saving}", which goes before; change it there.')
    path = places.folder(chosen) / places.CHOICE_NAME
    places.make_private(path.parent)
    try:
        private_files.write(path, f"{word(on)}\n", replace=True)
    except OSError as error:
        why = private_files.reason(error)
        raise RadliteError(
            f"{path} cannot be written ({why}); free space there, or set history.saving in the settings."
        ) from error
