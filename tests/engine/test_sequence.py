"""The KV cache and its mirror, driven directly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from radlite_tui.engine.llama.context import Context
from radlite_tui.engine.llama.faults import Aborted
from radlite_tui.engine.llama.interrupt import Interrupt
from radlite_tui.engine.llama.sequence import Sequence
from radlite_tui.engine.llama.weights import Weights
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import ModelFiles

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
    yield Sequence(context)
    context.close()


def test_longest_common_prefix_is_kept(sequence: Sequence) -> None:
    sequence.append([1, 2, 3, 4, 5])
    assert sequence.reuse([1, 2, 3, 9, 9]) == 3
    assert sequence.tokens == [1, 2, 3]
    assert sequence.context.length(0) == 3


def test_last_token_is_always_computed_again(sequence: Sequence) -> None:
    sequence.append([1, 2, 3])
    assert sequence.reuse([1, 2, 3]) == 2
    assert sequence.reuse([1, 2]) == 1


def test_nothing_in_common_keeps_nothing(sequence: Sequence) -> None:
    sequence.append([1, 2, 3])
    assert sequence.reuse([7, 2, 3]) == 0
    assert sequence.context.length(0) == 0


def test_reused_tokens_give_the_same_logits(sequence: Sequence) -> None:
    sequence.append([5, 6, 7, 8])
    fresh = sequence.context.logits()
    sequence.reuse([5, 6, 1])
    sequence.append([1])
    kept = sequence.reuse([5, 6, 7, 8])
    sequence.append([7, 8])
    assert kept == 2
    np.testing.assert_allclose(sequence.context.logits(), fresh, atol=1e-3)


def test_chunks_give_the_same_logits_as_one_batch(sequence: Sequence) -> None:
    tokens = list(range(40))
    sequence.append(tokens)
    whole = sequence.context.logits()
    sequence.cut(0)
    assert list(sequence.extend(tokens, 16)) == [16, 32, 40]
    np.testing.assert_allclose(sequence.context.logits(), whole, atol=1e-3)


def test_set_interrupt_stops_before_and_keeps_the_mirror_right(sequence: Sequence, interrupt: Interrupt) -> None:
    sequence.append([1, 2, 3])
    interrupt.set()
    with pytest.raises(Aborted):
        sequence.append([4, 5])
    interrupt.clear()
    assert sequence.tokens == [1, 2, 3]
    assert sequence.context.length(0) == 3
    sequence.append([4])
    assert sequence.context.length(0) == 4


def test_set_interrupt_stops_loading(base: ModelFiles, interrupt: Interrupt) -> None:
    interrupt.set()
    with pytest.raises(Aborted):
        Weights(base.weights, OPTIONS, interrupt)


def test_adapter_changes_logits_over_shared_weights(
    weights: Weights, adapted: ModelFiles, sequence: Sequence, interrupt: Interrupt
) -> None:
    tuned = Sequence(Context(weights, adapted.adapter, 512, OPTIONS, interrupt))
    sequence.append([1, 2, 3])
    plain = sequence.context.logits()
    tuned.append([1, 2, 3])
    assert np.abs(tuned.context.logits() - plain).max() > 0.5
    sequence.append([4])
    assert tuned.context.length(0) == 3, "a context of its own, with a cache of its own"
    tuned.context.close()
