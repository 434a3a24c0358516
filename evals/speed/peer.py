"""Our end of a peer's pipe: starts it, asks it, ends it. Standard library and `errors` only."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from radlite_tui.errors import RadliteError

ROOT = Path(__file__).resolve().parents[2]
_END_S = 10.0


def environment() -> dict[str, str]:
    """The user's own environment, with this checkout of RadLite first among the modules, and nothing kept."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    nothing_kept = {"RADLITE_HISTORY_SAVING": "off", "RADLITE_HISTORY_RECOVER": "off"}
    return {**os.environ, **nothing_kept, "PYTHONPATH": os.pathsep.join(paths)}


class Peer:
    """A process that runs one of `evals.speed.peers`. Ready to be asked once made."""

    def __init__(self, module: str, settings: Mapping[str, Any]) -> None:
        """Raises RadliteError with the peer's own words when it cannot start."""
        self._module = module
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment(),
            encoding="utf-8",
        )
        self._send(settings)
        self._receive()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """What the peer measured. Raises RadliteError when it failed or died."""
        self._send({"do": do, **arguments})
        return self._receive()

    def close(self) -> None:
        """End the peer. Safe to call twice."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):  # it went first
                self._process.stdin.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise self._died() from error

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self._died()
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise RadliteError(f"The peer {self._module} failed ({reply['error']}).")
        return reply

    def _died(self) -> RadliteError:
        code = self._process.wait()
        self._log.seek(0)
        said = [line.strip() for line in self._log.read().splitlines() if line.strip()]
        return RadliteError(
            f"The peer {self._module} ended with code {code} ({said[-1] if said else 'it said nothing'})."
        )
