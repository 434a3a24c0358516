"""How an answer asks for computation: a generator that yields rows and is sent the logits it wanted.

An answer is written as if it had llama.cpp to itself. The scheduler gathers the rows of all running answers of a
context into one batch, so one pass over the weights serves them all. Imports `context` only.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from radlite_tui.engine.llama.context import Logits, Row

Result = TypeVar("Result")

Rows = list[Row]
Work = Generator[Rows, list[Logits], Result]
"""Yields at most a batch of rows; is sent the logits of those that wanted them, in order; returns a result."""
