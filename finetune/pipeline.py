"""The stages of a recipe, each resumable and skipped when its output is there: data and train; `exporting` has the rest.

May import everything in `finetune` and `radlite_tui.models.manifest`; heavy imports stay inside the functions of its
siblings. Everything it writes is under `runs/RECIPE/` (or --out), but for the installed files.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from finetune import base, documents, lora, rows, unseen
from finetune.exporting import export, install
from finetune.ragged import Ragged
from finetune.recipe import Recipe
from finetune.tokenizer import Tokenizer
from radlite_tui.errors import BadInput

EMBEDDED = Path(__file__).parent.parent / "radlite_tui" / "models" / "embedded"
CONVERSATION_SEED = 101
REPORT_SEED = 202
DRILL_SEED = 303

Say = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """Where the outputs of one recipe live. say: told each stage in a line."""

    recipe: Recipe
    folder: Path
    say: Say

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def of(self, architecture: str) -> Path:
        """The folder of one model."""
        return self.folder / architecture

    def tokenizer(self) -> Tokenizer:
        return Tokenizer.load(self.folder / "tokenizer")


def data(run: Run) -> None:
    """Write the corpus as tokens: the vocabulary, the base documents and the adapter rows, with counts in data.json."""
    from finetune import corpus

    if (run.data / "data.json").is_file():
        return
    recipe, wanted = run.recipe, run.recipe.corpus
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


def base_documents(recipe: Recipe, cases: list[Any]) -> Iterator[documents.Document]:
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
    """Train one base and its adapter. stage: "base", "adapter" or "all"."""
    data(run)
    tokenizer, folder = run.tokenizer(), run.of(architecture)
    seed = run.recipe.seed + base.ARCHITECTURE_SEEDS[architecture]
    if stage in ("base", "all"):
        reading = Ragged.load(run.data / "base.npz")
        packed = base.rows_of(run.recipe, reading, documents.KINDS, seed)
        run.say(f"{architecture}: base, {packed.tokens.size:,} tokens, {packed.too_long} documents longer than a row")
        lent = unseen.lenders(reading, tokenizer)
        base.train(run.recipe, architecture, folder / "base", packed, tokenizer.size, seed, base_minutes, lent)
    if stage in ("adapter", "all"):
        answers = Ragged.load(run.data / "adapter.npz")
        run.say(f"{architecture}: adapter, {run.recipe.adapter.rows:,} rows of {len(answers):,}")
        lora.train(
            run.recipe, folder / "base" / "final", tokenizer.fast(), answers, folder / "adapter", seed, adapter_minutes
        )


def everything(run: Run, where: Path, base_minutes: float | None = None, adapter_minutes: float | None = None) -> None:
    """Data, then all models side by side (a process of one thread each is fastest on two cores), then export."""
    data(run)
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
        export(run, architecture)
        install(run, architecture, where)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
