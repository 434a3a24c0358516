"""Closed answers: forced text costs no sampling, every choice gets the exact probabilities of all its strings.

Imports its siblings. How a string is spelled in tokens: training sees the answer as one text, so a token may span the
border of a literal and a choice (": " and "positive" are ":" and " positive"). Each string of a choice is therefore
tokenised inside the whole answer so far and with what follows it, and the tokens up to the string's end are its
spelling. Choices need literal text between them.

How probable a string is: its spellings form a trie; at each node where more than one token is allowed, the model's
softmax is restricted to the allowed tokens, and a string's probability is the product along its path. A string that is
the beginning of another ("4" and "4A") competes with it by the token that would follow it: the first token of the next
literal, or an end token. Probabilities of a choice so sum to 1. The trie's nodes are computed side by side in one
batch, as branches of the sequence, and the most probable string is taken (temperature and seed play no part).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from radlite_tui.engine.llama.answer import Answer
from radlite_tui.engine.llama.context import Context, Logits, Row
from radlite_tui.engine.llama.faults import Fault
from radlite_tui.engine.llama.sequence import Sequence
from radlite_tui.engine.llama.vocabulary import Vocabulary
from radlite_tui.segments import Choice, Form


@dataclass
class Node:
    """A place in the trie. end: the string that is complete here; after: tokens that may follow it then."""

    children: dict[int, Node] = field(default_factory=dict)
    end: str | None = None
    after: set[int] = field(default_factory=set)

    @property
    def branches(self) -> bool:
        return len(self.children) + (self.end is not None) > 1


Path = tuple[int, ...]


def longest(form: Form, vocabulary: Vocabulary) -> int:
    """Tokens the answer can take at most, with one more for each border that may be spelled otherwise."""
    parts = [[element] if isinstance(element, str) else list(element) for element in form]
    return sum(max((len(vocabulary.tokenise(text)) for text in part), default=0) + 1 for part in parts)


def fill(
    form: Form, sequence: Sequence, logits: Logits, answer: Answer, ends: frozenset[int]
) -> tuple[Mapping[str, float], ...]:
    """Write the whole form into `answer`; returns {string: probability} a choice, in order.

    logits: those after the prompt, which `sequence` has just read.
    """
    single = (e[0] if not isinstance(e, str) and len(e) == 1 else e for e in form)
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
        trie = _trie(vocabulary, text, spelled, element, _following(elements[i + 1 :]), ends)
        forced, root = _forced(trie)
        spelled += forced
        answer.write(forced)
        if computed == len(spelled) and computed:  # the logits at its end are gone
            sequence.cut(len(sequence.tokens) - 1)
            computed -= 1
        if spelled[computed:]:
            sequence.append(spelled[computed:])
            logits = sequence.context.logits()
        chances, path, done = _weigh(root, logits, sequence)
        probabilities.append({string: chances[string] for string in element})
        text += max(chances, key=lambda string: chances[string])
        computed = len(spelled) + done
        spelled += path
        answer.write(list(path))
        answer.computed = len(spelled)
    tail = _rest(vocabulary, text, spelled)
    answer.write(tail)
    answer.computed += len(tail)
    if vocabulary.spell(answer.tokens) != _bytes(text):
        raise Fault("request", "The model's vocabulary cannot spell the closed answer; choose another model.")
    return _with_fixed(form, probabilities)


def _check(elements: tuple[str | Choice, ...]) -> None:
    if any(not isinstance(e, str) and (len(e) == 0 or len(set(e)) < len(e)) for e in elements):
        raise Fault("request", "A closed answer has a choice without strings or with the same string twice.")
    if any(not isinstance(a, str) and not isinstance(b, str) for a, b in pairwise(elements)):
        raise Fault("request", "A closed answer has two choices without text between them.")


def _with_fixed(form: Form, found: list[Mapping[str, float]]) -> tuple[Mapping[str, float], ...]:
    """A choice of one string is certain and was treated as literal text."""
    rest = iter(found)
    choices = [element for element in form if not isinstance(element, str)]
    return tuple({choice[0]: 1.0} if len(choice) == 1 else next(rest) for choice in choices)


def _following(elements: tuple[str | Choice, ...]) -> tuple[str, Choice]:
    """What stands after a choice, as far as it can change its spelling: literal text, then one of the next strings."""
    literal = ""
    for element in elements:
        if not isinstance(element, str):
            return literal, element
        literal += element
    return literal, ("",)


def _trie(
    vocabulary: Vocabulary,
    text: str,
    spelled: list[int],
    choice: Choice,
    following: tuple[str, Choice],
    ends: frozenset[int],
) -> Node:
    """The spellings of `text + string` after the tokens `spelled`, for each string of the choice.

    A spelling may run on into the literal text that follows, unless that makes two strings look the same, but not into
    the next choice, which is still open.
    """
    root = Node()
    literal, next_strings = following
    running_on: list[tuple[str, str, list[int], int]] = []
    for string in choice:
        border = len(_bytes(text + string))
        for rest in (literal + next_string for next_string in next_strings):
            tokens = _spell(vocabulary, text + string + rest, spelled)
            size = _cover(vocabulary, tokens, border)
            whole = vocabulary.spell(tokens[:size])
            if len(whole) == border and size >= len(spelled):
                _place(root, string, tokens[len(spelled) : size], tokens[size : size + 1] or ends)
            else:
                fits = _whole(whole, border + len(_bytes(literal))) and size >= len(spelled)
                running_on.append((string, rest, tokens if fits else [], size))
    for string, rest, tokens, size in running_on:
        if not tokens or not _place(root, string, tokens[len(spelled) : size], tokens[size : size + 1] or ends):
            exact = _remaining(vocabulary, text + string, spelled)
            if not _place(root, string, exact, vocabulary.tokenise(rest)[:1] or ends):
                raise Fault("request", f"A closed answer has strings that cannot be told apart, such as {string!r}.")
    return root


def _place(root: Node, string: str, path: list[int], after: Iterable[int]) -> bool:
    """Add a spelling to the trie; False when it is another string's already."""
    node = root
    for token in path:
        node = node.children.setdefault(token, Node())
    if node.end not in (None, string):
        return False
    node.end = string
    node.after |= set(after)
    return True


def _whole(spelling: bytes, most: int) -> bool:
    """Whether it ends within the first `most` bytes and between characters."""
    try:
        spelling.decode()
    except UnicodeDecodeError:
        return False
    return len(spelling) <= most


def _spell(vocabulary: Vocabulary, text: str, spelled: list[int]) -> list[int]:
    """The tokens of the whole text when they begin with `spelled`; else `spelled` and the tokens of what is left."""
    tokens = vocabulary.tokenise(text)
    if tokens[: len(spelled)] == spelled:
        return tokens
    return spelled + _remaining(vocabulary, text, spelled)


def _remaining(vocabulary: Vocabulary, text: str, spelled: list[int]) -> list[int]:
    return vocabulary.tokenise(_bytes(text)[len(vocabulary.spell(spelled)) :].decode("utf-8", "replace"))


def _rest(vocabulary: Vocabulary, text: str, spelled: list[int]) -> list[int]:
    return _spell(vocabulary, text, spelled)[len(spelled) :]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _cover(vocabulary: Vocabulary, tokens: list[int], border: int) -> int:
    """How many tokens it takes to cover the first `border` bytes."""
    reached = 0
    for count, token in enumerate(tokens):
        if reached >= border:
            return count
        reached += len(vocabulary.piece(token))
    return len(tokens)


def _forced(root: Node) -> tuple[list[int], Node]:
    """The tokens before the first node where there is something to decide, and that node."""
    forced: list[int] = []
    node = root
    while not node.branches and node.children:
        token, node = next(iter(node.children.items()))
        forced.append(token)
    return forced, node


def _weigh(root: Node, here: Logits, sequence: Sequence) -> tuple[dict[str, float], Path, int]:
    """Probability of each string below `root`, the spelling of the most probable, and how much of it is computed now.

    here: the logits at `root`.
    """
    logits: dict[Path, Logits] = {(): here}
    groups = list(_groups(_undecided(root, ()), sequence.context))
    chances: dict[str, float] = {}
    spellings: dict[str, tuple[float, Path]] = {}
    done = 0
    try:
        for group in groups:
            _release(sequence.context)
            logits |= _compute(group, sequence)
        for string, path, log_chance in _strings(root, (), 0.0, logits):
            chances[string] = chances.get(string, 0.0) + float(np.exp(log_chance))
            spellings[string] = max(spellings.get(string, (-np.inf, ())), (log_chance, path))
        best = spellings[max(chances, key=lambda string: chances[string])][1]
        if len(groups) == 1:
            done = _keep(groups[0], best, sequence)
    finally:
        _release(sequence.context)
    total = sum(chances.values())
    return {string: chance / total for string, chance in chances.items()}, best, done


def _undecided(node: Node, path: Path) -> Iterator[Path]:
    """Paths from the root, itself left out, to the nodes where something is to be decided; depth first."""
    if path and node.branches:
        yield path
    for token, child in node.children.items():
        yield from _undecided(child, (*path, token))


def _groups(paths: Iterator[Path], context: Context) -> Iterator[list[Path]]:
    """Paths that fit into one batch together: by their tokens, and by their ends, each a sequence of its own."""
    group: list[Path] = []
    for path in paths:
        if group and (
            len(_ends([*group, path])) > context.branches
            or len(_tree([*group, path])) > min(context.batch_size, context.spare)
        ):
            yield group
            group = []
        group.append(path)
    if group:
        yield group


def _tree(group: list[Path]) -> list[Path]:
    """Every beginning of the paths, once, parents before children."""
    return list(dict.fromkeys(path[:size] for path in group for size in range(1, len(path) + 1)))


def _ends(group: list[Path]) -> list[Path]:
    """The paths that are not the beginning of another."""
    inner = {path[:size] for path in group for size in range(1, len(path))}
    return [path for path in group if path not in inner]


def _compute(group: list[Path], sequence: Sequence) -> dict[Path, Logits]:
    """Logits at the end of each path, in one batch: a token that several paths share is computed once."""
    context, start = sequence.context, len(sequence.tokens)
    owners: dict[Path, list[int]] = {path: [] for path in _tree(group)}
    for branch, end in enumerate(_ends(group), start=1):
        context.share(sequence.number, branch)
        for size in range(1, len(end) + 1):
            owners[end[:size]].append(branch)
    asked = set(group)
    context.decode([Row(path[-1], start + len(path) - 1, tuple(own), path in asked) for path, own in owners.items()])
    return {path: context.logits(row) for row, path in enumerate(owners) if path in asked}


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


def _keep(group: list[Path], best: Path, sequence: Sequence) -> int:
    """Adopt the computed beginning of the chosen path; its last token is left, for its logits may be needed again."""
    size = max((n for n in range(1, len(best)) if best[:n] in _tree(group)), default=0)
    if size:
        branch = next(i for i, end in enumerate(_ends(group), start=1) if end[:size] == best[:size])
        sequence.adopt(branch, list(best[:size]))
    return size


def _release(context: Context) -> None:
    for branch in range(1, context.branches + 1):
        context.cut(branch)
