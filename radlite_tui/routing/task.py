"""Which task a request is for: an explicit choice, else a `[TASK: tag]` before the words, else a quoted statement that
is asked about, else the classifier.

May import `tasks` (for the tags) and its siblings. Report text never routes: only what the user chose or typed does.
"""

from __future__ import annotations

import re
from time import perf_counter

from radlite_tui.errors import BadInput
from radlite_tui.routing import statements
from radlite_tui.routing.intent import classify
from radlite_tui.routing.types import Routing
from radlite_tui.tasks import CHAT, TAGS

KNOWN = (*TAGS, CHAT)
ALTERNATIVES = 3
INFERENCE = "radiology_nli"
LEAST = 0.01
"""An alternative less likely than this is not worth showing, unless nothing was chosen."""

_TAG = re.compile(r"\s*\[\s*task\s*:([^\]\n]{0,80})\]\s*", re.IGNORECASE)


def split_tag(words: str) -> tuple[str | None, str]:
    """The tag of a `[TASK: tag]` that opens the words, and the words after it. Raises BadInput for an unknown tag."""
    match = _TAG.match(words)
    if match is None:
        return None, words
    return _known(match[1].strip().lower().replace("-", "_").replace(" ", "_")), words[match.end() :]


def route_task(words: str, explicit: str | None = None) -> Routing:
    """Decide the task. Raises BadInput for an unknown explicit task or tag, naming the known ones."""
    start = perf_counter()
    if explicit is not None:
        return Routing(_known(explicit), 1.0, "user", (), "chosen by the user", perf_counter() - start)
    tag, _ = split_tag(words)
    if tag is not None:
        return Routing(tag, 1.0, "tag", (), f"because of [TASK: {tag}]", perf_counter() - start)
    statement = statements.find(words)
    if statement is not None:
        reason = f"a statement in quotation marks and '{statement.cue}'"
        return Routing(INFERENCE, 1.0, "rule", (), reason, perf_counter() - start)
    ranked = classify(words)
    best = ranked.tasks[0][1] if ranked.tasks else 0.0
    if ranked.abstained:
        return Routing(
            None, best, "classifier", ranked.tasks[:ALTERNATIVES], f"not routed: {ranked.why}", perf_counter() - start
        )
    others = tuple(pair for pair in ranked.tasks[1 : ALTERNATIVES + 1] if pair[1] >= LEAST)
    return Routing(ranked.tasks[0][0], best, "classifier", others, ranked.why, perf_counter() - start)


def _known(tag: str) -> str:
    if tag not in KNOWN:
        raise BadInput(f"Unknown task {tag[:60]!r}; the tasks are {', '.join(TAGS)} and {CHAT}.")
    return tag
