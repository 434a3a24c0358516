"""Is a Q8_0 file the F16 file it was made of, each weight rounded to the nearest step of its block and no further?

May import gguf (inside functions) and numpy. A block is 32 weights in a row; its step is its largest weight over 127,
stored in half precision.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

BLOCK, STEPS = 32, 127
BOUND = 0.57
"""Steps that a weight may be off: half a one for rounding, and 127 times the half-precision error of one (2^-11)."""


def worst(whole: Path, small: Path) -> float:
    """The largest difference of a weight of `small` from that of `whole`, in steps of its block.

    Infinity where a tensor lacks or has another shape; 0 where `small` has no Q8_0 tensor.
    """
    from gguf import GGMLQuantizationType, GGUFReader, quants

    before = {tensor.name: tensor for tensor in GGUFReader(str(whole)).tensors}
    found = 0.0
    for tensor in GGUFReader(str(small)).tensors:
        if tensor.tensor_type is not GGMLQuantizationType.Q8_0:
            continue
        own = before.get(tensor.name)
        if own is None or own.shape.tolist() != tensor.shape.tolist():
            return float("inf")
        wanted = quants.dequantize(own.data, own.tensor_type).reshape(-1, BLOCK)
        given = quants.dequantize(tensor.data, tensor.tensor_type).reshape(-1, BLOCK)
        steps = np.maximum(np.abs(wanted).max(axis=1, keepdims=True) / STEPS, 2.0**-24)
        found = max(found, float((np.abs(wanted - given) / steps).max()))
    return found
