"""Answers over a form: forced text costs no sampling, every choice gets the exact probabilities of all its strings.

Imports its siblings. Choices need literal text between them; how strings are spelled is told in `trie`, how spans are
copied in `spans`.

How probable a string is: its spellings form a trie; at each node where more than one token is allowed, the model's
softmax is restricted to the allowed tokens, and a string's probability is the product along its path. A string that is
the beginning of another ("4" and "4A") competes with it by the token that would follow it: the first token of the next
literal, or an end token. Probabilities of a choice so sum to 1. The trie's nodes are computed side by side in one
batch, as branches of the sequence, and the most probable string is taken (temperature and seed play no part).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from radlite_tui.engine.llama.answer import Answer
from radlite_tui.engine.llama.context import Context, Logits, Row
from radlite_tui.engine.llama.faults import Fault
from radlite_tui.engine.llama.sequence import Sequence
from radlite_tui.engine.llama.spans import LAST_SPAN, copy
from radlite_tui.engine.llama.trie import Node, encoded, following_text, forced_path, rest_of, trie
from radlite_tui.engine.llama.vocabulary import Vocabulary
from radlite_tui.engine.llama.work import Work
from radlite_tui.segments import Choice, Form, Spans

Path = tuple[int, ...]


def longest(form: Form, vocabulary: Vocabulary) -> int:
    """Tokens the answer can take at most, with one more for each border that may be spelled otherwise."""
    total = 0
    for element in form:
        if isinstance(element, Spans):
            total += element.most + LAST_SPAN
        else:
            part = [element] if isinstance(element, str) else list(element)
            total += max((len(vocabulary.tokenise(text)) for text in part), default=0) + 1
    return total


def fill(
    form: Form, sequence: Sequence, logits: Logits, answer: Answer, ends: frozenset[int]
) -> Work[tuple[Mapping[str, float], ...]]:
    """Write the whole form into `answer`; returns {string: probability} a choice, in order.

    logits: those after the prompt, which `sequence` has just read.
    """
    single = (e[0] if isinstance(e, tuple) and len(e) == 1 else e for e in form)
    elements = tuple(e for e in single if e != "")
    _check(elements)
    vocabulary = sequence.context.weights.vocabulary
    text, computed = "", 0
    spelled: list[int] = []
    probabilities: list[Mapping[str, float]] = []
    for i, element in enumerate(elements):
        if isinstance(element, str):
            text += element
            continue
        if isinstance(element, Spans):
            after, _ = following_text(elements[i + 1 :])
            text, logits = yield from copy(element, text, after, spelled, computed, logits, sequence, answer, ends)
            computed = len(spelled)
            continue
        strings = trie(vocabulary, text, spelled, element, following_text(elements[i + 1 :]), ends)
        forced, root = forced_path(strings)
        spelled += forced
        answer.write(forced)
        if computed == len(spelled) and computed:  # the logits at its end are gone
            sequence.cut(len(sequence.tokens) - 1)
            computed -= 1
        if spelled[computed:]:
            logits = yield from sequence.append(spelled[computed:])
        chances, path, done = yield from _weigh(root, logits, sequence)
        probabilities.append({string: chances[string] for string in element})
        text += max(chances, key=lambda string: chances[string])
        computed = len(spelled) + done
        spelled += path
        answer.write(list(path))
        answer.computed = len(spelled)
    tail = rest_of(vocabulary, text, spelled)
    answer.write(tail)
    answer.computed += len(tail)
    if vocabulary.spell(answer.tokens) != encoded(text):
        raise Fault("request", "The model's vocabulary cannot spell the closed answer; choose another model.")
    return _with_fixed(form, probabilities)


def _check(elements: tuple[str | Choice | Spans, ...]) -> None:
    if any(isinstance(e, tuple) and (len(e) == 0 or len(set(e)) < len(e)) for e in elements):
        raise Fault("request", "A closed answer has a choice without strings or with the same string twice.")
    if any(not isinstance(a, str) and not isinstance(b, str) for a, b in pairwise(elements)):
        raise Fault("request", "A closed answer has two choices without text between them.")


def _with_fixed(form: Form, found: list[Mapping[str, float]]) -> tuple[Mapping[str, float], ...]:
    """A choice of one string is certain and was treated as literal text."""
    rest = iter(found)
    choices = [element for element in form if isinstance(element, tuple)]
    return tuple({choice[0]: 1.0} if len(choice) == 1 else next(rest) for choice in choices)


def _weigh(root: Node, here: Logits, sequence: Sequence) -> Work[tuple[dict[str, float], Path, int]]:
    """Probability of each string below `root`, the spelling of the most probable, and how much of it is computed now.

    here: the logits at `root`.
    """
    logits: dict[Path, Logits] = {(): here}
    left = list(_undecided(root, ()))
    every = _best_of(root, logits) if not left else None
    done = 0
    while left:
        group = _group(left, sequence.context)
        branches = _take(len(_ends(group)), sequence.context)
        try:
            if not group or len(branches) < len(_ends(group)):
                yield []  # others' closed answers use all the branches; they are free again in the next round
                continue
            whole = len(group) == len(left) and len(logits) == 1
            logits |= yield from _compute(group, branches, sequence)
            left = left[len(group) :]
            if not left:
                every = _best_of(root, logits)
                done = _keep(group, branches, every[1], sequence) if whole else 0
        finally:
            for branch in branches:
                sequence.context.give(branch)
    assert every is not None
    chances, best = every
    total = sum(chances.values())
    return {string: chance / total for string, chance in chances.items()}, best, done


def _best_of(root: Node, logits: Mapping[Path, Logits]) -> tuple[dict[str, float], Path]:
    """The chance of each string, and the likeliest spelling of the likeliest one."""
    chances: dict[str, float] = {}
    spellings: dict[str, tuple[float, Path]] = {}
    for string, path, log_chance in _strings(root, (), 0.0, logits):
        chances[string] = chances.get(string, 0.0) + float(np.exp(log_chance))
        spellings[string] = max(spellings.get(string, (-np.inf, ())), (log_chance, path))
    return chances, spellings[max(chances, key=lambda string: chances[string])][1]


def _take(count: int, context: Context) -> list[int]:
    """`count` sequence numbers for branches, or none at all when there are not that many."""
    return [number for _ in range(count) if (number := context.take()) is not None] if context.free >= count else []


def _undecided(node: Node, path: Path) -> Iterator[Path]:
    """Paths from the root, itself left out, to the nodes where something is to be decided; depth first."""
    if path and node.branches:
        yield path
    for token, child in node.children.items():
        yield from _undecided(child, (*path, token))


def _group(paths: list[Path], context: Context) -> list[Path]:
    """The first paths that fit into one batch: by their tokens, and by their ends, each a sequence of its own."""
    tokens: set[Path] = set()
    ends = min(context.branches, context.free)
    group: list[Path] = []
    for path in paths:
        tokens |= {path[:size] for size in range(1, len(path) + 1)}
        if len(_ends([*group, path])) > ends or len(tokens) > min(context.batch_size, context.spare):
            break
        group.append(path)
    return group


def _tree(group: list[Path]) -> list[Path]:
    """Every beginning of the paths, once, parents before children."""
    return list(dict.fromkeys(path[:size] for path in group for size in range(1, len(path) + 1)))


def _ends(group: list[Path]) -> list[Path]:
    """The paths that are not the beginning of another."""
    inner = {path[:size] for path in group for size in range(1, len(path))}
    return [path for path in group if path not in inner]


def _compute(group: list[Path], branches: list[int], sequence: Sequence) -> Work[dict[Path, Logits]]:
    """Logits at the end of each path, in one batch: a token that several paths share is computed once."""
    context, start = sequence.context, len(sequence.tokens)
    owners: dict[Path, list[int]] = {path: [] for path in _tree(group)}
    for branch, end in zip(branches, _ends(group), strict=True):
        context.share(sequence.number, branch)
        for size in range(1, len(end) + 1):
            owners[end[:size]].append(branch)
    asked = set(group)
    logits = yield [Row(path[-1], start + len(path) - 1, tuple(own), path in asked) for path, own in owners.items()]
    return dict(zip((path for path in owners if path in asked), logits, strict=True))


def _strings(
    node: Node, path: Path, log_chance: float, logits: Mapping[Path, Logits]
) -> Iterator[tuple[str, Path, float]]:
    """Each spelling below `node` with its string and log probability."""
    if not node.branches:
        if node.end is not None:
            yield node.end, path, log_chance
        for token, child in node.children.items():
            yield from _strings(child, (*path, token), log_chance, logits)
        return
    here = logits[path].astype(np.float64)
    scores = {token: float(here[token]) for token in node.children}
    after = node.after - node.children.keys()
    stop = float(np.logaddexp.reduce(here[sorted(after)])) if node.end is not None and after else -np.inf
    whole = float(np.logaddexp.reduce([*scores.values(), stop]))
    if node.end is not None:
        yield node.end, path, log_chance + stop - whole
    for token, child in node.children.items():
        yield from _strings(child, (*path, token), log_chance + scores[token] - whole, logits)


def _keep(group: list[Path], branches: list[int], best: Path, sequence: Sequence) -> int:
    """Adopt the computed beginning of the chosen path; its last token is left, for its logits may be needed again."""
    tree = set(_tree(group))
    size = max((n for n in range(1, len(best)) if best[:n] in tree), default=0)
    if size:
        ends = zip(branches, _ends(group), strict=True)
        branch = next(branch for branch, end in ends if end[:size] == best[:size])
        sequence.adopt(branch, list(best[:size]))
    return size
