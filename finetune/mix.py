"""A mix: how many rows of each task are used and how often each is drawn, and the order that follows from it.

`mixes/NAME.toml` says it. `index` writes, for every epoch, the numbers of the train rows of a built set in the order
they are trained on: the same for the same set, mix and vocabulary, so training resumes anywhere. May import the
corpus, `rows`, `mixture`, numpy; never torch.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from finetune.corpus import arrow
from finetune.corpus.row import case_of
from finetune.corpus.seen import digest
from finetune.mixture import epoch
from finetune.recipe import section
from finetune.rows import layout_of, row
from finetune.tokenizer import Tokenizer
from radlite_tui import toml
from radlite_tui.errors import BadInput
from radlite_tui.tasks import TAGS, Mode

MIXES = Path(__file__).parent / "mixes"
INDEX = "index.json"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Share:
    """rows: of the task's train rows, at most. weight: how often one is drawn, compared with a row of weight 1."""

    rows: int
    weight: float


@dataclass(frozen=True)
class Mix:
    """context: tokens; longer rows are left out. length: rows an epoch, 0 for as many as are used."""

    seed: int
    context: int
    length: int
    epochs: int
    tasks: Mapping[str, Share]


def load(name: str) -> Mix:
    """The mix `mixes/{name}.toml`, or the file itself when `name` ends in .toml. Raises BadInput."""
    path = Path(name) if name.endswith(".toml") else MIXES / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in MIXES.glob("*.toml")))
        raise BadInput(f"There is no mix {path}; the mixes are {known}.")
    table = toml.read(path, "mix")
    tasks = table.get("tasks", {})
    if unknown := set(tasks) - set(TAGS):
        raise BadInput(f"{path.name}: [tasks] has no task {sorted(unknown)[0]!r}; the tasks are {', '.join(TAGS)}.")
    table["tasks"] = {tag: section(Share, share, f"{path.name}: [tasks.{tag}]") for tag, share in tasks.items()}
    mix = section(Mix, table, path.name)
    if any(share.rows < 1 or share.weight < 0 for share in mix.tasks.values()) or mix.context < 1 or mix.epochs < 1:
        raise BadInput(f"{path.name}: rows, context and epochs must be at least 1, and no weight may be negative.")
    return mix


def index(
    folder: Path, rows: Path, name: str, vocabulary: Path, architecture: str, say: Say, epochs: int | None = None
) -> dict[str, Any]:
    """Write the epochs of a mix over a built set into `folder`; those that are there are kept. Returns index.json.

    rows: the set. vocabulary: a folder with tokenizer.json, such as the base model's. Raises BadInput when `folder`
    holds an index of another set, mix or vocabulary.
    """
    mix = load(name)
    made_of = {
        "mix": json.loads(json.dumps(mix, default=vars)) | {"epochs": None},
        "set": arrow.manifest(rows).get("sha256"),
        "vocabulary": _sha256(vocabulary / "tokenizer.json"),
        "architecture": architecture,
    }
    facts = _there(folder, made_of)
    if facts is None:
        used, left_out = usable(rows, mix, Tokenizer.load(vocabulary), architecture, say)
        folder.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {tag: np.asarray(n, dtype=np.uint32) for tag, n in used.items()}
        np.savez(folder / "used.part.npz", **arrays)
        (folder / "used.part.npz").replace(folder / "used.npz")
        facts = {**made_of, "rows": {tag: len(n) for tag, n in used.items()}, "left_out": left_out, "epochs": []}
        _write(folder / INDEX, facts)
    with np.load(folder / "used.npz") as archive:
        used = {tag: archive[tag].tolist() for tag in archive.files}
    sizes = {tag: len(numbers) for tag, numbers in used.items()}
    weights = {tag: share.weight for tag, share in mix.tasks.items()}
    length = mix.length or sum(sizes.values())
    for number in range(len(facts["epochs"]), epochs or mix.epochs):
        drawn = epoch(sizes, weights, length, mix.seed, number)
        order = np.asarray([used[tag][item] for tag, item in drawn], dtype=np.uint32)
        np.save(folder / f"epoch-{number}.npy", order)
        counts = Counter(tag for tag, _ in drawn)
        facts["epochs"].append(_described(order, counts, sizes, number))
        _write(folder / INDEX, facts)
        say(f"epoch {number}: {len(order):,} rows, {', '.join(f'{tag} {counts[tag]:,}' for tag in sorted(counts))}")
    return facts


def _described(order: Any, counts: Mapping[str, int], sizes: Mapping[str, int], number: int) -> dict[str, Any]:
    """An epoch for index.json: rows drawn of each task, passes through it by the end of the epoch, and a checksum."""
    return {
        "rows": len(order),
        "drawn": dict(sorted(counts.items())),
        "passes": {tag: round(counts[tag] * (number + 1) / sizes[tag], 3) for tag in sorted(counts)},
        "sha256": hashlib.sha256(order.tobytes()).hexdigest(),
    }


def read_epoch(folder: Path, number: int, done: int = 0) -> Any:
    """The numbers of the train rows of an epoch, in order, after the first `done`. Raises BadInput when damaged."""
    facts = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    if number >= len(facts["epochs"]):
        raise BadInput(f"{folder} holds {len(facts['epochs'])} epochs; make more with --epochs {number + 1}.")
    path = folder / f"epoch-{number}.npy"
    order = np.load(path) if path.is_file() else np.zeros(0, dtype=np.uint32)
    if hashlib.sha256(order.tobytes()).hexdigest() != facts["epochs"][number]["sha256"]:
        raise BadInput(f"{path} is not the epoch that {INDEX} describes; delete the folder and make the index again.")
    return order[done:]


def usable(
    folder: Path, mix: Mix, tokenizer: Tokenizer, architecture: str, say: Say
) -> tuple[dict[str, list[int]], dict[str, int]]:
    """Numbers of the train rows that are used, by task, and how many were longer than the context.

    Which rows are used where there are more than wanted depends on the seed and their ids, not on their order.
    """
    train = arrow.load(folder)["train"]
    layout = layout_of(architecture, tokenizer)
    by_task: dict[str, list[tuple[bytes, int]]] = {tag: [] for tag in mix.tasks}
    for number, (tag, name) in enumerate(zip(train["task"], train["id"], strict=True)):
        if tag in by_task:
            by_task[tag].append((blake2b(f"{mix.seed}/{name}".encode(), digest_size=8).digest(), number))
    used: dict[str, list[int]] = {}
    left_out: dict[str, int] = {}
    for tag, share in mix.tasks.items():
        taken: list[int] = []
        too_long = 0
        for _, number in sorted(by_task[tag]):
            if len(taken) == share.rows:
                break
            made = row(case_of(train[number]), tokenizer, Mode.FINE_TUNED, layout)
            if len(made.ids) > mix.context:
                too_long += 1
            else:
                taken.append(number)
        used[tag], left_out[tag] = taken, too_long
        short = f"; {share.rows - len(taken):,} fewer than the mix asks for" if len(taken) < share.rows else ""
        say(f"{tag}: {len(taken):,} rows, {too_long:,} longer than {mix.context:,} tokens left out{short}")
    if not any(used.values()):
        raise BadInput(f"The set in {folder} has no train row of a task of the mix.")
    return used, left_out


def _there(folder: Path, made_of: Mapping[str, Any]) -> dict[str, Any] | None:
    path = folder / INDEX
    if not path.is_file():
        return None
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for key, value in made_of.items():
        if facts.get(key) != value:
            raise BadInput(f"{folder} holds an index of another {key}; give another folder, or delete that one.")
    return facts


def _sha256(path: Path) -> str:
    if not path.is_file():
        raise BadInput(f"There is no {path}; give --tokenizer the folder of the base model.")
    return digest(path)


def _write(path: Path, facts: Mapping[str, Any]) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    part.replace(path)
