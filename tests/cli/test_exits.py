"""However the program ends, its engine process ends too: real programs, real signals, real terminals. Linux only.

The model is slow enough that every moment (loading, reading the prompt, writing) is there to be hit.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from evals.speed import subject
from radlite_tui.routing import models as routing
from radlite_tui.routing.models import Route
from radlite_tui.tasks.base import Mode
from tests.cli.command import PROGRAM, Program
from tests.engine.conftest import REPORT
from tests.engine.tiny_gguf import Shape, write_model

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the worker in /proc")

GONE_S = 5.0
PATIENCE_S = 60
PHASES = ("loading", "prefill", "token")
ASKED = ("--task", "impression_generation", "--mode", "fine-tuned")
"""Of the slow model, which then writes until its limit."""


SLOW = Shape(width=512, layers=8, heads=8, kv_heads=4, inner=2048, context=4096)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the slow model, called "measured", and a route to it."""
    folder = tmp_path_factory.mktemp("slow")
    subject.of_file(write_model(folder / "slow.gguf", "qwen2", SLOW), folder)
    route = routing.dump({"radiology_qa": Route("measured", Mode.FINE_TUNED)})
    (folder / "routes.toml").write_text(route, encoding="utf-8")
    return folder


@pytest.fixture
def slow(radlite: Program, models: Path) -> Program:
    """The program in an empty home, with the slow model, a long report and a worklist."""
    radlite.environment |= {
        "RADLITE_MODELS": str(models / "models"),
        "RADLITE_ROUTES": str(models / "routes.toml"),
        "RADLITE_ENGINE_READ_AHEAD": "false",
        "XDG_CACHE_HOME": str(models / "cache"),
    }
    (radlite.home / "report.txt").write_text(REPORT * 15, encoding="utf-8")
    rows = [json.dumps({"id": str(number), "text": REPORT * 10}) + "\n" for number in range(4)]
    (radlite.home / "in.jsonl").write_text("".join(rows), encoding="utf-8")
    return radlite


def workers(pid: int) -> list[int]:
    """The engine processes that this process started."""
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a thread that ended meanwhile
            found += [int(child) for child in children.read_text(encoding="ascii").split()]
    return [child for child in found if b"radlite_tui.engine" in Path(f"/proc/{child}/cmdline").read_bytes()]


@contextlib.contextmanager
def watched(pid: int) -> Iterator[None]:
    """Whatever happens inside, afterwards every worker that `pid` had is gone, and within seconds."""
    found = workers(pid)
    assert found, "there is no worker to watch"
    handles = [os.pidfd_open(worker) for worker in found]
    try:
        yield
        for handle in handles:
            assert select.select([handle], [], [], GONE_S)[0], "the worker outlived the program"
    finally:
        for handle in handles:
            os.close(handle)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """How a program ended, and what it still said on standard error."""
    _, said = process.communicate(timeout=PATIENCE_S)
    return process.returncode, said.decode()


@pytest.mark.parametrize(
    ("number", "phase"),
    [*((signal.SIGKILL, phase) for phase in PHASES), (signal.SIGTERM, "token"), (signal.SIGHUP, "prefill")],
)
def test_ask_takes_its_worker_along(slow: Program, number: signal.Signals, phase: str) -> None:
    process = slow.start("ask", "Please.", "--report", "report.txt", "--model", "measured", "--jsonl", *ASKED)
    assert process.stdout is not None
    events: Iterator[dict[str, Any]] = (json.loads(line) for line in process.stdout)
    next(event for event in events if event["event"] == phase and event.get("file") != "slow.gguf (checksum)")
    with watched(process.pid):
        process.send_signal(number)
        code, said = ended(process)
    assert code == (130 if number == signal.SIGINT else -number)
    assert "Traceback" not in said


def test_doctor_takes_what_measures_along(slow: Program) -> None:
    process = slow.start("doctor", "--probe", "measured")
    until(lambda: computing(process.pid))
    with watched(process.pid):
        process.kill()
        ended(process)


COMMANDS = {
    "batch": ("batch", "in.jsonl", "out.jsonl", "--model", "measured", "--parallel", "2", *ASKED),
    "compare": (
        "compare",
        "What?",
        "--report",
        "report.txt",
        "--models",
        "measured",
        "--modes",
        "zero-shot,fine-tuned",
    ),
}


@pytest.mark.parametrize(
    ("command", "number"),
    [
        *(("batch", number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)),
        *(("compare", number) for number in (signal.SIGINT, signal.SIGKILL)),
    ],
)
def test_batch_and_compare_take_their_worker_along(slow: Program, command: str, number: signal.Signals) -> None:
    process = slow.start(*COMMANDS[command])
    until(lambda: computing(process.pid))
    with watched(process.pid):
        process.send_signal(number)
        code, said = ended(process)
    assert code == (130 if number == signal.SIGINT else -number)
    assert "Traceback" not in said
    (slow.home / "out.jsonl").touch()
    for line in (slow.home / "out.jsonl").read_text(encoding="utf-8").splitlines():
        json.loads(line)


def computing(pid: int) -> bool:
    """Whether a worker of this process has its model mapped."""
    return any("slow.gguf" in Path(f"/proc/{worker}/maps").read_text(encoding="utf-8") for worker in workers(pid))


def until(holds: Callable[[], bool]) -> None:
    """Wait for something nobody announces."""
    waiter = select.poll()
    for _ in range(PATIENCE_S * 50):
        if holds():
            return
        waiter.poll(20)
    raise AssertionError("it never came")


@contextlib.contextmanager
def on_terminal(program: Program, *arguments: str) -> Iterator[pexpect.spawn]:
    """The program on a terminal of its own, 80 x 24."""
    environment = {**program.environment, "TERM": "xterm-256color"}
    command = [*PROGRAM, *arguments]
    spawned = pexpect.spawn(
        command[0], command[1:], env=environment, cwd=str(program.home), dimensions=(24, 80), timeout=PATIENCE_S
    )
    try:
        yield spawned
    finally:
        spawned.close(force=True)


@pytest.mark.parametrize("command", ["ask", "batch"])
def test_ctrl_c_in_a_terminal_ends_both(slow: Program, command: str) -> None:
    asked = ("ask", "Please.", "--report", "report.txt", "--model", "measured", *ASKED)
    with on_terminal(slow, *(asked if command == "ask" else COMMANDS[command])) as terminal:
        until(lambda: computing(terminal.pid))
        with watched(terminal.pid):
            terminal.sendintr()
            terminal.expect(pexpect.EOF)
        terminal.close()
        assert terminal.exitstatus == 130


HOW: dict[str, Callable[[pexpect.spawn], None]] = {
    "hung up": lambda terminal: terminal.close(force=False),
    "SIGTERM": lambda terminal: os.kill(terminal.pid, signal.SIGTERM),
    "SIGKILL": lambda terminal: os.kill(terminal.pid, signal.SIGKILL),
}
SHOWN = {"loading": "", "prefill": r"prefill (?!(\d+)/\1\D)\d+/\d+", "token": r"tok/s\W+[1-9]\d* tok"}
"""What the status line shows meanwhile. Loading is too quick to be drawn, but then a worker has just been started."""


@pytest.mark.parametrize(
    ("how", "phase"),
    [*(("SIGKILL", phase) for phase in PHASES), ("hung up", "token"), ("SIGTERM", "prefill")],
)
def test_the_app_takes_its_worker_along(slow: Program, how: str, phase: str) -> None:
    with on_terminal(slow, "report.txt") as terminal:
        terminal.expect_exact("ready")
        terminal.send("what is the largest finding?")
        if phase == "loading":
            until(lambda: bool(workers(terminal.pid)))
        else:
            terminal.expect("of 2,048 tok")
            terminal.send("\r")
            terminal.expect(SHOWN[phase])
        with watched(terminal.pid):
            HOW[how](terminal)
