"""An importance matrix: how large the inputs of each weight column are on our own corpus, for `quantize`.

llama.cpp's definition: for each matrix the mean, over tokens, of the square of every input column. It is taken by hooks
on the PyTorch model, whose matrices have the same inputs. May import torch, peft and transformers (inside functions),
numpy and its siblings.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finetune.gguf_export import tensor_name
from finetune.progress import Progress
from finetune.quantize import Importance
from radlite_tui.errors import BadInput

PASSAGES = 128
LONGEST = 512
"""Passages the matrix is taken from, and the tokens of each that are read."""
SEED = 11


def measure(
    base: Path,
    adapter: Path | None = None,
    words: Path | None = None,
    passages: int = PASSAGES,
    say: Callable[[str], None] = lambda _: None,
) -> Importance:
    """The importance matrix of a checkpoint, with its adapter on it where one is given, on training text of ours.

    words: the folder of tokenizer.json, where it is not the base's. Runs on a GPU where there is one.
    """
    from finetune.checkpoint import Checkpoint, read_json
    from finetune.tokenizer import Tokenizer

    Checkpoint.open(base)
    read_json((words or base) / "tokenizer.json", "copy it from the base model, whose vocabulary stays the same")
    tokenizer = Tokenizer.load(words or base)
    return of_model(_model(base, adapter), [tokenizer.text(text)[:LONGEST] for text in texts(passages)], say)


def texts(count: int, seed: int = SEED) -> list[str]:
    """Requests with their answers and plain reports of the train split, half of each, in a shuffled order."""
    from finetune import corpus
    from finetune.rows import texts as pieces
    from radlite_tui.tasks import TAGS

    share = max(1, count // (2 * len(TAGS)))
    cases = corpus.build(dict.fromkeys(TAGS, share), "train", seed)
    asked = ["".join(piece.text for piece in pieces(case)) for case in cases]
    found = asked + list(islice(corpus.reports("train", seed), max(0, count - len(asked))))
    random.Random(f"importance/{seed}").shuffle(found)
    return found[:count]


def of_model(model: Any, rows: Sequence[Sequence[int]], say: Callable[[str], None] = lambda _: None) -> Importance:
    """GGUF tensor name -> mean square of each input column over all tokens of the rows."""
    import torch

    sums: dict[str, Any] = {}
    tokens = sum(len(row) for row in rows)
    handles = []
    for name, module in model.named_modules():
        plain = name.removeprefix("base_model.model.").removesuffix(".base_layer")
        if isinstance(module, torch.nn.Linear) and ".lora_" not in name and plain != "lm_head":
            handles.append(module.register_forward_pre_hook(_adder(sums, tensor_name(f"{plain}.weight"))))
    progress = Progress("importance matrix", say)
    try:
        with torch.inference_mode():
            for number, row in enumerate(rows, start=1):
                model(input_ids=torch.tensor([list(row)], device=model.device))
                progress.at(number, len(rows), None)
    finally:
        for handle in handles:
            handle.remove()
    return {name: (total / tokens).cpu().numpy() for name, total in sums.items()}


def _adder(sums: dict[str, Any], name: str) -> Callable[[Any, Any], None]:
    def add(module: Any, given: Any) -> None:
        squares = given[0].float().square().sum(dim=(0, 1))
        sums[name] = sums[name] + squares if name in sums else squares

    return add


def _model(base: Path, adapter: Path | None) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.float32)
    if adapter is not None:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(adapter))
    return model.to("cuda" if torch.cuda.is_available() else "cpu").eval()


def save(path: Path, importance: Importance) -> None:
    """Keep it as an npz file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = dict(importance)
    with path.open("wb") as file:
        np.savez(file, **arrays)


def load(path: Path) -> dict[str, NDArray[np.float32]]:
    """What `save` kept. Raises BadInput for any other file."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name].astype(np.float32) for name in stored.files}
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} is no importance matrix ({error}); make one with `finetune importance`.") from None
