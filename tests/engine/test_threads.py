"""Counting cores on machines described by files."""

from __future__ import annotations

from pathlib import Path

import pytest

from radlite_tui.engine.llama import threads


def cpu(root: Path, number: int, siblings: str) -> None:
    topology = root / f"cpu{number}" / "topology"
    topology.mkdir(parents=True)
    (topology / "thread_siblings_list").write_text(f"{siblings}\n")


def test_hardware_threads_of_one_core_count_once(tmp_path: Path) -> None:
    for number in range(4):
        cpu(tmp_path, number, f"{number % 2},{number % 2 + 2}")
    assert threads._cores(range(4), tmp_path) == 2
    assert threads._cores([0, 2], tmp_path) == 1


def test_both_names_of_the_sibling_list_are_known(tmp_path: Path) -> None:
    for number in range(4):
        topology = tmp_path / f"cpu{number}" / "topology"
        topology.mkdir(parents=True)
        (topology / "core_cpus_list").write_text(f"{number // 2 * 2}-{number // 2 * 2 + 1}\n")
    assert threads._cores(range(4), tmp_path) == 2


def test_affinity_to_one_thread_of_each_core_counts_each(tmp_path: Path) -> None:
    for number in range(8):
        cpu(tmp_path, number, f"{number % 4},{number % 4 + 4}")
    assert threads._cores([1, 6], tmp_path) == 2
    assert threads._cores([1, 5], tmp_path) == 1


def test_slow_cores_count_only_where_there_is_no_fast_one(tmp_path: Path) -> None:
    root = tmp_path / "system" / "cpu"
    for number, siblings in enumerate(("0-1", "0-1", "2-3", "2-3", "4", "5", "6", "7")):
        cpu(root, number, siblings)
    (tmp_path / "cpu_core").mkdir()
    (tmp_path / "cpu_core" / "cpus").write_text("0-3\n")
    assert threads._cores(range(8), root) == 2
    assert threads._cores([3, 4, 5, 6], root) == 1
    assert threads._cores([4, 5, 6], root) == 3


def test_every_cpu_counts_where_the_system_does_not_say(tmp_path: Path) -> None:
    assert threads._cores([0, 1, 2], tmp_path) == 3


@pytest.mark.parametrize(
    ("limit", "cpus"),
    [
        ("150000 100000", 1.5),
        ("max 100000", None),
        ("400000 100000", 4.0),
        ("50000 100000", 0.5),
        ("100000 0", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_quota_of_control_groups_version_2(tmp_path: Path, limit: str, cpus: float | None) -> None:
    group = tmp_path / "user.slice" / "session"
    group.mkdir(parents=True)
    (group / "cpu.max").write_text(f"{limit}\n")
    (tmp_path / "membership").write_text("0::/user.slice/session\n")
    assert threads._quota(tmp_path, tmp_path / "membership") == cpus


def test_tightest_quota_of_the_parents_counts(tmp_path: Path) -> None:
    group = tmp_path / "outer" / "inner"
    group.mkdir(parents=True)
    (group / "cpu.max").write_text("800000 100000\n")
    (group.parent / "cpu.max").write_text("200000 100000\n")
    (tmp_path / "membership").write_text("0::/outer/inner\n")
    assert threads._quota(tmp_path, tmp_path / "membership") == 2.0


def test_quota_of_control_groups_version_1(tmp_path: Path) -> None:
    group = tmp_path / "cpu" / "docker"
    group.mkdir(parents=True)
    (group / "cpu.cfs_quota_us").write_text("300000\n")
    (group / "cpu.cfs_period_us").write_text("100000\n")
    (tmp_path / "membership").write_text("4:cpu,cpuacct:/docker\n")
    assert threads._quota(tmp_path, tmp_path / "membership") == 3.0


@pytest.mark.parametrize("quota", ["-1", "0 0", "nonsense"])
def test_version_1_without_a_limit_means_no_quota(tmp_path: Path, quota: str) -> None:
    group = tmp_path / "cpu"
    group.mkdir()
    (group / "cpu.cfs_quota_us").write_text(f"{quota}\n")
    (group / "cpu.cfs_period_us").write_text("100000\n")
    assert threads._quota(tmp_path, tmp_path / "missing") is None


def test_version_1_under_its_long_name(tmp_path: Path) -> None:
    group = tmp_path / "cpu,cpuacct" / "pod" / "inner"
    group.mkdir(parents=True)
    for path, quota in ((group, "-1"), (group.parent, "250000")):
        (path / "cpu.cfs_quota_us").write_text(f"{quota}\n")
        (path / "cpu.cfs_period_us").write_text("100000\n")
    (tmp_path / "membership").write_text("4:cpu,cpuacct:/pod/inner\n1:name=systemd:/../elsewhere\n")
    assert threads._quota(tmp_path, tmp_path / "membership") == 2.5


def test_less_than_one_cpu_granted_still_gives_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_quota", lambda: 0.5)
    assert threads.physical_cores() == 1


def stat(path: Path, idle: dict[int, tuple[int, int]]) -> None:
    """A /proc/stat with these (idle, busy) ticks of each CPU."""
    lines = [f"cpu{number} {busy} 0 0 {quiet} 0 0 0 0 0 0" for number, (quiet, busy) in idle.items()]
    path.write_text("\n".join(["cpu  1 2 3 4 5 6 7 8 9 10", *lines, "intr 5"]))


def test_idle_cores_are_counted_among_the_allowed(tmp_path: Path) -> None:
    path = tmp_path / "stat"
    stat(path, {0: (100, 100), 1: (100, 100), 2: (0, 0)})
    idle = threads.IdleCores(path, cpus=[0, 1])
    assert idle.since(3600) is None
    stat(path, {0: (200, 100), 1: (150, 150), 2: (100, 0)})
    assert idle.since(0) == pytest.approx(1.5)
    assert idle.since(0) is None, "no tick since"


def test_idle_cores_are_unknown_where_the_system_does_not_say(tmp_path: Path) -> None:
    assert threads.IdleCores(tmp_path / "missing").since(0) is None


def test_no_control_groups_means_no_quota(tmp_path: Path) -> None:
    assert threads._quota(tmp_path, tmp_path / "missing") is None


def test_this_machine_has_a_core() -> None:
    assert threads.physical_cores() >= 1


def test_small_models_get_one_thread() -> None:
    assert threads.threads_for(10 * 2**20) == 1
    assert threads.threads_for(2 * 2**30) == threads.physical_cores()
