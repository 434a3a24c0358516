"""One of several processes that train together, as `torchrun` and `accelerate launch` tell it through the environment.

May import accelerate (inside functions).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


def processes() -> int:
    """How many train together; 1 without a launcher."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def first() -> bool:
    """Whether this is the process that writes and speaks."""
    return os.environ.get("RANK", "0") == "0"


@contextmanager
def first_alone() -> Iterator[None]:
    """The first process of all goes through this while the others wait; then they do, and find what it wrote."""
    if processes() == 1:
        yield
        return
    import torch
    from accelerate import PartialState

    state = PartialState(cpu=not torch.cuda.is_available())
    if not first():
        state.wait_for_everyone()
    yield
    if first():
        state.wait_for_everyone()
