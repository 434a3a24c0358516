"""RadGraph F1 (Jain 2021; Delbrouck 2022) through the package radgraph: F1 of entities that agree in text, certainty
and whether they have a relation (its "partial" reward).

Weights: a folder that holds `radgraph-xl` as the package unpacks it; without one the package's own cache.
"""

from __future__ import annotations

from pathlib import Path

from evals.learned.judge import Judge, mean_of, require

MODEL = "radgraph-xl"


def judge(weights: Path | None) -> Judge:
    from radgraph import F1RadGraph
    from radgraph.radgraph import CACHE_DIR

    folder = weights or Path(CACHE_DIR)
    require(folder / MODEL / "config.json")
    scorer = F1RadGraph(reward_level="partial", model_type=MODEL, model_cache_dir=str(folder))

    def scores(said: list[str], gold: list[str]) -> list[float]:
        return [float(score) for score in scorer(hyps=said, refs=gold)[1]]

    return mean_of("radgraph_f1", scores)
