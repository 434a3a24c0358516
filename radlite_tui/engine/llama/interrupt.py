"""The flag that stops llama.cpp in the middle of a computation. Imports the standard library only.

llama.cpp asks an abort callback after every node of its graph, hundreds of times a token. A Python callback would take
the interpreter lock each time, so the callback is the C library's own `strlen`: the flag is a C string that is empty
until it is set, and its length is the answer. Setting it from any thread takes effect at the next node.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any


class Interrupt:
    """A flag that native code can read without Python."""

    def __init__(self) -> None:
        self._flag = ctypes.create_string_buffer(2)

    def set(self) -> None:
        self._flag[0] = b"x"

    def clear(self) -> None:
        self._flag[0] = b"\0"

    def __bool__(self) -> bool:
        return self._flag[0] != b"\0"

    def attach(self, llama: Any, context: Any) -> None:
        """Make `context` stop when the flag is set. The flag must outlive the context."""
        library = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)
        callback = ctypes.cast(library.strlen, llama.ggml_abort_callback)
        llama.llama_set_abort_callback(context, callback, ctypes.addressof(self._flag))
