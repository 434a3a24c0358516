"""BERTScore (Zhang 2020) through the package bert-score: F1 of words matched by their embeddings, not rescaled.

It is high for texts about the same things that say the opposite, so read it beside negation. Weights: a folder of any
encoder, its layer as the package has tuned it where it knows the folder's name, else the last; without one
roberta-large from the cache of transformers.
"""

from __future__ import annotations

from pathlib import Path

from evals.learned.judge import Judge, mean_of, require

DEFAULT = "roberta-large"


def judge(weights: Path | None) -> Judge:
    from bert_score import BERTScorer
    from bert_score.utils import model2layers
    from transformers import AutoConfig

    if weights is not None:
        require(weights / "config.json")
    model = DEFAULT if weights is None else str(weights)
    layers = model2layers.get(DEFAULT if weights is None else weights.name)
    scorer = BERTScorer(model_type=model, num_layers=layers or AutoConfig.from_pretrained(model).num_hidden_layers)

    def scores(said: list[str], gold: list[str]) -> list[float]:
        return [float(score) for score in scorer.score(said, gold)[2]]

    return mean_of("bertscore", scores)
