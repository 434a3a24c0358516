"""Where what is kept lies: folders of the user's own that nobody else can read.

May import `settings`, `errors`, `private_files` and platformdirs. Reads no history.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from radlite_tui import private_files
from radlite_tui.errors import RadliteError
from radlite_tui.settings import HistorySettings

APP = "radlite-tui"
FILE_NAME = "history.db"
CHOICE_NAME = "saving"


def folder(chosen: HistorySettings) -> Path:
    """The history's folder, which need not exist: `history.folder`, else one in the user's data folder."""
    if chosen.folder is not None:
        return Path(chosen.folder).expanduser().absolute()
    return platformdirs.user_data_path(APP, appauthor=False) / "history"


def database(chosen: HistorySettings) -> Path:
    """The history's file, which need not exist."""
    return folder(chosen) / FILE_NAME


def recovery_folder(chosen: HistorySettings) -> Path | None:
    """Where an answer that was cut off waits while nothing is saved; None where the settings want nothing kept.

    A run folder is in memory, but the system empties it when the user's last session ends, which a dropped connection
    may well be; so the state folder is the default.
    """
    if chosen.recover == "off":
        return None
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if chosen.recover == "memory" and runtime:
        return Path(runtime) / APP
    return platformdirs.user_state_path(APP, appauthor=False) / "recovery"


def make_private(path: Path) -> None:
    """The folder, for this user alone. Raises RadliteError naming it."""
    try:
        private_files.make_folder(path)
    except OSError as error:
        why = private_files.reason(error)
        raise RadliteError(f"{path} cannot be used ({why}); make it writable, or set history.folder.") from error
