"""Do the GGUF files say what PyTorch says? Logits, labels and the tokenizer of adapter-on-base and merged, compared.

May import torch, peft, llama_cpp and gguf (inside functions) and its siblings. Tolerances are stated here with what
they were set from; an export fault (a wrong scale, a swapped tensor) is far beyond them.
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

from finetune import labels, logits, rounding
from finetune.logits import Logits, deviation, spread
from finetune.pipeline import Run
from finetune.progress import Progress
from finetune.ragged import Ragged
from finetune.tokenizer import CONTROLS, Tokenizer

PROMPTS = 32
TEXTS = 1000
SEED = 5


@dataclass(frozen=True)
class Bounds:
    """How far a model's logits may be from PyTorch's, in standard deviations of the prompt's logits.

    typical: root mean square over the vocabulary, of the worst prompt. largest: any one logit. agreement: the share of
    prompts whose likeliest token, and of labels, must be PyTorch's.
    """

    typical: float
    largest: float
    agreement: float


FOLDED = Bounds(0.0002, 0.001, 0.9)
"""The merged folder in PyTorch: float32 sums in another order."""
F16 = Bounds(0.005, 0.02, 0.9)
"""Half-precision weights and llama.cpp's half-precision products; 0.0016 and 0.009 are the most that was seen."""
Q8_0 = Bounds(0.06, 0.35, 0.9)
"""Rounding, and nothing else: in four models of seven million parameters, PyTorch with the rounded weights was
up to 0.026 and 0.13 off, with its activations rounded as llama.cpp rounds them too 0.038 and 0.18, and llama.cpp itself
0.045 and 0.19. Their rows have 256 weights, so errors average out less than in a large model. The largest is that of
262,144 logits, mostly of a token that nobody would write next; 0.25 was once seen. Whether the weights are rounded
rightly is checked apart, one by one (see `rounding`)."""
SMALL = Bounds(1.0, 3.0, 0.6)
"""Anything smaller: an alarm for files that are broken, not a promise about their quality."""

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
    """A model file to compare. what: in words. kind: how its weights are stored, such as F16 or Q4_K_M. whole: the
    F16 file that `model` was quantised from."""

    what: str
    model: Path
    adapter: Path | None
    kind: str

    whole: Path | None = None

    @property
    def bounds(self) -> Bounds:
        return F16 if self.kind in ("F16", "BF16", "F32") else Q8_0 if self.kind == "Q8_0" else SMALL


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
    base, merged = gguf / "base-f16.gguf", gguf / "merged-f16.gguf"
    files = (
        File("adapter on base, F16", base, gguf / "adapter-f16.gguf", "F16"),
        File("merged, F16", merged, None, "F16"),
        File(f"adapter on base, {kinds.base}", gguf / "base.gguf", gguf / "adapter.gguf", kinds.base, base),
        File(f"merged, {kinds.base}", gguf / "merged.gguf", None, kinds.base, merged),
    )
    prompts = prompts_of(Ragged.load(run.data / "adapter.npz"), PROMPTS, run.recipe.seed)
    whole, seed = merge(run, architecture), run.recipe.seed
    source, adapter = run.base(architecture), folder / "adapter" / "final"
    return Subject(architecture, architecture, source, adapter, whole, files, prompts, run.tokenizer(), seed)


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
            File(f"{whole.stem}, {kind}", out / "small.gguf", None, kind, whole),
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

    def answers(model: Logits) -> tuple[list[NDArray[np.float32]], list[labels.Labels]]:
        given, chosen = [], []
        for ids in subject.prompts:
            given.append(model(ids))
            tick()
        for one in asked:
            chosen.append(labels.decode(model, one, subject.tokenizer))
            tick()
        return given, chosen

    wanted, named = answers(logits.of_torch(subject.base, subject.adapter))
    findings: list[Finding] = []
    columns: dict[str, Sequence[labels.Labels]] = {}
    if subject.merged is not None:
        given, columns["merged, PyTorch"] = answers(logits.of_torch(subject.merged, None))
        findings += compared("merged folder in PyTorch", wanted, given, FOLDED)
    for file in subject.files:
        given, columns[file.what] = answers(logits.of_llama(file.model, file.adapter))
        findings += compared(file.what, wanted, given, file.bounds)
        shares, least = labels.shares(named, columns[file.what], asked), file.bounds.agreement
        same = sum(shares.values()) / len(shares)
        findings.append(Finding(f"{file.what}, same label, mean of tasks", same, least, same >= least))
        if file.kind == "Q8_0" and file.whole is not None:
            off = rounding.worst(file.whole, file.model)
            what = f"{file.what}, largest rounding of a weight in steps"
            findings.append(Finding(what, off, rounding.BOUND, off <= rounding.BOUND))
    unlike = disagreements(subject.tokenizer, subject.files[0].model, texts(TEXTS, subject.seed))
    findings.append(Finding(f"texts of {TEXTS} tokenised differently", float(len(unlike)), 0.0, not unlike))
    for finding in findings:
        verdict = "ok" if finding.ok else "FAILED"
        say(f"{subject.name}: {finding.what}: {finding.figure:.4f} (bound {finding.bound}) {verdict}")
    for line in labels.table(named, columns, asked):
        say(line)
    return 0 if all(finding.ok for finding in findings) else 1


def compared(
    what: str, wanted: Sequence[NDArray[np.float32]], given: Sequence[NDArray[np.float32]], bounds: Bounds
) -> list[Finding]:
    """The typical and the largest deviation of a logit, and how often the likeliest token is the same."""
    pairs = list(zip(wanted, given, strict=True))
    typical, largest = max(spread(a, b) for a, b in pairs), max(deviation(a, b) for a, b in pairs)
    same = float(np.mean([int(a.argmax() == b.argmax()) for a, b in pairs]))
    return [
        Finding(f"{what}, typical logit difference", typical, bounds.typical, typical <= bounds.typical),
        Finding(f"{what}, largest logit difference", largest, bounds.largest, largest <= bounds.largest),
        Finding(f"{what}, same likeliest token", same, bounds.agreement, same >= bounds.agreement),
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
