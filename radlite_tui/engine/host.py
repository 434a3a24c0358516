"""Which processor this is, as far as it decides how fast llama.cpp runs on it. Reads /proc; imports `threads` only."""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path

from radlite_tui.engine.llama.threads import physical_cores


def cpuinfo() -> dict[str, str]:
    """The first processor of /proc/cpuinfo, keys in lower case; empty where there is none."""
    try:
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines() if ":" in line)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def processor_name() -> str | None:
    """The processor's name; None where the system does not say."""
    return cpuinfo().get("model name") or platform.processor() or None


def flags() -> tuple[str, ...]:
    """The instruction sets of the processor, sorted; empty where the system does not say."""
    info = cpuinfo()
    return tuple(sorted((info.get("flags") or info.get("features") or "").split()))


def llama_version() -> str:
    """The installed version of llama-cpp-python, which is not imported for it; empty when there is none."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("llama-cpp-python")
    except PackageNotFoundError:
        return ""


def fingerprint() -> str:
    """Changes with the processor, its instruction sets, the cores this process may use, and llama-cpp-python."""
    parts = (platform.machine(), processor_name() or "", " ".join(flags()), str(physical_cores()), llama_version())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
