"""A model's manifest: which files, their checksums, how it wants to be asked, what it is.

May import `tasks` (for the prompt layout) and `errors`. Reads and writes TOML; loads no weights. Tables it does not
know, such as `[scores.*]`, are left to those who do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from radlite_tui import toml
from radlite_tui.errors import BadInput
from radlite_tui.segments import Control, Prompt, Segment, Text
from radlite_tui.tasks.prompt import Layout

Role = Literal["base", "adapter", "merged"]
ROLES: tuple[Role, ...] = get_args(Role)
FILE_NAME = "manifest.toml"

_NAME = re.compile(r"[a-z0-9][a-z0-9._+-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ModelFile:
    """One file of a model. path is absolute; size in bytes; quantization such as "Q8_0" or "Q4_K_M"."""

    role: Role
    path: Path
    sha256: str
    size: int
    quantization: str


@dataclass(frozen=True)
class Manifest:
    """One model: a base with an adapter, a merged model, or a base alone.

    architecture: "qwen2" or "qwen3". context: tokens. demonstration: True for the embedded models, which are tiny,
    trained on synthetic text, and must say so wherever their answers are shown.
    """

    name: str
    title: str
    architecture: str
    context: int
    files: tuple[ModelFile, ...]
    layout: Layout = field(default_factory=Layout)
    demonstration: bool = False
    embedded: bool = False
    description: str = ""
    licence: str = ""
    maker: str = ""
    source: Path | None = None

    def file(self, role: Role) -> ModelFile | None:
        """The file with this role, if the model has one."""
        return next((f for f in self.files if f.role == role), None)


def read(path: Path, *, embedded: bool = False) -> Manifest:
    """The manifest in a file; its file paths are relative to its folder.

    Raises BadInput with one sentence that names the file and the key that is wrong.
    """
    keys = _Keys(path, toml.read(path, "model manifest"))
    folder = path.resolve().parent
    entries = keys.table.get("files")
    if not isinstance(entries, list) or not entries:
        raise keys.wrong("files", "must be one or more [[files]] tables")
    files = tuple(_file(keys.within(f"files[{i}]", entry), folder) for i, entry in enumerate(entries))
    _check_roles(keys, [f.role for f in files])
    name = keys.text("name")
    if not _NAME.fullmatch(name):
        raise keys.wrong("name", "must be lower-case letters, digits, dots, dashes and underscores, 64 at most")
    return Manifest(
        name=name,
        title=keys.text("title"),
        architecture=keys.text("architecture"),
        context=keys.count("context"),
        files=files,
        layout=_layout(keys.within("layout", keys.table.get("layout", {}))),
        demonstration=keys.flag("demonstration"),
        embedded=embedded,
        description=keys.text("description", ""),
        licence=keys.text("licence", ""),
        maker=keys.text("maker", ""),
        source=path,
    )


def dump(manifest: Manifest) -> str:
    """The TOML text of a manifest; `read` gives the same manifest back from the folder it was written for.

    File paths are written relative to `manifest.source`'s folder where they lie in it (a manifest without a source:
    relative to the folder of the first file).
    """
    folder = (manifest.source or manifest.files[0].path).resolve().parent
    quoted = toml.quoted
    lines = [f"{key} = {quoted(getattr(manifest, key))}" for key in ("name", "title", "architecture")]
    lines += [f"context = {manifest.context}", f"demonstration = {str(manifest.demonstration).lower()}"]
    lines += [f"{key} = {quoted(getattr(manifest, key))}" for key in ("description", "licence", "maker")]
    layout = manifest.layout
    prefix = ", ".join(_segment_text(segment) for segment in layout.answer_prefix)
    lines += ["", "[layout]", f"order = {quoted(layout.order)}", f"system = {quoted(layout.system)}"]
    lines += [f"answer_prefix = [{prefix}]"]
    for file in manifest.files:
        path = file.path.resolve()
        shown = path.relative_to(folder) if path.is_relative_to(folder) else path
        lines += ["", "[[files]]", f"role = {quoted(file.role)}", f"path = {quoted(shown.as_posix())}"]
        lines += [f"sha256 = {quoted(file.sha256)}", f"size = {file.size}"]
        lines += [f"quantization = {quoted(file.quantization)}"]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class _Keys:
    """A table of a manifest and where it is, so that an error can name file and key."""

    path: Path
    table: Mapping[str, Any]
    prefix: str = ""

    def wrong(self, key: str, must: str) -> BadInput:
        return BadInput(f"In the model manifest {self.path}, {self.prefix}{key} {must}; correct or remove it.")

    def within(self, key: str, table: object) -> _Keys:
        if not isinstance(table, dict):
            raise self.wrong(key, "must be a table")
        return _Keys(self.path, table, f"{self.prefix}{key}.")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.table.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.wrong(key, "must be a text" if key in self.table else "is missing")
        return value

    def count(self, key: str) -> int:
        value = self.table.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
            raise self.wrong(key, "must be a whole number above 0" if key in self.table else "is missing")
        return value

    def flag(self, key: str) -> bool:
        value = self.table.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value


def _file(keys: _Keys, folder: Path) -> ModelFile:
    role = keys.text("role")
    if role not in ROLES:
        raise keys.wrong("role", f"must be one of {', '.join(ROLES)}")
    sha256 = keys.text("sha256").lower()
    if not _SHA256.fullmatch(sha256):
        raise keys.wrong("sha256", "must be 64 hexadecimal digits")
    return ModelFile(
        role=role,
        path=folder / keys.text("path"),
        sha256=sha256,
        size=keys.count("size"),
        quantization=keys.text("quantization", ""),
    )


def _check_roles(keys: _Keys, roles: list[Role]) -> None:
    if len(set(roles)) < len(roles):
        raise keys.wrong("files", "names one role twice")
    if "adapter" in roles and "base" not in roles:
        raise keys.wrong("files", "has an adapter but no base to put it on")


def _layout(keys: _Keys) -> Layout:
    default = Layout()
    order = keys.text("order", default.order)
    if order not in ("report-first", "task-first"):
        raise keys.wrong("order", 'must be "report-first" or "task-first"')
    entries = keys.table.get("answer_prefix", [])
    if not isinstance(entries, list):
        raise keys.wrong("answer_prefix", "must be a list")
    prefix: Prompt = tuple(_segment(keys, entry) for entry in entries)
    return Layout(
        order="report-first" if order == "report-first" else "task-first",
        system=keys.text("system", default.system),
        answer_prefix=prefix,
    )


def _segment(keys: _Keys, entry: object) -> Segment:
    """One piece of the answer prefix: {text = "..."} or {control = "<|name|>"}."""
    if isinstance(entry, dict) and len(entry) == 1:
        (kind, value), *_ = entry.items()
        if isinstance(value, str) and kind == "text":
            return Text(value)
        if isinstance(value, str) and kind == "control":
            return Control(value)
    raise keys.wrong("answer_prefix", 'must hold {text = "..."} and {control = "..."} entries')


def _segment_text(segment: Segment) -> str:
    if isinstance(segment, Control):
        return f"{{control = {toml.quoted(segment.token)}}}"
    return f"{{text = {toml.quoted(segment.text)}}}"
