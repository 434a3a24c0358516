"""How many threads to compute with: the physical cores this process may really use. Reads /proc and /sys.

Two threads on one core's two hardware threads, or more threads than a container's quota, make every barrier of the
computation wait for a thread that is not running, which costs far more than the extra thread gains.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_SYS = Path("/sys/devices/system/cpu")
_CGROUP = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")
_SMALL_BYTES = 64 * 2**20


def threads_for(weights_bytes: int) -> int:
    """Threads for a model of this size: a small one computes a layer in less time than threads take to meet, so it gets
    one, which also keeps it fast on a busy machine; a large one gets every physical core."""
    return 1 if weights_bytes < _SMALL_BYTES else physical_cores()


def physical_cores() -> int:
    """Physical cores within the CPU affinity and the cgroup quota of this process; at least 1."""
    cores = _cores(_allowed())
    quota = _quota()
    return max(1, min(cores, int(quota)) if quota else cores)


def _allowed() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))


def _cores(cpus: Iterable[int], root: Path = _SYS) -> int:
    """How many different cores the logical CPUs belong to; every CPU counts where the system does not say."""
    return len({_read(root / f"cpu{cpu}/topology/thread_siblings_list") or str(cpu) for cpu in cpus})


def _quota(root: Path = _CGROUP, membership: Path = _MEMBERSHIP) -> float | None:
    """CPUs the control groups grant, version 2 or 1, the tightest of the process's own and its parents'; or None."""
    groups = [line.split(":", 2)[2] for line in _read(membership).splitlines() if line.count(":") >= 2]
    paths = {root, root / "cpu"}
    for group in groups:
        parts = [part for part in group.split("/") if part not in ("", "..")]
        for depth in range(1, len(parts) + 1):
            inside = Path(*parts[:depth])
            paths |= {root / inside, root / "cpu" / inside}
    grants = [grant for path in paths if (grant := _grant(path)) is not None]
    return min(grants, default=None)


def _grant(group: Path) -> float | None:
    limit, _, period = _read(group / "cpu.max").partition(" ")
    if not limit:
        limit, period = _read(group / "cpu.cfs_quota_us"), _read(group / "cpu.cfs_period_us")
    if not (limit.isdigit() and period.isdigit()) or int(period) == 0:
        return None  # "max" and -1 mean no limit
    return int(limit) / int(period)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
