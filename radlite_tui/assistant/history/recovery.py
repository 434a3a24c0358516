"""What a lost connection cut off while nothing was saved: one private file that lasts until the next start.

May import its siblings. Written once, when the program is told to end; deleted when the user has been asked.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from radlite_tui import private_files
from radlite_tui.assistant.history import coding, places
from radlite_tui.assistant.history.records import Kept, KeptTurn
from radlite_tui.assistant.history.talk import Line
from radlite_tui.errors import RadliteError
from radlite_tui.settings import HistorySettings
from radlite_tui.tasks.report import Report

BEGINS, ENDS = "cut-off-", ".json"


@dataclass(frozen=True)
class Draft:
    """What was on screen and not sent: the report as it stood, and the words typed."""

    report: Report = field(default_factory=lambda: Report(""))
    words: str = ""

    @property
    def empty(self) -> bool:
        return not (self.report.text.strip() or (self.report.prior or "").strip() or self.words.strip())


@dataclass(frozen=True)
class Recovered:
    """What was found. when: seconds since 1970; conversation: where it goes on in the history, or None; path: its
    file, or None where the history alone holds it."""

    when: float
    draft: Draft
    turns: tuple[KeptTurn, ...] = ()
    conversation: int | None = None
    path: Path | None = None


def keep(chosen: HistorySettings, draft: Draft, lines: Sequence[Line], conversation: int | None) -> Path | None:
    """Write down what nothing else keeps; gives the file, or None where there is nothing or nothing is wanted.
    Raises RadliteError, OSError."""
    folder = places.recovery_folder(chosen)
    if folder is None or (draft.empty and not lines):
        return None
    places.make_private(folder)
    path = folder / f"{BEGINS}{int(time.time())}-{os.getpid()}{ENDS}"
    content = {
        "when": time.time(),
        "conversation": conversation,
        "report": coding.plain(draft.report),
        "words": draft.words,
        "turns": [turn_json(line) for line in lines],
    }
    private_files.write(path, json.dumps(content, ensure_ascii=False))
    return path


def turn_json(line: Line) -> dict[str, Any]:
    return {
        "asked": coding.asked(line.plan, line.constrained),
        "report": coding.plain(line.plan.ask.report),
        "created": line.created,
        **{name: coding.plain(getattr(line, name)) for name in ("state", "text", "trouble", "provenance", "result")},
        "choices": coding.plain(line.choices),
    }


def find(chosen: HistorySettings) -> Recovered | None:
    """The latest that was kept. A file that makes no sense is left where it is."""
    folder = places.recovery_folder(chosen)
    if folder is None:
        return None
    with suppress(OSError):
        for path in sorted(folder.glob(f"{BEGINS}*{ENDS}"), reverse=True):
            with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
                return read(json.loads(path.read_text(encoding="utf-8")), path)
    return None


def read(content: Mapping[str, Any], path: Path) -> Recovered:
    draft = Draft(coding.made(Report, content["report"]), content["words"])
    turns = tuple(turn(one, number) for number, one in enumerate(content["turns"], 1))
    return Recovered(content["when"], draft, turns, content["conversation"], path)


def turn(one: Mapping[str, Any], number: int) -> KeptTurn:
    asked = one["asked"]
    return KeptTurn(
        id=0,
        number=number,
        parent=number - 1 or None,
        created=one["created"],
        ask=coding.ask_of(asked, coding.made(Report, one["report"])),
        routing=coding.routing_of(asked),
        model=asked["model"],
        mode=asked["mode"],
        model_reason=asked["model_reason"],
        answer=Kept(one["state"], one["text"], one["trouble"], one["provenance"], one["result"], tuple(one["choices"])),
        constrained=asked["constrained"],
    )


def drop(found: Recovered) -> None:
    """The user has been asked: the file goes. Raises RadliteError when it cannot."""
    if found.path is None:
        return
    try:
        found.path.unlink(missing_ok=True)
    except OSError as error:
        raise RadliteError(
            f"{found.path} cannot be deleted ({private_files.reason(error)}); delete it yourself."
        ) from error


def sentence(found: Recovered) -> str:
    """What to tell the user: when, how much, and where it is."""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(found.when))
    what = []
    if found.turns:
        count, written = len(found.turns), len(found.turns[-1].answer.text.split())
        what.append(f"a conversation of {count} question{'s' if count != 1 else ''}")
        what.append(f"{written} words of the last answer")
    if not found.turns and not found.draft.empty:
        what.append("a report or question that was not sent")
    where = (
        "It is in the history."
        if found.conversation is not None
        else "It was not saved: it waits in a file that only you can read, and that is deleted now either way."
    )
    return f"RadLite was cut off on {when}. Kept: {', '.join(what)}. {where}"


def otherwise(found: Recovered) -> str:
    """What becomes of it when it is not taken up again."""
    return "leaves it in the history" if found.conversation is not None else "deletes it for good"
