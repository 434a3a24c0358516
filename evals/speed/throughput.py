"""Rows about getting through a list of cases. May import its siblings and the evaluation's cases.

Both sides answer the same cases freely, with the same prompts, the same limit on the answer's length and greedy
sampling, so that only how the work is organised differs. Loading is not counted.
"""

from __future__ import annotations

import importlib.util
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from time import perf_counter
from typing import Any

from evals.speed.bench import Bench
from evals.speed.parallel import at_once
from evals.speed.peer import environment
from evals.speed.prefill import same_length
from evals.speed.rows import LeftOut, Runs
from evals.speed.texts import spelled
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.types import Ask, Plan
from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.protocol import ModelFiles, Request
from radlite_tui.errors import RadliteError
from radlite_tui.segments import Control, Prompt
from radlite_tui.tasks.base import Mode

TASK = "impression_generation"
SERVER_MODULES = ("fastapi", "uvicorn", "sse_starlette", "starlette_context", "pydantic_settings")
_START_S = 120.0


def evals_vs_llama_class(bench: Bench) -> Runs:
    """Cases per second with many under way at once, against calling `Llama` for one case after another."""
    work = Cases(bench)
    peer = bench.llama(work.files, n_ctx=work.files.context)

    def theirs(run: int) -> float:
        prompts = [spelled(prompt) for prompt in work.prompts(2 * run + 1)]
        found = peer.ask("complete", prompts=prompts, max_tokens=bench.sizes.case_answer)
        same_length(found["prompt_tokens"], work.tokens(2 * run + 1))
        return float(len(prompts) / found["seconds"])

    return work.compare(theirs)


def evals_vs_llama_server(bench: Bench) -> Runs:
    """Cases per second, against llama-cpp-python's own server on this machine, asked by as many threads.

    Left out where the server's own dependencies are not installed.
    """
    missing = [name for name in SERVER_MODULES if importlib.util.find_spec(name) is None]
    if missing:
        raise LeftOut(f"llama-cpp-python's server is not installed here ({', '.join(missing)} missing).")
    work = Cases(bench)
    with serving(work.files) as complete:

        def theirs(run: int) -> float:
            prompts = work.prompts(2 * run + 1)
            began = perf_counter()
            with ThreadPoolExecutor(max_workers=bench.sizes.in_flight) as pool:
                list(pool.map(lambda prompt: complete(prompt, bench.sizes.case_answer), prompts))
            return len(prompts) / (perf_counter() - began)

        return work.compare(theirs)


class Cases:
    """The cases of a row and our way through them. Each run takes other cases, so that none has been read before."""

    def __init__(self, bench: Bench) -> None:
        from evals.cases import synthetic

        self._bench = bench
        self._engine: LocalEngine = bench.engine()
        self._assistant: Assistant = bench.assistant(self._engine)
        self._cases = synthetic((TASK,), bench.sizes.cases * 2 * (bench.repeat + 1), 0)
        self.files = bench.subject.files(Mode.FINE_TUNED)

    def plans(self, part: int) -> list[Plan]:
        size = self._bench.sizes.cases
        start = part * size % len(self._cases)
        return [
            self._assistant.plan(
                Ask(case.report, case.words, TASK, mode=Mode.FINE_TUNED, max_tokens=self._bench.sizes.case_answer)
            )
            for case in self._cases[start : start + size]
        ]

    def requests(self, part: int) -> list[Request]:
        return [self._assistant.request(plan, constrained=False) for plan in self.plans(part)]

    def prompts(self, part: int) -> list[Prompt]:
        return [request.prompt for request in self.requests(part)]

    def tokens(self, part: int) -> int:
        """Prompt tokens of a part, by the model's own tokeniser."""
        return sum(self._engine.count(request.model, request.prompt) for request in self.requests(part))

    def ours(self, run: int) -> float:
        """Cases per second, through the assistant, this many at once."""
        plans = self.plans(2 * run)
        began = perf_counter()
        at_once(
            [partial(self._assistant.finish, plan, constrained=False) for plan in plans], self._bench.sizes.in_flight
        )
        return len(plans) / (perf_counter() - began)

    def compare(self, theirs: Callable[[int], float]) -> Runs:
        """The runs of both sides, after one of each that is not counted."""
        warm_up = self._bench.repeat
        self.ours(warm_up)
        theirs(warm_up)
        sizes = self._bench.sizes
        context = {"cases": sizes.cases, "answer_tokens_at_most": sizes.case_answer, "in_flight": sizes.in_flight}
        return self._bench.compare(self.ours, theirs, context)


@contextmanager
def serving(files: ModelFiles) -> Iterator[Callable[[Prompt, int], Any]]:
    """llama-cpp-python's server on a free port of this machine alone, and a way to ask it for a completion."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    adapter = ["--lora_path", files.adapter] if files.adapter else []
    command = [sys.executable, "-m", "llama_cpp.server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--model", files.weights, "--n_ctx", str(files.context), *adapter]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )
    address = f"http://127.0.0.1:{port}/v1"
    try:
        wait_for(f"{address}/models", process)

        def complete(prompt: Prompt, max_tokens: int) -> Any:
            text = "".join(s.token if isinstance(s, Control) else s.text for s in prompt)
            return post(f"{address}/completions", {"prompt": text, "max_tokens": max_tokens, "temperature": 0.0})

        yield complete
    finally:
        process.terminate()
        process.wait()


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Until the server answers. Raises RadliteError when it ends or does not come."""
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RadliteError(f"llama-cpp-python's server ended with code {process.returncode} before it answered.")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RadliteError(f"llama-cpp-python's server did not answer within {_START_S:.0f} s.")


def post(address: str, body: dict[str, Any]) -> Any:
    """A JSON request and its JSON answer."""
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=1800) as answer:
            return json.load(answer)
    except (urllib.error.URLError, OSError) as error:
        raise RadliteError(f"llama-cpp-python's server did not answer a case ({error}).") from error
