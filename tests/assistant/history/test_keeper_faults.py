"""Faults of disk and file cost nothing of a conversation, and are said in a sentence."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from radlite_tui.assistant.history.keeper import Keeper
from radlite_tui.assistant.history.store import Store
from radlite_tui.errors import RadliteError
from tests.assistant.history.kept import ask, kept, settled, until
from tests.tui.desk import PATIENCE, Gate


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.mark.parametrize("how", ["no database", "cut", "garbled"])
def test_a_damaged_history_is_set_aside_whole_and_the_conversation_goes_into_a_new_one(
    tmp_path: Path, how: str
) -> None:
    path = kept(tmp_path, *((f"question {number} hello",) for number in range(40)))
    content = bytearray(path.read_bytes())
    if how == "no database":
        content[:] = b"this is a text file, not a database" * 100
    elif how == "cut":
        del content[len(content) // 2 :]
    else:
        content[4096 * 3 : 4096 * 12] = os.urandom(4096 * 9)
    path.write_bytes(content)
    told: list[str] = []
    keeper = Keeper(settled(tmp_path), told.append)
    ask(keeper, "birads?")
    assert keeper.flush()
    keeper.close()
    aside = next(tmp_path.glob("history.db.damaged-*"))
    assert aside.read_bytes() == bytes(content)
    assert told == [f"The history was damaged; it was set aside as {aside}, and a new one begins."]
    assert [one.title for one in Store(path).list()] == ["birads?"]


def test_a_history_damaged_while_the_app_runs_costs_nothing_of_this_conversation(tmp_path: Path) -> None:
    path = kept(tmp_path, *((f"question {number} hello",) for number in range(40)))
    told: list[str] = []
    keeper = Keeper(settled(tmp_path), told.append)
    ask(keeper, "birads?")
    assert keeper.flush()
    assert keeper._store is not None
    keeper._store.close()  # so that nothing of it is in memory
    keeper._store = None
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(path.stat().st_size - 4096))
    ask(keeper, "nodes")
    keeper.flush()
    keeper.close()
    assert any("set aside" in sentence for sentence in told)
    turns = Store(path).conversation(1).turns
    assert [turn.ask.words for turn in turns] == ["birads?", "nodes"]


def test_a_history_of_a_newer_version_is_left_alone_and_said(tmp_path: Path) -> None:
    path = kept(tmp_path, ("birads?",))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    told: list[str] = []
    keeper = Keeper(settled(tmp_path), told.append)
    assert ask(keeper, "nodes").text
    assert not keeper.flush()
    keeper.close()
    assert path.read_bytes() == before
    assert len(told) == 1
    assert "newer RadLite" in told[0]


UNWRITABLE = """
import sys
from pathlib import Path
from radlite_tui.assistant.history.keeper import Keeper
from tests.assistant.history.kept import ask, settled
told = []
keeper = Keeper(settled(Path(sys.argv[1])), told.append)
{before}
answer = ask(keeper, "birads?")
print(bool(answer.text), keeper.flush())
{after}
print(keeper.flush())
keeper.close()
print(*told, sep="\\n")
"""


def in_a_process(folder: Path, before: str = "", after: str = "") -> list[str]:
    """What a process says that keeps a conversation in this folder."""
    code = UNWRITABLE.format(before=before, after=after)
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, timeout=PATIENCE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits are a POSIX thing")
def test_a_full_disk_is_said_and_what_was_asked_is_kept_once_there_is_room(tmp_path: Path) -> None:
    kept(tmp_path, ("hello",))
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({}, resource.RLIM_INFINITY))"
    said = in_a_process(tmp_path, limit.format(1000), limit.format("resource.RLIM_INFINITY"))
    assert said[:2] == ["True False", "True"]
    assert "the disk may be full); free space there." in said[2]
    assert [one.title for one in Store(tmp_path / "history.db").list()] == ["birads?", "hello"]


BECOME_NOBODY = """
import os
from radlite_tui.assistant.history import provenance
provenance.library()  # whatever is imported late has to be there before
ask(Keeper(settled(Path(sys.argv[1]), "off")), "birads?")
os.geteuid() or os.seteuid(65534)
"""


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights are a POSIX thing")
def test_a_home_that_cannot_be_written_is_said_and_the_answer_comes(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder.stat().st_mode & 0o777 == 0o700:
            folder.chmod(0o711)  # so that nobody gets as far as the folder that is closed
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    said = in_a_process(closed / "history", BECOME_NOBODY)
    assert said[:2] == ["True False", "False"]
    assert said[2].startswith(f"{closed / 'history'} cannot be used (permission denied)")


def test_a_history_that_can_only_be_read_can_be_read(tmp_path: Path) -> None:
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        pytest.skip("root can write everything")
    path = kept(tmp_path, ("birads?",))
    path.chmod(0o400)
    tmp_path.chmod(0o500)
    try:
        assert [one.title for one in Store(path).list()] == ["birads?"]
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is a POSIX thing")
def test_a_program_killed_at_any_moment_leaves_a_history_that_can_be_read(tmp_path: Path) -> None:
    code = UNWRITABLE.format(before="", after="while True: ask(keeper, 'nodes')")
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    )
    path = tmp_path / "history.db"

    def asked() -> int:
        """Questions in it; none while it is being made."""
        with suppress(RadliteError):
            return Store(path).count()[1] if path.exists() else 0
        return 0

    try:
        until(lambda: asked() > 20)
    finally:
        process.kill()
        process.wait()
    store = Store(path)
    store.connection.check()
    assert len(store.conversation(1).turns) > 20
    json.dumps([turn.answer.state for turn in store.conversation(1).turns])
