"""How strings of a closed answer are spelled in tokens, and the trie of their spellings. Imports `vocabulary`; pure.

Training sees an answer as one text, so a token may span the border of a literal and a choice (": " and "positive" are
":" and " positive"). Each string of a choice is therefore tokenised inside the whole answer so far and with what
follows it, and the tokens up to the string's end are its spelling.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from radlite_tui.engine.llama.faults import Fault
from radlite_tui.engine.llama.vocabulary import Vocabulary
from radlite_tui.segments import Choice, Spans


@dataclass
class Node:
    """A place in the trie. end: the string that is complete here; after: tokens that may follow it then."""

    children: dict[int, Node] = field(default_factory=dict)
    end: str | None = None
    after: set[int] = field(default_factory=set)

    @property
    def branches(self) -> bool:
        return len(self.children) + (self.end is not None) > 1


def following_text(elements: tuple[str | Choice | Spans, ...]) -> tuple[str, Choice]:
    """What stands after a choice, as far as it can change its spelling: literal text, then one of the next strings."""
    literal = ""
    for element in elements:
        if isinstance(element, Spans):
            break
        if not isinstance(element, str):
            return literal, element
        literal += element
    return literal, ("",)


def trie(
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
        border = len(encoded(text + string))
        for rest in (literal + next_string for next_string in next_strings):
            tokens = spell(vocabulary, text + string + rest, spelled)
            size = _cover(vocabulary, tokens, border)
            whole = vocabulary.spell(tokens[:size])
            if len(whole) == border and size >= len(spelled):
                _place(root, string, tokens[len(spelled) : size], tokens[size : size + 1] or ends)
            else:
                fits = _whole(whole, border + len(encoded(literal))) and size >= len(spelled)
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


def spell(vocabulary: Vocabulary, text: str, spelled: list[int]) -> list[int]:
    """The tokens of the whole text when they begin with `spelled`; else `spelled` and the tokens of what is left."""
    tokens = vocabulary.tokenise(text)
    if tokens[: len(spelled)] == spelled:
        return tokens
    return spelled + _remaining(vocabulary, text, spelled)


def _remaining(vocabulary: Vocabulary, text: str, spelled: list[int]) -> list[int]:
    return vocabulary.tokenise(encoded(text)[len(vocabulary.spell(spelled)) :].decode("utf-8", "replace"))


def rest_of(vocabulary: Vocabulary, text: str, spelled: list[int]) -> list[int]:
    return spell(vocabulary, text, spelled)[len(spelled) :]


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _cover(vocabulary: Vocabulary, tokens: list[int], border: int) -> int:
    """How many tokens it takes to cover the first `border` bytes."""
    reached = 0
    for count, token in enumerate(tokens):
        if reached >= border:
            return count
        reached += len(vocabulary.piece(token))
    return len(tokens)


def forced_path(root: Node) -> tuple[list[int], Node]:
    """The tokens before the first node where there is something to decide, and that node."""
    forced: list[int] = []
    node = root
    while not node.branches and node.children:
        token, node = next(iter(node.children.items()))
        forced.append(token)
    return forced, node
