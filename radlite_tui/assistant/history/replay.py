"""An answer that was kept, computed again: the same tokens on the same files, or what differs.

May import its siblings and the assistant. Runs the model once; writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from radlite_tui.assistant import answers, planning
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.history import coding, provenance
from radlite_tui.assistant.history.records import FAILED, WRITING, KeptTurn
from radlite_tui.assistant.types import Answer
from radlite_tui.errors import BadInput, ModelUnavailable
from radlite_tui.settings import EngineSettings

WHOLE = ("stop", "length")


@dataclass(frozen=True)
class Replay:
    """differences: what is not as it was, before anything ran; same: whether text and number of tokens are the same
    (of an answer that was cut off: as far as it came); at: the first character that differs, or None."""

    id: str
    kept: str
    answer: Answer
    differences: tuple[dict[str, Any], ...]
    same: bool
    at: int | None

    def json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "identical": self.same,
            "first_difference": self.at,
            "differences": list(self.differences),
            "kept": self.kept,
            "replayed": self.answer.text,
            "answer": answers.ask_json(self.answer),
        }


def replay(assistant: Assistant, conversation: int, turn: KeptTurn, engine: EngineSettings) -> Replay:
    """Run the question of a turn again as it ran. Raises BadInput where there is nothing to compare with,
    ModelUnavailable where its model is not here any more."""
    name = f"{conversation}.{turn.number}"
    plan = coding.plan_of(turn)
    if turn.answer.state in (FAILED, WRITING) or plan.model is None:
        raise BadInput(f"Question {name} has no answer to replay ({turn.answer.state}); choose another one.")
    known = [manifest.name for manifest in assistant.models()]
    if plan.model not in (*known, planning.ENSEMBLE):
        raise ModelUnavailable(f"{plan.model}, which gave answer {name}, is not installed any more; import it again.")
    now = provenance.of(assistant, plan, engine, constrained=turn.constrained)
    differences = provenance.differences(turn.answer.provenance, now)
    answer = assistant.finish(plan, constrained=turn.constrained)
    at = first_difference(turn.answer.text, answer.text, whole=turn.answer.state in WHOLE)
    return Replay(name, turn.answer.text, answer, tuple(differences), at is None and same_length(turn, answer), at)


def first_difference(kept: str, now: str, *, whole: bool) -> int | None:
    """The first character that differs; an answer that was not whole may go on."""
    shorter = min(len(kept), len(now))
    at = next((place for place in range(shorter) if kept[place] != now[place]), shorter)
    over = at == len(kept) and (at == len(now) or not whole)
    return None if over else at


def same_length(turn: KeptTurn, answer: Answer) -> bool:
    """Whether it took as many tokens; unknown for an answer that was not whole."""
    counted = turn.answer.result.get("stats", {}).get("completion_tokens")
    return turn.answer.state not in WHOLE or counted is None or bool(counted == answer.stats.completion_tokens)
