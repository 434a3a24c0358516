"""Prompt segments become chat messages, and nothing in a report may become a control token on the way.

Pure; imports `segments` only. A server gets text and templates it itself, and its tokeniser obeys whatever spells one
of its control tokens. So every such spelling in text is broken with a space, for all the families of models we know
of, since the server does not say which one it holds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from radlite_tui.segments import IM_END, IM_START, Control, Prompt, Text

_BRACKETED = (
    "INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|CALL_ID|ARGS|MODEL_SETTINGS|THINK|IMG|"
    "IMG_BREAK|IMG_END|AUDIO|BEGIN_AUDIO|PREFIX|MIDDLE|SUFFIX|BOS|EOS|PAD|UNK|CLS|SEP|MASK|gMASK|sMASK"
)
_OPENS = re.compile(
    r"(?P<angle>[<＜﹤])"
    r"(?=[|｜︱/<＜]"  # <|im_end|>, <｜User｜>, </s>, <</SYS>>
    r"|[A-Za-z_][\w.:-]{0,60}[>＞])"  # <s>, <start_of_turn>, <think>
    rf"|(?P<square>\[)(?=/?(?:{_BRACKETED})\])"  # [INST], [/INST]
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One chat message: role is "system", "user" or "assistant"."""

    role: str
    text: str

    def message(self) -> dict[str, str]:
        """As the chat protocol has it."""
        return {"role": self.role, "content": self.text}


def neutral(text: str) -> str:
    """The text with a space inside whatever spells a control token of a chat model; other text is left as it is."""
    return _OPENS.sub(lambda found: f"{found.group()} ", text)


def _apart(before: str, after: str) -> str:
    """The two texts joined, with a blank where a line break follows other text.

    Tokenised in one piece, a full stop and the line breaks after it become one token that no model tuned on our prompts
    has seen there; the embedded models then took the task for another one. With a blank the full stop stays itself.
    """
    return f"{before} {after}" if after.startswith("\n") and before[-1:].strip() else before + after


def turns(prompt: Prompt) -> list[Turn]:
    """The finished turns of a ChatML prompt; what opens the answer is left to the server's template.

    Raises ValueError for segments that are no ChatML, which is a fault of the caller.
    """
    found: list[Turn] = []
    role, body, inside = "", "", False
    for segment in prompt:
        if isinstance(segment, Control) and segment.token == IM_START and not inside:
            role, body, inside = "", "", True
        elif isinstance(segment, Control) and segment.token == IM_END and inside:
            found.append(Turn(role, neutral(body)))
            inside = False
        elif isinstance(segment, Text) and inside and not role:
            role, _, body = segment.text.partition("\n")
        elif isinstance(segment, Text) and inside:
            body = _apart(body, segment.text)
        elif inside and role == "assistant":
            continue  # a control token that opens the answer
        elif not (isinstance(segment, Text) and segment.text.isspace()):
            raise ValueError(f"{segment!r} does not belong in a ChatML prompt")
    return found


def chatml(asked: Sequence[Turn]) -> str:
    """The turns as one ChatML text up to the opening of the answer: what a server with that template makes of them."""
    written = "".join(f"{IM_START}{turn.role}\n{turn.text}{IM_END}\n" for turn in asked)
    return f"{written}{IM_START}assistant\n"
