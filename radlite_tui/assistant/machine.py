"""What this machine is and what it means for RadLite: terminal, processor, memory, models, permissions, versions.

May import `models` and the engine's thread count, which reads /proc and loads nothing native. Only looks; changes
nothing. What cannot be found out is None, never guessed.
"""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import platformdirs

from radlite_tui import __version__, settings
from radlite_tui.assistant.probing import UNKNOWN, findings
from radlite_tui.engine.host import flags, processor_name
from radlite_tui.engine.llama.threads import physical_cores, threads_for
from radlite_tui.engine.probes import Probes
from radlite_tui.errors import BadInput
from radlite_tui.models.manifest import Manifest
from radlite_tui.models.store import Store, memory_file, user_folder

SIZE = (80, 24)
FEATURES = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "amx_int8", "fma", "asimd", "asimddp", "i8mm", "sve")
SHARE_OF_MEMORY = 0.8


@dataclass(frozen=True)
class Checkup:
    """What was found, by section, and in sentences: problems keep something from working, what is slow works."""

    sections: Mapping[str, Mapping[str, Any]]
    models: tuple[Mapping[str, Any], ...]
    problems: tuple[str, ...]
    slow: tuple[str, ...]
    model_problems: bool

    def json(self) -> dict[str, Any]:
        sections = {name: dict(section) for name, section in self.sections.items()}
        return {
            **sections,
            "models": [dict(model) for model in self.models],
            "problems": list(self.problems),
            "slow": list(self.slow),
        }


def checkup() -> Checkup:
    """Look at this machine."""
    store = Store()
    settings_found, setting_problems = settled()
    sections = {
        "versions": versions(),
        "terminal": terminal(os.environ),
        "processor": processor(),
        "memory": memory(),
        "permissions": permissions(store),
        "settings": settings_found,
    }
    probes = Probes()
    models = tuple(model(store, manifest, probes) for manifest in store.list())
    of_models = [problem for found in models for problem in found["problems"]] + list(store.problems())
    if not models:
        of_models.append(f"No model is installed; put one into {store.folder}.")
    problems = of_models + terminal_problems(sections["terminal"]) + permission_problems(sections["permissions"])
    problems += setting_problems
    problems += [probes.problem] if probes.problem else []
    slow = processor_slow(sections["processor"]) + memory_slow(sections["memory"], store.list())
    slow += [
        f"The files of {found['name']} are checked once before its first answer, {found['bytes'] / 1e6:.0f} MB to read."
        for found in models
        if not found["verified"] and not found["problems"]
    ]
    slow += [
        f"The best settings for {found['name']} on this machine are unknown; measure them once with "
        f"radlite-tui doctor --probe {found['name']}."
        for found in models
        if not found["problems"] and any(file["state"] == UNKNOWN for file in found["measured"])
    ]
    return Checkup(sections, models, tuple(problems), tuple(slow), bool(of_models))


def model(store: Store, manifest: Manifest, probes: Probes) -> dict[str, Any]:
    """A model's size, threads, state of its files and what was measured of them."""
    states = store.states(manifest.name)
    return {
        "name": manifest.name,
        "bytes": sum(file.size for file in manifest.files),
        "verified": all(state.verified for state in states),
        "threads": threads_for(weights(manifest)),
        "measured": findings(manifest, probes),
        "problems": [state.problem for state in states if state.problem],
    }


def weights(manifest: Manifest) -> int:
    """Bytes of the largest file, which is what the engine sizes its threads by."""
    return max(file.size for file in manifest.files)


def versions() -> dict[str, Any]:
    found: dict[str, Any] = {"radlite-tui": __version__, "python": platform.python_version()}
    for name in ("llama-cpp-python", "textual", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def settled() -> tuple[dict[str, Any], list[str]]:
    """The settings that are not as they come, each with where it is from, and what is wrong with them."""
    path = {"file": str(settings.config_file())}
    try:
        found = settings.read()
    except BadInput as error:
        return path, [str(error)]
    changed = {key: {"value": value, "origin": origin} for key, value, origin in found.rows() if origin != "default"}
    return {**path, **changed}, list(found.warnings())


def terminal(environment: Mapping[str, str]) -> dict[str, Any]:
    columns, rows = shutil.get_terminal_size((0, 0))
    return {
        "input": sys.stdin is not None and sys.stdin.isatty(),
        "output": sys.stdout is not None and sys.stdout.isatty(),
        "columns": columns or None,
        "rows": rows or None,
        "term": environment.get("TERM") or None,
        "colours": colours(environment),
        "encoding": sys.stdout.encoding if sys.stdout is not None else None,
        "ssh": any(environment.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")),
        "multiplexer": "tmux" if environment.get("TMUX") else "screen" if environment.get("STY") else None,
    }


def colours(environment: Mapping[str, str]) -> int | None:
    """How many colours the terminal claims, by its environment."""
    term = environment.get("TERM", "")
    if environment.get("NO_COLOR"):
        return 0
    if environment.get("COLORTERM") in ("truecolor", "24bit"):
        return 2**24
    return 256 if "256" in term else None if not term else 0 if term == "dumb" else 16


def terminal_problems(found: Mapping[str, Any]) -> list[str]:
    problems = []
    if not (found["input"] and found["output"]):
        problems.append("There is no terminal here, so only the line mode and the commands work.")
    elif found["columns"] and (found["columns"] < SIZE[0] or found["rows"] < SIZE[1]):
        size = f"{found['columns']}x{found['rows']}"
        problems.append(f"The terminal is {size}; the app is made for {SIZE[0]}x{SIZE[1]} or more.")
    if found["encoding"] and found["encoding"].lower().replace("-", "") != "utf8":
        problems.append(f"The terminal's encoding is {found['encoding']}; set a UTF-8 locale to see every sign.")
    return problems


def processor() -> dict[str, Any]:
    try:
        load: float | None = round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):
        load = None
    return {
        "name": processor_name(),
        "architecture": platform.machine(),
        "logical": os.cpu_count(),
        "allowed": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "physical": physical_cores(),
        "features": features(),
        "load": load,
    }


def features() -> list[str] | None:
    """The instruction sets that matter here, or None where the system does not say."""
    known = flags()
    return [name for name in FEATURES if name in known] if known else None


def processor_slow(found: Mapping[str, Any]) -> list[str]:
    slow = []
    if found["physical"] <= 2:
        cores = "one core" if found["physical"] == 1 else "2 cores"
        slow.append(f"Large models read prompts slowly on {cores}; shorter reports and fewer examples help.")
    known = found["features"]
    if known is not None and found["architecture"] in ("x86_64", "AMD64") and "avx2" not in known:
        slow.append("This processor has no AVX2, so every answer takes several times as long.")
    if found["load"] is not None and found["load"] > found["physical"]:
        slow.append(f"Other work keeps this machine busy (load {found['load']} on {found['physical']} cores).")
    return slow


def memory() -> dict[str, Any]:
    """Bytes: of the machine, free for use now, and the limit of this process's control group."""
    fields: dict[str, int] = {}
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(":")
            fields[name] = int(value.split()[0]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return {"total": fields.get("MemTotal"), "available": fields.get("MemAvailable"), "limit": group_limit()}


def group_limit() -> int | None:
    """The memory limit of the control group, version 2 or 1, where one is set."""
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            value = int(Path(path).read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
        return value if value < 2**60 else None
    return None


def on_battery(root: Path = Path("/sys/class/power_supply")) -> bool:
    """Whether the machine runs on its battery; False where the system does not say."""
    try:
        states = [(supply / "status").read_text(encoding="ascii").strip() for supply in root.glob("BAT*")]
    except (OSError, UnicodeDecodeError):
        return False
    return "Discharging" in states


def memory_slow(found: Mapping[str, Any], manifests: tuple[Manifest, ...]) -> list[str]:
    room = min((value for value in (found["available"], found["limit"]) if value), default=None)
    if room is None:
        return []
    return [
        f"{manifest.name} has {weights(manifest) / 1e9:.1f} GB of weights and {room / 1e9:.1f} GB of memory are free, "
        "so it will be read from disk again and again."
        for manifest in manifests
        if weights(manifest) > SHARE_OF_MEMORY * room
    ]


def permissions(store: Store) -> dict[str, Any]:
    """The folders RadLite writes to or reads from: path, whether it is there and can be written, its mode."""
    return {
        "models": folder(user_folder()),
        "cache": folder(memory_file().parent),
        "config": folder(platformdirs.user_config_path("radlite-tui", appauthor=False)),
        "embedded": folder(store.embedded),
    }


def folder(path: Path) -> dict[str, Any]:
    try:
        status = path.stat()
    except OSError:
        return {"path": str(path), "exists": False, "writable": creatable(path), "mode": None}
    mode = stat.S_IMODE(status.st_mode)
    return {"path": str(path), "exists": True, "writable": os.access(path, os.W_OK), "mode": f"{mode:04o}"}


def creatable(path: Path) -> bool:
    """Whether the folder could be made: its nearest existing parent can be written."""
    parent = next((p for p in path.parents if p.exists()), None)
    return parent is not None and os.access(parent, os.W_OK)


def permission_problems(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    problems = []
    if not found["cache"]["writable"]:
        problems.append(f"{found['cache']['path']} cannot be written, so checksums are computed anew each time.")
    for name in ("models", "config"):
        mode = found[name]["mode"]
        if mode is not None and int(mode, 8) & 0o002:
            problems.append(f"{found[name]['path']} can be written by anyone; take that right away (chmod o-w).")
    return problems
