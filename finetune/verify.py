"""Do the GGUF files say what PyTorch says? Logits of adapter-on-base and merged, and the tokenizer, compared.

May import torch, peft, llama_cpp and gguf (inside functions) and its siblings. Tolerances are stated here and were set
from what llama.cpp's F16 arithmetic gives on these models; an export fault (a wrong scale, a swapped tensor) is far
beyond them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finetune.pipeline import Run
from finetune.ragged import Ragged
from finetune.tokenizer import CONTROLS, Tokenizer

PROMPTS = 32
TEXTS = 1000

F16_TOLERANCE = 0.02
"""Largest difference of any logit at F16, as a share of the spread (standard deviation) of the prompt's logits."""
QUANTISED_TOLERANCE = 0.25
"""The same at Q8_0."""
QUANTISED_AGREEMENT = 0.9
"""Share of prompts whose likeliest next token at Q8_0 is PyTorch's."""

Logits = Callable[[Sequence[int]], NDArray[np.float32]]


@dataclass(frozen=True)
class Finding:
    """One check: what, the figure, the bound it must keep, and whether it does."""

    what: str
    figure: float
    bound: float
    ok: bool


def report(run: Run, architectures: Sequence[str]) -> int:
    """Check all models of a run, say what was found, and return the exit code: 0 when everything agrees."""
    fine = True
    for architecture in architectures:
        for finding in check(run, architecture):
            fine = fine and finding.ok
            verdict = "ok" if finding.ok else "FAILED"
            run.say(f"{architecture}: {finding.what}: {finding.figure:.4f} (bound {finding.bound}) {verdict}")
    return 0 if fine else 1


def check(run: Run, architecture: str) -> list[Finding]:
    """All checks of one model."""
    folder = run.of(architecture)
    gguf = folder / "gguf"
    rows = Ragged.load(run.data / "adapter.npz")
    prompts = prompts_of(rows, PROMPTS, run.recipe.seed)
    reference = torch_logits(folder / "base" / "final", folder / "adapter" / "final")
    wanted = [reference(ids) for ids in prompts]
    findings = []
    for what, model, adapter, exact in (
        ("adapter on base, F16", "base-f16.gguf", "adapter-f16.gguf", True),
        ("merged, F16", "merged-f16.gguf", None, True),
        ("adapter on base, quantised", "base.gguf", "adapter.gguf", False),
        ("merged, quantised", "merged.gguf", None, False),
    ):
        given = list(map(llama_logits(gguf / model, gguf / adapter if adapter else None), prompts))
        worst = max(deviation(a, b) for a, b in zip(wanted, given, strict=True))
        bound = F16_TOLERANCE if exact else QUANTISED_TOLERANCE
        findings.append(Finding(f"{what}, largest logit difference", worst, bound, worst <= bound))
        same = float(np.mean([int(a.argmax() == b.argmax()) for a, b in zip(wanted, given, strict=True)]))
        findings.append(
            Finding(f"{what}, same likeliest token", same, QUANTISED_AGREEMENT, same >= QUANTISED_AGREEMENT)
        )
    unlike = disagreements(run.tokenizer(), gguf / "base.gguf", texts(TEXTS, run.recipe.seed))
    findings.append(Finding(f"texts of {TEXTS} tokenised differently", float(len(unlike)), 0.0, not unlike))
    return findings


def prompts_of(rows: Ragged, count: int, seed: int) -> list[list[int]]:
    """Prompts of rows, each with part of its answer, so that logits inside answers are compared too."""
    rng = random.Random(f"verify/{seed}")
    prompts = []
    for index in rng.sample(range(len(rows)), min(count, len(rows))):
        ids, answer = rows[index].tolist(), int(rows.marks["answer"][index])
        prompts.append(ids[: rng.randint(answer, len(ids) - 1)])
    return prompts


def deviation(wanted: NDArray[np.float32], given: NDArray[np.float32]) -> float:
    """Largest difference of two logit vectors, in standard deviations of the first; a constant shift is nothing."""
    a, b = wanted - wanted.mean(), given - given.mean()
    return float(np.abs(a - b).max() / a.std())


def torch_logits(base: Path, adapter: Path) -> Logits:
    """PyTorch's float32 logits after a prompt, base with the adapter on it."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.float32)
    model = PeftModel.from_pretrained(model, str(adapter)).eval()

    def logits(ids: Sequence[int]) -> NDArray[np.float32]:
        with torch.no_grad():
            last: NDArray[np.float32] = model(input_ids=torch.tensor([list(ids)])).logits[0, -1].numpy()
        return last

    return logits


def llama_logits(model: Path, adapter: Path | None) -> Logits:
    """llama.cpp's logits after a prompt, with F32 keys and values so that only the weights differ."""
    import llama_cpp

    llama = llama_cpp.Llama(
        str(model),
        lora_path=str(adapter) if adapter else None,
        n_ctx=2048,
        n_threads=1,
        n_threads_batch=1,
        type_k=llama_cpp.GGML_TYPE_F32,
        type_v=llama_cpp.GGML_TYPE_F32,
        logits_all=True,
        verbose=False,
    )

    def logits(ids: Sequence[int]) -> NDArray[np.float32]:
        llama.reset()
        llama.eval(list(ids))
        last: NDArray[np.float32] = np.array(llama.scores[len(ids) - 1], dtype=np.float32)
        return last

    return logits


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
