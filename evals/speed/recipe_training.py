"""Our side of the training rows, a process for each model: the first stage of a recipe's adapter, as `finetune` trains.

May import finetune, torch (inside functions) and the pipe's end. The bases have random weights and the rows are few:
neither changes how long a token takes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from evals.speed.peers.channel import Command, serve
from finetune import base, corpus, feeding, lora, recipe, rows
from finetune.ragged import Ragged
from finetune.tokenizer import Tokenizer
from radlite_tui.errors import BadInput

TOKENIZER, ROWS, PLAIN_ROWS = "tokenizer", "rows.npz", "rows.json"


def chosen(name: str) -> recipe.FromNothing:
    """The recipe of bases of our own. Raises BadInput for another."""
    found = recipe.load(name)
    if not isinstance(found, recipe.FromNothing):
        raise BadInput(f"The recipe {name} has somebody else's base; this row is about a recipe with its own.")
    return found


class Training:
    """settings: folder (what `prepare` fills), recipe, architecture, rows and threads (None: PyTorch's own choice)."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        import torch

        if settings["threads"]:
            torch.set_num_threads(settings["threads"])
        self.folder = Path(settings["folder"])
        self.recipe, self.rows = chosen(settings["recipe"]), settings["rows"]
        self.architecture = settings["architecture"]
        self.trainer: Any = None

    def prepare(self, model: str) -> dict[str, int]:
        """Write the vocabulary of a model file, a base of each architecture, and the rows in the order of training.

        Returns the number of tokens of the rows, and of their answers.
        """
        words = Tokenizer.of_gguf(Path(model))
        words.save(self.folder / TOKENIZER)
        for architecture in self.recipe.architectures:
            fresh = base.fresh(base.configuration(architecture, self.recipe.shape, words.size), self.recipe.seed)
            fresh.save_pretrained(str(self.folder / architecture))
            words.save(self.folder / architecture)
        adapter = replace(self.recipe.adapter, rows=self.rows)
        weights = adapter.mixture
        counts = {tag: math.ceil(self.rows * w / sum(weights.values())) for tag, w in weights.items()}
        made, _ = rows.encode(corpus.build(counts, "train", self.recipe.corpus.seed), words, adapter.context)
        order = feeding.sequence(made, adapter, self.recipe.seed)
        answers = made.marks["answer"][order].tolist()
        picked = Ragged.of([made[number].tolist() for number in order], answer=answers, task=[0] * len(order))
        picked.save(self.folder / ROWS)
        plain = [{"ids": picked[i].tolist(), "answer": answer} for i, answer in enumerate(answers)]
        (self.folder / PLAIN_ROWS).write_text(json.dumps(plain), encoding="utf-8")
        return {"tokens": len(picked.tokens), "answer_tokens": len(picked.tokens) - sum(answers)}

    def ready(self) -> dict[str, int]:
        """Load the base and make a trainer with a fresh adapter."""
        from transformers import AutoModelForCausalLM

        held = Ragged.load(self.folder / ROWS)
        settings = replace(self.recipe.adapter, evaluations=0, finish={})
        stage = lora.Stage(settings, settings.rate[self.architecture], (range(len(held)),), self.recipe.seed)
        place = self.folder / f"out-{self.architecture}"
        loaded = AutoModelForCausalLM.from_pretrained(str(self.folder / self.architecture))
        words = Tokenizer.load(self.folder / TOKENIZER).fast()
        self.trainer = lora.trainer(stage, loaded, words, lora.Rows(held), place, lambda line: None)
        self.tokens = len(held.tokens)
        return {"trained": sum(p.numel() for p in self.trainer.model.parameters() if p.requires_grad)}

    def train(self) -> dict[str, float]:
        """Train what is ready: seconds, and tokens without padding."""
        assert self.trainer is not None
        began = perf_counter()
        self.trainer.train()
        seconds, steps = perf_counter() - began, self.trainer.state.global_step
        self.trainer = None
        return {"seconds": seconds, "tokens": self.tokens, "steps": steps}


def build(settings: Mapping[str, Any]) -> Mapping[str, Command]:
    training = Training(settings)
    return {"prepare": training.prepare, "ready": training.ready, "train": training.train}


if __name__ == "__main__":
    serve(build)
