"""The alphabet prompts and answers are made of: text and control tokens, literals and choices. Imports nothing.

It is shared by `tasks` (which writes prompts) and `engine` (which tokenises them) so that neither imports the
other. A prompt is never one string: user text travels as `Text` and is tokenised with special-token parsing off,
so nothing in a report can end a turn or open a system turn.
"""

from __future__ import annotations

from dataclasses import dataclass

IM_START = "<|im_start|>"
IM_END = "<|im_end|>"


@dataclass(frozen=True, slots=True)
class Text:
    """Characters that are tokenised as plain text, whatever they spell."""

    text: str


@dataclass(frozen=True, slots=True)
class Control:
    """One control token of the model's vocabulary, by its name, such as ``<|im_start|>``."""

    token: str


Segment = Text | Control
Prompt = tuple[Segment, ...]

Choice = tuple[str, ...]
"""A closed set of strings of which exactly one is written."""


@dataclass(frozen=True, slots=True)
class Spans:
    """A list of word sequences copied from `source` (runs of white space read as one space), each no more often than it
    stands there, joined by `separator`; or `nothing`. `most`: tokens after which no further one is begun."""

    source: str
    separator: str = "; "
    nothing: str = "none"
    most: int = 64


Form = tuple[str | Choice | Spans, ...]
"""An answer that is decoded over what may stand in it: literal text, choices and copied spans in order. ``(("N0",
"N1"),)`` is a plain label; a grid of labels alternates literals and choices; lists of entities have spans."""
