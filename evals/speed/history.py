"""How fast a long history is searched and listed: `python -m evals.speed.history [--messages 10000] [--json]`.

Makes a history of made-up reports and answers in a folder of its own, through the same code as the app, and times what
the history screen does: listing all conversations, and searching for words that are rare, common, and half typed.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from radlite_tui.assistant.history import writing
from radlite_tui.assistant.history.store import Store
from radlite_tui.assistant.history.talk import Line, Talk
from radlite_tui.assistant.types import Ask, Plan
from radlite_tui.routing.types import Routing
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.report import Report

TURNS = 4
"""Questions a conversation; a question and its answer are two messages."""
FLOOR_MS = 50.0
SIDES = ("left", "right", "bilateral")
WORDS = (
    "mass", "nodule", "opacity", "effusion", "consolidation", "lesion", "cyst", "calcification", "lymphadenopathy",
    "fracture", "oedema", "hernia", "atelectasis", "pneumothorax", "stenosis", "thrombus", "aneurysm", "dilatation",
    "enhancement", "density", "margin", "lobe", "segment", "kidney", "liver", "spleen", "breast", "axilla",
    "thyroid", "pelvis", "spine", "aorta", "ventricle", "pancreas", "bowel", "colon", "bladder", "prostate",
    "ovary",
)  # fmt: skip


def sentence(chance: random.Random, number: int) -> str:
    words = " ".join(chance.choice(WORDS) for _ in range(12))
    return f"{chance.randrange(3, 60)} mm {chance.choice(SIDES)} {words}, case {number}."


def fill(path: Path, messages: int) -> None:
    """So many messages: half of them questions, half of them answers, on reports of ten sentences."""
    chance = random.Random(5)
    store = Store(path, write=True)
    lines: list[Line] = []
    for number in range(messages // 2):
        if number % TURNS == 0:
            talk = Talk()
            text = "\n".join(sentence(chance, number) for _ in range(10))
            report = Report(f"FINDINGS: {text}\nIMPRESSION: {sentence(chance, number)}", None, f"report-{number}.txt")
        routing = Routing("radiology_qa", 0.9, "classifier", (), "")
        plan = Plan(Ask(report, f"is there a {chance.choice(WORDS)}?"), routing, "model", Mode.FINE_TUNED)
        line = Line(talk, plan, talk.last, saved=True, state="stop", text=sentence(chance, number))
        talk.lines.append(line)
        lines.append(line)
    for at in range(0, len(lines), 500):
        writing.write(store, lines[at : at + 500], "made-up")
    store.close()


def median_ms(work: Callable[[], object], times: int = 15) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken)


def measure(path: Path) -> list[dict[str, object]]:
    """{"what", "found", "ms"} of each thing the screen does; ms is a median of 15."""
    store = Store(path)
    searches = {"rare word": "4998", "common word": "mass", "three words": "left kidney mass", "half typed": "pn"}
    rows: list[dict[str, object]] = [
        {"what": "list of all conversations", "found": len(store.list()), "ms": median_ms(store.list)}
    ]
    for what, words in searches.items():
        found = len(store.search(words))
        rows.append({"what": f"search: {what}", "found": found, "ms": median_ms(partial(store.search, words))})
    first = store.list(1)[0].id
    rows.append({"what": "one conversation", "found": TURNS, "ms": median_ms(lambda: store.conversation(first))})
    store.close()
    return rows


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.speed.history", description="Time a long history.")
    parser.add_argument("--messages", type=int, default=10_000, metavar="N")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.db"
        fill(path, arguments.messages)
        size, rows = path.stat().st_size, measure(path)
    ok = all(float(str(row["ms"])) <= FLOOR_MS for row in rows)
    if arguments.json:
        print(json.dumps({"messages": arguments.messages, "bytes": size, "floor_ms": FLOOR_MS, "ok": ok, "rows": rows}))
    else:
        print(f"{arguments.messages:,} messages, {size / 1e6:.1f} MB")
        for row in rows:
            print(f"  {row['what']:<28} {row['found']:>6} found  {float(str(row['ms'])):6.1f} ms")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
