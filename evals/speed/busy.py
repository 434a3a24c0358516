"""The row about a machine that is busy with something else. Linux only; may import its siblings."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from statistics import median

from evals.speed.bench import Bench, counter
from evals.speed.rows import LeftOut, Runs, alternate
from evals.speed.subject import OPTIONS
from evals.speed.texts import spelled, text_of, turn
from evals.speed.timing import rate, timed
from radlite_tui.engine.protocol import Request
from radlite_tui.tasks.base import Mode

SPIN = """
import os, sys
parent = os.getppid()
os.sched_setaffinity(0, {int(sys.argv[1])})
print(flush=True)
while os.getppid() == parent:
    for _ in range(10**6):
        pass
"""


def busy_core(bench: Bench) -> Runs:
    """Decode tokens per second while another process spins on one core.

    Against the best fixed number of threads under the same load, found by trying each in the same turns. In the
    context: every fixed number, and a plain loop with one thread a processor, which is what naive programs use.
    """
    files, size = bench.subject.files(Mode.ZERO_SHOT), bench.sizes
    counts = thread_counts(bench.cores())
    engine = bench.engine()
    text = text_of(size.context_prompt, counter(engine, files), seed=0)
    request = Request(files, turn(text), max_tokens=size.busy_decode)
    fixed = {n: bench.engine(replace(OPTIONS, threads=n, pace=False)) for n in counts}
    naive = bench.plain(files, os.cpu_count() or 1)

    def plain(_run: int) -> float:
        found = naive.ask("decode", prompt=spelled(request.prompt), tokens=size.busy_decode)
        return float((found["tokens"] - 1) / found["decode_s"])

    def with_threads(n: int) -> Callable[[int], float]:
        return lambda _run: rate([timed(fixed[n].generate(request))])

    variants: dict[str, Callable[[int], float]] = {"ours": lambda _run: rate([timed(engine.generate(request))])}
    variants |= {f"{n} threads": with_threads(n) for n in counts}
    variants["naive"] = plain
    for run in variants.values():
        run(0)
    with spinning():
        runs = alternate({name: bench.told(name, run) for name, run in variants.items()}, bench.repeat)
    best = max((f"{n} threads" for n in counts), key=lambda name: median(runs[name]))
    return Runs(runs["ours"], runs[best], {"best_fixed": best, **{k: list(v) for k, v in runs.items() if k != "ours"}})


def thread_counts(cores: int) -> tuple[int, ...]:
    """The fixed numbers that are tried: one, half, all but one, all."""
    return tuple(sorted({1, max(1, cores // 2), max(1, cores - 1), cores}))


@contextmanager
def spinning() -> Iterator[None]:
    """One core is kept busy by another process meanwhile. Raises LeftOut where a process cannot be put on a core."""
    if not hasattr(os, "sched_getaffinity"):
        raise LeftOut("This system cannot keep a process on one core.")
    core = max(os.sched_getaffinity(0))
    process = subprocess.Popen([sys.executable, "-c", SPIN, str(core)], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield
    finally:
        process.kill()
        process.wait()
