"""A second, plain way to ask llama.cpp for probabilities, to check the engine against. Uses the binding alone.

One string at a time, one token at a time, no sharing: slow, and easy to see through.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence

import llama_cpp.llama_cpp as llama


@llama.llama_log_callback  # type: ignore[untyped-decorator]
def _quiet(_level: int, _text: bytes, _data: ctypes.c_void_p) -> None:
    """Drops what llama.cpp logs."""


class Reference:
    """A model file with a context that is emptied before every use."""

    def __init__(self, path: str, adapter: str | None = None) -> None:
        llama.llama_log_set(_quiet, None)
        llama.llama_backend_init()
        self.model = llama.llama_model_load_from_file(path.encode(), llama.llama_model_default_params())
        params = llama.llama_context_default_params()
        params.n_ctx, params.n_threads, params.n_threads_batch = 2048, 1, 1
        self.context = llama.llama_init_from_model(self.model, params)
        self.vocabulary = llama.llama_model_get_vocab(self.model)
        self.size = llama.llama_vocab_n_tokens(self.vocabulary)
        if adapter is not None:
            loaded = llama.llama_adapter_lora_init(self.model, adapter.encode())
            adapters = (llama.llama_adapter_lora_p_ctypes * 1)(loaded)
            llama.llama_set_adapters_lora(self.context, adapters, 1, (ctypes.c_float * 1)(1.0))

    def tokens(self, text: str, special: bool = False) -> list[int]:
        data = text.encode()
        room = (llama.llama_token * (len(data) + 8))()
        return list(room[: llama.llama_tokenize(self.vocabulary, data, len(data), room, len(room), False, special)])

    def ends(self) -> list[int]:
        return [t for t in range(self.size) if llama.llama_vocab_is_eog(self.vocabulary, t)]

    def logits(self, tokens: Sequence[int]) -> list[float]:
        """Logits after the last token, everything computed anew."""
        llama.llama_memory_clear(llama.llama_get_memory(self.context), True)
        array = (llama.llama_token * len(tokens))(*tokens)
        assert llama.llama_decode(self.context, llama.llama_batch_get_one(array, len(tokens))) == 0
        return list(llama.llama_get_logits_ith(self.context, -1)[: self.size])

    def choice(self, prompt: list[int], before: str, strings: Sequence[str], after: str | None) -> dict[str, float]:
        """Probability of each string after `before`, by the rule of closed answers; `after` follows it."""
        start = self.tokens(before)
        spelled: dict[str, list[int]] = {}
        for string in strings:
            whole = self.tokens(before + string + (after or ""))
            size, text = 0, b""
            while text.decode("utf-8", "ignore") != before + string:
                text += self._piece(whole[size])
                size += 1
            spelled[string] = [*whole[:size], whole[size] if after else -1]
        while start and not all(tokens[: len(start)] == start for tokens in spelled.values()):
            start.pop()
        return {string: math.exp(self._log_chance(prompt, tokens, start, list(spelled.values())))
                for string, tokens in spelled.items()}  # fmt: skip

    def _log_chance(self, prompt: list[int], tokens: list[int], start: list[int], spellings: list[list[int]]) -> float:
        total = 0.0
        for i in range(len(start), len(tokens)):
            allowed = {other[i] for other in spellings if other[:i] == tokens[:i]}
            if len(allowed) > 1:
                logits = self.logits(prompt + tokens[:i])
                scores = {token: self._score(logits, token) for token in allowed}
                total += scores[tokens[i]] - math.log(sum(math.exp(score) for score in scores.values()))
        return total

    def _score(self, logits: list[float], token: int) -> float:
        if token >= 0:
            return logits[token]
        return math.log(sum(math.exp(logits[end]) for end in self.ends()))

    def _piece(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(64)
        size = llama.llama_token_to_piece(self.vocabulary, token, buffer, len(buffer), 0, False)
        return buffer.raw[:size]

    def close(self) -> None:
        llama.llama_free(self.context)
        llama.llama_model_free(self.model)
