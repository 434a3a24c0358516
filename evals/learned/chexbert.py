"""F1 of CheXbert's labels (Smit 2020) through the package f1chexbert: what the labeller reads in the answer against
what it reads in the gold text, macro and micro over the 14 labels and the five. As the package has it, uncertain counts
as positive.

Weights: a folder with `chexbert.pth`; without one the package's own cache. It also needs bert-base-uncased in the cache
of transformers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from evals.further.grids import f1_figures, sets
from evals.learned.judge import Judge, Texts, require
from evals.resampling import Floats


def judge(weights: Path | None) -> Judge:
    from f1chexbert import f1chexbert as package

    if weights is not None:
        package.CACHE_DIR = str(weights)
    require(Path(package.CACHE_DIR) / "chexbert.pth")
    labeller = package.F1CheXbert()
    labels = tuple(name.lower() for name in labeller.target_names)
    known: dict[str, list[int]] = {"": [0] * len(labels)}

    def marks(texts: Texts) -> Floats:
        for text in set(texts) - known.keys():
            known[text] = labeller.get_label(text)
        return np.array([known[text] for text in texts], float)

    def columns(said: Texts, gold: Texts) -> Floats:
        given, there = marks([text.strip() for text in said]), marks([text.strip() for text in gold])
        return np.hstack([there * given, there + given, there])

    names = tuple((f"chexbert_{name}", part) for name, part, _ in sets(labels))
    return Judge(names, columns, lambda sums: f1_figures(sums, labels)[:, : len(names)])
