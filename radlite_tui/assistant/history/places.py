"""Where what is kept lies, and that nobody else can read it: 0600 files in 0700 folders of the user's own.

May import `settings`, `errors` and platformdirs. Reads no history.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

import platformdirs

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
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
        if hasattr(os, "getuid") and found.st_uid != os.getuid():
            raise RadliteError(f"{path} belongs to another user, so nothing is kept there; set history.folder.")
        if stat.S_IMODE(found.st_mode) & 0o077:
            path.chmod(0o700)
    except OSError as error:
        raise RadliteError(
            f"{path} cannot be used ({reason(error)}); make it writable, or set history.folder."
        ) from error


def write_private(path: Path, text: str, *, replace: bool = False) -> None:
    """A file that only this user can read, whole or not there. Raises OSError; FileExistsError unless `replace`."""
    target = path.with_name(f".{path.name}.{os.getpid()}.part") if replace else path
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if replace else os.O_EXCL), 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            target.replace(path)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def touch_private(path: Path) -> None:
    """Make the file for this user alone, if it is not there; SQLite gives its other files the same rights."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if hasattr(os, "fchmod") and stat.S_IMODE(os.fstat(handle).st_mode) & 0o077:
            os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


def reason(error: OSError) -> str:
    """What the system says, to stand in brackets."""
    return (error.strerror or str(error)).rstrip(".").lower()
