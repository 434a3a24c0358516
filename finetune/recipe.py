"""A recipe: everything that decides what `python -m finetune` builds, read from `recipes/NAME.toml`.

May import `radlite_tui.errors` only. Unknown and missing keys are errors that name the file and the key, so a typing
mistake never trains the wrong thing in silence.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from radlite_tui.errors import BadInput

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RECIPES = Path(__file__).parent / "recipes"
ARCHITECTURES = ("qwen2", "qwen3")


@dataclass(frozen=True)
class Corpus:
    """How many cases of each task and how many plain reports and drills to write. seed: of the train split.

    shots_every: every how manieth case is also put among several of its task in one document.
    """

    seed: int
    cases: Mapping[str, int]
    reports: int
    drills: int
    shots_every: int


@dataclass(frozen=True)
class Vocabulary:
    """size: tokens in total, the three control tokens included. documents: base documents it is learnt from."""

    size: int
    documents: int


@dataclass(frozen=True)
class Shape:
    """The decoder's dimensions; heads are `head` wide, `kv_heads` of them carry keys and values. context: tokens."""

    width: int
    layers: int
    heads: int
    kv_heads: int
    head: int
    feed_forward: int
    context: int
    rope_base: float


@dataclass(frozen=True)
class Base:
    """Base pre-training. tokens: to train on (padding counts), in rows of `row` tokens, `batch` rows a step.

    matrix_rate: Muon, for the hidden matrices; embedding_rate: AdamW, for all else. warmup, decay: shares of the run.
    prompt_weight: of a token that is not part of an answer, whose weight is 1. compile: use torch.compile.
    mixture: kind of document -> share of the tokens (see `documents.KINDS`).
    """

    tokens: int
    row: int
    batch: int
    matrix_rate: float
    embedding_rate: float
    weight_decay: float
    warmup: float
    decay: float
    compile: bool
    checkpoint_seconds: float
    prompt_weight: float
    mixture: Mapping[str, float]


@dataclass(frozen=True)
class Finish:
    """A further stage of an adapter's training, so that the models of a recipe may grow apart. Fields as in Adapter."""

    rate: float
    rows: int
    mixture: Mapping[str, float]


@dataclass(frozen=True)
class Adapter:
    """LoRA on all seven projections. rows: to train on, `batch` a step; rank must be a multiple of 32.

    rate: architecture -> learning rate. mixture: task -> weight, by rows. context: longer rows are counted and left
    out, never cut. finish: architecture -> its further stages, in order, where it has any.
    """

    rank: int
    alpha: float
    dropout: float
    rate: Mapping[str, float]
    rows: int
    batch: int
    warmup: float
    context: int
    checkpoint_steps: int
    mixture: Mapping[str, float]
    finish: Mapping[str, tuple[Finish, ...]]

    def stages(self, architecture: str) -> tuple[Adapter, ...]:
        """What is trained one after the other, as adapters without a finish."""
        first = replace(self, finish={})
        later = self.finish.get(architecture, ())
        return first, *(replace(first, rate={architecture: s.rate}, rows=s.rows, mixture=s.mixture) for s in later)


@dataclass(frozen=True)
class Export:
    """Quantisations of the shipped files: base through llama.cpp (such as "Q8_0"), adapter "Q8_0" or "F16"."""

    base: str
    adapter: Literal["F16", "Q8_0"]


@dataclass(frozen=True)
class Recipe:
    """All of it. path: the file it was read from. architectures: of qwen2 and qwen3; models are `NAME-ARCHITECTURE`."""

    name: str
    path: Path
    model: str
    title: str
    description: str
    seed: int
    architectures: tuple[str, ...]
    corpus: Corpus
    vocabulary: Vocabulary
    shape: Shape
    base: Base
    adapter: Adapter
    export: Export


_Section = TypeVar("_Section")


def load(name: str) -> Recipe:
    """The recipe `recipes/{name}.toml`, or the file itself when `name` ends in .toml. Raises BadInput."""
    path = Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in RECIPES.glob("*.toml")))
        raise BadInput(f"There is no recipe {path}; the recipes are {known}.") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path} is not valid TOML: {error}.") from None
    sections: Mapping[str, type[Any]] = {
        "corpus": Corpus,
        "vocabulary": Vocabulary,
        "shape": Shape,
        "base": Base,
        "adapter": Adapter,
        "export": Export,
    }
    finishes = data.get("adapter", {}).setdefault("finish", {})
    for architecture, tables in finishes.items():
        where = f"{path.name}: [[adapter.finish.{architecture}]]"
        if not isinstance(tables, list):
            raise BadInput(f"{where} must be a list of stages, with two brackets each.")
        finishes[architecture] = tuple(section(Finish, table, where) for table in tables)
    for key, kind in sections.items():
        data[key] = section(kind, data.get(key, {}), f"{path.name}: [{key}]")
    data["architectures"] = tuple(data.get("architectures", ()))
    data |= {"name": path.stem, "path": path.resolve()}
    recipe = section(Recipe, data, path.name)
    _check(recipe, path.name)
    return recipe


def section(kind: type[_Section], table: Mapping[str, Any], where: str) -> _Section:
    """`table` as a dataclass. Raises BadInput naming a missing or unknown key, after `where` it belongs."""
    wanted = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    for key in sorted(wanted - table.keys()):
        raise BadInput(f"{where} lacks {key}; add it.")
    for key in sorted(table.keys() - wanted):
        raise BadInput(f"{where} has an unknown key {key}; the keys are {', '.join(sorted(wanted))}.")
    return kind(**table)


def _check(recipe: Recipe, where: str) -> None:
    unknown = set(recipe.architectures) - set(ARCHITECTURES)
    if missing := set(recipe.architectures) - recipe.adapter.rate.keys():
        raise BadInput(f"{where}: [adapter] rate lacks {', '.join(sorted(missing))}.")
    if unknown or not recipe.architectures:
        raise BadInput(f"{where}: architectures must be among {', '.join(ARCHITECTURES)}.")
    if recipe.adapter.rank % 32:
        raise BadInput(f"{where}: [adapter] rank must be a multiple of 32, or it cannot be stored as Q8_0.")
    if recipe.adapter.context > recipe.shape.context or recipe.base.row > recipe.shape.context:
        raise BadInput(f"{where}: rows may not be longer than [shape] context.")
