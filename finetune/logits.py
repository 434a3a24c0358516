"""The logits after a prompt, of PyTorch and of llama.cpp, as functions of token ids; and how far two are apart.

May import torch, transformers, peft and llama_cpp (inside functions) and numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Logits = Callable[[Sequence[int]], NDArray[np.float32]]


def deviation(wanted: NDArray[np.float32], given: NDArray[np.float32]) -> float:
    """Largest difference of two logit vectors, in standard deviations of the first; a constant shift is nothing."""
    a, b = wanted - wanted.mean(), given - given.mean()
    return float(np.abs(a - b).max() / a.std())


def spread(wanted: NDArray[np.float32], given: NDArray[np.float32]) -> float:
    """The typical (root mean square) difference of two logit vectors, in the same unit."""
    a, b = wanted - wanted.mean(), given - given.mean()
    return float(np.sqrt(np.square(a - b).mean()) / a.std())


def shared(before: Sequence[int], ids: Sequence[int]) -> int:
    """How many of the first tokens need not be read again, the last one left out, whose logits are wanted."""
    pairs = zip(before, ids[:-1], strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(before), len(ids) - 1))


def of_torch(base: Path, adapter: Path | None) -> Logits:
    """PyTorch's float32 logits after a prompt, of a base with the adapter on it or of a merged folder."""
    import torch
    from transformers import AutoModelForCausalLM, DynamicCache

    model = AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.float32)
    if adapter is not None:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(adapter))
    model.eval()

    cache, before = DynamicCache(), list[int]()

    def logits(ids: Sequence[int]) -> NDArray[np.float32]:
        kept = shared(before, ids)
        if kept < len(before):
            cache.crop(kept - len(before))
        with torch.no_grad():
            given = torch.tensor([list(ids[kept:])])
            found = model(input_ids=given, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
        before[:] = ids
        last: NDArray[np.float32] = found[0, -1].numpy()
        return last

    return logits


def of_llama(model: Path, adapter: Path | None) -> Logits:
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

    before = list[int]()

    def logits(ids: Sequence[int]) -> NDArray[np.float32]:
        llama.n_tokens = kept = shared(before, ids)
        llama.eval(list(ids[kept:]))
        before[:] = ids
        last: NDArray[np.float32] = np.array(llama.scores[len(ids) - 1], dtype=np.float32)
        return last

    return logits
