"""Probes of model files on this host: measured in a process of their own, remembered in the user's cache folder.

Plain Python: imports `probed`, `host` and `options`, and never llama.cpp, which may crash on a model or a machine.
A result counts for one host (`host.fingerprint`) and one file (its size and modification time).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs

from radlite_tui.engine import host, probed
from radlite_tui.engine.llama.threads import waiting
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.probed import Measurement, ProbeResult
from radlite_tui.errors import ModelUnavailable, RadliteError

SMALL_BYTES = 64 * 2**20
"""Smaller models run fast in any configuration and keep the usual settings."""
BUDGET_S = 25.0
MOST_REMEMBERED = 64
VERSION = 1

Progress = Callable[[Measurement], None]
_BOOT = (
    "import sys; sys.path[:] = [p for p in sys.path if p]; "
    "sys.path.append(sys.argv[1]) if sys.argv[1] not in sys.path else None; "
    "from radlite_tui.engine.llama.probe import main; main()"
)


def cache_file() -> Path:
    """Where results are remembered."""
    return platformdirs.user_cache_path("radlite-tui", appauthor=False) / "probes.json"


class Probes:
    """The results in a cache file. When it cannot be read, nothing is known; when it cannot be written, nothing more
    is remembered. Either is told in `problem`, and neither is an error."""

    def __init__(self, path: Path | None = None, small_bytes: int = SMALL_BYTES) -> None:
        """path: the cache file. small_bytes: models below are not probed."""
        self.path = cache_file() if path is None else path
        self.small_bytes = small_bytes
        self.problem = ""

    def is_small(self, model_path: str | Path) -> bool:
        """Whether a model is too small to be worth probing. Raises OSError when the file is not there."""
        return Path(model_path).stat().st_size < self.small_bytes

    def known(self, model_path: str | Path) -> ProbeResult | None:
        """What was measured of this very file on this very host, or None."""
        key = _key(model_path)
        values = self._read().get(key) if key else None
        try:
            return probed.read(values) if values is not None else None
        except (KeyError, TypeError, ValueError, AttributeError):
            return None

    def measure(
        self,
        model_path: str | Path,
        budget_s: float = BUDGET_S,
        progress: Progress | None = None,
        threads: int | None = None,
    ) -> ProbeResult:
        """Measure now, which takes about `budget_s` seconds, and remember. A small model gets the usual settings.

        Raises ModelUnavailable when the model cannot be used, RadliteError when measuring fails otherwise.
        """
        path = Path(model_path).absolute()
        try:
            if self.is_small(path):
                return ProbeResult(probed.USUAL, version=host.llama_version())
        except OSError as error:
            raise ModelUnavailable(f"The model file {path} cannot be read: {error.strerror}.") from error
        key = _key(path)
        result = _run({"path": str(path), "budget_s": budget_s, "threads": threads}, 4 * budget_s + 60, progress)
        if key and key == _key(path):
            self._keep(key, result)
        return result

    def _read(self) -> dict[str, Any]:
        try:
            stored = json.loads(self.path.read_text(encoding="utf-8"))
            if stored["version"] != VERSION:
                raise ValueError
            results: dict[str, Any] = dict(stored["results"])
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            self.problem = f"{self.path} is damaged or cannot be read, so what was measured of the models is forgotten."
            return {}
        return results

    def _keep(self, key: str, result: ProbeResult) -> None:
        results = self._read()
        results.pop(key, None)
        results[key] = result.json()
        kept = dict(list(results.items())[-MOST_REMEMBERED:])
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _replacing(self.path) as handle, os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump({"version": VERSION, "results": kept}, stream, indent=1)
        except OSError as error:
            self.problem = f"{self.path} cannot be written ({error.strerror}), so what was measured is not remembered."


def known(model_path: str | Path) -> ProbeResult | None:
    """`Probes.known` in the user's cache."""
    return Probes().known(model_path)


def measure(model_path: str | Path, budget_s: float = BUDGET_S) -> ProbeResult:
    """`Probes.measure` in the user's cache."""
    return Probes().measure(model_path, budget_s)


def apply(options: EngineOptions, result: ProbeResult | None) -> EngineOptions:
    """The options with the settings a probe has chosen; unchanged without one."""
    if result is None:
        return options
    chosen = result.settings
    return replace(
        options,
        repack=chosen.repack,
        load=chosen.load,
        flash_attention=chosen.flash_attention,
        chunk=chosen.ubatch,
        batch=max(options.batch, chosen.ubatch),
    )


def _key(path: str | Path) -> str:
    """Host and file; empty when the file is not there."""
    try:
        status = Path(path).stat()
    except OSError:
        return ""
    return f"{host.fingerprint()} {status.st_size} {status.st_mtime_ns}"


@contextmanager
def _replacing(path: Path) -> Iterator[int]:
    """A new file, readable by its owner alone, that takes the place of `path` once it is complete."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        yield handle
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _run(asked: dict[str, Any], limit_s: float, progress: Progress | None) -> ProbeResult:
    """Probe in a new process, which is ended with us or after `limit_s`."""
    asked = asked | {"parent": os.getpid()}
    root = str(Path(__file__).resolve().parents[2])
    name = Path(asked["path"]).name
    process = subprocess.Popen(
        [sys.executable, "-c", _BOOT, root],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **waiting(EngineOptions().spins)},  # as the engine's worker has it
        cwd=Path(root).anchor,
        encoding="utf-8",
    )
    assert process.stdin is not None
    assert process.stdout is not None
    timer = threading.Timer(limit_s, process.kill)
    timer.start()
    try:
        with suppress(OSError), process.stdin:
            json.dump(asked, process.stdin)
        for line in process.stdout:
            result = _heard(json.loads(line), progress)
            if result is not None:
                return result
    except BaseException:
        process.kill()
        raise
    finally:
        timer.cancel()
        process.stdout.close()
        code = process.wait()
    how = f"signal {-code}" if code < 0 else f"code {code}"
    raise ModelUnavailable(f"Measuring {name} ended before there was a result ({how}); the file may be damaged.")


def _heard(line: dict[str, Any], progress: Progress | None) -> ProbeResult | None:
    """What the process says: a measurement, the result, or why there is none."""
    if "failed" in line:
        raise (ModelUnavailable if line["kind"] == "model" else RadliteError)(str(line["failed"]))
    if "measurement" in line and progress is not None:
        progress(probed.read_measurement(line["measurement"]))
    return probed.read(line["result"]) if "result" in line else None
