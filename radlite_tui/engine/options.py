"""How the engine runs on this machine; imports nothing. Travels to the worker as its first message."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Settings of a `LocalEngine`.

    threads: None decides by the model's size and the physical cores this process may use. repack: let llama.cpp keep a
    second, rearranged copy of the weights (faster decode on some CPUs, more memory, slower load). load: how weights
    come into memory: mapped and shared by all processes, locked there as well, or read into a copy of this process's
    own. batch: most tokens in one llama.cpp call. chunk: prompt tokens read between two progress events. contexts:
    (weights, adapter) pairs kept loaded at most. branches: most answers of a closed form scored side by side. log: file
    that receives the worker's stderr; None drops it. spins: how often a thread looks for the others before it sleeps
    (see `threads.waiting`).

    parallel: answers of one context computed side by side at most; more wait. kv_cache_mib: most memory for the keys
    and values of one context, in MiB (one full prompt always fits; whatever else is kept there costs each step a little
    time). full_prompts: no larger than this many full prompts need. kv_type: how they are stored; "q8_0" takes about
    half the memory. speculate: draft tokens by looking them up in the prompt, where that was measured to be faster.
    pace: use fewer threads while other work makes more of them slower. idle_unload_s: free all models after so many
    seconds without a request; 0 never. stuck_s: a worker that shows no sign of life for so long while it should be
    computing is replaced; 0 never. probed: let what was measured of a model on this machine (see `probes`) decide
    repack, load, flash_attention, chunk and batch. spill_mib: MiB on disk, encrypted, for what was read and has no more
    room in the KV cache (see `llama.spill`); 0 keeps nothing there. steady: an answer depends on nothing but its
    request (see `made_steady`).
    """

    threads: int | None = None
    repack: bool = False
    load: Literal["mmap", "mlock", "read"] = "mmap"
    flash_attention: Literal["auto", "on", "off"] = "auto"
    batch: int = 512
    chunk: int = 128
    contexts: int = 4
    branches: int = 64
    log: str | None = None
    spins: int = 1000
    parallel: int = 16
    kv_cache_mib: int = 128
    full_prompts: int = 4
    kv_type: Literal["f16", "q8_0"] = "f16"
    speculate: bool = True
    pace: bool = True
    idle_unload_s: float = 900.0
    stuck_s: float = 120.0
    probed: bool = True
    spill_mib: int = 0
    steady: bool = False

    def made_steady(self) -> EngineOptions:
        """These options with answers that depend on nothing but their requests, to the last bit: not on what else is
        computed, what was before, or how long things take.

        Sums of floating-point numbers depend on how they are grouped, so that rows computed together, and prompts of
        which a part was in the cache, round otherwise; where a model is undecided that changes its words. So each
        answer of a context is computed by itself in a cache that holds nothing else but, of its worked examples, what
        it would compute first. Without batches a large model takes longer.
        """
        return replace(self, steady=True, parallel=1, speculate=False, pace=False, spill_mib=0)
