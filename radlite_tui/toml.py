"""TOML in and out: read a file with an error that names it, quote the strings of the files we write.

Imports `errors` only; knows no manifest, no route and no setting.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from radlite_tui.errors import BadInput


def read(path: Path, what: str) -> dict[str, Any]:
    """The table in a file; `what` it is goes into the message. Raises BadInput with one sentence naming the file."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(
            f"The {what} {path} cannot be read ({error.strerror}); check the path and its rights."
        ) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"The {what} {path} is not UTF-8 text; replace or remove it.") from error
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"The {what} {path} is not valid TOML ({error}); correct or remove it.") from error


def quoted(text: str) -> str:
    """A TOML basic string that reads back as `text`."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'
