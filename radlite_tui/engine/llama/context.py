"""One context over loaded weights, with or without an adapter: batches in, logits out, and its KV cache.

Imports `library`, `weights` and numpy. Knows tokens, positions and sequences; what they mean is the caller's.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radlite_tui.engine.llama import library
from radlite_tui.engine.llama.faults import Aborted, Fault
from radlite_tui.engine.llama.interrupt import Interrupt
from radlite_tui.engine.llama.threads import threads_for
from radlite_tui.engine.llama.weights import Weights
from radlite_tui.engine.options import EngineOptions

Logits = NDArray[np.float32]

_ABORTED, _NO_SLOT = 2, 1
_FLASH = {"auto": -1, "off": 0, "on": 1}
_MOST_OUTPUTS = 128


@dataclass(frozen=True, slots=True)
class Row:
    """One token of a batch: its position, the sequences it belongs to, and whether its logits are wanted."""

    token: int
    position: int
    sequences: tuple[int, ...] = (0,)
    logits: bool = False


class Context:
    """A KV cache of `size` tokens, plus room for `spare` more that branches of a closed answer take up for a moment."""

    def __init__(
        self, weights: Weights, adapter: str | None, size: int, options: EngineOptions, interrupt: Interrupt
    ) -> None:
        self._llama = library.load()
        self.weights, self.size, self.interrupt = weights, size, interrupt
        self.batch_size, self.spare = options.batch, 256
        self.branches = max(
            1, min(options.branches, int(self._llama.llama_max_parallel_sequences()) - 1, _MOST_OUTPUTS)
        )
        lora = weights.adapter(adapter) if adapter else None
        self._context = self._llama.llama_init_from_model(weights.model, self._params(options))
        if not self._context:
            raise Fault(
                "model",
                f"There is not enough memory for a context of {size} tokens of {weights.path}; use a smaller one.",
            )
        interrupt.attach(self._llama, self._context)
        self._memory = self._llama.llama_get_memory(self._context)
        self._batch = self._llama.llama_batch_init(self.batch_size, 0, self.branches + 1)
        if lora is not None:
            adapters = (self._llama.llama_adapter_lora_p_ctypes * 1)(lora)
            if self._llama.llama_set_adapters_lora(self._context, adapters, 1, (ctypes.c_float * 1)(1.0)) != 0:
                self.close()
                raise Fault("model", f"The adapter {adapter} cannot be used with {weights.path}.")

    def _params(self, options: EngineOptions) -> Any:
        params = self._llama.llama_context_default_params()
        params.n_ctx = self.size + self.spare
        params.n_batch = options.batch
        params.n_ubatch = min(options.batch, options.chunk)
        params.n_outputs_max = min(options.batch, _MOST_OUTPUTS)
        params.n_seq_max = self.branches + 1
        params.kv_unified = True
        params.n_threads = params.n_threads_batch = options.threads or threads_for(self.weights.bytes)
        params.flash_attn_type = _FLASH[options.flash_attention]
        return params

    def decode(self, rows: Sequence[Row]) -> None:
        """Compute at most `batch_size` rows. Raises Aborted, leaving complete sub-batches in the cache, or Fault."""
        if self.interrupt:
            raise Aborted
        batch = self._batch
        batch.n_tokens = len(rows)
        for i, row in enumerate(rows):
            batch.token[i], batch.pos[i], batch.logits[i] = row.token, row.position, row.logits
            batch.n_seq_id[i] = len(row.sequences)
            for j, sequence in enumerate(row.sequences):
                batch.seq_id[i][j] = sequence
        code = self._llama.llama_decode(self._context, batch)
        if code == _ABORTED:
            raise Aborted
        if code == _NO_SLOT:
            raise Fault(
                "request", f"The context of {self.size} tokens is full; ask with a shorter report or start anew."
            )
        if code != 0:
            raise Fault("request", f"llama.cpp could not compute the answer (code {code}); ask again.")

    def logits(self, row: int = -1) -> Logits:
        """A copy of the logits of one row of the last batch (-1: the last row that has any), shape (vocabulary,)."""
        pointer = self._llama.llama_get_logits_ith(self._context, row)
        if not pointer:
            raise Fault("request", "llama.cpp returned no logits; ask again.")
        return np.ctypeslib.as_array(pointer, shape=(self.weights.vocabulary.size,)).copy()

    def length(self, sequence: int) -> int:
        """Tokens of a sequence in the cache."""
        return int(self._llama.llama_memory_seq_pos_max(self._memory, sequence)) + 1

    def cut(self, sequence: int, start: int = 0) -> None:
        """Drop a sequence's tokens from position `start` on."""
        self._llama.llama_memory_seq_rm(self._memory, sequence, start, -1)

    def share(self, source: int, target: int, start: int = 0, end: int = -1) -> None:
        """Let `target` have the tokens of `source` in [start, end) without computing or copying them."""
        self._llama.llama_memory_seq_cp(self._memory, source, target, start, end)

    def close(self) -> None:
        if self._context:
            self._llama.llama_batch_free(self._batch)
            self._llama.llama_free(self._context)
            self._context = None
