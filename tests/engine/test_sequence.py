"""The KV cache and its mirror, driven directly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from radlite_tui.engine.llama.context import Context, Logits
from radlite_tui.engine.llama.faults import Aborted
from radlite_tui.engine.llama.interrupt import Interrupt
from radlite_tui.engine.llama.sequence import Sequence
from radlite_tui.engine.llama.weights import Weights
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import ModelFiles
from tests.engine.driving import drive

OPTIONS = EngineOptions(threads=1)


@pytest.fixture
def interrupt() -> Interrupt:
    return Interrupt()


@pytest.fixture
def weights(base: ModelFiles, interrupt: Interrupt) -> Iterator[Weights]:
    weights = Weights(base.weights, OPTIONS, interrupt)
    yield weights
    weights.close()


@pytest.fixture
def sequence(weights: Weights, interrupt: Interrupt) -> Iterator[Sequence]:
    context = Context(weights, None, 512, OPTIONS, interrupt)
    yield Sequence(context, 0)
    context.close()


def append(sequence: Sequence, tokens: list[int]) -> Logits:
    return drive(sequence.context, sequence.append(tokens))


def test_tokens_computed_again_after_a_cut_give_the_same_logits(sequence: Sequence) -> None:
    fresh = append(sequence, [5, 6, 7, 8])
    sequence.cut(2)
    append(sequence, [1])
    sequence.cut(2)
    np.testing.assert_allclose(append(sequence, [7, 8]), fresh, atol=1e-3)
    assert sequence.tokens == [5, 6, 7, 8]
    assert sequence.context.length(0) == 4


def test_a_shared_prefix_gives_the_same_logits(sequence: Sequence) -> None:
    fresh = append(sequence, [5, 6, 7, 8])
    other = Sequence(sequence.context, 1)
    other.adopt_prefix(sequence, 2)
    assert other.tokens == [5, 6]
    sequence.cut(0)
    np.testing.assert_allclose(append(other, [7, 8]), fresh, atol=1e-3)


def test_two_sequences_grow_apart(sequence: Sequence) -> None:
    append(sequence, [5, 6, 7])
    other = Sequence(sequence.context, 1)
    other.adopt_prefix(sequence, 3)
    append(other, [9, 9])
    after = append(sequence, [8])
    assert (sequence.context.length(0), sequence.context.length(1)) == (4, 5)
    sequence.cut(0)
    np.testing.assert_allclose(append(sequence, [5, 6, 7, 8]), after, atol=1e-3)


def test_parts_give_the_same_logits_as_one_batch(sequence: Sequence) -> None:
    tokens = list(range(40))
    whole = append(sequence, tokens)
    sequence.cut(0)
    for start in range(0, 32, 16):
        drive(sequence.context, sequence.verify(tokens[start : start + 16], 0))
    np.testing.assert_allclose(append(sequence, tokens[32:]), whole, atol=1e-3)


def test_logits_of_several_tokens_are_those_of_each(sequence: Sequence) -> None:
    each = [append(sequence, [token]) for token in (3, 4, 5)]
    sequence.cut(0)
    together = drive(sequence.context, sequence.verify([3, 4, 5], 3))
    np.testing.assert_allclose(together, each, atol=1e-3)


def test_set_interrupt_stops_before_and_keeps_the_mirror_right(sequence: Sequence, interrupt: Interrupt) -> None:
    append(sequence, [1, 2, 3])
    interrupt.set()
    with pytest.raises(Aborted):
        append(sequence, [4, 5])
    interrupt.clear()
    assert sequence.tokens == [1, 2, 3]
    assert sequence.context.length(0) == 3
    append(sequence, [4])
    assert sequence.context.length(0) == 4


def test_set_interrupt_stops_loading(base: ModelFiles, interrupt: Interrupt) -> None:
    interrupt.set()
    with pytest.raises(Aborted):
        Weights(base.weights, OPTIONS, interrupt)


def test_adapter_changes_logits_over_shared_weights(
    weights: Weights, adapted: ModelFiles, sequence: Sequence, interrupt: Interrupt
) -> None:
    tuned = Sequence(Context(weights, adapted.adapter, 512, OPTIONS, interrupt), 0)
    plain = append(sequence, [1, 2, 3])
    assert np.abs(append(tuned, [1, 2, 3]) - plain).max() > 0.5
    append(sequence, [4])
    assert tuned.context.length(0) == 3, "a context of its own, with a cache of its own"
    tuned.context.close()
