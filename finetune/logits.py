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


def of_torch(base: Path, adapter: Path | None) -> Logits:
    """PyTorch's float32 logits after a prompt, of a base with the adapter on it or of a merged folder."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.float32)
    if adapter is not None:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(adapter))
    model.eval()

    def logits(ids: Sequence[int]) -> NDArray[np.float32]:
        with torch.no_grad():
            given = torch.tensor([list(ids)])
            last: NDArray[np.float32] = model(input_ids=given, logits_to_keep=1).logits[0, -1].numpy()
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

    def logits(ids: Sequence[int]) -> NDArray[np.float32]:
        llama.reset()
        llama.eval(list(ids))
        last: NDArray[np.float32] = np.array(llama.scores[len(ids) - 1], dtype=np.float32)
        return last

    return logits
