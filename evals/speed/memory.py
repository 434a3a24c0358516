"""The row about memory, and how it is read. Linux only; may import its siblings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.speed.bench import Bench, counter
from evals.speed.rows import LeftOut, Runs
from evals.speed.texts import spelled, text_of, turn
from evals.speed.timing import timed
from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.protocol import Request
from radlite_tui.tasks.base import Mode

MIB = 1024.0


def rss_3b(bench: Bench) -> Runs:
    """Resident memory in MiB of the process that holds the model, after loading it and one short answer.

    Against `Llama` with its defaults, asked the same. Memory hardly varies, so one run is made. In the context: the
    proportional share (PSS) of both, and that of a second user's process over the same weights, as well as the first's
    while the second runs.
    """
    files = bench.subject.files(Mode.ZERO_SHOT)
    engine = bench.engine()
    text = text_of(bench.sizes.context_prompt, counter(engine, files), seed=0)
    request = Request(files, turn(text), max_tokens=bench.sizes.answer)
    timed(engine.generate(request))
    ours = of_engine(engine)
    second = bench.engine()
    timed(second.generate(request))
    shared = {"first_user_mib": of_engine(engine), "second_user_mib": of_engine(second)}
    second.close()
    engine.close()
    peer = bench.llama(files)
    peer.ask("first", prompt=spelled(request.prompt))
    theirs = of_process(peer.pid)
    context: dict[str, Any] = {"ours_mib": ours, "peer_mib": theirs, "two_users": shared}
    return Runs((ours["Rss"],), (theirs["Rss"],), context)


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
