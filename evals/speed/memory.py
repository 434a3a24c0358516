"""The rows about memory, and how it is read. Linux only; may import its siblings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.speed.bench import Bench, counter
from evals.speed.rows import LeftOut, Runs
from evals.speed.subject import Subject
from evals.speed.texts import spelled, text_of, turn
from evals.speed.timing import timed
from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.protocol import Request
from radlite_tui.tasks.base import Mode

MIB = 1024.0
BOTH_MIB = 6e9 / 2**20
"""What both models together may take: 6 GB."""


def rss_3b(bench: Bench) -> Runs:
    """Resident memory in MiB of the process that holds the model, after loading it and one short answer.

    Against `Llama` with its defaults, asked the same. Memory hardly varies, so one run is made. In the context: the
    proportional share (PSS) of both.
    """
    engine = bench.engine()
    request = answered(bench, engine, bench.subject)
    ours = of_engine(engine)
    engine.close()
    peer = bench.llama(request.model)
    peer.ask("first", prompt=spelled(request.prompt))
    theirs = of_process(peer.pid)
    context: dict[str, Any] = {"ours_mib": ours, "peer_mib": theirs}
    return Runs((ours["Rss"],), (theirs["Rss"],), context)


def pss_second_user(bench: Bench) -> Runs:
    """Memory in MiB by which the machine's goes up when a second user's process loads the same file and answers: what
    the shares (PSS) of both processes together have more than the first one had alone.

    Against what that process holds by itself (RSS), most of which are the weights that both map.
    """
    first, second = bench.engine(), bench.engine()
    answered(bench, first, bench.subject)
    alone = of_engine(first)
    answered(bench, second, bench.subject)
    beside, added = of_engine(first), of_engine(second)
    context: dict[str, Any] = {"first_alone_mib": alone, "first_beside_mib": beside, "second_mib": added}
    return Runs((beside["Pss"] + added["Pss"] - alone["Pss"],), (added["Rss"],), context)


def rss_both(bench: Bench) -> Runs:
    """Resident memory in MiB of one engine's process that has both models loaded and has answered with each.

    In the context: the same with the first model alone.
    """
    if bench.second is None:
        raise LeftOut("no --second-model-file")
    engine = bench.engine()
    answered(bench, engine, bench.subject)
    one = of_engine(engine)
    answered(bench, engine, bench.second)
    both = of_engine(engine)
    return Runs((both["Rss"],), (BOTH_MIB,), {"first_model_mib": one, "both_mib": both})


def answered(bench: Bench, engine: LocalEngine, subject: Subject) -> Request:
    """A short request that this engine has just answered with the subject's base weights."""
    files = subject.files(Mode.ZERO_SHOT)
    text = text_of(bench.sizes.context_prompt, counter(engine, files), seed=0)
    request = Request(files, turn(text), max_tokens=bench.sizes.answer)
    timed(engine.generate(request))
    return request


def of_engine(engine: LocalEngine) -> Mapping[str, float]:
    """The memory of an engine's process."""
    if engine.pid is None:
        raise LeftOut("The engine has no process of its own whose memory could be read.")
    return of_process(engine.pid)


def of_process(pid: int) -> Mapping[str, float]:
    """Rss and Pss in MiB. Raises LeftOut where the system does not say."""
    path = Path(f"/proc/{pid}/smaps_rollup")
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise LeftOut(f"The memory of a process cannot be read here ({path}: {error.strerror}).") from error
    return parse(text)


def parse(text: str) -> Mapping[str, float]:
    """Rss and Pss in MiB from the text of a smaps_rollup, which states kB."""
    found = {}
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        if name in ("Rss", "Pss"):
            found[name] = round(int(rest.split()[0]) / MIB, 1)
    return found
