"""What the paper found, looked for in our own scores: one sentence a finding and model, saying also when it fails.

Nothing here knows a result: every sentence is made of the figures it stands on. Imports `cells`, `paired`, `ensemble`
and `sizes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from evals.cells import Cell, Key
from evals.ensemble import Contest
from evals.paired import Difference, corrected, difference
from evals.sizes import Sized
from radlite_tui import tasks

Verdict = Literal["holds", "holds in part", "does not hold", "cannot be told"]
TUNED = "fine-tuned"
PAIRS = (
    ("gain", "zero-shot", TUNED, "LoRA against zero-shot"),
    ("examples", "zero-shot", "few-shot", "Examples before tuning"),
    ("examples-tuned", TUNED, "fine-tuned+few-shot", "Examples after tuning"),
)
EXPECTED = {"gain": "better", "examples": "", "examples-tuned": "worse"}
"""What the paper found; "" where it says nothing."""


@dataclass(frozen=True)
class Finding:
    """about: which of the paper's findings; verdict: whether it holds here; sentence: with its figures; differences:
    task -> the difference it stands on."""

    about: str
    title: str
    verdict: Verdict
    sentence: str
    differences: Mapping[str, Difference]

    def json(self) -> dict[str, Any]:
        return asdict(self)


def findings(cells: Mapping[Key, Cell], contests: Sequence[Contest], sized: Sequence[Sized]) -> list[Finding]:
    """All that these scores can say, in the order of the paper."""
    models = list(dict.fromkeys(cell.model for cell in cells.values()))
    found = [
        _modes(cells, model, about, before, after, title)
        for about, before, after, title in PAIRS
        for model in models
        if any(key[1:] == (model, before) for key in cells) and any(key[1:] == (model, after) for key in cells)
    ]
    return found + _complementary(cells, contests, models) + _quantised(cells) + _sizes(sized)


def title(tag: str) -> str:
    return tasks.get(tag).title


def gained(gain: Difference) -> str:
    """ "+0.12 (+0.05 to +0.19), n 40" """
    return f"{gain}, n {gain.n}"


def listed(found: Mapping[str, Difference]) -> str:
    return "; ".join(f"{title(tag)} {gained(gain)}" for tag, gain in found.items())


def compared(cells: Mapping[Key, Cell], one: tuple[str, str], other: tuple[str, str]) -> dict[str, Difference]:
    """Task -> other minus one, each a (model, mode), with p values corrected over the tasks."""
    found: dict[str, Difference] = {}
    for tag in tasks.TAGS:
        a, b = cells.get((tag, *one)), cells.get((tag, *other))
        gain = difference(a, b) if a is not None and b is not None else None
        if gain is not None:
            found[tag] = gain
    return dict(zip(found, corrected(list(found.values())), strict=True))


def split(found: Mapping[str, Difference]) -> tuple[list[str], list[str], list[str]]:
    """Tasks that got (better, worse, neither), by the corrected p value."""
    better = [tag for tag, gain in found.items() if gain.significant and gain.value > 0]
    worse = [tag for tag, gain in found.items() if gain.significant and gain.value < 0]
    return better, worse, [tag for tag in found if tag not in better and tag not in worse]


def _modes(cells: Mapping[Key, Cell], model: str, about: str, before: str, after: str, name: str) -> Finding:
    found = compared(cells, (model, before), (model, after))
    better, worse, neither = split(found)
    wanted = EXPECTED[about]
    as_found = {"better": better, "worse": worse, "": [*better, *worse]}[wanted]
    verdict: Verdict = "does not hold"
    if not wanted:
        verdict = "cannot be told"
    elif as_found:
        verdict = "holds" if len(as_found) == len(found) else "holds in part"
    said = f"{model}, {after} minus {before}: better on {_count(better)}, worse on {_count(worse)}, "
    said += f"no difference shown on {_count(neither)} of {len(found)} tasks. {listed(found)}."
    if not wanted:
        said += " The paper reports examples for its tuned models only."
    elif verdict == "does not hold":
        said += f" The paper found {wanted} scores; these do not show it."
    return Finding(about, f"{name}, {model}", verdict, said, found)


def _count(tags: Sequence[str]) -> str:
    return f"{len(tags)} ({', '.join(title(tag) for tag in tags)})" if tags else "none"


def _complementary(cells: Mapping[Key, Cell], contests: Sequence[Contest], models: Sequence[str]) -> list[Finding]:
    tuned = [c for c in contests if c.mode == TUNED]
    if len(models) < 2 or not tuned:
        return []
    found = compared(cells, (models[0], TUNED), (models[1], TUNED))
    better, worse, neither = split(found)
    verdict: Verdict = "holds" if better and worse else "does not hold"
    said = f"{models[1]} minus {models[0]}, tuned: better on {_count(better)}, worse on {_count(worse)}, no difference "
    said += f"shown on {_count(neither)}. {listed(found)}."
    if verdict == "does not hold":
        said += " The paper's models each lead on some tasks; here no two models lead on different ones."
    gains = {c.task: c.oracle_gain for c in tuned}
    shown = [tag for tag, gain in gains.items() if gain.low > 0]
    oracle = f"The better answer case by case over the best single model: {listed(gains)}. Its gain is never below 0 "
    oracle += f"by its making; the interval excludes 0 on {_count(shown)}."
    return [
        Finding("complementary", "Complementary models", verdict, said, found),
        Finding("oracle", "Oracle of both models", "holds" if shown else "does not hold", oracle, gains),
    ]


def _quantised(cells: Mapping[Key, Cell]) -> list[Finding]:
    """Models whose names differ in the quantisation alone, or that say different quantisations of one base."""
    kinds: dict[str, dict[str, str]] = {}
    for cell in cells.values():
        kind = cell.quantization
        stem = cell.model.lower().replace(f"-{kind.lower().replace('_', '-')}", "").replace(f"-{kind.lower()}", "")
        if kind:
            kinds.setdefault(stem, {})[kind] = cell.model
    found = []
    for stem, models in kinds.items():
        if len(models) < 2:
            continue
        finest, *coarser = sorted(models, key=_fineness)
        for kind in coarser:
            loss = compared(cells, (models[finest], TUNED), (models[kind], TUNED))
            _, worse, _ = split(loss)
            said = f"{stem}, {kind} minus {finest}, tuned: {listed(loss)}. Worse on {_count(worse)}."
            verdict: Verdict = "holds" if loss and not worse else "does not hold" if loss else "cannot be told"
            found.append(Finding("quantisation", f"Quantisation keeps the score, {stem} {kind}", verdict, said, loss))
    return found or [
        Finding(
            "quantisation",
            "Quantisation keeps the score",
            "cannot be told",
            "These results hold no model in two quantisations; score the same model as F16, Q8_0 and Q4_K_M with names "
            "that end in the quantisation.",
            {},
        )
    ]


def _fineness(kind: str) -> tuple[int, str]:
    """F32, F16 and BF16 before Q8 before Q6 ..."""
    bits = "".join(character for character in kind.split("_")[0] if character.isdigit())
    return (-int(bits or 0), kind)


def _sizes(sized: Sequence[Sized]) -> list[Finding]:
    tuned = [one for one in sized if one.mode == TUNED]
    if len(tuned) < 2:
        return []
    parts = [
        f"{one.model} ({one.quantization}, {one.bytes / 1e6:.1f} MB): mean score {one.score[0]:.2f} "
        f"({one.score[1]:.2f} to {one.score[2]:.2f}), {one.seconds[0]:.2f} s an answer in the run "
        f"({one.seconds[1]:.2f} to {one.seconds[2]:.2f}), n {one.n}"
        for one in tuned
    ]
    small, large = tuned[0], tuned[-1]
    verdict: Verdict = "does not hold"
    if large.bytes < small.bytes * 1.1:
        verdict, end = "cannot be told", "The sizes differ by less than a tenth, so size explains nothing here."
    elif large.score[1] > small.score[2]:
        verdict, end = "holds", "The larger model scores higher and their intervals do not overlap."
    else:
        end = "The larger model does not score higher beyond the intervals."
    return [Finding("size", "Size against score and speed", verdict, "; ".join(parts) + f". {end}", {})]
