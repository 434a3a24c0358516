"""`Llama`, the high-level class of llama-cpp-python, with its own defaults but for what the settings say."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from llama_cpp import Llama

from evals.speed.peers.channel import Command, serve


class Peer:
    """One `Llama`. A prompt is one string, read with its control tokens, or the pieces that the plain loop takes."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        adapter = {"lora_path": settings["adapter"]} if settings["adapter"] else {}
        self.llama = Llama(settings["model"], verbose=False, **adapter, **settings["settings"])

    def encode(self, prompt: str | list[list[str]]) -> list[int]:
        if isinstance(prompt, str):
            return list(self.llama.tokenize(prompt.encode(), add_bos=True, special=True))
        tokens: list[int] = []
        for kind, text in prompt:
            tokens += self.llama.tokenize(text.encode(), add_bos=False, special=kind == "control")
        return tokens

    def first(self, prompt: str | list[list[str]], temperature: float = 0.0) -> dict[str, float]:
        """Seconds to the first token, tokenising included; what it still holds of earlier prompts it reuses."""
        began = perf_counter()
        ids = self.encode(prompt)
        encoded_s = perf_counter() - began
        held = self.held(ids)
        began = perf_counter()
        next(iter(self.llama.generate(ids, temp=temperature)))
        return {"first_s": encoded_s + perf_counter() - began, "prompt_tokens": len(ids), "held": held}

    def held(self, ids: list[int]) -> int:
        """How many of the prompt's first tokens the last call left in the cache."""
        before = self.llama.input_ids[: self.llama.n_tokens].tolist()
        return next(
            (i for i, (a, b) in enumerate(zip(before, ids, strict=False)) if a != b), min(len(before), len(ids))
        )

    def complete(self, prompts: list[str | list[list[str]]], max_tokens: int) -> dict[str, float]:
        """One completion after another; seconds and tokens of all of them."""
        began, read, written = perf_counter(), 0, 0
        for prompt in prompts:
            answer: Any = self.llama.create_completion(self.encode(prompt), max_tokens=max_tokens, temperature=0.0)
            read += answer["usage"]["prompt_tokens"]
            written += answer["usage"]["completion_tokens"]
        return {"seconds": perf_counter() - began, "prompt_tokens": read, "tokens": written}


def build(settings: Mapping[str, Any]) -> Mapping[str, Command]:
    peer = Peer(settings)
    return {"first": peer.first, "complete": peer.complete}


if __name__ == "__main__":
    serve(build)
