"""What the user has settled in `config.toml`, and where each value came from. Imports `errors` and `toml` only.

A setting is a field of a frozen dataclass here: its name is its key, its annotation and metadata are what is allowed,
its default holds where neither file nor environment says otherwise. RADLITE_ENGINE_THREADS=2 goes before `threads = 2`
of the table `[engine]`, and so on for every key. A missing file is no error; anything wrong in it is, with a sentence.
"""

from __future__ import annotations

import ipaddress
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_type_hints
from urllib.parse import urlsplit

import platformdirs

from radlite_tui import toml
from radlite_tui.errors import BadInput

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
    `doctor --probe` measured. flash_attention: compute attention in one pass; "auto" likewise. speculate: guess several
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
    flash_attention: Literal["auto", "on", "off"] = "auto"
    speculate: Literal["auto", "off"] = "auto"
    stuck_s: int = _at_least(1, 120)
    openai: OpenAISettings = field(default_factory=OpenAISettings)


@dataclass(frozen=True)
class Settings:
    """Everything settled. path: the file, which need not exist; origins: dotted key -> where its value is from."""

    engine: EngineSettings = field(default_factory=EngineSettings)
    path: Path = field(default_factory=lambda: config_file())
    origins: Mapping[str, Origin] = field(default_factory=dict)

    def rows(self) -> list[tuple[str, Any, Origin]]:
        """(dotted key, value, origin) of every setting, in the order they are defined."""
        return [(key, value, self.origins.get(key, "default")) for key, value in _flat(self.engine, "engine")]

    def warnings(self) -> tuple[str, ...]:
        """What works and should not be: one sentence each."""
        openai = self.engine.openai
        if self.engine.kind == "openai" and openai.unencrypted:
            return (
                f"engine.openai.url {openai.url} is plain HTTP to another machine: report text can be read on its "
                "way; use https://, or a tunnel to this machine.",
            )
        return ()


def config_file() -> Path:
    """The settings file: RADLITE_CONFIG, else config.toml in the configuration folder. It need not exist."""
    named = os.environ.get(FILE_VARIABLE)
    return Path(named) if named else platformdirs.user_config_path("radlite-tui", appauthor=False) / FILE_NAME


def read(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of a file and the environment. Raises BadInput naming the file, the key and what is allowed."""
    path = config_file() if path is None else path
    environment = os.environ if environment is None else environment
    table = toml.read(path, "settings file") if path.exists() else {}
    unknown = [key for key in table if key != "engine"]
    if unknown:
        raise BadInput(f"In {path}, {unknown[0]} is not a setting{_nearest(unknown[0], ['engine'])}; use [engine].")
    source = _Source(path, environment, {})
    engine = source.table(EngineSettings, table.get("engine", {}), "engine")
    source.unknown_variables([key for key, _ in _flat(engine, "engine")])
    return Settings(_checked(engine, source), path, source.origins)


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
    """Where values are read from; notes the origin of each."""

    path: Path
    environment: Mapping[str, str]
    origins: dict[str, Origin]

    def table(self, kind: type[Any], table: Any, prefix: str) -> Any:
        """One dataclass filled from its table; what the table lacks keeps its default."""
        if not isinstance(table, dict):
            raise BadInput(f"In {self.path}, {prefix} is {_shown(table)}; it must be a table: [{prefix}].")
        known = {one.name: one for one in fields(kind)}
        for key in table:
            if key not in known:
                raise BadInput(
                    f"In {self.path}, {prefix}.{key} is not a setting{_nearest(key, list(known))}; "
                    f"the settings of [{prefix}] are {', '.join(known)}."
                )
        types, values = get_type_hints(kind), {}
        for name, one in known.items():
            key = f"{prefix}.{name}"
            if is_dataclass(types[name]):
                values[name] = self.table(types[name], table.get(name, {}), key)
            elif variable(key) in self.environment:
                value = _from_text(self.environment[variable(key)], types[name])
                values[name] = _allowed(value, types[name], one.metadata, f"In the environment, {variable(key)}")
                self.origins[key] = "environment"
            elif name in table:
                values[name] = _allowed(table[name], types[name], one.metadata, f"In {self.path}, {key}")
                self.origins[key] = "file"
        return kind(**values)

    def unknown_variables(self, keys: list[str]) -> None:
        """A misspelt variable would otherwise be passed over in silence."""
        known = [variable(key) for key in keys]
        for name in self.environment:
            if name.startswith(variable("engine.")) and name not in known:
                raise BadInput(f"In the environment, {name} is not a setting{_nearest(name, known)}; unset it.")

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


def _allowed(value: Any, kind: Any, metadata: Mapping[str, Any], place: str) -> Any:
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
        raise BadInput(f"{place} is {_shown(value)}; it must be {must}.")
    return float(value) if plain == [float] else value


def _from_text(text: str, kind: Any) -> Any:
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


def _checked(engine: EngineSettings, source: _Source) -> EngineSettings:
    """What no single key can tell: the server's address where one is needed, its files, and what is installed."""
    openai = engine.openai
    if openai.url is not None:
        openai = replace(openai, url=_address(openai.url, source.place("engine.openai.url")))
    elif engine.kind == "openai":
        raise BadInput(
            f'{source.place("engine.kind")} is "openai" and engine.openai.url is missing; '
            'name the server, such as url = "http://127.0.0.1:8080/v1".'
        )
    if engine.spill_mib and find_spec("cryptography") is None:
        raise BadInput(
            f"{source.place('engine.spill_mib')} is {engine.spill_mib} and the package cryptography is not installed; "
            "install radlite-tui[spill] or set it to 0."
        )
    if openai.ca_file is not None:
        path = source.path.parent / Path(openai.ca_file).expanduser()
        if not path.is_file():
            raise BadInput(f"{source.place('engine.openai.ca_file')} is {path}, which is no file; name a PEM file.")
        openai = replace(openai, ca_file=str(path))
    return replace(engine, openai=openai)


def _address(url: str, place: str) -> str:
    """A server's address without a trailing slash. Raises BadInput for what is none, or carries a secret."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and parts.hostname is not None and parts.port != 0
    except ValueError:
        fits = False
    if not fits or parts.query or parts.fragment:
        raise BadInput(f'{place} is {_shown(url)}; it must be an address such as "http://127.0.0.1:8080/v1".')
    if parts.username is not None or parts.password is not None:
        raise BadInput(f"{place} has a name or password in it; put the key into a variable and name it in key_env.")
    return url.rstrip("/")


def _nearest(word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _shown(value: Any) -> str:
    """A value as TOML would write it, for a sentence; long ones and tables in short."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return toml.quoted(value if len(value) <= 80 else f"{value[:77]}...")
    return "a table" if isinstance(value, dict) else "a list" if isinstance(value, list) else str(value)
