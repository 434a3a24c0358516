"""How varied generated reports are, beside real ones: distinct n-grams, compression, and how near the nearest real is.

Both sides are cut to the same number of words before they are compared, since all three figures depend on it. May
import scikit-learn inside functions; must never write a real text anywhere.
"""

from __future__ import annotations

import json
import random
import statistics
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from finetune import corpus
from finetune.corpus.files import json_lines
from radlite_tui.errors import BadInput

SIZES = (1, 2, 3, 4)
CHARACTERS = (3, 5)
"""n-grams of this many characters, within words and their blanks, are compared for the nearest report."""
SEEN_IN, FEW = 2, 50
"""Real reports an n-gram must stand in to count, so that a misspelling does not; of few reports all count."""
FIELDS = ("report", "text", "findings", "impression")
"""Keys of a line that hold text, joined in this order."""
SEED = 23


@dataclass(frozen=True)
class Figures:
    """distinct: n -> share of the n-grams that are different ones. compression: bytes by compressed bytes.

    nearest: quantiles (10, 50 and 90 %) of the cosine to the nearest real report, 1 being the same text.
    """

    name: str
    reports: int
    words: int
    distinct: dict[int, float]
    compression: float
    nearest: tuple[float, float, float]


def real(path: Path) -> list[str]:
    """The texts of a JSONL file. Raises BadInput when no line holds one of the known keys."""
    texts = []
    for row in json_lines(path, ()):
        if text := "\n".join(str(row[key]).strip() for key in FIELDS if row.get(key)):
            texts.append(text)
    if len(texts) < 2:
        raise BadInput(
            f"{path} holds {len(texts)} reports under the keys {', '.join(FIELDS)}; two are needed at least."
        )
    return texts


def synthetic(seed: int, count: int) -> dict[str, list[str]]:
    """Generated reports, different ones: of all generators, and of the chest generator alone, which real chest
    X-ray reports are to be compared with."""
    chest = (t for c in _cases("chest", seed) for t in (c,))
    return {
        "synthetic, all": list(islice(dict.fromkeys(islice(corpus.reports("train", seed), 4 * count)), count)),
        "synthetic, chest": list(islice(dict.fromkeys(islice(chest, 4 * count)), count)),
    }


def _cases(generator: str, seed: int) -> Iterator[str]:
    """Report texts of one generator without end."""
    tasks = dict.fromkeys(corpus.TASKS[generator], 10**9)
    for case in corpus.build(tasks, "train", seed):
        if case.report.text and case.group.startswith(f"{generator}-"):
            yield case.report.text


def measure(texts: dict[str, list[str]], reals: Sequence[str]) -> list[Figures]:
    """The figures of each list of texts and of the real ones, whose nearest is among the others."""
    sides = {"real": list(reals), **texts}
    rng = random.Random(SEED)
    for listed in sides.values():
        rng.shuffle(listed)
    words = min(sum(len(text.split()) for text in listed) for listed in sides.values())
    near = {name: _nearest(listed, reals, own=name == "real") for name, listed in sides.items()}
    figures = []
    for name, listed in sides.items():
        cut = list(_first(listed, words))
        figures.append(Figures(name, len(listed), words, distinct(cut), compression(cut), near[name]))
    return figures


def _first(texts: Iterable[str], words: int) -> Iterator[str]:
    """The texts up to this many words together, the last one cut."""
    left = words
    for text in texts:
        if left <= 0:
            return
        yield " ".join(text.split()[:left])
        left -= len(text.split())


def distinct(texts: Sequence[str]) -> dict[int, float]:
    """Share of different ones among the runs of n words within a text (Li J et al. NAACL 2016)."""
    shares = {}
    for size in SIZES:
        runs = [
            tuple(words[i : i + size])
            for words in (text.lower().split() for text in texts)
            for i in range(len(words) - size + 1)
        ]
        shares[size] = len(set(runs)) / len(runs) if runs else 0.0
    return shares


def compression(texts: Sequence[str]) -> float:
    """Size by compressed size (zlib, level 9): the more it repeats itself, the larger."""
    content = "\n".join(texts).encode()
    return len(content) / len(zlib.compress(content, 9))


def _nearest(texts: Sequence[str], reals: Sequence[str], *, own: bool) -> tuple[float, float, float]:
    """Quantiles of each text's largest cosine with a real one, by TF-IDF of character n-grams; `own`: but itself."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(
        analyzer="char_wb", ngram_range=CHARACTERS, sublinear_tf=True, min_df=SEEN_IN if len(reals) > FEW else 1
    )
    known = vectors.fit_transform(reals)
    closeness = (vectors.transform(texts) @ known.T).toarray()
    if own:
        order = {text: number for number, text in enumerate(reals)}
        for place, text in enumerate(texts):
            closeness[place, order[text]] = 0.0
    best = sorted(float(row.max()) for row in closeness)
    tenths = statistics.quantiles(best, n=10, method="inclusive") if len(best) > 1 else best * 9
    return tenths[0], tenths[4], tenths[8]


def lines(figures: Sequence[Figures]) -> Iterator[str]:
    """The figures as a table."""
    yield f"{'':<16} {'':>6} {'':>7} {'% different runs of':<23} {'com-':>5}  nearest real"
    yield f"{'':<16} {'texts':>6} {'words':>7} {'1':>5} {'2':>5} {'3':>5} {'4':>5} {'press':>5}  half (8 in 10)"
    for row in figures:
        shares = " ".join(f"{100 * row.distinct[size]:5.1f}" for size in SIZES)
        low, middle, high = row.nearest
        yield (
            f"{row.name:<16} {row.reports:>6,} {row.words:>7,} {shares} {row.compression:>5.2f}  "
            f"{middle:.2f} ({low:.2f}-{high:.2f})"
        )


def as_json(figures: Sequence[Figures]) -> str:
    """The figures as one JSON object."""
    return json.dumps({row.name: {**vars(row), "nearest": list(row.nearest)} for row in figures}, indent=2)
