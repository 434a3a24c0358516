"""The intent classifier: the user's words give a ranked list of tasks, or an abstention. Imports numpy only.

The model (`intent.npz`, written by `python -m finetune.intent`) is linear: TF-IDF of the n-grams of `ngrams`, one
weight a class, a softmax with a temperature fitted on held-out phrases. It must stay under a millisecond a call, read
nothing of the report, and say why it chose what it chose.
"""

from __future__ import annotations

import json
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from radlite_tui.errors import RadliteError
from radlite_tui.routing import ngrams

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODEL_FILE = Path(__file__).with_name("intent.npz")
UNCLEAR = "unclear"
STAGES = {"n_staging", "m_staging"}
EITHER_STAGE = 0.1
"""With N and M first, the lesser's probability from which "stage it" is taken to name neither."""
FIRST_LINE = 80
"""Characters of a first line that may be a request on its own."""

_lock = threading.Lock()
_loaded: dict[Path, LinearModel] = {}


@dataclass(frozen=True)
class Ranked:
    """Tasks by probability. abstained: too unsure to choose; why: the reason, in words for the user.

    tasks: (tag, probability), best first; the nine tags and chat, without "unclear", so they may sum to less than 1.
    evidence: the words of the user that spoke most for the first of `tasks`.
    """

    tasks: tuple[tuple[str, float], ...]
    abstained: bool
    why: str
    evidence: tuple[str, ...] = ()
    unclear: float = 0.0


@dataclass(frozen=True)
class LinearModel:
    """Weights of the classifier. weights: features x classes; idf: features; bias: classes."""

    classes: tuple[str, ...]
    vocabulary: dict[str, int]
    idf: NDArray[np.float64]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    temperature: float
    threshold: float

    def vector(self, tokens: list[str]) -> tuple[NDArray[np.intp], NDArray[np.float64], list[int]]:
        """Known n-grams of the words, once each: their indices, TF-IDF values (unit length), and source tokens."""
        import numpy as np

        seen: dict[int, int] = {}
        for feature, source in ngrams.features(tokens):
            index = self.vocabulary.get(feature)
            if index is not None and index not in seen:
                seen[index] = source
        indices = np.fromiter(seen, dtype=np.intp, count=len(seen))
        values = self.idf[indices]
        norm = float(np.sqrt(values @ values))
        return indices, values / norm if norm else values, list(seen.values())

    def probabilities(self, words: str) -> NDArray[np.float64]:
        """Calibrated probability of each class, in the order of `classes`."""
        indices, values, _ = self.vector(ngrams.tokens(words))
        return self.softmax(values @ self.weights[indices])

    def softmax(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        import numpy as np

        scores = (scores + self.bias) / self.temperature
        scores = np.exp(scores - scores.max())
        out: NDArray[np.float64] = scores / scores.sum()
        return out


def load(path: Path = MODEL_FILE) -> LinearModel:
    """The model in a file, read once. Raises RadliteError naming the file when it cannot be read."""
    with _lock:
        if path not in _loaded:
            try:
                _loaded[path] = _read(path)
            except (OSError, ValueError, KeyError, zlib.error, BadZipFile) as error:
                raise RadliteError(
                    f"The intent model {path} cannot be read ({error}); reinstall RadLite, or choose the task yourself."
                ) from error
        return _loaded[path]


def _read(path: Path) -> LinearModel:
    import numpy as np

    with np.load(path, allow_pickle=False) as arrays:
        about: dict[str, Any] = json.loads(bytes(arrays["about"]).decode("utf-8"))
        vocabulary = bytes(arrays["vocabulary"]).decode("utf-8").split("\n")
        return LinearModel(
            classes=tuple(about["classes"]),
            vocabulary={feature: i for i, feature in enumerate(vocabulary)},
            idf=arrays["idf"].astype(np.float64),
            weights=arrays["weights"].astype(np.float64),
            bias=arrays["bias"].astype(np.float64),
            temperature=float(about["temperature"]),
            threshold=float(about["threshold"]),
        )


def classify(words: str) -> Ranked:
    """Rank the tasks for the user's words. Abstains when it knows none of them, when they ask for nothing in
    particular, when the best task is under the threshold, or when N and M staging fit alike.

    When several lines leave it in doubt, a short first line that is clear by itself decides: people type the request
    and paste the report under it.
    """
    ranked = _classify(words)
    first, line_end, rest = words[: ngrams.HEAD].strip().partition("\n")
    if ranked.abstained and line_end and rest.strip() and len(first) <= FIRST_LINE:
        alone = _classify(first)
        return ranked if alone.abstained else alone
    return ranked


def _classify(words: str) -> Ranked:
    tokens = ngrams.tokens(words)
    if all(token in ngrams.MARKS for token in tokens):
        return Ranked((), True, "no words to go by")
    if _binary(words):
        return Ranked((), True, "the words look like binary data")
    model = load()
    indices, values, sources = model.vector(tokens)
    if not len(indices):
        return Ranked((), True, "none of these words is known")
    contributions = values[:, None] * model.weights[indices]
    chances = model.softmax(contributions.sum(axis=0))
    ranked, unclear = rank(model, chances)
    evidence = _evidence(contributions[:, model.classes.index(ranked[0][0])], tokens, sources)
    doubt = doubts(model, ranked, unclear)
    return Ranked(ranked, bool(doubt), doubt or _because(evidence), evidence, unclear)


def rank(model: LinearModel, chances: NDArray[np.float64]) -> tuple[tuple[tuple[str, float], ...], float]:
    """(tasks by probability without "unclear", the probability of "unclear")."""
    pairs = sorted(zip(model.classes, chances.tolist(), strict=True), key=lambda pair: -pair[1])
    return tuple(pair for pair in pairs if pair[0] != UNCLEAR), dict(pairs)[UNCLEAR]


def doubts(model: LinearModel, ranked: tuple[tuple[str, float], ...], unclear: float) -> str:
    """Why the first of the ranked tasks must not be chosen; empty when it may."""
    (first, best), (second, next_best) = ranked[:2]
    if unclear >= best:
        return "the words do not say what to do"
    if {first, second} == STAGES and next_best >= EITHER_STAGE:
        return f"the words fit {first} and {second} alike"
    if best >= model.threshold:
        return ""
    return f"the words fit {first} and {second}" if next_best >= best / 2 else f"only {best:.0%} sure of {first}"


def _evidence(contributions: NDArray[np.float64], tokens: list[str], sources: list[int]) -> tuple[str, ...]:
    """The (at most three) words that spoke most for the class, in the order they were typed."""
    weight = [0.0] * len(tokens)
    for value, source in zip(contributions.tolist(), sources, strict=True):
        weight[source] += value
    strongest = sorted(
        (i for i in range(len(tokens)) if weight[i] > 0 and tokens[i] not in ngrams.MARKS), key=lambda i: -weight[i]
    )
    strongest = [i for i in strongest if weight[i] >= 0.3 * weight[strongest[0]]]
    return tuple(tokens[i] for i in sorted(strongest[:3]))


def _because(evidence: tuple[str, ...]) -> str:
    if not evidence:
        return "because of the words as a whole"
    return "because of " + ", ".join(f"'{word}'" for word in evidence)


def _binary(words: str) -> bool:
    """Whether the words are bytes rather than language: a NUL, or one control character in ten."""
    head = words[: ngrams.HEAD]
    odd = sum(character < " " and character not in "\t\n\r" for character in head)
    return "\0" in head or odd * 10 > len(head)
