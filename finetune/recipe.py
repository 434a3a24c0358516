"""A recipe: everything that decides what `python -m finetune` builds, read from `recipes/NAME.toml`.

There are two kinds: models from nothing, and an adapter on somebody else's base (a recipe with a [pretrained] section).

May import `radlite_tui.errors` only. Unknown and missing keys are errors that name the file and the key, so a typing
mistake never trains the wrong thing in silence.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from radlite_tui.errors import BadInput

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RECIPES = Path(__file__).parent / "recipes"
ARCHITECTURES = ("qwen2", "qwen3")
ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
MLP = ("gate_proj", "up_proj", "down_proj")
INITS = ("default", "gaussian", "orthogonal", "olora", "pissa")
WRITTEN: Mapping[str, tuple[tuple[type, ...], str]] = {
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "bool": ((bool,), "true or false"),
    "str": ((str,), "text in quotes"),
}
"""How values of these types are written in a recipe."""
TARGETS = {"all": (*ATTENTION, *MLP), "attention": ATTENTION, "mlp": MLP}


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

    matrix_rate: Muon, for the hidden matrices; query_key_rate: for those of queries and keys where the architecture has
    no norm on them; embedding_rate: AdamW, for all else. warmup, decay: shares of the run.
    prompt_weight: of a token that is not part of an answer, whose weight is 1. compile: use torch.compile.
    mixture: kind of document -> share of the tokens (see `documents.KINDS`).
    """

    tokens: int
    row: int
    batch: int
    matrix_rate: float
    query_key_rate: float
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


@dataclass(frozen=True, kw_only=True)
class Lora:
    """What every adapter's training has. rank must be a multiple of 32; batch: rows (packed ones, if packing) a step.

    context: tokens; longer rows are counted and left out, never cut. device_batch: rows that one device takes at once,
    0 for all of its share; a step then adds up as many of these as make a batch, on however many devices there are.
    targets: "all" seven projections, "mlp" or "attention". init: as PEFT's `init_lora_weights`, one of INITS.
    packing: several rows fill one of `context` tokens and do not see each other. evaluations: how often the loss on
    `validation` rows of each task is measured. compile: use torch.compile.
    """

    rank: int
    alpha: float
    dropout: float
    batch: int
    warmup: float
    context: int
    checkpoint_steps: int
    schedule: Literal["linear", "cosine"] = "linear"
    weight_decay: float = 0.0
    targets: str = "all"
    use_rslora: bool = False
    use_dora: bool = False
    init: str = "default"
    packing: bool = False
    device_batch: int = 0
    gradient_checkpointing: bool = False
    compile: bool = False
    evaluations: int = 0
    validation: int = 0

    @property
    def projections(self) -> tuple[str, ...]:
        """The matrices of a layer that get an adapter."""
        return TARGETS[self.targets]


@dataclass(frozen=True, kw_only=True)
class Adapter(Lora):
    """LoRA on a base of our own. rows: to train on.

    rate: architecture -> learning rate. mixture: task -> weight, by rows. finish: architecture -> its further stages,
    in order, where it has any.
    """

    rate: Mapping[str, float]
    rows: int
    mixture: Mapping[str, float]
    finish: Mapping[str, tuple[Finish, ...]]

    def stages(self, architecture: str) -> tuple[Adapter, ...]:
        """What is trained one after the other, as adapters without a finish."""
        first = replace(self, finish={})
        later = self.finish.get(architecture, ())
        return first, *(replace(first, rate={architecture: s.rate}, rows=s.rows, mixture=s.mixture) for s in later)


@dataclass(frozen=True, kw_only=True)
class Tuning(Lora):
    """LoRA on somebody else's base. rate: the highest learning rate. epochs: passes through the mix."""

    rate: float
    epochs: int


@dataclass(frozen=True, kw_only=True)
class Pretrained:
    """The base model. model: a local folder, or a name on the hub. attention: as transformers' `attn_implementation`,
    "auto" for flash attention where it is installed and PyTorch's own elsewhere. quantization: "none" or "4bit"."""

    model: str
    attention: str = "auto"
    quantization: Literal["none", "4bit"] = "none"


@dataclass(frozen=True)
class BuiltRows:
    """What it learns from. set: the folder of a built set. mix: a name in finetune/mixes, or a .toml file."""

    set: str
    mix: str


@dataclass(frozen=True)
class Export:
    """Quantisations of the shipped files: base through llama.cpp (such as "Q8_0"), adapter "Q8_0" or "F16".

    importance: weigh columns by an importance matrix of our corpus while quantising (see `importance`).
    """

    base: str
    adapter: Literal["F16", "Q8_0"]
    importance: bool = False


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What both kinds have. path: the file it was read from. architectures: of qwen2 and qwen3; models are
    `NAME-ARCHITECTURE`."""

    name: str
    path: Path
    model: str
    title: str
    description: str
    seed: int
    architectures: tuple[str, ...]
    adapter: Lora
    export: Export


@dataclass(frozen=True, kw_only=True)
class FromNothing(Recipe):
    """Bases of our own from random weights, on our synthetic corpus, and an adapter each."""

    corpus: Corpus
    vocabulary: Vocabulary
    shape: Shape
    base: Base
    adapter: Adapter


@dataclass(frozen=True, kw_only=True)
class FromBase(Recipe):
    """An adapter on somebody else's base, on a built set."""

    pretrained: Pretrained
    rows: BuiltRows
    adapter: Tuning


_Section = TypeVar("_Section")


def load(name: str) -> FromNothing | FromBase:
    """The recipe `recipes/{name}.toml`, or the file itself when `name` ends in .toml. Raises BadInput."""
    path = Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in RECIPES.glob("*.toml")))
        raise BadInput(f"There is no recipe {path}; the recipes are {known}.") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path} is not valid TOML: {error}.") from None
    data["architectures"] = tuple(data.get("architectures", ()))
    data |= {"name": path.stem, "path": path.resolve()}
    recipe = _from_base(data, path.name) if "pretrained" in data else _from_nothing(data, path.name)
    _check(recipe, path.name)
    return recipe


def _from_nothing(data: dict[str, Any], where: str) -> FromNothing:
    finishes = data.get("adapter", {}).setdefault("finish", {})
    for architecture, tables in finishes.items():
        stage = f"{where}: [[adapter.finish.{architecture}]]"
        if not isinstance(tables, list):
            raise BadInput(f"{stage} must be a list of stages, with two brackets each.")
        finishes[architecture] = tuple(section(Finish, table, stage) for table in tables)
    kinds = {"corpus": Corpus, "vocabulary": Vocabulary, "shape": Shape, "base": Base}
    _sections(data, {**kinds, "adapter": Adapter, "export": Export}, where)
    recipe = section(FromNothing, data, where)
    if missing := set(recipe.architectures) - recipe.adapter.rate.keys():
        raise BadInput(f"{where}: [adapter] rate lacks {', '.join(sorted(missing))}.")
    if recipe.adapter.context > recipe.shape.context or recipe.base.row > recipe.shape.context:
        raise BadInput(f"{where}: rows may not be longer than [shape] context.")
    return recipe


def _from_base(data: dict[str, Any], where: str) -> FromBase:
    _sections(data, {"pretrained": Pretrained, "rows": BuiltRows, "adapter": Tuning, "export": Export}, where)
    recipe = section(FromBase, data, where)
    _among(recipe.pretrained.quantization, ("none", "4bit"), f"{where}: [pretrained] quantization")
    if len(recipe.architectures) != 1:
        raise BadInput(f"{where}: architectures must name one, that of the base model.")
    return recipe


def _sections(data: dict[str, Any], kinds: Mapping[str, type[Any]], where: str) -> None:
    for key, kind in kinds.items():
        table = data.get(key, {})
        if not isinstance(table, Mapping):
            raise BadInput(f"{where}: {key} must be a section, [{key}].")
        data[key] = section(kind, table, f"{where}: [{key}]")


def section(kind: type[_Section], table: Mapping[str, Any], where: str) -> _Section:
    """`table` as a dataclass. Raises BadInput naming a missing or unknown key, after `where` it belongs."""
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    needed = {field.name for field in fields(kind) if field.default is MISSING}  # type: ignore[arg-type]
    for key in sorted(needed - table.keys()):
        raise BadInput(f"{where} lacks {key}; add it.")
    for key in sorted(table.keys() - known):
        raise BadInput(f"{where} has an unknown key {key}; the keys are {', '.join(sorted(known))}.")
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name in table and (wanted := WRITTEN.get(str(field.type))):
            _written(table[field.name], *wanted, f"{where}: {field.name}")
    return kind(**table)


def _written(value: Any, kinds: tuple[type, ...], told: str, what: str) -> None:
    """Raises BadInput for a value that is no number, truth or text where one must be; true is no number."""
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise BadInput(f"{what} is {value!r}; it must be {told}.")


def _check(recipe: Recipe, where: str) -> None:
    adapter, own = recipe.adapter, f"{where}: [adapter]"
    if set(recipe.architectures) - set(ARCHITECTURES) or not recipe.architectures:
        raise BadInput(f"{where}: architectures must be among {', '.join(ARCHITECTURES)}.")
    if adapter.rank < 1 or adapter.rank % 32:
        raise BadInput(f"{own} rank must be a multiple of 32, or it cannot be stored as Q8_0.")
    if adapter.batch < 1 or (adapter.device_batch and adapter.batch % adapter.device_batch):
        raise BadInput(f"{own} batch must be at least 1 and a multiple of device_batch.")
    _among(adapter.targets, tuple(TARGETS), f"{own} targets")
    _among(adapter.schedule, ("linear", "cosine"), f"{own} schedule")
    if not re.fullmatch(rf"{'|'.join(INITS)}|pissa_niter_\d+", adapter.init):
        raise BadInput(f"{own} init is {adapter.init!r}; it must be one of {', '.join(INITS)}, pissa_niter_NUMBER.")
    _check_numbers(adapter, own)


def _check_numbers(adapter: Lora, own: str) -> None:
    """Raises BadInput for a number that is out of its range."""
    given: float | Mapping[str, float] = getattr(adapter, "rate", 1.0)
    rates = given.values() if isinstance(given, Mapping) else (given,)
    for key, fine, wanted in (
        ("rate", all(rate > 0 for rate in rates), "above 0"),
        ("alpha", adapter.alpha > 0, "above 0"),
        ("dropout", 0 <= adapter.dropout < 1, "at least 0 and below 1"),
        ("warmup", 0 <= adapter.warmup < 1, "at least 0 and below 1"),
        ("context", adapter.context > 0, "above 0"),
        ("checkpoint_steps", adapter.checkpoint_steps > 0, "above 0"),
        ("epochs", getattr(adapter, "epochs", 1) > 0, "above 0"),
        ("evaluations", adapter.evaluations >= 0, "at least 0"),
        ("validation", adapter.validation >= 0, "at least 0"),
    ):
        if not fine:
            raise BadInput(f"{own} {key} is {getattr(adapter, key)}; it must be {wanted}.")


def _among(value: str, known: Sequence[str], what: str) -> None:
    if value not in known:
        raise BadInput(f"{what} is {value!r}; it must be one of {', '.join(known)}.")
