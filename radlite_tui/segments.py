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

Form = tuple[str | Choice, ...]
"""A closed answer: literal text and choices in order. ``(("N0", "N1"),)`` is a plain label; a grid of labels
alternates literals and choices."""
