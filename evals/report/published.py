"""What the paper publishes, read from `paper.toml`. Imports nothing of ours but the reading of TOML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from radlite_tui import toml

FILE = Path(__file__).with_name("paper.toml")


@dataclass(frozen=True)
class PublishedTask:
    """Scores of each model, in the order of `Paper.models`; empty where the paper has none."""

    metric: str
    zero: tuple[float, ...]
    tuned: tuple[float, ...]


@dataclass(frozen=True)
class PublishedSystem:
    """RADS accuracy of each tuned model over n cases; few_shot: change of the second model's with 3 examples."""

    tuned: tuple[float, ...]
    n: int
    few_shot: float


@dataclass(frozen=True)
class Paper:
    """citation and cases name the source; severity: share of each model's RADS answers; training: samples a task."""

    citation: str
    cases: str
    models: tuple[str, ...]
    tasks: Mapping[str, PublishedTask]
    rads: Mapping[str, PublishedSystem]
    severity: Mapping[str, tuple[float, ...]]
    training: Mapping[str, int]
    hardware: str
    gigabytes: tuple[float, ...]
    tokens_a_second: tuple[float, ...]
    few_shot_change_of_rads: float


@cache
def paper() -> Paper:
    """The paper's figures."""
    table = toml.read(FILE, "paper's figures")
    source, speed = table["source"], table["speed"]
    return Paper(
        citation=source["citation"],
        cases=source["cases"],
        models=tuple(source["models"]),
        tasks={
            tag: PublishedTask(one["metric"], tuple(one.get("zero", ())), tuple(one["tuned"]))
            for tag, one in table["tasks"].items()
        },
        rads={
            name: PublishedSystem(tuple(one["tuned"]), one["n"], one["few_shot"]) for name, one in table["rads"].items()
        },
        severity={name: tuple(shares) for name, shares in table["severity"].items()},
        training=dict(table["training"]),
        hardware=speed["hardware"],
        gigabytes=tuple(speed["gigabytes"]),
        tokens_a_second=tuple(speed["tokens_a_second"]),
        few_shot_change_of_rads=speed["few_shot_change_of_rads"],
    )
