"""Adapter training rows: the live prompt of a case, its canonical answer, and where the answer starts.

May import `radlite_tui.tasks`, `radlite_tui.segments`, the corpus and its siblings. The prompt comes from
`tasks.prompt` and is encoded segment by segment as the engine does, so training and use cannot drift apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from finetune.corpus.case import Case
from finetune.ragged import Ragged
from finetune.tokenizer import Tokenizer
from radlite_tui.segments import IM_END, Control, Text
from radlite_tui.tasks import CHAT, TAGS, Mode, get
from radlite_tui.tasks.prompt import DEFAULT_LAYOUT, Layout, prompt

TASKS = (*TAGS, CHAT)
"""The order of the `task` mark in the stored rows."""


NO_THINKING = Layout(answer_prefix=(Control("<think>"), Text("\n\n"), Control("</think>"), Text("\n\n")))
"""Qwen3's answer opens with an empty block of thinking: part of the prompt, so it is neither learnt nor generated."""


@dataclass(frozen=True)
class Row:
    """Token ids of prompt and answer; the loss is on ids[answer:] alone, the closing <|im_end|> included."""

    ids: list[int]
    answer: int


def layout_of(architecture: str, tokenizer: Tokenizer) -> Layout:
    """The layout rows are written in: Qwen3's where its vocabulary knows thinking, ours has none."""
    return NO_THINKING if architecture == "qwen3" and tokenizer.knows("<think>") else DEFAULT_LAYOUT


def row(case: Case, tokenizer: Tokenizer, mode: Mode = Mode.FINE_TUNED, layout: Layout = DEFAULT_LAYOUT) -> Row:
    """The training row of a case, of whatever length."""
    task = get(case.task)
    before = tokenizer.encode(prompt(task, mode, case.report, case.words, layout))
    answer = tokenizer.encode((Text(task.render(case.gold)), Control(IM_END)))
    return Row(before + answer, len(before))


def texts(case: Case) -> list[Text]:
    """The plain-text segments of a case's prompt and answer, for learning the vocabulary."""
    task = get(case.task)
    parts = prompt(task, Mode.ZERO_SHOT, case.report, case.words)
    return [part for part in parts if isinstance(part, Text)] + [Text(task.render(case.gold))]


def encode(
    cases: Iterable[Case], tokenizer: Tokenizer, context: int, layout: Layout = DEFAULT_LAYOUT
) -> tuple[Ragged, Counter[str]]:
    """All rows that fit `context` tokens, with marks `answer` and `task`, and how many did not fit, by task."""
    sequences: list[list[int]] = []
    answers: list[int] = []
    tasks: list[int] = []
    dropped: Counter[str] = Counter()
    for case in cases:
        made = row(case, tokenizer, layout=layout)
        if len(made.ids) > context:
            dropped[case.task] += 1
            continue
        sequences.append(made.ids)
        answers.append(made.answer)
        tasks.append(TASKS.index(case.task))
    return Ragged.of(sequences, answer=answers, task=tasks), dropped
