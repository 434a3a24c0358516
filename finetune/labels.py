"""Which label each of several models gives a report: the closed tasks decoded greedily over their labels.

May import numpy and its siblings. A model here is a function from token ids to the logits of the next one, so PyTorch
and llama.cpp are asked in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from finetune.logits import Logits
from finetune.rows import layout_of, row
from finetune.tokenizer import Tokenizer
from radlite_tui.segments import IM_END
from radlite_tui.tasks import TAGS, get

CASES = 8
"""Reports of each closed task."""
CONTEXT = 2048


@dataclass(frozen=True)
class Asked:
    """Prompt tokens and the labels that may follow, each as tokens ended by <|im_end|>."""

    task: str
    ids: list[int]
    labels: tuple[tuple[int, ...], ...]


def closed() -> tuple[str, ...]:
    """The tasks whose whole answer is one label."""
    return tuple(tag for tag in TAGS if (form := get(tag).form()) and len(form) == 1)


def prompts(tokenizer: Tokenizer, architecture: str, seed: int, cases: int = CASES) -> Iterator[Asked]:
    """Held-out cases of every closed task as the model would be asked."""
    from finetune import corpus

    layout, end = layout_of(architecture, tokenizer), tokenizer.control(IM_END)
    for case in corpus.build(dict.fromkeys(closed(), cases), "test", seed):
        made = row(case, tokenizer, layout=layout)
        form = get(case.task).shape(case.report)
        options = form[0] if form else ()
        if isinstance(options, tuple) and len(made.ids) <= CONTEXT - 64:
            labels = tuple((*tokenizer.text(str(label)), end) for label in options)
            yield Asked(case.task, made.ids[: made.answer], labels)


def decode(logits: Logits, asked: Asked) -> int:
    """The number of the label that greedy decoding over the labels ends at."""
    left, written = list(range(len(asked.labels))), 0
    while len(left) > 1:
        at = asked.labels[left[0]][:written]
        scores = logits([*asked.ids, *at])
        token = max({asked.labels[i][written] for i in left}, key=lambda t: (float(scores[t]), -t))
        left = [i for i in left if asked.labels[i][written] == token]
        written += 1
    return left[0]


def table(wanted: Sequence[int], given: dict[str, Sequence[int]], asked: Sequence[Asked]) -> Iterator[str]:
    """A Markdown table: the share of reports that get PyTorch's label, a row a task, a column a file."""
    yield f"| same label as PyTorch | reports | {' | '.join(given)} |"
    yield f"|---|--:|{'--:|' * len(given)}"
    for tag in dict.fromkeys(one.task for one in asked):
        mine = [i for i, one in enumerate(asked) if one.task == tag]
        shares = (sum(wanted[i] == labels[i] for i in mine) / len(mine) for labels in given.values())
        yield f"| {tag} | {len(mine)} | {' | '.join(f'{share:.3f}' for share in shares)} |"
