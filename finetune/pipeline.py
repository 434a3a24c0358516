"""The stages of a recipe, each resumable and skipped when its output is there: data, train; see `exporting` for more.

May import everything in `finetune` and `radlite_tui.models.manifest`; heavy imports stay inside the functions of its
siblings. Everything it writes is under `runs/RECIPE/` (or --out), but for the installed files.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from finetune import base, documents, feeding, lora, provenance, ranks, rows, tuning, unseen
from finetune.exporting import export, install
from finetune.ragged import Ragged
from finetune.recipe import FromBase, FromNothing
from finetune.tokenizer import Tokenizer
from radlite_tui.errors import BadInput
from radlite_tui.tasks.prompt import DEFAULT_LAYOUT

EMBEDDED = Path(__file__).parent.parent / "radlite_tui" / "models" / "embedded"
CONVERSATION_SEED = 101
REPORT_SEED = 202
DRILL_SEED = 303

Say = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """Where the outputs of one recipe live. say: told each stage in a line."""

    recipe: FromNothing | FromBase
    folder: Path
    say: Say

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def of(self, architecture: str) -> Path:
        """The folder of one model."""
        return self.folder / architecture

    def base(self, architecture: str) -> Path:
        """The folder of the model that an adapter is trained on, tokenizer.json beside it or in `vocabulary`."""
        if isinstance(self.recipe, FromBase):
            return tuning.folder(self.recipe)
        return self.of(architecture) / "base" / "final"

    @property
    def vocabulary(self) -> Path:
        """The folder with tokenizer.json."""
        return tuning.folder(self.recipe) if isinstance(self.recipe, FromBase) else self.folder / "tokenizer"

    def tokenizer(self) -> Tokenizer:
        return Tokenizer.load(self.vocabulary)


def data(run: Run) -> None:
    """Write what a recipe learns from as tokens, with counts in data.json."""
    with ranks.first_alone():
        if not (run.data / "data.json").is_file():
            if isinstance(run.recipe, FromBase):
                tuning.data(run.recipe, run.data, run.say)
            else:
                _corpus(run, run.recipe)
        if isinstance(run.recipe, FromNothing) and not (run.data / "validation.npz").is_file():
            _validation(run, run.recipe)


def _corpus(run: Run, recipe: FromNothing) -> None:
    """The vocabulary, the base documents and the adapter rows of our own corpus."""
    from finetune import corpus

    wanted = recipe.corpus
    started = time.monotonic()
    run.say("data: writing cases")
    cases = list(corpus.build(wanted.cases, "train", wanted.seed))
    corpus.write(_made(run.data) / "cases.jsonl", cases)
    run.say(f"data: {len(cases)} cases; writing documents")
    written = list(base_documents(recipe, cases))
    if not (run.folder / "tokenizer" / "tokenizer.json").is_file():
        step = max(1, len(written) // recipe.vocabulary.documents)
        texts = [document.text() for document in written[::step]]
        texts += [text.text for case in cases[:: max(1, len(cases) // 500)] for text in rows.texts(case)]
        Tokenizer.train(texts, recipe.vocabulary.size).save(run.folder / "tokenizer")
    tokenizer = run.tokenizer()
    reading = documents.encode(written, tokenizer)
    reading.save(run.data / "base.npz")
    answers, dropped = rows.encode(cases, tokenizer, recipe.adapter.context)
    answers.save(run.data / "adapter.npz")
    kinds = reading.marks["kind"]
    facts = {
        "vocabulary": tokenizer.size,
        "documents": {kind: int((kinds == i).sum()) for i, kind in enumerate(documents.KINDS)},
        "document_tokens": {kind: int(reading.lengths()[kinds == i].sum()) for i, kind in enumerate(documents.KINDS)},
        "rows": {tag: int((answers.marks["task"] == i).sum()) for i, tag in enumerate(rows.TASKS)},
        "row_tokens": {
            tag: int(answers.lengths()[answers.marks["task"] == i].sum()) for i, tag in enumerate(rows.TASKS)
        },
        "rows_too_long": dict(dropped),
        "seconds": round(time.monotonic() - started, 1),
    }
    _write_json(run.data / "data.json", facts)
    run.say(f"data: {facts}")


def base_documents(recipe: FromNothing, cases: list[Any]) -> Iterator[documents.Document]:
    """All documents the base may read, by the recipe's counts; train split only."""
    from finetune import corpus
    from finetune.corpus import drills

    seed = recipe.corpus.seed
    for text in islice(corpus.reports("train", seed + REPORT_SEED), recipe.corpus.reports):
        yield documents.plain("report", text)
    for text in islice(drills.documents("train", seed + DRILL_SEED), recipe.corpus.drills):
        yield documents.plain("drill", text)
    yield from documents.conversations(cases, seed + CONVERSATION_SEED)
    yield from documents.shots(cases[:: recipe.corpus.shots_every], seed + CONVERSATION_SEED)


def train(
    run: Run,
    architecture: str,
    stage: str = "all",
    base_minutes: float | None = None,
    adapter_minutes: float | None = None,
) -> None:
    """Train one base, where the recipe has none yet, and its adapter. stage: "base", "adapter" or "all"."""
    data(run)
    seed = run.recipe.seed + base.ARCHITECTURE_SEEDS[architecture]
    if stage in ("base", "all") and isinstance(run.recipe, FromNothing):
        _base(run, run.recipe, architecture, seed, base_minutes)
    if stage in ("adapter", "all"):
        _adapter(run, architecture, seed, adapter_minutes)


def _base(run: Run, recipe: FromNothing, architecture: str, seed: int, minutes: float | None) -> None:
    place = run.of(architecture) / "base"
    if (place / "final" / "config.json").is_file():
        return
    if ranks.processes() > 1:
        raise BadInput("A base is trained by one process; run `train --part base` without a launcher first.")
    reading, tokenizer = Ragged.load(run.data / "base.npz"), run.tokenizer()
    packed = base.rows_of(recipe, reading, documents.KINDS, seed)
    run.say(f"{architecture}: base, {packed.tokens.size:,} tokens, {packed.too_long} documents longer than a row")
    lent = unseen.lenders(reading, tokenizer)
    base.train(recipe, architecture, place, packed, tokenizer.size, seed, minutes, lent, run.say)


def _adapter(run: Run, architecture: str, seed: int, minutes: float | None) -> None:
    recipe, tokenizer = run.recipe, run.tokenizer()
    answers = lora.Rows(Ragged.load(run.data / "adapter.npz"), Ragged.load(run.data / "validation.npz"))
    if isinstance(recipe, FromBase):
        stages, layout = tuning.stages(recipe, run.data, minutes), rows.layout_of(architecture, tokenizer)
    else:
        stages, layout = _stages(recipe, architecture, answers.train, seed, minutes), DEFAULT_LAYOUT
    count = sum(len(epoch) for stage in stages for epoch in stage.epochs)
    run.say(f"{architecture}: adapter, {count:,} rows of {len(answers.train):,}")
    place = run.base(architecture)

    def manifest(final: Path, logs: Sequence[Path], took: float) -> None:
        provenance.write(final, recipe, place, layout, _made_of(run, answers, stages), logs, took)

    fast = tokenizer.fast()
    lora.train(
        stages, lambda: _model(recipe, place), fast, answers, run.of(architecture) / "adapter", run.say, manifest
    )


def _stages(
    recipe: FromNothing, architecture: str, answers: Ragged, seed: int, minutes: float | None
) -> list[lora.Stage]:
    """The stages of an adapter on a base of our own."""
    wanted = recipe.adapter.stages(architecture)
    total = sum(adapter.rows for adapter in wanted)
    return [
        lora.Stage(
            adapter,
            adapter.rate[architecture],
            (feeding.sequence(answers, adapter, seed + number),),
            seed + number,
            minutes * adapter.rows / total if minutes else None,
        )
        for number, adapter in enumerate(wanted)
    ]


def _model(recipe: FromNothing | FromBase, place: Path) -> Any:
    from transformers import AutoModelForCausalLM

    if isinstance(recipe, FromBase):
        return tuning.model(recipe, place)
    return AutoModelForCausalLM.from_pretrained(str(place))


def _made_of(run: Run, answers: lora.Rows, stages: Sequence[lora.Stage]) -> dict[str, Any]:
    """The hashes of the rows: as tokens by split, of their order by stage, and of the built set where there is one."""
    found: dict[str, Any] = {
        "rows": {
            split: {"rows": len(part), "sha256": provenance.sha256_of(part.offsets, part.tokens)}
            for split, part in (("train", answers.train), ("validation", answers.validation))
        },
        "mixture": [provenance.sha256_of(*map(np.asarray, stage.epochs)) for stage in stages],
    }
    return found | (tuning.made_of(run.recipe, run.data) if isinstance(run.recipe, FromBase) else {})


def _validation(run: Run, recipe: FromNothing) -> None:
    """The rows that the loss of each task is measured on while an adapter is trained."""
    from finetune import corpus

    counts = dict.fromkeys(recipe.corpus.cases, recipe.adapter.validation)
    cases = corpus.build(counts, "validation", recipe.corpus.seed)
    held, _ = rows.encode(cases, run.tokenizer(), recipe.adapter.context)
    held.save(run.data / "validation.npz")


def everything(run: Run, where: Path, base_minutes: float | None = None, adapter_minutes: float | None = None) -> None:
    """Data, then all models side by side (a process of one thread each is fastest on two cores), then export."""
    data(run)
    if isinstance(run.recipe, FromNothing):
        _side_by_side(run, base_minutes, adapter_minutes)
    for architecture in run.recipe.architectures:
        if isinstance(run.recipe, FromBase):
            train(run, architecture, adapter_minutes=adapter_minutes)
        export(run, architecture)
        install(run, architecture, where)


def _side_by_side(run: Run, base_minutes: float | None, adapter_minutes: float | None) -> None:
    command = [sys.executable, "-m", "finetune", "train", "--recipe", str(run.recipe.path), "--out", str(run.folder)]
    if base_minutes is not None:
        command += ["--base-minutes", str(base_minutes)]
    if adapter_minutes is not None:
        command += ["--adapter-minutes", str(adapter_minutes)]
    started = [subprocess.Popen([*command, "--architecture", a, "--threads", "1"]) for a in run.recipe.architectures]
    codes = [process.wait() for process in started]
    for architecture, code in zip(run.recipe.architectures, codes, strict=True):
        if code:
            raise BadInput(f"Training {architecture} ended with code {code}; run the same command again to resume it.")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
