"""The settings described, for people and for editors: a table and a JSON schema, from the dataclasses of `settings`.

What a setting is for is said once, in the docstring of its dataclass: "name: what it is." Imports `settings` only.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from radlite_tui.settings import FILE_NAME, KEYS, Settings, variable

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAMES = {bool: "boolean", str: "string", int: "integer", float: "number"}


@dataclass(frozen=True)
class Setting:
    """One setting. key: dotted; kind: its type as annotated, without None; least: the smallest number allowed."""

    key: str
    kind: Any
    default: Any
    least: float | None
    about: str

    @property
    def words(self) -> tuple[str, ...]:
        """The texts that are allowed, where only some are."""
        return get_args(self.kind) if get_origin(self.kind) is Literal else ()

    def schema(self) -> dict[str, Any]:
        """As JSON schema has it."""
        kind: dict[str, Any] = {"enum": list(self.words)} if self.words else {"type": _NAMES[self.kind]}
        if self.kind is str:
            kind["pattern"] = r"\S"
        if self.least is not None:
            kind["minimum"] = self.least
        default = {} if self.default is None else {"default": self.default}
        return {"description": self.about, **kind, **default}


def tables(kind: type[Any] = Settings, prefix: str = "") -> Iterator[tuple[str, type[Any]]]:
    """(dotted name, dataclass) of every table of the file."""
    for name, found in get_type_hints(kind).items():
        if is_dataclass(found) and isinstance(found, type):
            yield f"{prefix}{name}", found
            yield from tables(found, f"{prefix}{name}.")


def settings_of(kind: type[Any], prefix: str) -> list[Setting]:
    """The settings of one table, without those of the tables in it."""
    types, about = get_type_hints(kind), described(kind)
    found = []
    for one in fields(kind):
        if is_dataclass(types[one.name]):
            continue
        plain = [part for part in get_args(types[one.name]) if part is not NoneType]
        optional = NoneType in get_args(types[one.name])
        least = one.metadata.get("least")
        default = None if one.default is MISSING else one.default
        kind_of = plain[0] if optional else types[one.name]
        found.append(Setting(f"{prefix}.{one.name}", kind_of, default, least, about.get(one.name, "")))
    return found


def described(kind: type[Any]) -> dict[str, str]:
    """What the docstring says of each field: "name: text", or "name, name: text" for several at once."""
    text = " ".join(inspect.cleandoc(kind.__doc__ or "").split())
    name = "|".join(re.escape(one.name) for one in fields(kind))
    parts = re.split(rf"(?:^|(?<=\. ))((?:{name})(?:, (?:{name}))*): ", text)
    found: dict[str, str] = {}
    for names, about in zip(parts[1::2], parts[2::2], strict=True):
        about = about.strip()
        found |= dict.fromkeys(names.split(", "), about[:1].upper() + about[1:])
    return found


def schema() -> dict[str, Any]:
    """The JSON schema of the settings file."""
    found = _object(Settings, "")
    found["properties"][KEYS] = {"description": "Keys of the app by the ids in docs/keys.md.", **_keys()}
    return {"$schema": DIALECT, "title": f"RadLite's {FILE_NAME}", **found}


def _keys() -> dict[str, Any]:
    """A table of keys: "id" = "key", or a list of keys, or the same under the first part of the id."""
    key = {"type": "string", "pattern": r"\S"}
    several = {"type": "array", "items": key, "minItems": 1}
    one = {"anyOf": [key, several, {"type": "object", "additionalProperties": {"anyOf": [key, several]}}]}
    return {"type": "object", "additionalProperties": one}


def _object(kind: type[Any], prefix: str) -> dict[str, Any]:
    types = get_type_hints(kind)
    inner = {name: found for name, found in types.items() if is_dataclass(found) and isinstance(found, type)}
    properties: dict[str, Any] = {}
    if prefix:
        properties = {one.key.rpartition(".")[2]: one.schema() for one in settings_of(kind, prefix)}
    for name, found in inner.items():
        properties[name] = _object(found, f"{prefix}.{name}" if prefix else name)
    about = {"description": summary(kind)} if prefix else {}
    return {**about, "type": "object", "properties": properties, "additionalProperties": False}


def summary(kind: type[Any]) -> str:
    """The first line of a table's docstring, without the table's own name."""
    line = inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0]
    return " ".join(line.split()).partition("]`: ")[2] or line


def markdown() -> str:
    """A table for each table of the file: every setting, what it may be, its default, what it is for."""
    parts = []
    for name, kind in tables():
        lines = [f"### `[{name}]`", f"{_capital(summary(kind))}", "", "| setting | may be | default | what it is |"]
        lines.append("|---|---|---|---|")
        for one in settings_of(kind, name):
            key, about = one.key.rpartition(".")[2], one.about.replace("|", "\\|")
            lines.append(f"| `{key}` | {allowed(one)} | {_default(one)} | {about} |")
        lines += ["", f"In the environment: `{variable(name)}_` and the setting in capitals."]
        parts.append("\n".join(lines))
    parts.append("### `[keys]`\nThe keys of the app by their ids, both in [keys.md](keys.md).")
    return "\n\n".join(parts)


def allowed(one: Setting) -> str:
    """What a setting may be, in words."""
    if one.words:
        return ", ".join(f'`"{word}"`' for word in one.words)
    if one.kind is bool:
        return "`true`, `false`"
    if one.kind is str:
        return "a text"
    least = f", {one.least:g} or more" if one.least is not None else ""
    return f"a {'whole ' if one.kind is int else ''}number{least}"


def _default(one: Setting) -> str:
    if one.default is None:
        return "not set"
    if isinstance(one.default, bool):
        return f"`{str(one.default).lower()}`"
    return f'`"{one.default}"`' if isinstance(one.default, str) else f"`{one.default:g}`"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
