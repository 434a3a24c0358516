"""Loads llama.cpp and checks that it is the one this engine was written for; keeps its log away from the terminal.

The binding mirrors C structures by hand, so a version that differs may corrupt memory rather than complain: the
version, the sizes of the structures and a few default values near their ends are compared before anything is called.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import re
import sys
from collections import deque
from typing import Any

from radlite_tui.engine.llama.faults import Fault, lacks_memory

VERSION = "0.3.36"
STRUCT_BYTES = {"llama_batch": 56, "llama_model_params": 80, "llama_context_params": 160}
_WARN, _ERROR, _CONTINUED = 3, 4, 5

_loaded: Any = None
_complaints: deque[str] = deque(maxlen=20)
_kept_alive: list[Any] = []


def load() -> Any:
    """The `llama_cpp.llama_cpp` module, initialised once. Raises Fault("worker") when absent or another version."""
    global _loaded
    if _loaded is None:
        _loaded = _open()
    return _loaded


def first_complaint() -> str:
    """The first error llama.cpp logged since `forget_complaints`, without its function's name; empty when there was
    none. The ones after it only say that something failed."""
    return re.sub(r"^(\w+: )+", "", _complaints[0]) if _complaints else ""


def forget_complaints() -> None:
    _complaints.clear()


def _open() -> Any:
    remedy = f"reinstall it with: pip install llama-cpp-python=={VERSION}"
    try:
        package = importlib.import_module("llama_cpp")
        llama = importlib.import_module("llama_cpp.llama_cpp")
    except Exception as error:
        if lacks_memory(error):
            raise MemoryError from error
        raise Fault("worker", f"llama.cpp could not be loaded ({error}); {remedy}.") from error
    if package.__version__ != VERSION:
        raise Fault("worker", f"llama-cpp-python is {package.__version__} but {VERSION} is needed; {remedy}.")
    if not _as_expected(llama):
        raise Fault("worker", f"llama.cpp and its Python binding do not match each other; {remedy}.")
    os.environ.setdefault("GGML_NO_BACKTRACE", "1")  # or a failing process calls a debugger on itself, which takes long
    _keep_log(llama)
    llama.llama_backend_init()
    return llama


def load_mode(way: str) -> int:
    """llama.cpp's number for a way in which weights come into memory (see `EngineOptions.load`)."""
    llama = load()
    modes = {"mmap": llama.LLAMA_LOAD_MODE_MMAP, "mlock": llama.LLAMA_LOAD_MODE_MMAP_MLOCK}
    return int(modes.get(way, llama.LLAMA_LOAD_MODE_NONE))


def _as_expected(llama: Any) -> bool:
    sizes = {name: ctypes.sizeof(getattr(llama, name)) for name in STRUCT_BYTES}
    model, context = llama.llama_model_default_params(), llama.llama_context_default_params()
    model_defaults = (model.n_gpu_layers, model.vocab_only, model.use_extra_bufts, model.load_mtp)
    context_defaults = (context.n_ctx, context.n_ubatch, context.type_k, context.offload_kqv, context.kv_unified)
    return (
        sizes == STRUCT_BYTES
        and model_defaults == (-1, False, True, False)
        and context_defaults == (512, 512, 1, True, False)
        and context.n_samplers == 0
    )


def _keep_log(llama: Any) -> None:
    """Send warnings and errors to stderr (the worker's log) and remember errors for the message to the user."""
    level_before = _WARN - 1

    def on_log(level: int, text: bytes, _user_data: Any) -> None:
        nonlocal level_before
        level_before = level = level_before if level == _CONTINUED else level
        if level in (_WARN, _ERROR):
            line = text.decode("utf-8", "replace")
            sys.stderr.write(line)
            if level == _ERROR and line.strip():
                _complaints.append(line.strip())

    callback = llama.llama_log_callback(on_log)
    _kept_alive.append(callback)
    llama.llama_log_set(callback, None)
