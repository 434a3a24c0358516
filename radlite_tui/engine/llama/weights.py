"""One model file, memory-mapped and loaded once, with the adapters made for it.

Imports `library`, `vocabulary`, and `gguf` and `sound`, which look at every file before llama.cpp does.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from radlite_tui.engine.llama import gguf, library
from radlite_tui.engine.llama.faults import Aborted, Fault
from radlite_tui.engine.llama.interrupt import Interrupt
from radlite_tui.engine.llama.sound import check_adapter, check_model
from radlite_tui.engine.llama.vocabulary import Vocabulary
from radlite_tui.engine.options import EngineOptions

_NO_ROOM = ("Cannot allocate memory", "failed to allocate", "unable to allocate", "bad_alloc")


class Weights:
    """A loaded model file. Every context over it shares these weights, with or without an adapter."""

    def __init__(
        self,
        path: str,
        options: EngineOptions,
        interrupt: Interrupt,
        on_part: Callable[[float], None] = lambda _part: None,
    ) -> None:
        """on_part: told the share that is loaded, often. Raises Fault("model") naming the file, or Aborted when
        `interrupt` is set meanwhile."""
        self._llama = library.load()
        self.path = path
        self.bytes = fingerprint(path)[1]
        self._adapters: dict[tuple[str, tuple[int, int]], Any] = {}
        self._head = gguf.read(path)
        check_model(self._head)
        library.forget_complaints()

        def going_on(part: float, _data: object) -> bool:
            on_part(part)
            return not interrupt

        params = self._llama.llama_model_default_params()
        params.n_gpu_layers = 0
        params.load_mode = library.load_mode(options.load)
        params.use_extra_bufts = options.repack
        params.progress_callback = self._llama.llama_progress_callback(going_on)
        self.model = self._llama.llama_model_load_from_file(os.fsencode(path), params)
        if not self.model:
            if interrupt:
                raise Aborted
            raise Fault("model", _unreadable(path))
        self.vocabulary = Vocabulary(self._llama, self.model, Path(path).name)

    def adapter(self, path: str) -> Any:
        """The LoRA adapter in this file, read once. Raises Fault("model") when damaged or for another model."""
        key = (path, fingerprint(path))
        if key not in self._adapters:
            check_adapter(gguf.read(path), self._head)
            library.forget_complaints()
            adapter = self._llama.llama_adapter_lora_init(self.model, os.fsencode(path))
            if not adapter:
                raise Fault("model", _unfit(path, self.path))
            self._adapters[key] = adapter
        return self._adapters[key]

    def close(self) -> None:
        """Free the weights and their adapters. No context over them may be left."""
        if self.model:
            self._llama.llama_model_free(self.model)
            self.model = None
            self._adapters.clear()


def fingerprint(path: str) -> tuple[int, int]:
    """Changes when the file is replaced: (modification time in ns, bytes). Raises Fault("model") when it is missing."""
    try:
        status = Path(path).stat()
    except OSError as error:
        raise gguf.inaccessible(path, error) from None
    return status.st_mtime_ns, status.st_size


def _unreadable(path: str) -> str:
    if any(sign in library.first_complaint() for sign in _NO_ROOM):
        size = fingerprint(path)[1] / 1e9
        return f"There is not enough memory for the model file {path} ({size:.1f} GB); use a smaller model."
    return f"The model file {path} cannot be loaded; it is damaged, truncated or of an unknown kind{_because()}."


def _unfit(path: str, base: str) -> str:
    because = f"it is damaged or made for another model{_because()}"
    return f"The adapter {path} cannot be used with {Path(base).name}; {because}."


def _because() -> str:
    complaint = gguf.shown(" ".join(library.first_complaint().split()), 200)
    return f" (llama.cpp says: {complaint})" if complaint else ""
