"""`radlite-tui history`: whether conversations are kept, and those that are: list, search, show, replay, export, purge.

May import the assistant's history. Only `on`, `off`, `rename`, `delete` and `purge` change anything.
"""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from radlite_tui import settings
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.history import export, places, saving
from radlite_tui.assistant.history.records import COMPARISON, FAILED, MARKS, Found, Summary
from radlite_tui.assistant.history.replay import replay
from radlite_tui.assistant.history.store import Store, place_of, turns_of
from radlite_tui.assistant.kept import write_new
from radlite_tui.cli.output import emit, narrate, say
from radlite_tui.errors import BadInput, RadliteError
from radlite_tui.settings import Settings


def run(arguments: Namespace) -> int:
    """Run one action; gives the exit code."""
    return ACTIONS[arguments.action](arguments, settings.read())


def status(arguments: Namespace, settled: Settings) -> int:
    """Whether saving is on and why, where, how much."""
    decided, path = saving.decide(settled.history), places.database(settled.history)
    conversations = questions = size = 0
    if path.exists():
        with closing(Store(path)) as store:
            (conversations, questions), size = store.count(), store.size()
    if arguments.json:
        emit(
            {
                "saving": decided.on,
                "by": decided.by,
                "why": decided.why,
                "path": str(path),
                "exists": path.exists(),
                "conversations": conversations,
                "questions": questions,
                "bytes": size,
                "keep_days": settled.history.keep_days,
            },
            pretty=True,
        )
        return 0
    say(decided.sentence)
    if conversations:
        say(f"{conversations} conversations with {questions} questions, {size / 1e6:.1f} MB in {path}")
    else:
        say(f"Nothing is kept. The place for it is {path}")
    days = settled.history.keep_days
    say(f"Conversations untouched for {days} days are deleted." if days else "Conversations are kept until deleted.")
    return 0


def switch(arguments: Namespace, settled: Settings) -> int:
    """Remember the user's choice."""
    saving.remember(settled, arguments.action == "on")
    decided = saving.decide(settled.history)
    if arguments.json:
        emit({"saving": decided.on, "by": decided.by, "why": decided.why})
    else:
        say(decided.sentence)
    if not decided.on and places.database(settled.history).exists():
        narrate("What was kept before is still there; `radlite-tui history purge --all` deletes it.")
    return 0


def show_list(arguments: Namespace, settled: Settings) -> int:
    """Conversations, the latest first."""
    no_names(arguments)
    store = existing(settled)
    if store is None:
        emit({"conversations": []}) if arguments.json else say_nothing(settled)
        return 0
    with closing(store):
        found = store.list(arguments.limit or -1)
    if arguments.json:
        emit({"conversations": [summary_json(one) for one in found]}, pretty=True)
        return 0
    for one in found:
        say(line(one))
    if not found:
        say_nothing(settled)
    return 0


def search(arguments: Namespace, settled: Settings) -> int:
    """Conversations with all the words."""
    words = " ".join(arguments.names)
    if not words.strip():
        raise BadInput("Say what to look for: radlite-tui history search WORDS.")
    store = existing(settled)
    found: tuple[Found, ...] = ()
    if store is not None:
        with closing(store):
            found = store.search(words, arguments.limit or 1000)
    if arguments.json:
        emit({"found": [found_json(one) for one in found]}, pretty=True)
        return 0
    for one in found:
        say(line(one.summary))
        say(f"    {one.where}: {marked(one.snippet)}")
    if not found:
        narrate(f"Nothing in the history has {words!r}.")
    return 0


def show(arguments: Namespace, settled: Settings) -> int:
    """One conversation, or one of its questions."""
    name = one_name(arguments)
    with closing(needed(settled, name)) as store:
        kept = turns_of(store, name)
    if arguments.json:
        emit(export.conversation_object(kept), pretty=True)
    else:
        say(export.plain(kept), end="")
    return 0


def run_again(arguments: Namespace, settled: Settings) -> int:
    """Compute answers again. 0 when all are the same, 1 when one is not."""
    name = one_name(arguments)
    with closing(needed(settled, name)) as store:
        kept = turns_of(store, name)
    with closing(Assistant.create(settled)) as assistant:
        results = []
        for turn in kept.turns:
            if kept.summary.kind == COMPARISON and turn.answer.state == FAILED and len(kept.turns) > 1:
                narrate(f"{kept.summary.id}.{turn.number}: this column failed, so there is nothing to compute again.")
                continue
            result = replay(assistant, kept.summary.id, turn, settled.engine)
            results.append(result)
            for one in result.differences:
                narrate(f"{result.id}: {one['name']} is not the same: it was {one['was']}, it is {one['is']}.")
            if not arguments.json:
                say(result.answer.text)
            where = "" if result.at is None else f" from character {result.at + 1} on"
            narrate(f"{result.id}: " + ("the same, token for token." if result.same else f"another answer{where}."))
    if arguments.json:
        objects = [result.json() for result in results]
        emit(objects[0] if len(objects) == 1 else {"replays": objects}, pretty=True)
    return 0 if all(result.same for result in results) else RadliteError.exit_code


def write_out(arguments: Namespace, settled: Settings) -> int:
    """Conversations as a document, to standard output or a new private file."""
    if bool(arguments.names) == arguments.all:
        raise BadInput("Name the conversations to export, or give --all; `radlite-tui history list` shows their ids.")
    path = Path(arguments.out).expanduser() if arguments.out else None
    form = arguments.format or ("json" if arguments.json else export.format_of(path) if path else "markdown")
    name = arguments.names[0] if arguments.names else "at all"
    with closing(needed(settled, name)) as store:
        names = arguments.names or [str(one.id) for one in store.list()]
        text = export.export([turns_of(store, one) for one in names], form)
    if path is None:
        sys.stdout.write(text)
    else:
        write_new(path, text)
        narrate(f"{len(names)} conversations written to {path}.")
    return 0


def rename(arguments: Namespace, settled: Settings) -> int:
    """Give a conversation another title."""
    if len(arguments.names) < 2:
        raise BadInput("Give the conversation's id and its new title: radlite-tui history rename 12 TITLE.")
    number, _ = place_of(arguments.names[0])
    with closing(needed(settled, arguments.names[0])) as store:
        store.rename(number, " ".join(arguments.names[1:]))
    return done(arguments, {"renamed": number})


def delete(arguments: Namespace, settled: Settings) -> int:
    """Delete conversations by id."""
    if not arguments.names:
        raise BadInput("Name the conversations to delete; `radlite-tui history list` shows their ids.")
    numbers = [whole(name) for name in arguments.names]
    with closing(needed(settled, arguments.names[0])) as store:
        for number in numbers:
            store.conversation(number)
        confirm(arguments, f"{len(numbers)} conversations")
        deleted = store.delete(numbers)
    return done(arguments, {"deleted": deleted})


def purge(arguments: Namespace, settled: Settings) -> int:
    """Delete all conversations, or those untouched for some days."""
    no_names(arguments)
    days = arguments.older_than if arguments.older_than is not None else settled.history.keep_days or None
    if arguments.all == (arguments.older_than is not None) and (arguments.all or days is None):
        raise BadInput("Say which conversations to delete: --older-than DAYS, or --all.")
    if not arguments.all and (days is None or days < 0):
        raise BadInput(f"--older-than is {days}; give 0 or more days.")
    store = existing(settled)
    deleted = 0
    if store is not None:
        with closing(store):
            moment = time.time() + 1 if arguments.all else time.time() - (days or 0) * 86_400
            numbers = store.before(moment)
            if numbers:
                confirm(arguments, f"{len(numbers)} conversations")
                deleted = store.delete(numbers)
    return done(arguments, {"deleted": deleted})


def confirm(arguments: Namespace, what: str) -> None:
    """Ask a person; a script has to say --yes. Raises BadInput."""
    if arguments.yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise BadInput(f"This deletes {what} for good; add --yes.")
    sys.stderr.write(f"Delete {what} for good? Type yes: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        raise BadInput("Nothing was deleted, since you did not type yes.")


def done(arguments: Namespace, what: dict[str, Any]) -> int:
    if arguments.json:
        emit(what)
    else:
        narrate("; ".join(f"{key}: {value}" for key, value in what.items()) + ".")
    return 0


def existing(settled: Settings) -> Store | None:
    """The history, or None where nothing was ever kept."""
    path = places.database(settled.history)
    return Store(path) if path.exists() else None


def needed(settled: Settings, name: str) -> Store:
    """The history; where there is none, the id cannot be in it. Raises BadInput."""
    store = existing(settled)
    if store is None:
        raise BadInput(f"There is no conversation {name} in the history: nothing is kept.")
    return store


def one_name(arguments: Namespace) -> str:
    if len(arguments.names) != 1:
        raise BadInput(f"Name one conversation (12) or question (12.3): radlite-tui history {arguments.action} ID.")
    name: str = arguments.names[0]
    place_of(name)
    return name


def whole(name: str) -> int:
    conversation, number = place_of(name)
    if number is not None:
        raise BadInput(f"{name} is one question; only whole conversations can be deleted: {conversation}.")
    return conversation


def no_names(arguments: Namespace) -> None:
    if arguments.names:
        raise BadInput(f"history {arguments.action} takes no {arguments.names[0]!r}; leave it out.")


def say_nothing(settled: Settings) -> None:
    narrate(f"Nothing is kept. {saving.decide(settled.history).sentence}")


def line(one: Summary) -> str:
    """A conversation in one line."""
    source = f", {one.source}" if one.source else ""
    cut = ", cut off" if one.open else ""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.touched))
    return f"{one.id:>5}  {when}  {one.name} ({one.many}{source}{cut})"


def marked(snippet: str) -> str:
    return " ".join(snippet.replace(MARKS[0], "*").replace(MARKS[1], "*").split())


def summary_json(one: Summary) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "created": export.moment(one.created),
        "touched": export.moment(one.touched),
        "kind": one.kind,
        "turns": one.turns,
        "source": one.source,
        "cut_off": one.open,
    }


def found_json(one: Found) -> dict[str, Any]:
    return {
        **summary_json(one.summary),
        "turn": f"{one.summary.id}.{one.turn}" if one.turn else None,
        "where": one.where,
        "snippet": marked(one.snippet),
    }


ACTIONS: dict[str, Callable[[Namespace, Settings], int]] = {
    "status": status,
    "on": switch,
    "off": switch,
    "list": show_list,
    "search": search,
    "show": show,
    "replay": run_again,
    "export": write_out,
    "rename": rename,
    "delete": delete,
    "purge": purge,
}
