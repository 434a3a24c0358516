"""Made-up reports of a wanted length in tokens, and the prompts around them. No patient data; pure but for counting.

Each text begins with a number of its own, so that no cache can know it from an earlier run.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from radlite_tui.errors import RadliteError
from radlite_tui.segments import IM_END, IM_START, Control, Prompt, Text
from radlite_tui.tasks.base import Mode, Task
from radlite_tui.tasks.prompt import Layout, prompt
from radlite_tui.tasks.report import Report

Count = Callable[[str], int]
"""Tokens of a text, or of the prompt it stands in."""

SENTENCES = (
    "The heart is of normal size and the mediastinum is not widened.",
    "There is a small effusion on the right side that was not there before.",
    "A solid nodule in the left upper lobe measures {n} mm.",
    "The lower lobes show bands of atelectasis.",
    "No pneumothorax is seen.",
    "The liver is of even density, without a focal lesion.",
    "Two enlarged nodes lie beside the trachea, the larger of {n} mm.",
    "The gallbladder is thin-walled and holds no stones.",
    "Both kidneys excrete the contrast medium at the same time.",
    "A cyst of {n} mm lies in the lower pole of the left kidney.",
    "The spleen is not enlarged.",
    "There is no free fluid in the pelvis.",
    "The aorta is calcified and of ordinary width.",
    "Degenerative changes of the lumbar spine are moderate.",
    "The catheter ends in the superior vena cava.",
    "The mass in the right breast has an irregular margin and measures {n} mm.",
    "The thyroid is symmetrical.",
    "The adrenal glands are slender.",
)
FILLERS = (" and", " the", " a", ".", ",", " x", "\n", "-")


def text_of(tokens: int, count: Count, seed: int) -> str:
    """A text that `count` finds `tokens` long; at most two short of it where the vocabulary has no piece that fits.

    Raises RadliteError when even the shortest text is longer.
    """
    shuffle = random.Random(seed)
    words = f"Study {shuffle.randrange(10**6)}.".split()
    while count(" ".join(words)) < tokens:
        for sentence in shuffle.sample(SENTENCES, len(SENTENCES)):
            words += sentence.format(n=shuffle.randrange(3, 90)).split()
    low, high = 1, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if count(" ".join(words[:middle])) <= tokens else (low, middle - 1)
    return _filled(" ".join(words[:low]), tokens, count)


def _filled(text: str, tokens: int, count: Count) -> str:
    """The text with one-token pieces added until it is long enough."""
    length = count(text)
    if length > tokens:
        raise RadliteError(f"No text of {tokens} tokens can be made; the shortest has {length}.")
    while length < tokens:
        longer = next((text + piece for piece in FILLERS if count(text + piece) == length + 1), None)
        if longer is None:
            break
        text, length = longer, length + 1
    if tokens - length > 2:
        raise RadliteError(f"No text of {tokens} tokens can be made with this vocabulary; the nearest has {length}.")
    return text


def turn(text: str) -> Prompt:
    """A prompt of one user turn, with nothing of any task in it."""
    user = (Control(IM_START), Text(f"user\n{text}"), Control(IM_END), Text("\n"))
    return (*user, Control(IM_START), Text("assistant\n"))


def task_first_string(task: Task, report: Report) -> str:
    """The tuned prompt as one string with the task in front of the report, as the published notebook builds it."""
    segments = prompt(task, Mode.FINE_TUNED, report, layout=Layout(order="task-first"))
    return "".join(segment.token if isinstance(segment, Control) else segment.text for segment in segments)


def spelled(segments: Prompt) -> list[list[str]]:
    """Segments as JSON can carry them to a peer: ["control", NAME] or ["text", TEXT]."""
    return [["control", s.token] if isinstance(s, Control) else ["text", s.text] for s in segments]


def prompt_of(pieces: list[list[str]]) -> Prompt:
    """The segments that `spelled` made the pieces from."""
    return tuple(Control(value) if kind == "control" else Text(value) for kind, value in pieces)
