"""`evals report --with NAME[=FOLDER],...`: model-based metrics of free answers, or why one is left out.

Nothing is fetched: weights are read from the folder that was named or from what this machine has in its caches, with
the libraries told to stay offline. What the packages print goes to stderr.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from evals import scoring
from evals.cells import Cell, Key
from evals.further.measure import Measure
from evals.learned.judge import Judge, Missing
from evals.predictions import Prediction
from evals.resampling import Floats, intervals
from evals.score import majority_text
from radlite_tui.errors import BadInput
from radlite_tui.tasks.outputs import ImpressionOutput, TextOutput
from radlite_tui.tasks.report import Report

BOTH = ("impression_generation", "radiology_qa")


@dataclass(frozen=True)
class Metric:
    """module: of its adapter beside this one; package: what to install; imported: the module that brings; tasks: whose
    answers it judges."""

    name: str
    title: str
    package: str
    imported: str
    tasks: tuple[str, ...] = BOTH[:1]


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("bertscore", "BERTScore", "bert-score", "bert_score", BOTH),
        Metric("radgraph", "RadGraph F1", "radgraph", "radgraph"),
        Metric("chexbert", "CheXbert F1", "f1chexbert", "f1chexbert"),
        Metric("ratescore", "RaTEScore", "RaTEScore", "RaTEScore"),
        Metric("green", "GREEN", "git+https://github.com/Stanford-AIMI/GREEN", "green_score"),
    )
}


@dataclass(frozen=True)
class Asked:
    """A metric and the folder of its weights, None for what the machine has."""

    metric: Metric
    weights: Path | None


@dataclass(frozen=True)
class Learned:
    """measures: of those that ran; skipped: a sentence for each that did not."""

    measures: tuple[Measure, ...] = ()
    skipped: tuple[str, ...] = ()


def asked(text: str) -> tuple[Asked, ...]:
    """ "bertscore,radgraph=/models/radgraph"; "all" is every one. Raises BadInput for a name or folder there is not."""
    found = []
    for part in METRICS if text == "all" else filter(None, (part.strip() for part in text.split(","))):
        name, _, folder = part.partition("=")
        if name not in METRICS:
            raise BadInput(f"--with names the unknown metric {name!r}; known: {', '.join(METRICS)}.")
        if folder and not Path(folder).is_dir():
            raise BadInput(f"--with {name}: {folder} is no folder; name the one that holds the weights.")
        found.append(Asked(METRICS[name], Path(folder).resolve() if folder else None))
    return tuple(found)


def measure(wanted: Sequence[Asked], cells: Mapping[Key, Cell], predictions: Iterable[Prediction]) -> Learned:
    """Every wanted metric of every cell it is for. predictions: those the cells were made of."""
    if not wanted:
        return Learned()
    tasks = {task for one in wanted for task in one.metric.tasks}
    texts = {(p.task, p.model, p.mode, p.case): _said(p) for p in predictions if p.task in tasks and p.gold}
    measures: list[Measure] = []
    skipped: list[str] = []
    for one in wanted:
        own = [cell for cell in cells.values() if cell.task in one.metric.tasks]
        try:
            with contextlib.redirect_stdout(sys.stderr):
                judge = load(one)
                measures += [m for cell in own for m in judged(judge, cell, texts)]
        except Missing as error:
            skipped.append(f"{one.metric.title} is left out: {error}.")
    return Learned(tuple(measures), tuple(skipped))


def _said(p: Prediction) -> tuple[str, str]:
    """(what the answer says read leniently, read strictly); "" where it does not parse."""
    found = []
    for lenient in (True, False):
        output = scoring.parse(p.task, p.text, Report(p.report, p.prior), lenient=lenient)
        text = output.impression if isinstance(output, ImpressionOutput) else ""
        found.append(output.answer if isinstance(output, TextOutput) else text)
    return found[0], found[1]


def load(one: Asked) -> Judge:
    """The metric, ready, slow only the first time. Raises Missing saying what it lacks."""
    offline()
    metric = one.metric
    try:
        judge: Judge = import_module(f"evals.learned.{metric.name}").judge(one.weights)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == metric.imported:
            raise Missing(f"its package is not installed (pip install {metric.package})") from error
        raise Missing(f"its package lacks the module {error.name}; install that too") from error
    except Missing:
        raise
    except OSError as error:
        where = f"in {one.weights}" if one.weights else "on this machine"
        raise Missing(f"its weights are not {where}; name their folder, --with {metric.name}=FOLDER") from error
    except Exception as error:  # whatever a package that does not fit the installed libraries may raise
        raise Missing(f"its package does not run here ({type(error).__name__}: {_line(error)})") from error
    return judge


def offline() -> None:
    """The Hugging Face libraries fetch nothing from now on, also where they were imported before."""
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
    constants: Any = sys.modules.get("huggingface_hub.constants")
    if constants is not None:
        constants.HF_HUB_OFFLINE = True


def judged(judge: Judge, cell: Cell, texts: Mapping[tuple[str, str, str, str], tuple[str, str]]) -> list[Measure]:
    """The figures of a cell. Raises Missing where the package fails on its texts."""
    said = [texts[cell.task, cell.model, cell.mode, case] for case in cell.cases]
    usual = majority_text(cell)
    answers = ([lenient for lenient, _ in said], [strict for _, strict in said], [usual] * len(said))
    try:
        rows = [unique(judge, own, cell.gold_texts) for own in answers]
    except Exception as error:
        raise Missing(f"its package fails on these answers ({type(error).__name__}: {_line(error)})") from error
    lenient, strict, majority = (judge.figures(own.sum(axis=0)[None])[0].tolist() for own in rows)
    limits = intervals(rows[0], cell.groups, judge.figures)
    unparseable = float(1 - cell.parsed.mean())
    return [
        Measure(*cell.key, metric, part, lenient[i], *limits[i], len(said), strict[i], majority[i], unparseable)
        for i, (metric, part) in enumerate(judge.names)
    ]


def unique(judge: Judge, said: Sequence[str], gold: Sequence[str]) -> Floats:
    """The columns of every pair, equal pairs judged once."""
    pairs = list(dict.fromkeys(zip(said, gold, strict=True)))
    place = {pair: i for i, pair in enumerate(pairs)}
    found = judge.columns([ours for ours, _ in pairs], [theirs for _, theirs in pairs])
    return np.asarray(found[[place[pair] for pair in zip(said, gold, strict=True)]])


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0][:160]
