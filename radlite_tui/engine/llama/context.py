"""One context over loaded weights, with or without an adapter: batches in, logits out, and its KV cache.

Imports `library`, `weights` and numpy. Knows tokens, positions and sequence numbers; what they mean is the caller's.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radlite_tui.engine.llama import library, pages
from radlite_tui.engine.llama.faults import Aborted, Fault
from radlite_tui.engine.llama.interrupt import Interrupt
from radlite_tui.engine.llama.threads import physical_cores, threads_for
from radlite_tui.engine.llama.weights import Weights
from radlite_tui.engine.options import EngineOptions

Logits = NDArray[np.float32]

_ABORTED, _NO_SLOT = 2, 1
_FLASH = {"auto": -1, "off": 0, "on": 1}
_KV_TYPES = {"f16": (1, 2.0), "q8_0": (8, 34 / 32)}
"""ggml's number of the type, and its bytes a value."""

MOST_OUTPUTS = 128
"""Rows of one batch whose logits may be wanted; llama.cpp wants no fewer than there are sequences."""
SPARE = 256
"""Tokens of the cache that branches of a closed answer may take up for a moment."""
SEQUENCES = 64
"""Sequences kept or running at once; the numbers above are left to the branches of closed answers."""


@dataclass(frozen=True, slots=True)
class Row:
    """One token of a batch: its position, the sequences it belongs to, and whether its logits are wanted."""

    token: int
    position: int
    sequences: tuple[int, ...] = (0,)
    logits: bool = False


class NoRoom(Exception):
    """The KV cache has no free cells for the batch; nothing was computed."""


class Context:
    """A KV cache over weights. size: tokens of one prompt with its answer; cells: tokens of the whole cache."""

    def __init__(
        self, weights: Weights, adapter: str | None, size: int, options: EngineOptions, interrupt: Interrupt
    ) -> None:
        self._llama = library.load()
        self.weights, self.size, self.interrupt = weights, size, interrupt
        self.batch_size, self.spare = options.batch, SPARE
        numbers = min(int(self._llama.llama_max_parallel_sequences()), MOST_OUTPUTS)
        self.branches = max(1, min(options.branches, numbers - SEQUENCES))
        self.cells = self._cells(options)
        self.most_threads = options.threads or physical_cores()
        self._fixed_threads = options.threads is not None
        self.threads = self.threads_for(1, self.most_threads)
        self._numbers = list(range(numbers - 1, -1, -1))
        self.free_at_first = numbers
        lora = weights.adapter(adapter) if adapter else None
        self._context = self._llama.llama_init_from_model(weights.model, self._params(options))
        if not self._context:
            raise Fault(
                "model",
                f"There is not enough memory for a context of {size} tokens of {weights.path}; use a smaller one.",
            )
        pages.give_back_zeros()
        interrupt.attach(self._llama, self._context)
        self._memory = self._llama.llama_get_memory(self._context)
        self._batch = self._llama.llama_batch_init(self.batch_size, 0, self.branches + 1)
        if lora is not None:
            adapters = (self._llama.llama_adapter_lora_p_ctypes * 1)(lora)
            if self._llama.llama_set_adapters_lora(self._context, adapters, 1, (ctypes.c_float * 1)(1.0)) != 0:
                self.close()
                raise Fault("model", f"The adapter {adapter} cannot be used with {weights.path}.")

    def _cells(self, options: EngineOptions) -> int:
        """As many as the byte budget buys, but room for one full prompt, and no more than several of them fill."""
        wanted = options.kv_cache_mib * 2**20 // self.token_bytes(options)
        return int(min(max(wanted, self.size + SPARE), options.full_prompts * self.size + SPARE))

    def token_bytes(self, options: EngineOptions) -> int:
        """Bytes that the keys and values of one token take."""
        llama, model = self._llama, self.weights.model
        heads, layers = llama.llama_model_n_head_kv(model), llama.llama_model_n_layer(model)
        return max(1, int(2 * layers * heads * self._head_size() * _KV_TYPES[options.kv_type][1]))

    def _head_size(self) -> int:
        """Values of one attention head: as the file says, else the width shared out over the heads."""
        llama, model = self._llama, self.weights.model
        text = ctypes.create_string_buffer(64)
        if llama.llama_model_meta_val_str(model, b"general.architecture", text, len(text)) > 0:
            key = text.value + b".attention.key_length"
            if llama.llama_model_meta_val_str(model, key, text, len(text)) > 0 and text.value.isdigit():
                return int(text.value)
        return int(llama.llama_model_n_embd(model)) // max(1, int(llama.llama_model_n_head(model)))

    def _params(self, options: EngineOptions) -> Any:
        params = self._llama.llama_context_default_params()
        params.n_ctx = self.cells
        params.n_batch = options.batch
        params.n_ubatch = min(options.batch, options.chunk)
        params.n_outputs_max = MOST_OUTPUTS
        params.n_seq_max = len(self._numbers)
        params.kv_unified = True
        params.type_k = params.type_v = _KV_TYPES[options.kv_type][0]
        params.n_threads = params.n_threads_batch = self.threads
        params.flash_attn_type = _FLASH["on" if options.kv_type != "f16" else options.flash_attention]
        return params

    @property
    def free(self) -> int:
        """How many sequence numbers nobody uses."""
        return len(self._numbers)

    def take(self, spare: int = 0) -> int | None:
        """A sequence number nobody uses, or None when only `spare` are left."""
        return self._numbers.pop() if len(self._numbers) > spare else None

    def give(self, number: int) -> None:
        """Empty a sequence and let its number be taken again."""
        self.cut(number)
        self._numbers.append(number)

    def decode(self, rows: Sequence[Row]) -> None:
        """Compute at most `batch_size` rows.

        Raises NoRoom; Aborted, leaving complete sub-batches in the cache; or Fault.
        """
        if self.interrupt:
            raise Aborted
        batch = self._batch
        batch.n_tokens = len(rows)
        tokens, positions, wanted = batch.token, batch.pos, batch.logits
        counts, numbers = batch.n_seq_id, batch.seq_id
        for i, row in enumerate(rows):
            tokens[i], positions[i], wanted[i] = row.token, row.position, row.logits
            counts[i] = len(row.sequences)
            own = numbers[i]
            for j, sequence in enumerate(row.sequences):
                own[j] = sequence
        code = self._llama.llama_decode(self._context, batch)
        if code == _ABORTED:
            raise Aborted
        if code == _NO_SLOT:
            raise NoRoom
        if code != 0:
            raise Fault("request", f"llama.cpp could not compute the answer (code {code}); ask again.")

    def logits(self, row: int = -1) -> Logits:
        """A copy of the logits of one row of the last batch (-1: the last row that has any), shape (vocabulary,)."""
        pointer = self._llama.llama_get_logits_ith(self._context, row)
        if not pointer:
            raise Fault("request", "llama.cpp returned no logits; ask again.")
        return np.frombuffer(ctypes.string_at(pointer, 4 * self.weights.vocabulary.size), dtype=np.float32)

    def threads_for(self, rows: int, most: int) -> int:
        """Threads worth using for a batch of so many rows, `most` at most; what the options say stays."""
        return most if self._fixed_threads else threads_for(self.weights.bytes, rows, most)

    def use_threads(self, threads: int) -> None:
        """Compute with that many threads from the next batch on."""
        if threads != self.threads:
            self.threads = threads
            self._llama.llama_set_n_threads(self._context, threads, threads)

    def length(self, sequence: int) -> int:
        """Tokens of a sequence in the cache."""
        return int(self._llama.llama_memory_seq_pos_max(self._memory, sequence)) + 1

    def cut(self, sequence: int, start: int = 0) -> None:
        """Drop a sequence's tokens from position `start` on."""
        self._llama.llama_memory_seq_rm(self._memory, sequence, start, -1)

    def share(self, source: int, target: int, start: int = 0, end: int = -1) -> None:
        """Let `target` have the tokens of `source` in [start, end) without computing or copying them."""
        self._llama.llama_memory_seq_cp(self._memory, source, target, start, end)

    def state(self, sequence: int) -> memoryview:
        """The keys and values of a sequence, as bytes that `restore` takes."""
        size = self._llama.llama_state_seq_get_size(self._context, sequence)
        buffer = (ctypes.c_uint8 * size)()
        written = self._llama.llama_state_seq_get_data(self._context, buffer, size, sequence)
        return memoryview(buffer).cast("B")[:written]

    def restore(self, sequence: int, state: bytearray) -> bool:
        """Fill an empty sequence with what `state` gave; False, leaving it empty, when there is no room for it."""
        buffer = (ctypes.c_uint8 * len(state)).from_buffer(state)
        taken = self._llama.llama_state_seq_set_data(self._context, buffer, len(state), sequence)
        if taken != len(state):
            self.cut(sequence)
        return bool(taken == len(state))

    def close(self) -> None:
        if self._context:
            self._llama.llama_batch_free(self._batch)
            self._llama.llama_free(self._context)
            self._context = None
