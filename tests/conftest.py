"""Shared by every test: no settings of the developer's own, nothing kept, and a real server for those that ask."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import served

AGAIN = tuple(Path(__file__).parent / name for name in ("cli", "engine", "terminal", "tui"))
"""Tests here drive programs that run beside them."""

for number in (signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGINT)):
    if (
        signal.getsignal(number) == signal.SIG_IGN
    ):  # under nohup or behind &: programs that tests start would inherit it
        signal.signal(number, signal.SIG_DFL)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where a busy machine can upset the order of things, a failed test is tried once more; the report says so."""
    for item in items:
        if any(folder in item.path.parents for folder in AGAIN):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True, scope="session")
def no_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The tests' program runs on its defaults, whatever the developer has settled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RADLITE_CONFIG", str(tmp_path_factory.mktemp("settings") / "config.toml"))
        patch.setenv("RADLITE_HISTORY_SAVING", "off")
        patch.setenv("RADLITE_HISTORY_FOLDER", str(tmp_path_factory.mktemp("history")))
        patch.setenv("RADLITE_HISTORY_RECOVER", "off")
        for name in ("XDG_DATA_HOME", "XDG_STATE_HOME"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        yield


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server with the models "tuned" and "plain"."""
    with served.running(tmp_path_factory.mktemp("server")) as url:
        yield url
