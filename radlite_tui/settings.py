"""What the user has settled in `config.toml`, and where each value came from. Imports `errors`,
`toml` and `setting`.

A setting is a field of a frozen dataclass here: its name is its key, its annotation and metadata are what is allowed,
its default holds where neither file nor environment says otherwise. RADLITE_ENGINE_THREADS=2 goes before `threads = 2`
of the table `[engine]`, and so on for every key. A missing file is no error; anything wrong in it is, with a sentence.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, get_type_hints
from urllib.parse import urlsplit

import platformdirs

from radlite_tui import toml
from radlite_tui.errors import BadInput
from radlite_tui.setting import allowed, from_text, nearest, shown

FILE_NAME = "config.toml"
FILE_VARIABLE = "RADLITE_CONFIG"
PREFIX = "RADLITE_"

Origin = Literal["default", "file", "environment"]


def _at_least(least: float, default: Any) -> Any:
    """A number that may not be smaller than this."""
    return field(default=default, metadata={"least": least})


@dataclass(frozen=True)
class OpenAISettings:
    """`[engine.openai]`: a server that speaks the OpenAI chat protocol (llama-server, vLLM and others).

    url: where its `/chat/completions` is, without that ending: "http://127.0.0.1:8080/v1". model: the name it serves
    the model under; may be left out where it serves one. tuned: the served model was fine-tuned on these tasks.
    manifest: a model here whose prompt layout and context the served one shares. key_env: the NAME of the environment
    variable that holds the key. timeout_s: longest silence, in seconds, before a request is given up. retries: times a
    request that found the server away or busy is tried again. parallel: requests in flight at most. ca_file: PEM file
    with the certificate authority of an https server that the system does not know.
    """

    url: str | None = None
    model: str | None = None
    tuned: bool = False
    manifest: str | None = None
    key_env: str | None = None
    timeout_s: float = _at_least(0.1, 120.0)
    retries: int = _at_least(0, 3)
    parallel: int = _at_least(1, 8)
    ca_file: str | None = None

    @property
    def unencrypted(self) -> bool:
        """Whether what is sent could be read on its way: plain HTTP to anything but this machine."""
        parts = urlsplit(self.url or "")
        return parts.scheme == "http" and not is_loopback(parts.hostname or "")


@dataclass(frozen=True)
class EngineSettings:
    """`[engine]`: which engine answers, and how the one on this machine runs.

    kind: "local" is llama.cpp in this machine's memory, "openai" a server. threads: processor threads while
    answering; not set, the machine decides.
    kv_cache_mib: memory for prompts kept read, in MiB. spill_mib: disk for those that have no room in memory, in MiB,
    encrypted and gone with the engine process; 0 keeps nothing on disk. kv_type: how they are kept in memory.
    read_ahead: read the report in while the user still types. idle_unload_s: seconds without a request after which
    models are unloaded; 0 never. repack: keep a second copy of the weights, rearranged; "auto" goes by what
    `doctor --probe` measured. load: how weights come into memory: "mmap" shares them with all users of the machine,
    "mlock" also keeps them from being paged out where the system allows it, "read" makes a copy; "auto" likewise.
    flash_attention: compute attention in one pass; "auto" likewise. speculate: guess several
    tokens at once by looking them up in the prompt; "auto" does so while it pays. stuck_s: seconds without a sign of
    life before the engine process is replaced.
    """

    kind: Literal["local", "openai"] = "local"
    threads: int | None = _at_least(1, None)
    kv_cache_mib: int = _at_least(1, 128)
    spill_mib: int = _at_least(0, 0)
    kv_type: Literal["f16", "q8_0"] = "f16"
    read_ahead: bool = True
    idle_unload_s: int = _at_least(0, 900)
    repack: Literal["auto", "on", "off"] = "auto"
    load: Literal["auto", "mmap", "mlock", "read"] = "auto"
    flash_attention: Literal["auto", "on", "off"] = "auto"
    speculate: Literal["auto", "off"] = "auto"
    stuck_s: int = _at_least(1, 120)
    openai: OpenAISettings = field(default_factory=OpenAISettings)


@dataclass(frozen=True)
class AppSettings:
    """`[app]`: how the screen looks and behaves.

    theme: the colours; "auto" takes the terminal's own 16 where it has no more, none where NO_COLOR is set, else dark.
    calm: mouse off and few frames a second; "auto" does so over SSH. copy: where copied text goes; "auto" takes a tool
    of this desktop where there is one, else asks the terminal, else lets you choose a pager or a file.
    """

    theme: Literal["auto", "dark", "light", "contrast", "ansi", "mono"] = "auto"
    calm: Literal["auto", "on", "off"] = "auto"
    copy: Literal["auto", "tool", "terminal", "pager", "file"] = "auto"


@dataclass(frozen=True)
class HistorySettings:
    """`[history]`: what is kept of conversations.

    saving: "auto" saves where one person uses the machine and `history on|off` chose nothing else. folder: where; not
    set, in the user's data folder. keep_days: conversations untouched for so many days are deleted at the next start;
    0 keeps them. recover: where an answer that a lost connection cut off waits for the next start while nothing is
    saved; "memory" is gone when the user's last session ends, "off" keeps none.
    """

    saving: Literal["auto", "on", "off"] = "auto"
    folder: str | None = None
    keep_days: int = _at_least(0, 0)
    recover: Literal["disk", "memory", "off"] = "disk"


@dataclass(frozen=True)
class Settings:
    """Everything settled. path: the file, which need not exist; origins: dotted key -> where its value is from.

    keys: the `[keys]` table, binding id -> keys with commas between; what ids there are only the app knows.
    """

    engine: EngineSettings = field(default_factory=EngineSettings)
    app: AppSettings = field(default_factory=AppSettings)
    history: HistorySettings = field(default_factory=HistorySettings)
    keys: Mapping[str, str] = field(default_factory=dict)
    path: Path = field(default_factory=lambda: config_file())
    origins: Mapping[str, Origin] = field(default_factory=dict)

    def rows(self) -> list[tuple[str, Any, Origin]]:
        """(dotted key, value, origin) of every setting, in the order they are defined."""
        tables = [row for name in TABLES for row in _flat(getattr(self, name), name)]
        keys: list[tuple[str, Any]] = [(f"{KEYS}.{name}", value) for name, value in self.keys.items()]
        return [(key, value, self.origins.get(key, "default")) for key, value in tables + keys]

    def warnings(self) -> tuple[str, ...]:
        """What works and should not be: one sentence each."""
        openai = self.engine.openai
        if self.engine.kind == "openai" and openai.unencrypted:
            return (
                f"engine.openai.url {openai.url} is plain HTTP to another machine: report text can be read on its "
                "way; use https://, or a tunnel to this machine.",
            )
        return ()


TABLES: Mapping[str, type[Any]] = {"engine": EngineSettings, "app": AppSettings, "history": HistorySettings}
KEYS = "keys"


def config_file() -> Path:
    """The settings file: RADLITE_CONFIG, else config.toml in the configuration folder. It need not exist."""
    named = os.environ.get(FILE_VARIABLE)
    return Path(named) if named else platformdirs.user_config_path("radlite-tui", appauthor=False) / FILE_NAME


def read(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of a file and the environment. Raises BadInput naming the file, the key and what is allowed."""
    return _read(path, environment, None)


def read_what_fits(
    path: Path | None = None, environment: Mapping[str, str] | None = None
) -> tuple[Settings, tuple[str, ...]]:
    """The settings that can be used, defaults for the others, and a sentence for each of those. Never raises."""
    problems: list[str] = []
    return _read(path, environment, problems), tuple(problems)


def _read(path: Path | None, environment: Mapping[str, str] | None, problems: list[str] | None) -> Settings:
    path = config_file() if path is None else path
    source = _Source(path, os.environ if environment is None else environment, {}, problems)
    table: dict[str, Any] = {}
    try:
        if path.exists():
            table = toml.read(path, "settings file")
    except OSError as error:
        source.refuse(f"The settings file {path} cannot be read ({error.strerror}); check the path and its rights.")
    except BadInput as error:
        source.refuse(str(error))
    known = [*TABLES, KEYS]
    for key in table:
        if key not in known:
            listed = ", ".join(f"[{name}]" for name in known)
            source.refuse(f"In {path}, {key} is not a setting{nearest(key, known)}; use {listed}.")
    found = {name: source.table(kind, table.get(name, {}), name) for name, kind in TABLES.items()}
    keys = source.keys(table.get(KEYS, {}), KEYS)
    source.unknown_variables([key for name in TABLES for key, _ in _flat(found[name], name)])
    return Settings(_checked(found["engine"], source), found["app"], found["history"], keys, path, source.origins)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine, without asking anyone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class _Source:
    """Where values are read from; notes the origin of each, and what is wrong where that must not stop the app."""

    path: Path
    environment: Mapping[str, str]
    origins: dict[str, Origin]
    problems: list[str] | None = None

    def refuse(self, sentence: str) -> None:
        """Raises BadInput, or notes the sentence where problems are collected."""
        if self.problems is None:
            raise BadInput(sentence)
        self.problems.append(sentence)

    def table(self, kind: type[Any], table: Any, prefix: str) -> Any:
        """One dataclass filled from its table; what the table lacks keeps its default."""
        if not isinstance(table, dict):
            self.refuse(f"In {self.path}, {prefix} is {shown(table)}; it must be a table: [{prefix}].")
            table = {}
        known = {one.name: one for one in fields(kind)}
        for key in table:
            if key not in known:
                self.refuse(
                    f"In {self.path}, {prefix}.{key} is not a setting{nearest(key, list(known))}; "
                    f"the settings of [{prefix}] are {', '.join(known)}."
                )
        types, values = get_type_hints(kind), {}
        for name, one in known.items():
            key = f"{prefix}.{name}"
            if is_dataclass(types[name]):
                values[name] = self.table(types[name], table.get(name, {}), key)
            elif variable(key) in self.environment:
                value = from_text(self.environment[variable(key)], types[name])
                place = f"In the environment, {variable(key)}"
                self.take(values, name, value, types[name], one.metadata, place, key, "environment")
            elif name in table:
                place = f"In {self.path}, {key}"
                self.take(values, name, table[name], types[name], one.metadata, place, key, "file")
        return kind(**values)

    def take(
        self,
        values: dict[str, Any],
        name: str,
        value: Any,
        kind: Any,
        metadata: Mapping[str, Any],
        place: str,
        key: str,
        origin: Origin,
    ) -> None:
        """Put a value among the others if it is allowed, and note where it came from."""
        try:
            values[name] = allowed(value, kind, metadata, place)
            self.origins[key] = origin
        except BadInput as error:
            self.refuse(str(error))

    def keys(self, table: Any, prefix: str) -> dict[str, str]:
        """The `[keys]` table: ids in quotation marks or as dotted keys; one key, or a list of them."""
        if not isinstance(table, dict):
            self.refuse(f"In {self.path}, {prefix} is {shown(table)}; it must be a table: [{prefix}].")
            return {}
        found: dict[str, str] = {}
        for name, value in table.items():
            key = f"{prefix}.{name}"
            several = value if isinstance(value, list) else [value]
            if isinstance(value, dict):
                found |= {f"{name}.{inner}": keys for inner, keys in self.keys(value, key).items()}
            elif several and all(isinstance(one, str) and one.strip() for one in several):
                found[name] = ",".join(one.strip() for one in several)
                self.origins[key] = "file"
            else:
                self.refuse(f'In {self.path}, {key} is {shown(value)}; it must be a key such as "ctrl+g", or a list.')
        return found

    def unknown_variables(self, keys: list[str]) -> None:
        """A misspelt variable would otherwise be passed over in silence."""
        known = [variable(key) for key in keys]
        beginnings = tuple(variable(f"{table}.") for table in TABLES)
        for name in self.environment:
            if name.startswith(beginnings) and name not in known:
                self.refuse(f"In the environment, {name} is not a setting{nearest(name, known)}; unset it.")

    def place(self, key: str) -> str:
        """How a sentence about this key begins."""
        if self.origins.get(key) == "environment":
            return f"In the environment, {variable(key)}"
        return f"In {self.path}, {key}"


def variable(key: str) -> str:
    """The environment variable of a dotted key."""
    return PREFIX + key.replace(".", "_").upper()


def _flat(table: Any, prefix: str) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for one in fields(table):
        value, key = getattr(table, one.name), f"{prefix}.{one.name}"
        rows += _flat(value, key) if is_dataclass(value) else [(key, value)]
    return rows


def _checked(engine: EngineSettings, source: _Source) -> EngineSettings:
    """What no single key can tell: the server's address where one is needed, its files, and what is installed."""
    openai = engine.openai
    if openai.url is not None:
        try:
            openai = replace(openai, url=_address(openai.url, source.place("engine.openai.url")))
        except BadInput as error:
            source.refuse(str(error))
            openai = replace(openai, url=None)
    if engine.kind == "openai" and openai.url is None:
        source.refuse(
            f'{source.place("engine.kind")} is "openai" and engine.openai.url is missing; '
            'name the server, such as url = "http://127.0.0.1:8080/v1".'
        )
        engine = replace(engine, kind="local")
    if engine.spill_mib and find_spec("cryptography") is None:
        source.refuse(
            f"{source.place('engine.spill_mib')} is {engine.spill_mib} and the package cryptography is not installed; "
            "install radlite-tui[spill] or set it to 0."
        )
        engine = replace(engine, spill_mib=0)
    if openai.ca_file is not None:
        path = source.path.parent / Path(openai.ca_file).expanduser()
        if not path.is_file():
            source.refuse(f"{source.place('engine.openai.ca_file')} is {path}, which is no file; name a PEM file.")
        openai = replace(openai, ca_file=str(path) if path.is_file() else None)
    return replace(engine, openai=openai)


def _address(url: str, place: str) -> str:
    """A server's address without a trailing slash. Raises BadInput for what is none, or carries a secret."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and parts.hostname is not None and parts.port != 0
    except ValueError:
        fits = False
    if not fits or parts.query or parts.fragment:
        raise BadInput(f'{place} is {shown(url)}; it must be an address such as "http://127.0.0.1:8080/v1".')
    if parts.username is not None or parts.password is not None:
        raise BadInput(f"{place} has a name or password in it; put the key into a variable and name it in key_env.")
    return url.rstrip("/")
