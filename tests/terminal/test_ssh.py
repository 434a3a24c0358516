"""The app over a real SSH connection to this machine: calm, readable, and copied from."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.terminal.terminal import READY, ROOT, Terminal, environment

SSHD = shutil.which("sshd") or ("/usr/sbin/sshd" if Path("/usr/sbin/sshd").exists() else None)
pytestmark = pytest.mark.skipif(
    SSHD is None or shutil.which("ssh") is None or shutil.which("ssh-keygen") is None, reason="no sshd here"
)
MOUSE = re.compile(rb"\x1b\[\?100[0236]h|\x1b\[\?1015h")
SETTINGS = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {home}/host
AuthorizedKeysFile {home}/user.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
PermitRootLogin prohibit-password
"""


@dataclass(frozen=True)
class Server:
    """An sshd of this user on loopback. port: where; home: its keys and the app's home."""

    port: int
    home: Path

    def connect(self) -> Terminal:
        given = environment(self.home)
        names = ("HOME", "PYTHONPATH", "RADLITE_CONFIG", "LANG")
        prefix = " ".join(f"{name}='{given[name]}'" for name in names)
        remote = f"cd {ROOT} && {prefix} exec {sys.executable} -m radlite_tui"
        known = ("-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={self.home}/known", "-F", "/dev/null")
        who = ("-i", str(self.home / "user"), "-p", str(self.port), f"{getpass.getuser()}@127.0.0.1")
        return Terminal(["ssh", "-tt", *known, *who, remote], given)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = tmp_path / "sshd_config"
    settings.write_text(SETTINGS.format(port=port, home=tmp_path), encoding="utf-8")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    assert SSHD is not None
    process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(settings)], stderr=subprocess.PIPE)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if b"listening" in line:
                break
        else:
            pytest.skip("sshd does not start here")
        yield Server(port, tmp_path)
    finally:
        process.terminate()
        process.wait()


def test_over_ssh_the_screen_is_calm_and_answers_can_be_copied(server: Server) -> None:
    terminal = server.connect()
    try:
        terminal.expect(READY)
        terminal.paste("FINDINGS: 18 mm irregular mass.\nNo nodes.\nIMPRESSION: suspicious.\n")
        terminal.expect("pasted")
        terminal.send("birads?")
        terminal.until(lambda: "RADS" in terminal.text and "starting" not in terminal.text.split("RADS")[-1], "a plan")
        terminal.send("\r")
        terminal.expect("written")
        assert not MOUSE.search(terminal.seen)
        terminal.send("\x19")
        terminal.until(terminal.copied, "a request to copy")
        assert "RADS" in terminal.copied()[0]
        terminal.resize(100, 30)
        terminal.forget()
        terminal.resize(80, 24)
        terminal.expect(READY)
        terminal.send("\x11")
        terminal.until(lambda: not terminal.child.isalive(), "the end")
        assert terminal.child.exitstatus == 0
        assert b"\x1b[?1049l" in terminal.seen
    finally:
        terminal.close()
