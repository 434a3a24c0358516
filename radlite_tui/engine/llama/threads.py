"""How many threads to compute with: the physical cores this process may really use. Reads /proc and /sys.

Two threads on one core's two hardware threads, or more threads than a container's quota, make every barrier of the
computation wait for a thread that is not running, which costs far more than the extra thread gains.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from time import monotonic

_SYS = Path("/sys/devices/system/cpu")
_CGROUP = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")
_STAT = Path("/proc/stat")
_IDLE, _WAITING = 3, 4  # columns of a processor's line in /proc/stat
_BYTES_A_THREAD = 10 * 2**20


def threads_for(weights_bytes: int, rows: int = 1, most: int | None = None) -> int:
    """Threads for a batch of `rows` tokens over weights of this size, `most` (every physical core) at most.

    A layer that takes less time than threads need to meet gets one, which also keeps it fast on a busy machine. With
    7 MB on two cores a second thread was seen to cost a fifth of the speed at 1 row and to gain from 3 rows on.
    """
    return max(1, min(most or physical_cores(), weights_bytes * rows // _BYTES_A_THREAD))


def waiting(spins: int) -> dict[str, str]:
    """Environment for llama.cpp's OpenMP (GCC's): how often a thread looks for the others before it sleeps. What the
    user has set stays.

    Measured with a 3B model on two cores, seconds a token: never looking 0.099, 1,000 times 0.067, for as long as GCC's
    own default 0.065; and with one core busy elsewhere 0.179, 0.126 and 0.236. Small models gain more still.
    """
    if "OMP_WAIT_POLICY" in os.environ or "GOMP_SPINCOUNT" in os.environ:
        return {}
    return {"GOMP_SPINCOUNT": str(spins)}


def physical_cores() -> int:
    """Physical cores within the CPU affinity and the cgroup quota of this process; at least 1."""
    cores = _cores(_allowed())
    quota = _quota()
    return max(1, min(cores, int(quota)) if quota else cores)


class IdleCores:
    """How many of the logical CPUs this process may use have had nothing to do lately. Linux; elsewhere unknown."""

    def __init__(self, stat: Path = _STAT, cpus: Iterable[int] | None = None) -> None:
        self._stat, self._cpus = stat, set(_allowed() if cpus is None else cpus)
        self._before = self._read_times()
        self._looked = monotonic()

    def since(self, seconds: float) -> float | None:
        """Idle CPUs on average since the last answer; None when that was less than `seconds` ago or is unknown."""
        if monotonic() - self._looked < seconds:
            return None
        before, now = self._before, self._read_times()
        self._before, self._looked = now, monotonic()
        pairs = [(before[cpu], now[cpu]) for cpu in now if cpu in before and now[cpu][1] > before[cpu][1]]
        return sum((n[0] - b[0]) / (n[1] - b[1]) for b, n in pairs) if pairs else None

    def _read_times(self) -> dict[int, tuple[int, int]]:
        """CPU -> (ticks idle, ticks in all) since the machine started."""
        found = {}
        for line in _read(self._stat).splitlines():
            name, *ticks = line.split()
            number = name.removeprefix("cpu")
            if name.startswith("cpu") and number.isdigit() and int(number) in self._cpus and len(ticks) > _WAITING:
                times = [int(tick) for tick in ticks[:8]]  # what follows is counted in the first two already
                found[int(number)] = (times[_IDLE] + times[_WAITING], sum(times))
        return found


def _allowed() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))


def _cores(cpus: Iterable[int], root: Path = _SYS) -> int:
    """How many different cores the logical CPUs belong to; every CPU counts where the system does not say.

    Of a processor with fast and slow cores only the fast ones count, if there is one among `cpus`: all would wait for
    the slow ones.
    """
    cpus = set(cpus)
    fast = cpus & _listed(_read(root.parent.parent / "cpu_core" / "cpus"))
    return len({_siblings(root / f"cpu{cpu}" / "topology") or str(cpu) for cpu in fast or cpus})


def _siblings(topology: Path) -> str:
    return _read(topology / "core_cpus_list") or _read(topology / "thread_siblings_list")  # new and old name


def _listed(text: str) -> set[int]:
    """The numbers in a list such as "0-3,8"; those that can be read."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdigit() and (last or first).isdigit():
            found |= set(range(int(first), int(last or first) + 1))
    return found


def _quota(root: Path = _CGROUP, membership: Path = _MEMBERSHIP) -> float | None:
    """CPUs the control groups grant, version 2 or 1, the tightest of the process's own and its parents'; or None."""
    groups = [line.split(":", 2)[2] for line in _read(membership).splitlines() if line.count(":") >= 2]
    mounts = (root, root / "cpu", root / "cpu,cpuacct")
    paths = set(mounts)
    for group in groups:
        parts = [part for part in group.split("/") if part not in ("", "..")]
        for depth in range(1, len(parts) + 1):
            inside = Path(*parts[:depth])
            paths |= {mount / inside for mount in mounts}
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
