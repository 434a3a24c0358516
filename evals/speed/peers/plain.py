"""The plainest loop over llama.cpp's C API: one sequence, greedy, nothing else of Python in a token.

Everything but the number of threads is llama.cpp's own default, including the second, rearranged copy of the weights
that it makes on some processors (repack), unless the settings turn that off.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Mapping
from time import perf_counter
from typing import Any

import llama_cpp.llama_cpp as llama
import numpy as np

from evals.speed.peers.channel import Command, serve


class Loop:
    """A model and a context. prompts are lists of ["text", TEXT] and ["control", NAME] pieces."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        llama.llama_backend_init()
        model_params = llama.llama_model_default_params()
        model_params.n_gpu_layers = 0
        model_params.use_extra_bufts = settings["repack"]
        self.model = llama.llama_model_load_from_file(os.fsencode(settings["model"]), model_params)
        if not self.model:
            raise RuntimeError("llama.cpp cannot load the model file")
        params = llama.llama_context_default_params()
        params.n_ctx = settings["context"]
        params.n_threads = params.n_threads_batch = settings["threads"]
        self.batch = int(params.n_batch)
        self.context = llama.llama_init_from_model(self.model, params)
        if not self.context:
            raise RuntimeError("llama.cpp cannot make a context")
        if settings["adapter"]:
            self.adapt(settings["adapter"])
        self.vocabulary = llama.llama_model_get_vocab(self.model)
        self.size = int(llama.llama_vocab_n_tokens(self.vocabulary))
        self.memory = llama.llama_get_memory(self.context)
        self.one = (llama.llama_token * 1)()

    def adapt(self, path: str) -> None:
        """Put a LoRA adapter on the model."""
        adapter = llama.llama_adapter_lora_init(self.model, os.fsencode(path))
        adapters = (llama.llama_adapter_lora_p_ctypes * 1)(adapter)
        if not adapter or llama.llama_set_adapters_lora(self.context, adapters, 1, (ctypes.c_float * 1)(1.0)):
            raise RuntimeError("llama.cpp cannot use the adapter")

    def encode(self, pieces: list[list[str]]) -> list[int]:
        """The prompt's tokens: each piece a text of its own, control tokens only where they are named."""
        tokens: list[int] = []
        for kind, text in pieces:
            data = text.encode()
            room = (llama.llama_token * (len(data) + 8))()
            size = llama.llama_tokenize(self.vocabulary, data, len(data), room, len(room), False, kind == "control")
            tokens += room[:size]
        return tokens

    def decode(self, prompt: list[list[str]], tokens: int, pause_s: float = 0.0) -> dict[str, float]:
        """Read a prompt anew and write `tokens` tokens, whatever they are.

        pause_s: of doing nothing before the second token, for a processor that has rested begins more slowly.
        decode_s: seconds from the first token to the last, without the pause.
        """
        ids = self.encode(prompt)
        llama.llama_memory_clear(self.memory, True)
        began = perf_counter()
        for start in range(0, len(ids), self.batch):
            part = ids[start : start + self.batch]
            self.feed((llama.llama_token * len(part))(*part), len(part))
        token = self.best()
        first = perf_counter()
        time.sleep(pause_s)
        resumed = perf_counter()
        for _ in range(tokens - 1):
            self.one[0] = token
            self.feed(self.one, 1)
            token = self.best()
        ended = perf_counter()
        return {"prompt_tokens": len(ids), "tokens": tokens, "first_s": first - began, "decode_s": ended - resumed}

    def rows(self, count: int, repeat: int = 3) -> dict[str, float]:
        """Seconds to compute `count` tokens in one batch, the logits of all wanted: the least of some tries."""
        batch, tries = llama.llama_batch_init(count, 0, 1), []
        for _ in range(repeat + 1):
            llama.llama_memory_clear(self.memory, True)
            batch.n_tokens = count
            for i in range(count):
                batch.token[i], batch.pos[i], batch.logits[i] = (7919 * i + 1) % self.size, i, True
                batch.n_seq_id[i], batch.seq_id[i][0] = 1, 0
            began = perf_counter()
            if llama.llama_decode(self.context, batch) != 0:
                raise RuntimeError("llama_decode failed")
            tries.append(perf_counter() - began)
        llama.llama_batch_free(batch)
        return {"seconds": min(tries[1:])}

    def feed(self, tokens: Any, size: int) -> None:
        if llama.llama_decode(self.context, llama.llama_batch_get_one(tokens, size)) != 0:
            raise RuntimeError("llama_decode failed")

    def best(self) -> int:
        """The most probable token after the last one fed."""
        logits = llama.llama_get_logits_ith(self.context, -1)
        return int(np.ctypeslib.as_array(logits, shape=(self.size,)).argmax())


def build(settings: Mapping[str, Any]) -> Mapping[str, Command]:
    loop = Loop(settings)
    return {"decode": loop.decode, "rows": loop.rows}


if __name__ == "__main__":
    serve(build)
