"""The real program in a process of its own, as a script would call it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from radlite_tui import tasks
from radlite_tui.models import manifest as manifests
from radlite_tui.models.manifest import Manifest, ModelFile

PROGRAM = [sys.executable, "-m", "radlite_tui"]
TIMEOUT = 120


def environment(home: Path) -> dict[str, str]:
    """The user's environment with home, cache and settings folders of the test's own."""
    own = {name: str(home / name) for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")}
    kept = {key: value for key, value in os.environ.items() if not key.startswith("RADLITE_")}
    return {
        **kept,
        **own,
        "HOME": str(home),
        "RADLITE_HISTORY_SAVING": "off",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }


class Program:
    """Runs `radlite-tui` with a folder as its home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = environment(home)

    def __call__(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*PROGRAM, *arguments],
            input=stdin,
            capture_output=True,
            timeout=TIMEOUT,
            env=self.environment,
            cwd=self.home,
        )

    def json(self, *arguments: str, stdin: bytes = b"") -> Any:
        """What a command printed as JSON, which must be all it printed."""
        done = self(*arguments, "--json", stdin=stdin)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    def start(self, *arguments: str, **more: Any) -> subprocess.Popen[bytes]:
        """The program, started and left running."""
        return subprocess.Popen(
            [*PROGRAM, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
            cwd=self.home,
            **more,
        )

    def give(self, name: str, context: int = 2048, **files: Path) -> None:
        """A model of the user's own, in a folder that holds nothing else. files: role -> a GGUF file."""
        place = self.home / "models" / name / manifests.FILE_NAME
        place.parent.mkdir(parents=True)
        given = [
            ModelFile(role, path, hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size, "F32")  # type: ignore[arg-type]
            for role, path in files.items()
        ]
        place.write_text(manifests.dump(Manifest(name, name, "qwen2", context, tuple(given), source=place)))
        self.environment["RADLITE_MODELS"] = str(place.parents[1])

    def demonstration(self, tag: str) -> list[str]:
        """The arguments that ask a task about its demonstration report."""
        example = tasks.get(tag).demonstrations[0]
        arguments = [example.words or "Please.", "--task", tag]
        if example.report.text:
            (self.home / "report.txt").write_text(example.report.text, encoding="utf-8")
            arguments += ["--report", "report.txt"]
        if example.report.prior:
            (self.home / "prior.txt").write_text(example.report.prior, encoding="utf-8")
            arguments += ["--prior", "prior.txt"]
        return arguments


def one_sentence(stderr: bytes) -> str:
    """The last line of standard error, after checking that nothing there is a traceback."""
    text = stderr.decode()
    assert "Traceback" not in text
    lines = text.strip().splitlines()
    assert lines, "nothing on standard error"
    assert lines[-1].endswith((".", ").")), lines
    return lines[-1]
