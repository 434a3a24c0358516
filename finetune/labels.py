"""Which labels each of several models gives a report: the closed tasks decoded greedily over what may be written.

May import numpy and its siblings. A model here is a function from token ids to the logits of the next one, so PyTorch
and llama.cpp are asked in the same way. A grid of labels is decoded from its first label to its last, each after the
ones the model chose before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from finetune.logits import Logits
from finetune.rows import layout_of, row
from finetune.tokenizer import Tokenizer
from radlite_tui.segments import IM_END, Form
from radlite_tui.tasks import TAGS, get

CASES = 8
"""Reports of each task whose answer is one label."""
GRIDS = 4
"""Reports of each task whose answer is a grid of them."""
CONTEXT = 2048

Labels = tuple[int, ...]
"""The number of the string that was taken, for every choice of a form."""


@dataclass(frozen=True)
class Asked:
    """Prompt tokens, and the form of the answer: literal text and choices."""

    task: str
    ids: list[int]
    form: Form


def closed() -> tuple[str, ...]:
    """The tasks whose whole answer is a label or a grid of labels."""
    return tuple(tag for tag in TAGS if get(tag).form())


def count(tag: str) -> int:
    """How many labels an answer of the task has."""
    return sum(isinstance(part, tuple) for part in get(tag).form() or ())


def prompts(tokenizer: Tokenizer, architecture: str, seed: int, cases: int = CASES) -> Iterator[Asked]:
    """Held-out cases of every closed task as the model would be asked."""
    from finetune import corpus

    layout = layout_of(architecture, tokenizer)
    counts = {tag: cases if count(tag) == 1 else min(cases, GRIDS) for tag in closed()}
    for case in corpus.build(counts, "test", seed):
        made = row(case, tokenizer, layout=layout)
        form = get(case.task).shape(case.report)
        if form and len(made.ids) <= CONTEXT - 64:
            yield Asked(case.task, made.ids[: made.answer], form)


def decode(logits: Logits, asked: Asked, tokenizer: Tokenizer) -> Labels:
    """The labels that greedy decoding over the form ends at."""
    text, taken = "", []
    for place, part in enumerate(asked.form):
        if isinstance(part, str):
            text += part
        elif isinstance(part, tuple):
            after = asked.form[place + 1] if place + 1 < len(asked.form) else ""
            end = () if isinstance(after, str) and after else (tokenizer.control(IM_END),)
            spelled = [(*tokenizer.text(text + string + str(after)), *end) for string in part]
            taken.append(_first(logits, asked.ids, spelled))
            text += part[taken[-1]]
    return tuple(taken)


def _first(logits: Logits, ids: Sequence[int], spelled: Sequence[tuple[int, ...]]) -> int:
    """Which of several spellings the likeliest token leads to, where they part and part again."""
    left, written = list(range(len(spelled))), 0
    while len(left) > 1:
        tokens = {spelled[i][written] for i in left}
        if len(tokens) > 1:
            scores = logits([*ids, *spelled[left[0]][:written]])
            token = max(tokens, key=lambda t: (float(scores[t]), -t))
            left = [i for i in left if spelled[i][written] == token]
        written += 1
    return left[0]


def shares(wanted: Sequence[Labels], given: Sequence[Labels], asked: Sequence[Asked]) -> Mapping[str, float]:
    """The share of labels that are PyTorch's, by task."""
    same: dict[str, list[bool]] = {}
    for one, mine, theirs in zip(asked, wanted, given, strict=True):
        same.setdefault(one.task, []).extend(a == b for a, b in zip(mine, theirs, strict=True))
    return {tag: float(np.mean(found)) for tag, found in same.items()}


def table(wanted: Sequence[Labels], given: Mapping[str, Sequence[Labels]], asked: Sequence[Asked]) -> Iterator[str]:
    """A Markdown table: the share of labels that are PyTorch's, a row a task, a column a file."""
    yield f"| same label as PyTorch | labels | {' | '.join(given)} |"
    yield f"|---|--:|{'--:|' * len(given)}"
    columns = [shares(wanted, labels, asked) for labels in given.values()]
    for tag in dict.fromkeys(one.task for one in asked):
        labels = sum(len(mine) for one, mine in zip(asked, wanted, strict=True) if one.task == tag)
        yield f"| {tag} | {labels} | {' | '.join(f'{column[tag]:.3f}' for column in columns)} |"
