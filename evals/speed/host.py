"""The machine a measurement was made on, as far as it says so itself. Standard library only; runs llama.cpp once, in a
process of its own, to ask what it was compiled for."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from radlite_tui.engine import host as processor
from radlite_tui.engine.llama.threads import physical_cores

FLAGS = (
    "f16c", "fma", "avx", "avx2", "avx_vnni", "avx512f", "avx512bw", "avx512_vnni", "avx512_bf16", "amx_int8",
    "asimddp", "i8mm", "sve", "sve2", "bf16",
)  # fmt: skip
"""Processor flags that choose among llama.cpp's kernels, as Linux names them."""
_SYSTEM_INFO = "import llama_cpp; print(llama_cpp.llama_print_system_info().decode())"
GIB = 2**30


def host() -> dict[str, Any]:
    """Processor, cores, flags, memory, versions and how busy the machine was; what is not known is left out."""
    found: dict[str, Any] = {
        "cpu": processor.processor_name(),
        "physical_cores": physical_cores(),
        "logical_cores": os.cpu_count() or 1,
        "flags": telling(processor.flags()),
        "ram_gib": ram_gib(),
        "load": load(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "llama_cpp_python": processor.llama_version(),
        "llama_cpp": llama_cpp(),
    }
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def telling(flags: Iterable[str]) -> list[str]:
    """Those of FLAGS that the processor has, in their order."""
    has = set(flags)
    return [flag for flag in FLAGS if flag in has]


def ram_gib() -> float | None:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GIB, 1)


def load() -> float | None:
    """Runnable processes over the last minute, before the measurement: above 0.5 the figures are not to be trusted."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def llama_cpp() -> str:
    """What llama.cpp says it was compiled for."""
    done = subprocess.run([sys.executable, "-c", _SYSTEM_INFO], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def in_words(found: dict[str, Any]) -> str:
    """One line for a document."""
    parts = [
        f"{found.get('cpu', 'unknown processor')}, {found['physical_cores']} cores",
        f"flags {' '.join(found.get('flags', ())) or 'unknown'}",
        f"{found['ram_gib']} GiB" if "ram_gib" in found else "",
        f"load {found['load']} before" if "load" in found else "",
        f"{found['system']}, Python {found['python']}, llama-cpp-python {found.get('llama_cpp_python', 'unknown')}",
    ]
    return "; ".join(part for part in parts if part)
