"""Short plain documents for base pre-training that make copying and looking back the cheapest way to predict.

May import `finetune.corpus` modules; must never use a task's own prompt or answer format. Verbatim copying comes last
in a tiny model, so most drills repeat something exactly: word strings, sentences, lists, look-ups.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from finetune.corpus import chest_scene, chest_text
from finetune.corpus.bank import Bank
from finetune.corpus.case import Split
from finetune.corpus.chest_scene import KINDS, Finding
from finetune.corpus.text import Passage, Span, draw_style

LEXICON = ("anatomy", "disease", "descriptors", "study", "general")
"""The lists of `banks/lexicon.toml`."""


def documents(split: Split, seed: int) -> Iterator[str]:
    """Drills without end; the same split and seed give the same drills."""
    rng = random.Random(f"drills/{split}/{seed}")
    bank, chest = Bank.load("drills", split), Bank.load("chest", split)
    while True:
        yield rng.choice(DRILLS)(rng, bank, chest)


def _words(rng: random.Random, bank: Bank, count: int) -> list[str]:
    """Different words: of the reports, or of the lexicon, which the reports hardly use."""
    lexicon = Bank.load("lexicon", "train")
    return rng.sample(bank.terms("words") if rng.random() < 0.4 else lexicon.terms(rng.choice(LEXICON)), count)


def _sentences(rng: random.Random, chest: Bank, count: int) -> tuple[Passage, list[tuple[Finding, Span]]]:
    """Sentences about different findings, with where each stands."""
    passage = Passage(draw_style(rng))
    told: list[tuple[Finding, Span]] = []
    labels: set[str] = set()
    for kind in rng.sample(list(KINDS.values()), len(KINDS)):
        if kind.label in labels or len(told) == count:
            continue
        labels.add(kind.label)
        f = chest_scene.finding(
            rng, chest, kind, rng.choice(("positive", "negative", "uncertain")) if kind.name != "device" else "positive"
        )
        start = len(passage.text)
        chest_text.state(rng, chest, passage, f)
        start += passage.text[start] == " "
        told.append((f, Span("sentence", start, len(passage.text))))
    return passage, told


def _string(rng: random.Random, bank: Bank, chest: Bank) -> str:
    """A meaningless string of words, two or three times: only copying predicts it."""
    words = " ".join(_words(rng, bank, rng.randint(4, 12)))
    if rng.random() < 0.3:
        words += f" {rng.randint(2, 99)} mm"
    return bank.fill(rng, "copy", a=words) if rng.random() < 0.5 else "\n".join([words] * rng.choice((2, 3)))


def _copy(rng: random.Random, bank: Bank, chest: Bank) -> str:
    passage, _ = _sentences(rng, chest, rng.choice((1, 1, 2)))
    return bank.fill(rng, "copy", a=passage.text)


def _list(rng: random.Random, bank: Bank, chest: Bank) -> str:
    joint = rng.choice(("; ", ", "))
    items = [
        chest_scene.finding(rng, chest, kind, "positive").core
        for kind in rng.sample(list(KINDS.values()), rng.randint(2, 5))
    ]
    return bank.fill(rng, "list", a=joint.join(items))


def _find(rng: random.Random, bank: Bank, chest: Bank) -> str:
    """The sentence of a short report that is about one finding."""
    passage, told = _sentences(rng, chest, rng.choice((2, 3, 4)))
    text = passage.text
    f, span = rng.choice(told)
    about = text[span.start : span.end]
    marks = [s for s in passage.spans if span.start <= s.start < span.end and s.kind != "anatomy"]
    if marks:
        about = text[marks[-1].start : marks[-1].end].lower()
    return bank.fill(rng, "find", text=text, about=about if marks else f.name, a=text[span.start : span.end])


def _swap(rng: random.Random, bank: Bank, chest: Bank) -> str:
    """A sentence with one word changed."""
    for _ in range(20):
        passage, _ = _sentences(rng, chest, 1)
        old, _, new = rng.choice(bank.terms("swap")).partition("=")
        words = passage.text.split(" ")
        if old in words:
            return bank.fill(
                rng, "swap", a=passage.text, old=old, new=new, b=" ".join(new if w == old else w for w in words)
            )
    return _copy(rng, bank, chest)


def _lookup(rng: random.Random, bank: Bank, chest: Bank) -> str:
    """One value out of several under names."""
    count = rng.randint(3, 6)
    keys = rng.sample(bank.terms("places"), count) if rng.random() < 0.7 else _words(rng, bank, count)
    sized = rng.random() < 0.5
    values = [f"{rng.randint(3, 99)} mm" if sized else rng.choice(bank.terms("states")) for _ in keys]
    mark, joint = rng.choice(((": ", ", "), (" = ", "; "), (" is ", ", "), (" ", "; ")))
    pairs = joint.join(f"{k}{mark}{v}" for k, v in zip(keys, values, strict=True))
    index = rng.randrange(len(keys))
    return bank.fill(rng, "lookup", pairs=pairs, name=keys[index], value=values[index])


def _place(rng: random.Random, bank: Bank, chest: Bank) -> str:
    """An item by where it stands in a list."""
    items = _words(rng, bank, rng.randint(4, 8))
    index = rng.randrange(1, len(items) - 1)
    return bank.fill(
        rng,
        "place",
        a=rng.choice((", ", "; ", " ")).join(items),
        first=items[0],
        last=items[-1],
        before=items[index - 1],
        middle=items[index],
        after=items[index + 1],
    )


def _entities(rng: random.Random, bank: Bank, chest: Bank) -> str:
    """What a short report names, sorted out."""
    passage, _ = _sentences(rng, chest, rng.choice((2, 3)))
    named: dict[str, list[str]] = {"anatomy": [], "present": [], "absent": [], "uncertain": []}
    for span in passage.spans:
        named[span.kind].append(passage.text[span.start : span.end])
    places, seen, denied, doubtful = (", ".join(words) or "nothing" for words in named.values())
    return bank.fill(rng, "entities", text=passage.text, places=places, seen=seen, denied=denied, doubtful=doubtful)


DRILLS: tuple[Callable[[random.Random, Bank, Bank], str], ...] = (
    _string,
    _string,
    _copy,
    _copy,
    _list,
    _find,
    _find,
    _swap,
    _lookup,
    _place,
    _entities,
)
