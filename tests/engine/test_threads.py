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


def test_every_cpu_counts_where_the_system_does_not_say(tmp_path: Path) -> None:
    assert threads._cores([0, 1, 2], tmp_path) == 3


@pytest.mark.parametrize(("limit", "cpus"), [("150000 100000", 1.5), ("max 100000", None), ("400000 100000", 4.0)])
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


def test_no_control_groups_means_no_quota(tmp_path: Path) -> None:
    assert threads._quota(tmp_path, tmp_path / "missing") is None


def test_this_machine_has_a_core() -> None:
    assert threads.physical_cores() >= 1


def test_small_models_get_one_thread() -> None:
    assert threads.threads_for(10 * 2**20) == 1
    assert threads.threads_for(2 * 2**30) == threads.physical_cores()
