"""Quantise a GGUF file with llama.cpp itself. May import llama_cpp (inside functions); writes one file, reads one."""

from __future__ import annotations

from pathlib import Path

from radlite_tui.errors import BadInput, RadliteError

FILE_TYPES = {"F16": 1, "Q8_0": 7, "Q4_K_M": 15, "Q5_K_M": 17, "Q6_K": 18}
"""Names we use -> llama.cpp's `llama_ftype` numbers."""


def quantize(source: Path, target: Path, kind: str, threads: int = 2) -> None:
    """Write `source` to `target` as `kind`. Raises BadInput for an unknown kind, RadliteError if llama.cpp refuses."""
    import llama_cpp

    if kind not in FILE_TYPES:
        raise BadInput(f"Unknown quantisation {kind!r}; known are {', '.join(FILE_TYPES)}.")
    settings = llama_cpp.llama_model_quantize_default_params()
    settings.ftype = FILE_TYPES[kind]
    settings.nthread = threads
    code = llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), settings)
    if code != 0:
        raise RadliteError(f"llama.cpp could not quantise {source} to {kind} (code {code}).")
