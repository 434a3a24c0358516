"""What the answer parsers share: cleaning an answer, and finding sentences and words of a report.

May import `radlite_tui.errors` and `tasks.outputs`; must never know one particular task.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from radlite_tui.errors import ParseError
from radlite_tui.tasks.outputs import Output, Span

Kind = TypeVar("Kind")

_THINKING = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_FENCE = re.compile(r"^```\w*\s*$", re.MULTILINE)
_SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?](?=\S))+[.!?]*")
_WORD = re.compile(r"[a-z0-9]+")
_LITTLE_WORDS = frozenset(
    word
    for line in (
        "a an and are at by for from has have in is it no not of on or",
        "noted seen the there to was were with without",
    )
    for word in line.split()
)
_PLACES = frozenset(
    ("left", "right", "bilateral", "both", "side", "sided", "upper", "middle", "lower", "basal", "base", "lobe", "zone")
)
_HEADED = re.compile(r"[A-Z][A-Z /]+:\s+")


def expect(output: Output, kind: type[Kind]) -> Kind:
    """`output` as the kind a task renders. Raises TypeError, which is a bug in the caller."""
    if not isinstance(output, kind):
        raise TypeError(f"expected {kind.__name__}, got {type(output).__name__}")
    return output


def answer_text(text: str, *, lenient: bool) -> str:
    """The answer without surrounding blanks; lenient also drops a thinking block, code fences and bold marks.

    Raises ParseError when nothing is left, or when a strict answer holds a thinking block.
    """
    if lenient:
        text = _FENCE.sub("", _THINKING.sub("", text)).replace("**", "")
    text = text.strip()
    if not text:
        raise ParseError("The answer is empty.")
    if "<think>" in text:
        raise ParseError("The answer begins with a thinking block.")
    return text


def free_text(text: str, heading: str, *, lenient: bool) -> str:
    """A free answer. A strict one bears no heading; lenient takes the heading off."""
    text = answer_text(text, lenient=lenient)
    headed = re.match(rf"(?:the\s+)?{heading}\s*:\s*", text, re.IGNORECASE)
    if headed is None:
        return text
    if not lenient:
        raise ParseError(f"The answer repeats the heading {heading!r}.")
    return answer_text(text[headed.end() :], lenient=True)


def only(found: Callable[[str], Sequence[str]], text: str) -> str | None:
    """The one label `found` sees in text: in all of it, or else in its first line; None when none or undecided."""
    for part in (text, text.splitlines()[0]):
        labels = set(found(part))
        if len(labels) == 1:
            return labels.pop()
    return None


def sentences(text: str) -> list[Span]:
    """Sentences and lines of a report as spans, in order, without a heading; decimals such as 1.5 do not end one."""
    spans = []
    for match in _SENTENCE.finditer(text):
        piece = match.group()
        start = match.start() + len(piece) - len(piece.lstrip())
        end = match.start() + len(piece.rstrip())
        if heading := _HEADED.match(text, start, end):
            start = heading.end()
        if start < end:
            spans.append((start, end))
    return spans


def content_words(text: str) -> set[str]:
    """The words that carry meaning, in lower case and without a plural s."""
    return {_singular(word) for word in _WORD.findall(text.lower()) if word not in _LITTLE_WORDS}


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "is", "us")) else word


def best_sentence(text: str, finding: str) -> Span | None:
    """The sentence sharing most words with `finding`, the earliest of equals; a shared side or lobe alone is none."""
    wanted = content_words(finding)
    best, best_score = None, 0
    for start, end in sentences(text):
        shared = wanted & content_words(text[start:end])
        if shared - _PLACES and len(shared) > best_score:
            best, best_score = (start, end), len(shared)
    return best


def occurrences(text: str, phrase: str) -> Iterable[Span]:
    """Where `phrase` stands in text as whole words, whatever the case and the line breaks, in order."""
    words = phrase.split()
    if not words:
        return []
    pattern = r"(?<!\w)" + r"\s+".join(re.escape(word) for word in words) + r"(?!\w)"
    return [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]
