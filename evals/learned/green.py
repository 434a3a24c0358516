"""GREEN (Ostmeier 2024) through the package green_score: a language model counts matched findings and errors; matched
of matched and clinically significant errors.

Weights: a folder of GREEN-radllama2-7b; without one the cache of transformers. Needs a CUDA GPU. An answer whose
judgement the package cannot read counts 0. What it writes goes to a folder that is deleted.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from evals.learned.judge import Judge, Missing, mean_of, require

DEFAULT = "StanfordAIMI/GREEN-radllama2-7b"


def judge(weights: Path | None) -> Judge:
    import torch
    from green_score import GREEN

    if not torch.cuda.is_available():
        raise Missing("its model needs a CUDA GPU, and this machine has none")
    if weights is not None:
        require(weights / "config.json")

    def scores(said: list[str], gold: list[str]) -> list[float]:
        with TemporaryDirectory() as folder:
            scorer = GREEN(str(weights or DEFAULT), output_dir=folder)
            return [float(score or 0.0) for score in scorer(refs=gold, hyps=said)[2]]

    return mean_of("green", scores)
