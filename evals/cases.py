"""What is asked: cases of the synthetic test, how many of each task, and one machine's share of them.

Imports the corpus and the tasks; asks no model. `case_files` gives cases of other origin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from finetune.corpus.case import Case
from radlite_tui import tasks
from radlite_tui.errors import BadInput
from radlite_tui.tasks.report import Report


@dataclass(frozen=True)
class Item:
    """A case as it is asked and scored. gold: in the task's canonical answer format, "" where nobody gave one; group:
    cases of one patient share it; subset: what scores may be grouped by; source: where it is from."""

    id: str
    task: str
    report: Report
    words: str
    gold: str
    group: str
    subset: str = ""
    source: str = ""

    @classmethod
    def of(cls, case: Case) -> Item:
        """A case of the corpus."""
        gold = tasks.get(case.task).render(case.gold)
        return cls(case.id, case.task, case.report, case.words, gold, case.group, case.subset, case.source)


@dataclass(frozen=True)
class Shard:
    """Part `number`, from 1, of `count` parts that together are everything."""

    number: int
    count: int

    @classmethod
    def read(cls, text: str) -> Shard:
        """Of "2/4". Raises BadInput."""
        found = re.fullmatch(r"(\d+)/(\d+)", text.strip())
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise BadInput(f"--shard is {text!r}; give i/n with i from 1 to n, such as 1/4.")
        return cls(int(found[1]), int(found[2]))

    def of(self, items: Sequence[Item]) -> list[Item]:
        """This part, in order: every count-th case of each task, so that all parts have as many of each, but for one.
        Who gets one more changes from task to task."""
        seen: dict[str, int] = {}
        order = {tag: i for i, tag in enumerate(tasks.TAGS)}
        mine = []
        for item in items:
            place = seen[item.task] = seen.get(item.task, -1) + 1
            if (place + order[item.task]) % self.count == self.number - 1:
                mine.append(item)
        return mine


def synthetic(tags: Sequence[str], limit: int, seed: int) -> list[Case]:
    """`limit` synthetic test cases of each task. The test split's phrases and patients are not in training."""
    from finetune.corpus import build

    found = build(dict.fromkeys(tags, limit), "test", seed)
    return sorted(found, key=lambda case: tasks.TAGS.index(case.task))


def chosen(found: Iterable[Item], tags: Sequence[str], limit: int | None) -> list[Item]:
    """The first `limit` cases (None: all) of each of these tasks, task by task in display order."""
    own: dict[str, list[Item]] = {tag: [] for tag in tags}
    for item in found:
        cases = own.get(item.task)
        if cases is not None and (limit is None or len(cases) < limit):
            cases.append(item)
            if limit is not None and all(len(cases) == limit for cases in own.values()):
                break
    return [item for tag in tasks.TAGS for item in own.get(tag, ())]
