"""RaTEScore (Zhao 2024) through its package: medical entities of both texts, matched by embeddings and weighed by kind.

Weights: a folder with `RaTE-NER-Deberta` and `BioLORD-2023-C`; without one the cache of transformers.
"""

from __future__ import annotations

from pathlib import Path

from evals.learned.judge import Judge, mean_of, require

MODELS = ("Angelakeke/RaTE-NER-Deberta", "FremyCompany/BioLORD-2023-C")


def judge(weights: Path | None) -> Judge:
    import torch
    from RaTEScore import RaTEScore

    if weights is not None:
        for name in MODELS:
            require(weights / name.split("/")[1])
    entities, meaning = (name if weights is None else str(weights / name.split("/")[1]) for name in MODELS)
    scorer = RaTEScore(bert_model=entities, eval_model=meaning, use_gpu=torch.cuda.is_available())

    def scores(said: list[str], gold: list[str]) -> list[float]:
        return [float(score) for score in scorer.compute_score(said, gold)]

    return mean_of("ratescore", scores)
