"""The value of one setting: whether it is allowed, how text becomes it, how a sentence shows it. Imports `errors` and
`toml` only; knows no setting by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from difflib import get_close_matches
from types import NoneType
from typing import Any, get_args

from radlite_tui import toml
from radlite_tui.errors import BadInput


def allowed(value: Any, kind: Any, metadata: Mapping[str, Any], place: str) -> Any:
    """The value as its field takes it. Raises BadInput saying what would be allowed."""
    plain = [one for one in get_args(kind) if one is not NoneType] or [kind]
    least = metadata.get("least")
    if all(isinstance(one, str) for one in plain):
        fits, must = value in plain, " or ".join(f'"{word}"' for word in plain)
    elif plain == [bool]:
        fits, must = isinstance(value, bool), "true or false"
    elif plain == [str]:
        fits, must = isinstance(value, str) and bool(value.strip()), "a text in quotation marks, not empty"
    else:
        whole = plain == [int]
        right_type = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        fits = right_type and math.isfinite(value) and value >= least
        must = f"a {'whole ' if whole else ''}number of {least:g} or more"
    if not fits:
        raise BadInput(f"{place} is {shown(value)}; it must be {must}.")
    return float(value) if plain == [float] else value


def from_text(text: str, kind: Any) -> Any:
    """An environment variable's text as TOML would have read it; what does not fit stays text, to be refused."""
    plain = [one for one in get_args(kind) if one is not NoneType] or [kind]
    if plain == [bool]:
        return {"true": True, "false": False}.get(text.lower(), text)
    for number in (int, float):
        if plain == [number]:
            try:
                return number(text)
            except ValueError:
                return text
    return text


def nearest(word: str, known: list[str]) -> str:
    """A guess at what was meant, in brackets, or nothing."""
    near = get_close_matches(word, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def shown(value: Any) -> str:
    """A value as TOML would write it, for a sentence; long ones and tables in short."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return toml.quoted(value if len(value) <= 80 else f"{value[:77]}...")
    return "a table" if isinstance(value, dict) else "a list" if isinstance(value, list) else str(value)
