"""Files that are written because the user said so (answers, exports, comparisons, ratings), for their owner alone.

Imports `private_files` and platformdirs. Nothing is written over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs

from radlite_tui import private_files
from radlite_tui.errors import BadInput, RadliteError

OURS = "set RADLITE_DATA to a folder that can be written"
THEIRS = "name another place"


def folder() -> Path:
    """RADLITE_DATA, else the platform's data folder. It need not exist."""
    named = os.environ.get("RADLITE_DATA")
    return Path(named) if named else platformdirs.user_data_path("radlite-tui", appauthor=False)


def write_new(path: Path, text: str, *, within: Path | None = None) -> None:
    """A new file. within: a folder of our own to make first. Raises BadInput naming the file when it is there already
    or cannot be a file's name, RadliteError when it cannot be written."""
    with _said_of(path, OURS if within is not None else THEIRS):
        if within is not None:
            within.mkdir(mode=0o700, parents=True, exist_ok=True)
        private_files.write(path, text)


def append(path: Path, entry: Mapping[str, Any]) -> None:
    """One more JSON line, in a folder that is made first. Raises RadliteError naming the file."""
    with _said_of(path, OURS):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        private_files.append(path, json.dumps(entry, ensure_ascii=False))


@contextmanager
def _said_of(path: Path, instead: str) -> Iterator[None]:
    """What goes wrong inside, in a sentence that names the file."""
    try:
        yield
    except FileExistsError as error:
        raise BadInput(f"{path} is there already; name another file.") from error
    except ValueError as error:
        raise BadInput(f"{str(path)!r} is no file name.") from error
    except OSError as error:
        raise RadliteError(f"{path} cannot be written ({private_files.reason(error)}); {instead}.") from error
