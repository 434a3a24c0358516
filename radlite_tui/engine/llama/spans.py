"""Lists of words copied from the report, one token at a time: the likeliest token that keeps the list a list is taken.

Imports its siblings. Token-first: candidates are checked by falling likelihood, and nearly always the first one fits.
"""

from __future__ import annotations

from radlite_tui.engine.llama.answer import Answer
from radlite_tui.engine.llama.context import Logits
from radlite_tui.engine.llama.copying import Copying
from radlite_tui.engine.llama.pattern import first
from radlite_tui.engine.llama.sequence import Sequence
from radlite_tui.engine.llama.trie import spell
from radlite_tui.engine.llama.vocabulary import Vocabulary
from radlite_tui.engine.llama.work import Work
from radlite_tui.segments import Spans

LONGEST_TOKEN = 24
"""Bytes of a token that are looked at when a model wants none of the likeliest."""
LAST_SPAN = 20
"""Tokens that the last span of a list may take beyond the list's limit."""


def copy(
    spans: Spans,
    text: str,
    after: str,
    spelled: list[int],
    computed: int,
    logits: Logits,
    sequence: Sequence,
    answer: Answer,
    ends: frozenset[int],
) -> Work[tuple[str, Logits]]:
    """Write a list after `text`, adding its tokens to `spelled`; returns the text with the list, and the logits there.

    computed: how many of `spelled` the sequence holds. logits: those after the prompt, where a list begins the answer.

    after: the literal text that follows; a token may run on into it. White space that ends `text` is left to the first
    token of the list, as in a text that is tokenised whole. `sequence` holds all of `spelled` afterwards.
    """
    vocabulary = sequence.context.weights.vocabulary
    lead = text[len(text.rstrip(" ")) :]
    stem = text[: len(text) - len(lead)]
    forced = spell(vocabulary, stem, spelled)[len(spelled) :]
    answer.write(forced)
    spelled += forced
    if spelled and computed == len(spelled):  # the logits at its end are gone
        sequence.cut(len(sequence.tokens) - 1)
        computed -= 1
    if spelled:
        logits = yield from sequence.append(spelled[computed:])
    copying, start, border = Copying(spans, lead, after), len(spelled), len(vocabulary.spell(spelled))
    while True:
        written = vocabulary.spell(spelled)[border:]
        size = len(spelled) - start
        token = _next(copying, vocabulary, written, logits, ends, go_on=size < spans.most)
        if token in ends:
            break
        forced = [] if token is not None and size < spans.most + LAST_SPAN - 2 else _end(copying, vocabulary, written)
        tokens = forced or ([token] if token is not None else [])
        if not tokens:
            break
        spelled += tokens
        answer.write(tokens)
        logits = yield from sequence.append(tokens)
        answer.computed += len(tokens)
        state = copying.state(vocabulary.spell(spelled)[border:].decode("utf-8", "ignore"))
        if state == "over" or forced:
            break
    text = copying.before_after(vocabulary.spell(spelled)[border:].decode("utf-8", "ignore"))
    return stem + text, logits


def _next(
    copying: Copying, vocabulary: Vocabulary, written: bytes, logits: Logits, ends: frozenset[int], *, go_on: bool
) -> int | None:
    """The likeliest token that may come next; an end token where the list is whole and ends the answer."""
    whole = copying.ends_answer and copying.state(written.decode("utf-8", "ignore")) == "whole"

    def fits(token: int) -> bool:
        if token in ends:
            return whole
        piece = vocabulary.piece(token)
        try:
            text = (written + piece).decode()
        except UnicodeDecodeError:
            return False
        return bool(piece) and copying.state(text, may_go_on=go_on) is not None

    def others() -> set[int]:
        texts = copying.coming(written.decode("utf-8", "ignore"), LONGEST_TOKEN)
        return vocabulary.beginning(text.encode()[:LONGEST_TOKEN] for text in texts) | ends

    return first(logits, fits, others)


def _end(copying: Copying, vocabulary: Vocabulary, written: bytes) -> list[int]:
    """The tokens that make an open list whole at once."""
    return vocabulary.tokenise(copying.completion(written.decode("utf-8", "ignore")))
