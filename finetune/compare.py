"""`python -m finetune compare`: variants of LoRA trained on the same rows in the same order, over several seeds.

May import torch and peft (inside functions), scipy, numpy, `evals.table` and its siblings. Each variant and seed has a
folder of its own under the run's and is trained once: a second run goes on where the first was, and two may share the
variants out between them. Differences are taken seed by seed, so that what a seed's rows and their order do to every
variant alike is no part of the interval.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np

from finetune import base, feeding, lora
from finetune.corpus.seen import digest
from finetune.pipeline import Run, data
from finetune.provenance import sha256_of
from finetune.ragged import Ragged
from finetune.recipe import Adapter, FromNothing
from finetune.rows import TASKS
from radlite_tui.errors import BadInput

PLAIN = "lora"
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    PLAIN: {},
    "rank-32": {"rank": 32, "alpha": 64.0},
    "rank-128": {"rank": 128, "alpha": 256.0},
    "rslora": {"use_rslora": True, "alpha": 64.0},
    "dora": {"use_dora": True},
    "pissa": {"init": "pissa"},
    "mlp": {"targets": "mlp"},
    "attention": {"targets": "attention"},
}
"""What a variant changes in [adapter]. rsLoRA divides alpha by the rank's root, so 64 scales by 8 at rank 64, where
the recipe's plain 128 scales by 2; at 16 it would be plain LoRA under another name."""
CONFIDENCE = 0.95
BATCH = 16
BEGIN, END = "<!-- compare: begin -->", "<!-- compare: end -->"


@dataclass(frozen=True)
class Result:
    """One trained adapter. loss: mean over tasks of the mean loss of an answer's token; exact: mean over tasks of the
    share of validation rows whose greedy answer is the gold one to the letter; parameters: trained ones; seconds: of
    processor time; made_of: digest of the base, the rows and the settings."""

    variant: str
    seed: int
    loss: float
    exact: float
    parameters: int
    seconds: float
    made_of: str


@dataclass(frozen=True)
class Budget:
    """rows: to train on, instead of the recipe's stages. seeds: how many."""

    rows: int
    seeds: int


@dataclass(frozen=True)
class Ground:
    """What every variant stands on: a base and the rows to train on and to judge by. seed: of the recipe and model."""

    run: Run
    architecture: str
    base: Path
    adapter: Adapter
    train: Ragged
    held: Ragged
    seed: int

    @staticmethod
    def of(run: Run, architecture: str, rows: int) -> Ground:
        """Raises BadInput where the recipe has no base of its own or it is not trained yet."""
        recipe = run.recipe
        if not isinstance(recipe, FromNothing):
            raise BadInput(f"Variants are compared on bases of our own; {recipe.name} has somebody else's.")
        place = run.base(architecture)
        if not (place / "config.json").is_file():
            raise BadInput(f"There is no base in {place}; run `python -m finetune train --part base` first.")
        data(run)
        adapter = replace(recipe.adapter, rows=rows, evaluations=0, finish={})
        held, train = Ragged.load(run.data / "validation.npz"), Ragged.load(run.data / "adapter.npz")
        seed = recipe.seed + base.ARCHITECTURE_SEEDS[architecture]
        return Ground(run, architecture, place, adapter, train, held, seed)

    def made_of(self, settings: Adapter) -> str:
        """Of everything that decides a result but the seed."""
        parts = [repr(settings), *(digest(path) for path in sorted(self.base.glob("*.safetensors")))]
        parts += [sha256_of(part.offsets, part.tokens) for part in (self.train, self.held)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def model(self) -> Any:
        from transformers import AutoModelForCausalLM

        return AutoModelForCausalLM.from_pretrained(str(self.base))


def report(run: Run, architecture: str, variants: str, budget: Budget, document: Path | None = None) -> int:
    """Compare, print the table, keep it beside the results and put it into a document. Returns the exit code."""
    from evals.table import insert, require_markers

    if document is not None:
        require_markers(document, (BEGIN, END))
    chosen = [name.strip() for name in variants.split(",") if name.strip()] or list(VARIANTS)
    ground, results = compare(run, architecture, chosen, budget)
    tasks = Counter(TASKS[int(number)] for number in ground.held.marks["task"])
    head = (
        f"Recipe `{run.recipe.name}`, {architecture}, {budget.rows:,} rows, {budget.seeds} seeds; judged on "
        f"{len(ground.held)} validation rows of {len(tasks)} tasks. ± is half of a {CONFIDENCE:.0%} t interval over "
        f"seeds (t = {quantile(budget.seeds):.2f}); differences are from plain LoRA with the same seed."
    )
    text = "\n".join([head, "", *table(results)])
    (run.folder / "compare" / f"{architecture}-{budget.rows}.md").write_text(text + "\n", encoding="utf-8")
    if document is not None:
        insert(document, text, (BEGIN, END))
    print(text)
    return 0


def compare(run: Run, architecture: str, variants: Sequence[str], budget: Budget) -> tuple[Ground, list[Result]]:
    """Train and score every variant with every seed; results are kept in `compare/` of the run's folder."""
    if unknown := [name for name in variants if name not in VARIANTS]:
        raise BadInput(f"There is no variant {unknown[0]!r}; the variants are {', '.join(VARIANTS)}.")
    if budget.seeds < 2:
        raise BadInput(f"--seeds is {budget.seeds}; it must be 2 or more, or there are no intervals.")
    if budget.rows < 1:
        raise BadInput(f"--rows is {budget.rows}; it must be 1 or more.")
    ground = Ground.of(run, architecture, budget.rows)
    found = []
    for number in range(1, budget.seeds + 1):
        for variant in variants:
            folder = run.folder / "compare" / f"{architecture}-{budget.rows}" / variant / f"seed-{number}"
            result = _one(ground, variant, number, folder)
            run.say(f"{variant}, seed {number}: loss {result.loss:.4f}, exact {result.exact:.3f}")
            found.append(result)
    return ground, found


def _one(ground: Ground, variant: str, number: int, folder: Path) -> Result:
    """The result of a variant and seed: the kept one, where it was made of the same."""
    from peft import PeftModel

    settings: Adapter = replace(ground.adapter, **VARIANTS[variant])
    kept, made_of = folder / "result.json", ground.made_of(settings)
    if kept.is_file() and (before := Result(**json.loads(kept.read_text(encoding="utf-8")))).made_of == made_of:
        return before
    shutil.rmtree(folder, ignore_errors=True)
    seed = ground.seed + 100 * number
    order = feeding.sequence(ground.train, settings, seed)
    stage = lora.Stage(settings, settings.rate[ground.architecture], (order,), seed)
    began = time.process_time()
    words, rows = ground.run.tokenizer().fast(), lora.Rows(ground.train)
    tuned = lora.train([stage], ground.model, words, rows, folder / "adapter", ground.run.say)
    seconds = round(time.process_time() - began, 1)
    loss, exact = scored(PeftModel.from_pretrained(ground.model(), str(tuned)), ground.held)
    result = Result(variant, number, loss, exact, trained(settings, ground.model()), seconds, made_of)
    shutil.rmtree(folder / "adapter", ignore_errors=True)
    kept.write_text(json.dumps(asdict(result), indent=2) + "\n", encoding="utf-8")
    return result


def trained(settings: Adapter, model: Any) -> int:
    """How many parameters an adapter trains."""
    from peft import get_peft_model

    with_adapter = get_peft_model(model, lora.config(replace(settings, init="default")))
    return sum(p.numel() for p in with_adapter.parameters() if p.requires_grad)


def scored(model: Any, rows: Ragged) -> tuple[float, float]:
    """(loss, exact) of a model on rows, see Result.

    Where every token of the gold answer is the likeliest after those before it, greedy decoding writes the gold answer;
    so exactness needs no decoding.
    """
    import torch

    model.eval()
    losses: dict[int, list[float]] = {}
    right: dict[int, list[bool]] = {}
    order = np.argsort(rows.lengths(), kind="stable")
    for start in range(0, len(order), BATCH):
        numbers = [int(n) for n in order[start : start + BATCH]]
        batch = feeding.dataset(rows, numbers)
        width = max(len(ids) for ids in batch["input_ids"])
        ids = torch.tensor([row + [0] * (width - len(row)) for row in batch["input_ids"]])
        labels = torch.tensor([row + [feeding.IGNORED] * (width - len(row)) for row in batch["labels"]])[:, 1:]
        with torch.no_grad():
            logits = model(input_ids=ids, use_cache=False).logits[:, :-1].float()
        each = torch.nn.functional.cross_entropy(
            logits.transpose(1, 2), labels, ignore_index=feeding.IGNORED, reduction="none"
        )
        answer = labels != feeding.IGNORED
        whole = ((logits.argmax(dim=-1) == labels) | ~answer).all(dim=1).tolist()
        means = (each.sum(dim=1) / answer.sum(dim=1)).tolist()
        for number, loss, same in zip(numbers, means, whole, strict=True):
            task = int(rows.marks["task"][number])
            losses.setdefault(task, []).append(loss)
            right.setdefault(task, []).append(same)
    return mean(mean(found) for found in losses.values()), mean(mean(found) for found in right.values())


def quantile(count: int) -> float:
    """Student's t for a two-sided interval of the mean of so many values."""
    from scipy.stats import t

    return float(t.ppf((1 + CONFIDENCE) / 2, count - 1))


def interval(values: Sequence[float]) -> tuple[float, float]:
    """(mean, half width) of Student's interval of a mean."""
    return mean(values), quantile(len(values)) * stdev(values) / math.sqrt(len(values))


def table(results: Sequence[Result]) -> list[str]:
    """A Markdown table: each variant's means, and its difference from plain LoRA, seed by seed, with intervals."""
    lines = [
        "| variant | changes in [adapter] | parameters | loss | exact | loss, difference | exact, difference | CPU s |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    plain = {result.seed: result for result in results if result.variant == PLAIN}
    for variant in dict.fromkeys(result.variant for result in results):
        own = [result for result in results if result.variant == variant]
        paired = [(result, plain[result.seed]) for result in own if result.seed in plain and variant != PLAIN]
        cells = [
            variant,
            ", ".join(f"`{key} = {json.dumps(value)}`" for key, value in VARIANTS[variant].items()) or "none",
            f"{own[0].parameters:,}",
            _figure([r.loss for r in own], 3),
            _figure([r.exact for r in own], 3),
            _figure([r.loss - p.loss for r, p in paired], 3, signed=True),
            _figure([r.exact - p.exact for r, p in paired], 3, signed=True),
            f"{mean(r.seconds for r in own):.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _figure(values: Sequence[float], digits: int, *, signed: bool = False) -> str:
    if len(values) < 2:
        return ""
    middle, half = interval(values)
    return f"{middle:{'+' if signed else ''}.{digits}f} ± {half:.{digits}f}"
