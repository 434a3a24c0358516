"""Which sequences are kept, shared and dropped, on a real context."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from radlite_tui.engine.llama.context import SEQUENCES, Context
from radlite_tui.engine.llama.interrupt import Interrupt
from radlite_tui.engine.llama.prefixes import Prefixes, common
from radlite_tui.engine.llama.sequence import Sequence
from radlite_tui.engine.llama.weights import Weights
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import ModelFiles
from tests.engine.driving import drive

OPTIONS = EngineOptions(threads=1)
LONG = list(range(100, 140))


@pytest.fixture
def prefixes(base: ModelFiles) -> Iterator[Prefixes]:
    interrupt = Interrupt()
    weights = Weights(base.weights, OPTIONS, interrupt)
    context = Context(weights, None, 512, OPTIONS, interrupt)
    yield Prefixes(context)
    context.close()
    weights.close()


def read(prefixes: Prefixes, prompt: list[int]) -> tuple[Sequence, int]:
    """Read a prompt in as an answer would; returns its sequence and how much was there."""
    begun = prefixes.begin(prompt)
    assert begun is not None
    sequence, cached, logits = begun
    if logits is None:
        sequence.remember(prompt, drive(prefixes.context, sequence.append(prompt[cached:])))
    return sequence, cached


def test_the_longest_prefix_of_all_kept_sequences_is_shared(prefixes: Prefixes) -> None:
    for tail in ([1, 2, 3], [4, 5, 6], [7, 8, 9]):
        prefixes.end(read(prefixes, LONG + tail)[0])
    _, cached = read(prefixes, [*LONG, 4, 5, 99, 98])
    assert cached == len(LONG) + 2


def test_a_running_sequence_is_shared_too(prefixes: Prefixes) -> None:
    running, _ = read(prefixes, [*LONG, 1])
    other, cached = read(prefixes, [*LONG, 2, 3])
    assert cached == len(LONG)
    assert prefixes.context.length(running.number) == len(LONG) + 1
    assert prefixes.context.length(other.number) == len(LONG) + 2


def test_the_last_token_is_computed_again_unless_its_logits_are_known(prefixes: Prefixes) -> None:
    first, _ = read(prefixes, LONG)
    drive(prefixes.context, first.append([1, 2]))
    prefixes.end(first)
    assert read(prefixes, LONG)[1] == len(LONG)
    assert read(prefixes, LONG[:30])[1] == 29


def test_a_kept_beginning_of_another_sequence_is_dropped_and_its_logits_stay_known(prefixes: Prefixes) -> None:
    first, _ = read(prefixes, LONG)
    prefixes.end(first)
    free = prefixes.context.free
    longer, _ = read(prefixes, [*LONG, 1, 2])
    prefixes.end(longer)
    assert prefixes.context.free == free
    assert read(prefixes, [*LONG, 1, 2])[1] == len(LONG) + 2


def test_sequences_used_longest_ago_make_room_and_beginnings_go_last(prefixes: Prefixes) -> None:
    first, _ = read(prefixes, LONG)
    prefixes.keep_beginning(first, 20)
    prefixes.end(first)
    second, _ = read(prefixes, list(range(40, 80)))
    prefixes.end(second)
    read(prefixes, [*LONG, 5])  # used again
    assert prefixes.make_room()
    assert prefixes.shared(list(range(40, 80))) == 0
    assert prefixes.shared(LONG) == len(LONG)
    while prefixes.make_room():
        pass
    assert prefixes.context.free < prefixes.context.free_at_first, "what is running stays"


def test_numbers_never_run_out_for_kept_sequences(prefixes: Prefixes) -> None:
    for start in range(2 * SEQUENCES):
        sequence, _ = read(prefixes, [start % 200, start // 200 + 1, 7] * 6)
        prefixes.end(sequence)
    assert prefixes.context.free >= prefixes.context.free_at_first - SEQUENCES


@pytest.mark.parametrize(
    ("a", "b", "same"), [([], [1], 0), ([1], [1], 1), ([1, 2], [1, 3], 1), ([1, 2, 3], [1, 2], 2), ([2], [1], 0)]
)
def test_common_prefix(a: list[int], b: list[int], same: int) -> None:
    assert common(a, b) == same
