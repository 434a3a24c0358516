"""How the engine runs on this machine; imports nothing. Travels to the worker as its first message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Settings of a `LocalEngine`.

    threads: None decides by the model's size and the physical cores this process may use. repack: let llama.cpp keep a
    second, rearranged copy of the weights (faster decode on some CPUs, more memory, slower load). batch: most tokens in
    one llama.cpp call. chunk: prompt tokens read between two progress events. contexts: (weights, adapter) pairs kept
    loaded at most. branches: most answers of a closed form scored side by side. log: file that receives the worker's
    stderr; None drops it. spin: let threads spin while they wait for each other: a little faster on an idle machine,
    and was seen to cost nine tenths of the speed on a busy one.
    """

    threads: int | None = None
    repack: bool = False
    flash_attention: Literal["auto", "on", "off"] = "auto"
    batch: int = 512
    chunk: int = 128
    contexts: int = 4
    branches: int = 64
    log: str | None = None
    spin: bool = False
