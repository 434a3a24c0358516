"""Quantise a GGUF file with llama.cpp itself. May import llama_cpp (inside functions); writes one file, reads one.

The bytes are llama.cpp's: the same function that its own llama-quantize calls, with the same settings.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radlite_tui.errors import BadInput, RadliteError

FILE_TYPES = {
    "F16": 1,
    "BF16": 32,
    "Q8_0": 7,
    "Q6_K": 18,
    "Q5_K_M": 17,
    "Q5_K_S": 16,
    "Q5_1": 9,
    "Q5_0": 8,
    "Q4_K_M": 15,
    "Q4_K_S": 14,
    "Q4_1": 3,
    "Q4_0": 2,
    "IQ4_NL": 25,
    "IQ4_XS": 30,
    "Q3_K_L": 13,
    "Q3_K_M": 12,
    "Q3_K_S": 11,
    "IQ3_M": 27,
    "IQ3_S": 26,
    "IQ3_XS": 22,
    "IQ3_XXS": 23,
    "Q2_K": 10,
    "Q2_K_S": 21,
    "IQ2_M": 29,
    "IQ2_S": 28,
    "IQ2_XS": 20,
    "IQ2_XXS": 19,
    "IQ1_M": 31,
    "IQ1_S": 24,
}
"""Names we use -> llama.cpp's `llama_ftype` numbers. Ternary and hardware formats are for models trained so."""

NEED_IMPORTANCE = ("Q2_K_S", "IQ3_XXS", "IQ2_M", "IQ2_S", "IQ2_XS", "IQ2_XXS", "IQ1_M", "IQ1_S")
"""Kinds that llama.cpp makes with an importance matrix only."""

Importance = Mapping[str, NDArray[np.float32]]
"""GGUF tensor name -> mean square of each input column (see `importance`)."""


def quantize(source: Path, target: Path, kind: str, threads: int = 2, importance: Importance | None = None) -> None:
    """Write `source` to `target` as `kind`. Raises BadInput for an unknown kind, a kind that needs an importance matrix
    or a source that is no GGUF file, RadliteError if llama.cpp refuses.
    """
    import llama_cpp

    if kind not in FILE_TYPES:
        raise BadInput(f"Unknown quantisation {kind!r}; known are {', '.join(FILE_TYPES)}.")
    if kind in NEED_IMPORTANCE and importance is None:
        raise BadInput(f"{kind} can only be made with an importance matrix; make one with `finetune importance`.")
    _is_gguf(source)
    if target.exists() and target.samefile(source):
        raise BadInput(f"{target} is the file that is to be quantised; give another name.")
    settings = llama_cpp.llama_model_quantize_default_params()
    settings.ftype = FILE_TYPES[kind]
    settings.nthread = threads
    entries = _entries(importance) if importance else None
    if entries is not None:
        settings.imatrix = entries
    part = target.with_name(target.name + ".part")
    try:
        code = llama_cpp.llama_model_quantize(str(source).encode(), str(part).encode(), settings)
        if code != 0:
            raise RadliteError(f"llama.cpp could not quantise {source} to {kind} (code {code}).")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _is_gguf(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror or error}); give a GGUF file.") from None
    if magic != b"GGUF":
        raise BadInput(f"{path} is no GGUF file; write one with `python -m finetune export` first.")


def _entries(importance: Importance) -> Any:
    """llama.cpp's list of matrices, ended by one without a name; ctypes keeps names and values alive with it."""
    import llama_cpp

    entries = (llama_cpp.llama_model_imatrix_data * (len(importance) + 1))()
    keep = []
    for entry, (name, values) in zip(entries, importance.items(), strict=False):
        flat = np.ascontiguousarray(values, np.float32)
        keep.append(flat)
        entry.name = name.encode()
        entry.data = flat.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        entry.size = flat.size
    entries.keep = keep
    return entries
