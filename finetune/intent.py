"""Train the intent classifier: `python -m finetune.intent` writes radlite_tui/routing/intent.npz and intent.json.

Our own phrases (`intents/*.toml`) are expanded by templates and light typing noise, turned into the n-grams of
`radlite_tui.routing.ngrams`, and learnt by a logistic regression. The temperature and the abstention threshold come
from `intents/calibration.toml`; `intents/test.toml` only measures. Deterministic: no clock, a fixed seed, sorted
input. About ten seconds on one core. scikit-learn is imported inside the functions that need it.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import random
import re
import string
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radlite_tui.routing import ngrams
from radlite_tui.routing.intent import MODEL_FILE, UNCLEAR, LinearModel, doubts, rank
from radlite_tui.tasks import CHAT, TAGS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

INTENTS = Path(__file__).with_name("intents")
CLASSES = (*TAGS, CHAT, UNCLEAR)
SEED = 20260501
PER_TEMPLATE = 24
PER_CLASS = 900
REGULARISATION = 12.0
MIN_PHRASES = 3
WRONG_AT_MOST = 0.02
LEAST_THRESHOLD = 60
"""The threshold is the lowest at which, on the calibration phrases, at most this share of answers is wrong."""


@dataclass(frozen=True)
class Phrase:
    """Words of a user and the task they ask for (`unclear`: none)."""

    words: str
    task: str


@dataclass(frozen=True)
class Expected:
    """A held-out phrase. accepted: tasks that would be right; empty when nothing should be chosen."""

    words: str
    accepted: tuple[str, ...]


@dataclass(frozen=True)
class Trained:
    """A fitted classifier: scikit-learn's own objects, and the same model as the app runs it."""

    vectorizer: Any
    regression: Any
    model: LinearModel
    phrases: tuple[Phrase, ...]


def read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


def training_phrases(folder: Path = INTENTS) -> tuple[Phrase, ...]:
    """Every training phrase: written ones, template expansions and noisy copies, deduplicated, in a fixed order."""
    banks = read(folder / "banks.toml")
    found: dict[Phrase, None] = {}
    for task in CLASSES:
        group = read(folder / f"{task}.toml")
        assert group["task"] == task, f"{task}.toml says it is for {group['task']}"
        rng = random.Random(f"{SEED}:{task}")
        for words in expand(group, banks, rng):
            found[Phrase(words, task)] = None
    for number, group in enumerate(read(folder / "ambiguous.toml")["groups"]):
        rng = random.Random(f"{SEED}:ambiguous:{number}")
        for words in expand(group, banks, rng):
            found.update({Phrase(words, task): None for task in group["tasks"]})
    return tuple(found)


def digest(phrases: Iterable[Phrase]) -> str:
    """SHA-256 of the training phrases: says whether a model was trained on the data as it is now."""
    lines = "".join(f"{phrase.task}\t{phrase.words}\n" for phrase in phrases)
    return hashlib.sha256(lines.encode("utf-8")).hexdigest()


def expand(group: Mapping[str, Any], banks: Mapping[str, Sequence[str]], rng: random.Random) -> list[str]:
    """A group's phrases, then sampled template fillings up to PER_CLASS, then a noisy copy of each."""
    own = {**banks, **group.get("banks", {})}
    filled = [words for template in group.get("templates", ()) for words in fill(template, own, rng)]
    rng.shuffle(filled)
    phrases = [*group["phrases"], *filled[:PER_CLASS]]
    noise = [noisy(words, banks, rng) for words in phrases]
    return list(dict.fromkeys([*phrases, *noise]))


def fill(template: str, banks: Mapping[str, Sequence[str]], rng: random.Random) -> list[str]:
    """At most PER_TEMPLATE different fillings of a template's {slots}; the same slot twice gets different words."""
    literals, slots = re.split(r"\{\w+\}", template), re.findall(r"\{(\w+)\}", template)
    fillings = {tuple(rng.choice(banks[slot]) for slot in slots) for _ in range(2 * PER_TEMPLATE if slots else 1)}
    distinct = [f for f in sorted(fillings) if len(set(zip(slots, f, strict=True))) == len(slots)]
    chosen = rng.sample(distinct, min(PER_TEMPLATE, len(distinct)))
    return ["".join(itertools.chain(*itertools.zip_longest(literals, f, fillvalue=""))) for f in chosen]


def noisy(words: str, banks: Mapping[str, Sequence[str]], rng: random.Random) -> str:
    """The same request as a hurried user types it.

    Other punctuation or case, a courtesy before or after, one typo, or the report pasted after the request.
    """
    kind = rng.randrange(8)
    if kind == 0:
        return words.rstrip("?. ") if words.endswith("?") else f"{words}?"
    if kind == 1:
        return f"{rng.choice(banks['opening'])} {words}"
    if kind == 2:
        return f"{words.rstrip('?')} {rng.choice(banks['closing'])}"
    if kind == 3:
        return words.upper() if rng.random() < 0.5 else words.replace("-", " ").replace("'", "")
    if kind == 4:
        return with_report(words, banks, rng)
    return typo(words, rng)


def with_report(words: str, banks: Mapping[str, Sequence[str]], rng: random.Random) -> str:
    """The request with the report pasted after it."""
    return words + rng.choice(banks["separator"]) + " ".join(rng.sample(banks["sentence"], rng.randrange(1, 5)))


def typo(words: str, rng: random.Random) -> str:
    """One letter dropped, doubled, swapped with its neighbour or replaced, in a word of five letters or more."""
    places = list(re.finditer(r"[A-Za-z]{5,}", words))
    if not places:
        return words
    match = rng.choice(places)
    at = rng.randrange(match.start() + 1, match.end() - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return words[:at] + words[at + 1 :]
    if kind == 1:
        return words[:at] + words[at] + words[at:]
    if kind == 2:
        return words[:at] + words[at + 1] + words[at] + words[at + 2 :]
    return words[:at] + rng.choice(string.ascii_lowercase) + words[at + 1 :]


def held_out(path: Path, trained_on: Iterable[Phrase]) -> list[Expected]:
    """Held-out phrases, without those that training also holds (whatever their case and punctuation)."""
    known = {spelling(phrase.words) for phrase in trained_on}
    return [e for e in _expected(read(path)["phrases"]) if spelling(e.words) not in known]


def _expected(phrases: Mapping[str, Any]) -> Iterator[Expected]:
    for key, entries in phrases.items():
        for entry in entries:
            if key == "either":
                yield Expected(entry[0], tuple(entry[1:]))
            else:
                yield Expected(entry, () if key == "abstain" else (key,))


def spelling(words: str) -> str:
    return " ".join(token for token in ngrams.tokens(words) if token not in ngrams.MARKS)


def analyse(words: str) -> list[str]:
    """The n-grams of words: what scikit-learn's vectoriser is given as its analyser."""
    return [feature for feature, _ in ngrams.features(ngrams.tokens(words))]


def fit(phrases: Sequence[Phrase]) -> tuple[Any, Any]:
    """(TfidfVectorizer, LogisticRegression) fitted on the phrases; weights rounded to what the app's file holds."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = TfidfVectorizer(analyzer=analyse, binary=True, min_df=MIN_PHRASES, dtype=np.float64)
    matrix = vectorizer.fit_transform([p.words for p in phrases])
    regression = LogisticRegression(C=REGULARISATION, class_weight="balanced", max_iter=400, tol=1e-4)
    regression.fit(matrix, [CLASSES.index(p.task) for p in phrases])
    regression.coef_ = regression.coef_.astype(np.float16).astype(np.float64)
    regression.intercept_ = regression.intercept_.astype(np.float32).astype(np.float64)
    vectorizer.idf_ = vectorizer.idf_.astype(np.float32).astype(np.float64)
    return vectorizer, regression


def train(folder: Path = INTENTS) -> Trained:
    """Fit, then choose temperature and threshold on the calibration phrases."""
    phrases = training_phrases(folder)
    vectorizer, regression = fit(phrases)
    calibration = held_out(folder / "calibration.toml", phrases)
    plain = linear(vectorizer, regression, temperature=1.0, threshold=0.0)
    temperature = fit_temperature(plain, calibration)
    threshold = choose_threshold(linear(vectorizer, regression, temperature, threshold=0.0), calibration)
    return Trained(vectorizer, regression, linear(vectorizer, regression, temperature, threshold), phrases)


def linear(vectorizer: Any, regression: Any, temperature: float, threshold: float) -> LinearModel:
    """The fitted classifier in the form the app runs."""
    return LinearModel(
        classes=CLASSES,
        vocabulary={str(feature): int(i) for feature, i in vectorizer.vocabulary_.items()},
        idf=vectorizer.idf_,
        weights=np.ascontiguousarray(regression.coef_.T),
        bias=regression.intercept_,
        temperature=temperature,
        threshold=threshold,
    )


def targets(expected: Expected) -> list[int]:
    """Class indices that are right for a phrase; an abstention counts as `unclear`."""
    return [CLASSES.index(task) for task in expected.accepted or (UNCLEAR,)]


def fit_temperature(model: LinearModel, phrases: Sequence[Expected]) -> float:
    """The temperature with the least negative log-likelihood on phrases that ask for exactly one task.

    Guo et al., On Calibration of Modern Neural Networks (2017), section 4.2; a one-dimensional grid is enough.
    """
    single = [e for e in phrases if len(e.accepted) == 1]
    logits = np.log(np.stack([model.probabilities(e.words) for e in single]))
    gold = np.array([targets(e)[0] for e in single])
    best, least = 1.0, float("inf")
    for temperature in np.arange(0.2, 2.51, 0.02):
        scaled = logits / temperature
        scaled = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        loss = -float(scaled[np.arange(len(gold)), gold].mean())
        if loss < least:
            best, least = float(temperature), loss
    return round(best, 2)


def choose_threshold(model: LinearModel, phrases: Sequence[Expected]) -> float:
    """The lowest threshold, from LEAST_THRESHOLD per cent to 0.80, with at most WRONG_AT_MOST of the choices wrong.

    Well over a half, so that of two tasks that fit alike neither is chosen.
    """
    for percent in range(LEAST_THRESHOLD, 81):
        candidate = replace(model, threshold=percent / 100)
        chosen = [(e, d) for e in phrases if (d := decide(candidate, e.words)) is not None]
        if sum(task not in e.accepted for e, task in chosen) <= WRONG_AT_MOST * len(chosen):
            return candidate.threshold
    return 0.80


def decide(model: LinearModel, words: str) -> str | None:
    """The task the app would choose for the words, or None."""
    ranked, unclear = rank(model, model.probabilities(words))
    return None if doubts(model, ranked, unclear) else ranked[0][0]


def measure(model: LinearModel, phrases: Sequence[Expected]) -> dict[str, float]:
    """What the classifier does on held-out phrases.

    accuracy: right among chosen. coverage: chosen among phrases that ask for a task. abstained: left alone among
    phrases that should be. top1: best task right, abstention or not. ece: expected calibration error, ten equal bins.
    """
    asking, idle = [e for e in phrases if e.accepted], [e for e in phrases if not e.accepted]
    chosen = [(e, d) for e in asking if (d := decide(model, e.words)) is not None]
    tables = [model.probabilities(e.words) for e in asking]
    right = [int(t.argmax()) in targets(e) for e, t in zip(asking, tables, strict=True)]
    return {
        "phrases": len(phrases),
        "accuracy": sum(d in e.accepted for e, d in chosen) / len(chosen),
        "coverage": len(chosen) / len(asking),
        "abstained": sum(decide(model, e.words) is None for e in idle) / len(idle),
        "top1": sum(right) / len(asking),
        "ece": calibration_error(np.array([t.max() for t in tables]), np.array(right)),
    }


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error: the mean gap between confidence and accuracy over equal-width bins."""
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        (which == b).mean() * abs(confidence[which == b].mean() - right[which == b].mean())
        for b in range(bins)
        if (which == b).any()
    ]
    return float(sum(gaps))


def save(model: LinearModel, figures: Mapping[str, Any], path: Path = MODEL_FILE) -> None:
    """Write the model for the app (`.npz`) and what is known about it (`.json` beside it)."""
    order = sorted(model.vocabulary, key=model.vocabulary.__getitem__)
    about = {
        "classes": model.classes,
        "temperature": model.temperature,
        "threshold": model.threshold,
    }
    np.savez_compressed(
        path,
        about=np.frombuffer(json.dumps(about).encode("utf-8"), dtype=np.uint8),
        vocabulary=np.frombuffer("\n".join(order).encode("utf-8"), dtype=np.uint8),
        idf=model.idf.astype(np.float32),
        weights=model.weights.astype(np.float16),
        bias=model.bias.astype(np.float32),
    )
    path.with_suffix(".json").write_text(json.dumps({**about, **figures}, indent=2) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m finetune.intent", description="Train the intent classifier.")
    parser.add_argument("--out", type=Path, default=MODEL_FILE, help="where to write the model (default: the package)")
    parser.add_argument("--errors", action="store_true", help="list the calibration phrases it gets wrong")
    options = parser.parse_args(arguments)
    trained = train()
    calibration = held_out(INTENTS / "calibration.toml", trained.phrases)
    test = held_out(INTENTS / "test.toml", trained.phrases)
    figures: dict[str, Any] = {
        "training_phrases": len(trained.phrases),
        "training_sha256": digest(trained.phrases),
        "features": len(trained.model.vocabulary),
        "calibration": {k: round(v, 4) for k, v in measure(trained.model, calibration).items()},
        "test": {k: round(v, 4) for k, v in measure(trained.model, test).items()},
    }
    save(trained.model, figures, options.out)
    print(json.dumps({"temperature": trained.model.temperature, "threshold": trained.model.threshold, **figures}))
    if options.errors:
        for e in calibration:
            chosen = decide(trained.model, e.words)
            if (chosen not in e.accepted) if e.accepted else chosen is not None:
                print(f"  {e.words!r}: {chosen}, expected {' or '.join(e.accepted) or 'an abstention'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
