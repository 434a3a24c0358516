"""Do the GGUF files say what PyTorch says? Logits, labels and the tokenizer of adapter-on-base and merged, compared.

May import torch, peft, llama_cpp and gguf (inside functions) and its siblings. Tolerances are stated here and were set
from what llama.cpp's F16 arithmetic gives on these models; an export fault (a wrong scale, a swapped tensor) is far
beyond them.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finetune import labels, logits
from finetune.logits import Logits, deviation
from finetune.pipeline import Run
from finetune.progress import Progress
from finetune.ragged import Ragged
from finetune.tokenizer import CONTROLS, Tokenizer

PROMPTS = 32
TEXTS = 1000
SEED = 5

FOLDED_TOLERANCE = 0.001
"""Largest difference of any logit of the merged folder in PyTorch, as a share of the spread (standard deviation) of the
prompt's logits."""
F16_TOLERANCE = 0.02
"""The same of F16 files in llama.cpp."""
QUANTISED_TOLERANCE = 0.35
"""The same at Q8_0; 0.25 was seen on a small model that is sure of itself."""
SMALL_TOLERANCE = 3.0
"""The same of anything smaller than Q8_0: an alarm for files that are broken, not a promise about their quality."""
QUANTISED_AGREEMENT = 0.9
"""Share of prompts whose likeliest next token, and of reports whose label, is PyTorch's: F16 and Q8_0."""
SMALL_AGREEMENT = 0.6
"""The same of anything smaller."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Finding:
    """One check: what, the figure, the bound it must keep, and whether it does."""

    what: str
    figure: float
    bound: float
    ok: bool


@dataclass(frozen=True)
class File:
    """A model file to compare. what: in words. kind: how its weights are stored, such as F16 or Q4_K_M."""

    what: str
    model: Path
    adapter: Path | None
    kind: str

    @property
    def tolerance(self) -> float:
        """How far a logit may be off."""
        if self.kind in ("F16", "BF16", "F32"):
            return F16_TOLERANCE
        return QUANTISED_TOLERANCE if self.kind == "Q8_0" else SMALL_TOLERANCE

    @property
    def agreement(self) -> float:
        """The share of answers that must be the same."""
        return QUANTISED_AGREEMENT if self.tolerance < SMALL_TOLERANCE else SMALL_AGREEMENT


@dataclass(frozen=True)
class Subject:
    """What is compared: the trained folders, the merged one, the files, and prompts as token ids."""

    name: str
    architecture: str
    base: Path
    adapter: Path | None
    merged: Path | None
    files: tuple[File, ...]
    prompts: list[list[int]]
    tokenizer: Tokenizer
    seed: int


def report(run: Run, architectures: Sequence[str]) -> int:
    """Check all models of a run, say what was found, and return the exit code: 0 when everything agrees."""
    return max([check(of_run(run, architecture), run.say) for architecture in architectures], default=0)


def of_run(run: Run, architecture: str) -> Subject:
    """The files of a recipe's model."""
    from finetune.exporting import merge, there

    folder = run.of(architecture)
    gguf, kinds = folder / "gguf", run.recipe.export
    there(gguf / "base-f16.gguf")
    files = (
        File("adapter on base, F16", gguf / "base-f16.gguf", gguf / "adapter-f16.gguf", "F16"),
        File("merged, F16", gguf / "merged-f16.gguf", None, "F16"),
        File(f"adapter on base, {kinds.base}", gguf / "base.gguf", gguf / "adapter.gguf", kinds.base),
        File(f"merged, {kinds.base}", gguf / "merged.gguf", None, kinds.base),
    )
    prompts = prompts_of(Ragged.load(run.data / "adapter.npz"), PROMPTS, run.recipe.seed)
    merged, seed = merge(run, architecture), run.recipe.seed
    base, adapter = run.base(architecture), folder / "adapter" / "final"
    return Subject(architecture, architecture, base, adapter, merged, files, prompts, run.tokenizer(), seed)


def folders(base: Path, adapter: Path | None, kind: str, say: Say) -> int:
    """Merge, export and quantise plain folders into a scratch folder and check it all. Returns the exit code."""
    from finetune import exporting, quantize
    from finetune.checkpoint import Checkpoint
    from finetune.merge import merge

    with tempfile.TemporaryDirectory(prefix="radlite-verify-") as scratch:
        out = Path(scratch)
        written = exporting.export_folders(base, adapter, out, "F16", say)
        merged = None if adapter is None else merge(base, adapter, out / "merged", "F32", say)
        whole = out / ("base.gguf" if adapter is None else "merged.gguf")
        quantize.quantize(whole, out / "small.gguf", kind)
        files = [
            File(f"{whole.stem}, F16", whole, None, "F16"),
            File(f"{whole.stem}, {kind}", out / "small.gguf", None, kind),
        ]
        if adapter is not None:
            files.insert(0, File("adapter on base, F16", written[0], written[1], "F16"))
        tokenizer = Tokenizer.load(base)
        architecture = str(Checkpoint.open(base).config["model_type"])
        prompts = fresh_prompts(tokenizer, architecture)
        subject = Subject(base.name, architecture, base, adapter, merged, tuple(files), prompts, tokenizer, SEED)
        return check(subject, say)


def check(subject: Subject, say: Say) -> int:
    """Compare everything, say it, and return the exit code: 0 when all bounds are kept."""
    asked = list(labels.prompts(subject.tokenizer, subject.architecture, subject.seed))
    rounds = 2 + len(subject.files) if subject.merged else 1 + len(subject.files)
    each = len(subject.prompts) + len(asked)
    progress, done = Progress(f"{subject.name}: verify", say, 5.0), 0

    def tick() -> None:
        nonlocal done
        done += 1
        progress.at(done, rounds * each, None)

    def answers(model: Logits) -> tuple[list[NDArray[np.float32]], list[int]]:
        given, chosen = [], []
        for ids in subject.prompts:
            given.append(model(ids))
            tick()
        for one in asked:
            chosen.append(labels.decode(model, one))
            tick()
        return given, chosen

    wanted, named = answers(logits.of_torch(subject.base, subject.adapter))
    findings: list[Finding] = []
    columns: dict[str, Sequence[int]] = {}
    if subject.merged is not None:
        given, columns["merged, PyTorch"] = answers(logits.of_torch(subject.merged, None))
        findings += compared("merged folder in PyTorch", wanted, given, FOLDED_TOLERANCE, QUANTISED_AGREEMENT)
    for file in subject.files:
        given, columns[file.what] = answers(logits.of_llama(file.model, file.adapter))
        findings += compared(file.what, wanted, given, file.tolerance, file.agreement)
        same = float(np.mean([a == b for a, b in zip(named, columns[file.what], strict=True)]))
        findings.append(Finding(f"{file.what}, same label", same, file.agreement, same >= file.agreement))
    unlike = disagreements(subject.tokenizer, subject.files[0].model, texts(TEXTS, subject.seed))
    findings.append(Finding(f"texts of {TEXTS} tokenised differently", float(len(unlike)), 0.0, not unlike))
    for finding in findings:
        verdict = "ok" if finding.ok else "FAILED"
        say(f"{subject.name}: {finding.what}: {finding.figure:.4f} (bound {finding.bound}) {verdict}")
    for line in labels.table(named, columns, asked):
        say(line)
    return 0 if all(finding.ok for finding in findings) else 1


def compared(
    what: str,
    wanted: Sequence[NDArray[np.float32]],
    given: Sequence[NDArray[np.float32]],
    bound: float,
    agreement: float,
) -> list[Finding]:
    """The largest deviation of any logit, and how often the likeliest token is the same."""
    worst = max(deviation(a, b) for a, b in zip(wanted, given, strict=True))
    same = float(np.mean([int(a.argmax() == b.argmax()) for a, b in zip(wanted, given, strict=True)]))
    return [
        Finding(f"{what}, largest logit difference", worst, bound, worst <= bound),
        Finding(f"{what}, same likeliest token", same, agreement, same >= agreement),
    ]


def fresh_prompts(tokenizer: Tokenizer, architecture: str) -> list[list[int]]:
    """PROMPTS held-out requests of all tasks, each with part of its answer."""
    from finetune import corpus, rows
    from radlite_tui.tasks import TAGS

    layout = rows.layout_of(architecture, tokenizer)
    cases = corpus.build(dict.fromkeys(TAGS, -(-PROMPTS // len(TAGS)) + 1), "test", SEED)
    made = [rows.row(case, tokenizer, layout=layout) for case in cases]
    fit = [one for one in made if len(one.ids) <= labels.CONTEXT - 64]
    answers = [one.answer for one in fit]
    return prompts_of(Ragged.of([one.ids for one in fit], answer=answers), PROMPTS, SEED)


def prompts_of(rows: Ragged, count: int, seed: int) -> list[list[int]]:
    """Prompts of rows, each with part of its answer, so that logits inside answers are compared too."""
    rng = random.Random(f"verify/{seed}")
    prompts = []
    for index in rng.sample(range(len(rows)), min(count, len(rows))):
        ids, answer = rows[index].tolist(), int(rows.marks["answer"][index])
        prompts.append(ids[: rng.randint(answer, len(ids) - 1)])
    return prompts


def disagreements(tokenizer: Tokenizer, model: Path, given: Sequence[str]) -> list[str]:
    """The texts that llama.cpp, reading `model`, splits otherwise than we do."""
    import llama_cpp

    llama = llama_cpp.Llama(str(model), vocab_only=True, verbose=False)
    return [
        text
        for text in given
        if llama.tokenize(text.encode("utf-8"), add_bos=False, special=False) != tokenizer.text(text)
    ]


def texts(count: int, seed: int) -> list[str]:
    """Reports, and lines of odd characters, numbers, spaces and look-alikes of control tokens."""
    from finetune import corpus

    half = list(islice(corpus.reports("test", seed), count // 2))
    return half + odd_texts(count - len(half), seed, half)


def odd_texts(count: int, seed: int, reports: Sequence[str]) -> list[str]:
    """Lines strung together from odd pieces and bits of the reports."""
    rng = random.Random(f"texts/{seed}")
    pieces: list[Callable[[], str]] = [
        lambda: rng.choice(CONTROLS),
        lambda: rng.choice(("<|im_start", "|im_end|>", "<think>", "</s>", "[PAD7]", "[TASK: radiology_ner]")),
        lambda: f"{rng.uniform(0, 300):.{rng.randint(0, 3)}f}",
        lambda: rng.choice((" mm", "cm", " x ", "%", "±", "≥ 5", "½", "²", "µm", "10^3", "1,000.50")),
        lambda: rng.choice(("don't", "it'S", "we'LL", "O'Brien", "'tis", "l'œdème", "ſ's", "’s")),
        lambda: rng.choice((" ", "  ", "\n", "\r\n", "\n\n\n", "\t", "\u00a0", "\u3000", " \n ", "\x0b", "\u2028")),
        lambda: rng.choice(
            ("Œdème", "naïve", "nai\u0308ve", "Größe", "肺炎", "مرحبا", "हृदय", "ไทย", "🫁", "👩‍⚕️", "e\u0301")
        ),
        lambda: chr(rng.choice((rng.randint(33, 0x24F), rng.randint(0x370, 0x7FF), rng.randint(0x1F300, 0x1F64F)))),
        lambda: rng.choice(reports)[: rng.randint(1, 60)],
    ]
    return ["".join(rng.choice(pieces)() for _ in range(rng.randint(1, 12))) for _ in range(count)]
