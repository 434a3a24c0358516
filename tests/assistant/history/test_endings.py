"""A program that is told to end keeps what there is first, whatever else is sent to it, and then does end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import environment

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
PATIENCE_S = 60
PROGRAM = """
import os, signal, sys, time
from pathlib import Path
from radlite_tui.assistant.history import endings

def keep():
    for number in (signal.SIGHUP, signal.SIGTERM):
        os.kill(os.getpid(), number)
    Path("kept").touch()
    {keep}

endings.LEAVE_S = 0.1
endings.Endings(keep, {leave}).listen()
os.kill(os.getpid(), signal.{name})
while True:
    signal.pause()
"""


def ended(home: Path, **parts: str) -> int:
    """How a program that listens ends."""
    source = PROGRAM.format(**{"keep": "", "leave": "endings.end_by", "name": "SIGHUP", **parts})
    command = [sys.executable, "-c", source]
    return subprocess.run(command, cwd=home, env=environment(home), timeout=PATIENCE_S).returncode


def test_a_second_signal_does_not_cut_the_keeping_short(tmp_path: Path) -> None:
    assert ended(tmp_path) == -signal.SIGHUP
    assert (tmp_path / "kept").exists()


@pytest.mark.parametrize("parts", [{"leave": "lambda number: None"}, {"keep": "raise ValueError"}])
def test_a_program_that_cannot_leave_or_keep_ends_all_the_same(tmp_path: Path, parts: dict[str, str]) -> None:
    assert ended(tmp_path, name="SIGTERM", **parts) == -signal.SIGTERM


def test_what_was_told_to_ignore_a_lost_terminal_goes_on_ignoring_it(tmp_path: Path) -> None:
    source = (
        "import signal, os\nfrom radlite_tui.assistant.history.endings import Endings, end_by\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\nEndings(lambda: None, end_by).listen()\n"
        "os.kill(os.getpid(), signal.SIGHUP)"
    )
    done = subprocess.run([sys.executable, "-c", source], cwd=tmp_path, env=environment(tmp_path), timeout=PATIENCE_S)
    assert done.returncode == 0
