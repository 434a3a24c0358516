"""Measures how fast a model file runs on this machine in different configurations, in a process of its own.

Started by `engine.probes`, which see. Imports `library`, `gguf`, `sound`, `interrupt`, `threads`, `engine.probed` and
`engine.parent`.
Reads one JSON object from standard input and writes one a line: a measurement as each is made, then the result.

One setting after another is tried on the best of the ones before, not every combination: repacking, flash attention,
the size of a batch, how the weights come into memory. A configuration that takes half again as long as the best to read
the prompt is stopped there.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from radlite_tui.engine import parent
from radlite_tui.engine.llama import gguf, library
from radlite_tui.engine.llama.faults import Fault
from radlite_tui.engine.llama.interrupt import Interrupt
from radlite_tui.engine.llama.sound import check_model
from radlite_tui.engine.llama.threads import threads_for
from radlite_tui.engine.probed import (
    UBATCHES,
    USUAL,
    Load,
    Measurement,
    ProbeResult,
    Settings,
    better,
    choose,
)

PROMPT, SHORT_PROMPT, WARM_PROMPT, STEPS, WARM_STEPS = 128, 64, 16, 6, 1
_PATIENCE, _LONG_S = 1.5, 3600.0
_ABORTED = 2
_FLASH = {"auto": -1, "off": 0, "on": 1}
Report = Callable[[Measurement], None]


class Slower(Exception):
    """The configuration is clearly slower than the best one."""


class Model:
    """A model file, loaded one way or another. seconds: to load it. memory: bytes it has taken, once used."""

    def __init__(self, path: str, repack: bool, load: Load = "mmap") -> None:
        self.llama = library.load()
        self.memory, self._before, began = 0, resident(), perf_counter()
        params = self.llama.llama_model_default_params()
        params.n_gpu_layers, params.use_extra_bufts = 0, repack
        params.load_mode = library.load_mode(load)
        self.model = self.llama.llama_model_load_from_file(os.fsencode(path), params)
        self.seconds = perf_counter() - began
        if not self.model:
            raise Fault(
                "model", f"The model file {path} cannot be loaded; it is damaged or too large for this machine."
            )
        self.tokens = int(self.llama.llama_vocab_n_tokens(self.llama.llama_model_get_vocab(self.model)))

    def used(self) -> None:
        """Note how much the process has grown for it; only the first time, since others may be loaded later."""
        self.memory = self.memory or max(1, resident() - self._before)

    def close(self) -> None:
        self.llama.llama_model_free(self.model)


class Bench:
    """A context over a model with certain settings, to be timed."""

    def __init__(self, model: Model, settings: Settings, threads: int) -> None:
        self._llama, self._model = model.llama, model
        params = self._llama.llama_context_default_params()
        params.n_ctx = max(settings.ubatch, PROMPT) + STEPS + WARM_STEPS
        params.n_batch = params.n_ubatch = settings.ubatch
        params.n_threads = params.n_threads_batch = threads
        params.flash_attn_type = _FLASH[settings.flash_attention]
        self._context = self._llama.llama_init_from_model(model.model, params)
        if not self._context:
            raise Fault("model", "There is not enough memory for a context.")
        self._interrupt = Interrupt()
        self._interrupt.attach(self._llama, self._context)
        self._batch = self._llama.llama_batch_init(settings.ubatch, 0, 1)
        self._position = 0

    def read(self, tokens: int, patience_s: float) -> float:
        """Seconds to read a prompt from nothing. Raises Slower when it takes longer than `patience_s`."""
        self._llama.llama_memory_clear(self._llama.llama_get_memory(self._context), True)
        self._position = 0
        with self._at_most(patience_s):
            began = perf_counter()
            self._compute(tokens)
            return perf_counter() - began

    def write(self) -> float:
        """Seconds of a decode step after what was read, the median of some."""
        times = []
        for _ in range(WARM_STEPS + STEPS):
            began = perf_counter()
            self._compute(1)
            times.append(perf_counter() - began)
        return median(times[WARM_STEPS:])

    def close(self) -> None:
        self._llama.llama_batch_free(self._batch)
        self._llama.llama_free(self._context)

    def _compute(self, tokens: int) -> None:
        batch = self._batch
        batch.n_tokens = tokens
        for i in range(tokens):
            batch.token[i] = (7919 * (self._position + i)) % self._model.tokens
            batch.pos[i], batch.logits[i] = self._position + i, i == tokens - 1
            batch.n_seq_id[i], batch.seq_id[i][0] = 1, 0
        code = self._llama.llama_decode(self._context, batch)
        if code == _ABORTED:
            raise Slower
        if code != 0:
            raise Fault("model", f"llama.cpp could not compute with the model (code {code}).")
        self._position += tokens

    @contextmanager
    def _at_most(self, seconds: float) -> Iterator[None]:
        timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), self._interrupt.set)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
            self._interrupt.clear()


class Search:
    """Tries one setting after another and keeps what was measured."""

    def __init__(self, path: str, budget_s: float, threads: int | None, report: Report) -> None:
        self._path, self._report = path, report
        self._began, self._budget_s = perf_counter(), budget_s
        self._bytes = Path(path).stat().st_size
        self.threads = threads or threads_for(self._bytes)
        self.measurements: list[Measurement] = []
        self.complete = True
        self._costs: list[float] = []
        self._prompt = PROMPT

    def run(self) -> ProbeResult:
        """All settings in turn. Raises Fault when the model cannot be used at all."""
        plain = Model(self._path, repack=False)
        best = self._try(plain, USUAL, None)
        models = [plain]
        if self._time_left(2.0) and self._room_for_copy():
            models.append(Model(self._path, repack=True))
            best = self._try(models[-1], replace(best.settings, repack=True), best)
        model = models[-1] if best.settings.repack else plain
        if self._time_left(1.2):
            best = self._try(model, replace(best.settings, flash_attention="off"), best)
        for ubatch in UBATCHES[1:]:
            if best.settings.ubatch * 2 != ubatch or not self._time_left(1.2 * ubatch / self._prompt):
                break
            best = self._try(model, replace(best.settings, ubatch=ubatch), best)
        ways: tuple[Load, ...] = ("mlock", "read") if may_lock(self._bytes) else ("read",)
        for load in ways:
            if self._time_left(1.5) and self._room_for_copy():
                models.append(Model(self._path, best.settings.repack, load))
                best = self._try(models[-1], replace(best.settings, load=load), best)
        if best.settings != USUAL and self._time_left(1.0):
            self._try(plain, USUAL, None)  # once more: the machine may have been busy with something else before
        for one in models:
            one.close()
        return ProbeResult(
            choose(self.measurements),
            tuple(self.measurements),
            perf_counter() - self._began,
            datetime.now(timezone.utc).isoformat(timespec="seconds"),
            library.VERSION,
            self.threads,
            self.complete,
        )

    def _try(self, model: Model, settings: Settings, best: Measurement | None) -> Measurement:
        """Measure a configuration; returns the better one of it and the best so far."""
        began = perf_counter()
        try:
            prefill, decode = self._time(model, settings, best)
        except Slower:
            measurement = Measurement(settings, load_s=model.seconds, slower=True)
        else:
            model.used()
            measurement = Measurement(settings, prefill, decode, model.seconds, model.memory)
        self._costs.append(perf_counter() - began)
        self._keep(measurement)
        self._report(measurement)
        return measurement if best is None or better(measurement, best) else best

    def _keep(self, measurement: Measurement) -> None:
        """Of the same configuration measured twice the better time counts, in its first place."""
        for i, known in enumerate(self.measurements):
            if known.settings == measurement.settings:
                self.measurements[i] = min(known, measurement, key=lambda m: m.expected_s)
                return
        self.measurements.append(measurement)

    def _time(self, model: Model, settings: Settings, best: Measurement | None) -> tuple[float, float]:
        """Tokens/s of prefill and decode. Raises Slower."""
        bench = Bench(model, settings, self.threads)
        try:
            warm_s = bench.read(WARM_PROMPT, _LONG_S)  # pages, threads and clocks come up
            if not self._costs and warm_s * PROMPT / WARM_PROMPT > self._budget_s / 8:
                self._prompt = SHORT_PROMPT
            tokens = self._prompt if settings.ubatch <= PROMPT else settings.ubatch
            patience_s = _PATIENCE * tokens / best.prefill_tok_s if best is not None else _LONG_S
            reads = [bench.read(tokens, patience_s)]
            if reads[0] < self._budget_s / 25:
                reads.append(bench.read(tokens, patience_s))
            return tokens / min(reads), 1 / bench.write()
        finally:
            bench.close()

    def _time_left(self, share: float) -> bool:
        """Whether there is time for something that takes `share` times as long as the first configuration."""
        enough = perf_counter() - self._began + share * self._costs[0] <= self._budget_s
        self.complete = self.complete and enough
        return enough

    def _room_for_copy(self) -> bool:
        """Whether a second copy of the weights fits into memory; yes when the system does not say."""
        free = available()
        enough = free is None or free > 1.25 * self._bytes
        self.complete = self.complete and enough
        return enough


def resident() -> int:
    """Bytes of this process in memory; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return 0


def may_lock(size: int) -> bool:
    """Whether the system lets this process keep so many bytes from being paged out."""
    try:
        import resource
    except ImportError:  # not a POSIX system
        return False
    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    return limit == resource.RLIM_INFINITY or limit > 1.1 * size


def available() -> int | None:
    """Bytes of memory free for use; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        return None


def main() -> None:
    """Move the pipe off standard output, so that native code cannot write into it; then probe."""
    outgoing = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    asked = json.load(sys.stdin)
    parent.end_with(asked["parent"])

    def say(**line: Any) -> None:
        print(json.dumps(line), file=outgoing, flush=True)

    try:
        check_model(gguf.read(asked["path"]))
        search = Search(asked["path"], asked["budget_s"], asked["threads"], lambda m: say(measurement=asdict(m)))
        say(result=search.run().json())
    except Fault as fault:
        say(failed=fault.message, kind=fault.kind)


if __name__ == "__main__":
    main()
