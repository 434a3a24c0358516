"""Files that are kept because the user said so: comparisons and ratings, for their owner's eyes alone.

Imports the standard library and platformdirs. A folder is made 0700 and a file 0600; nothing is written over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs

from radlite_tui.errors import BadInput


def folder() -> Path:
    """RADLITE_DATA, else the platform's data folder. It need not exist."""
    named = os.environ.get("RADLITE_DATA")
    return Path(named) if named else platformdirs.user_data_path("radlite-tui", appauthor=False)


def write_new(path: Path, text: str) -> None:
    """A new file. Raises BadInput naming the file when it is there already or cannot be written."""
    _write(path, text, os.O_EXCL)


def append(path: Path, entry: Mapping[str, Any]) -> None:
    """One more JSON line. Raises BadInput naming the file."""
    _write(path, json.dumps(entry, ensure_ascii=False) + "\n", os.O_APPEND)


def _write(path: Path, text: str, flag: int) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | flag, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror or error}); nothing was kept.") from error
