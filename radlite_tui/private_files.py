"""Files that only their user can read: 0600, in folders of 0700. Imports the standard library only.

Every function raises OSError: whoever calls it knows what the file is for and what can be done instead.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path


def make_folder(path: Path) -> None:
    """The folder, for this user alone; one that is there loses the rights of others. Raises PermissionError where it
    belongs to somebody else."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.stat()
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        raise PermissionError(errno.EPERM, "it belongs to another user")
    if stat.S_IMODE(found.st_mode) & 0o077:
        path.chmod(0o700)


def write(path: Path, text: str, *, replace: bool = False) -> None:
    """A file, whole or not there. Raises FileExistsError unless `replace`."""
    target = path.with_name(f".{path.name}.{os.getpid()}.part") if replace else path
    if replace:
        target.unlink(missing_ok=True)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            target.replace(path)
    except BaseException:
        with suppress(OSError):
            target.unlink()
        raise


def append(path: Path, line: str) -> None:
    """One more line at a file's end; the file is made where there is none."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{line}\n")


def touch(path: Path) -> None:
    """The file, made if it is not there, without rights of others; SQLite gives its other files the same rights."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if hasattr(os, "fchmod") and stat.S_IMODE(os.fstat(handle).st_mode) & 0o077:
            os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


def reason(error: OSError) -> str:
    """What the system says, to stand in brackets."""
    return (error.strerror or str(error)).rstrip(".").lower()
