"""A real server for tests: llama-cpp-python's own, on loopback, with an embedded model under two names.

"tuned" has the adapter and keeps what log probabilities are computed from; "plain" is the base without either, so a
request for log probabilities fails there as it does on servers that were not started for it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from radlite_tui.models.store import EMBEDDED

KEY = "a key for tests"
MODEL = EMBEDDED / "radlite-nano-qwen3"
CONTEXT = 2048
START_S = 90


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def post(url: str, body: dict[str, Any]) -> Any:
    """What the server answers, asked without any code of ours."""
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The server's address while it runs; its log is in the folder."""
    port = free_port()
    common = {"n_ctx": CONTEXT, "n_threads": 1, "n_threads_batch": 1, "chat_format": "chatml", "verbose": False}
    base = {"model": str(MODEL / "base.gguf"), **common}
    tuned = {**base, "model_alias": "tuned", "lora_path": str(MODEL / "adapter.gguf"), "logits_all": True}
    settings = {
        "host": "127.0.0.1",
        "port": port,
        "api_key": KEY,
        "interrupt_requests": False,
        "models": [tuned, {**base, "model_alias": "plain"}],
    }
    (folder / "server.json").write_text(json.dumps(settings), encoding="utf-8")
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "llama_cpp.server", "--config_file", str(folder / "server.json")],
            stdout=out,
            stderr=out,
            env={**os.environ, "OMP_WAIT_POLICY": "passive"},
        )
    try:
        wait_until_listening(process, port, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(10)


def wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the server did not start: {log.read_text(encoding='utf-8', errors='replace')}")
