"""Choosing threads by speed, on simulated machines: time is what the steps are said to take."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from radlite_tui.engine.llama.pace import Pace, kind_of

Speed = Callable[[int, float], float]
"""Tokens/s with this many threads at this second."""


def measured(busy: Callable[[float], bool]) -> Speed:
    """The two-core machine of a measured collapse: tokens/s of a 3B model, idle and beside one other load."""
    return lambda threads, now: ({1: 10.5, 2: 1.5} if busy(now) else {1: 10.5, 2: 14.0})[threads]


def shared(cores: int, others: Callable[[float], int], once: float = 5.0) -> Speed:
    """A machine where threads beyond the free cores make all wait for their turn; more threads always help a little
    less."""

    def speed(threads: int, now: float) -> float:
        free = max(1, cores - others(now))
        rate = once * threads**0.9
        return rate if threads <= free else once * free**0.9 * (0.6 ** (threads - free))

    return speed


@dataclass
class Run:
    """Decode for some seconds of simulated time, and remember what was used."""

    pace: Pace
    speed: Speed
    noise: float = 0.0
    seed: int = 0
    now: float = 0.0
    used: list[tuple[float, int]] = field(default_factory=list)
    settled: list[tuple[float, int]] = field(default_factory=list)
    tokens: float = 0.0

    def until(self, end: float) -> Run:
        chance = random.Random(self.seed)
        while self.now < end:
            threads = self.pace.threads
            rate = self.speed(threads, self.now) * (1 + chance.uniform(-self.noise, self.noise))
            self.pace.observe(1, 1 / rate, 0)
            self.now += 1 / rate
            self.tokens += 1
            self.used.append((self.now, threads))
            self.settled.append((self.now, self.pace.settled))
        return self

    def changes(self, since: float = 0.0) -> int:
        held = [threads for now, threads in self.settled if now >= since]
        return sum(one != other for one, other in itertools.pairwise(held))

    def first(self, threads: int, since: float) -> float:
        """When this number was settled on, counted from `since`."""
        return next(now for now, held in self.settled if now >= since and held == threads) - since


def test_idle_machine_keeps_every_thread_and_loses_next_to_nothing() -> None:
    run = Run(Pace(2), measured(lambda _now: False)).until(120)
    assert {held for _, held in run.settled} == {2}
    assert run.tokens > 0.99 * 120 * 14.0


def test_load_that_arrives_is_stepped_away_from_within_a_few_steps() -> None:
    run = Run(Pace(2), measured(lambda now: now >= 20)).until(30)
    slow = [now for now, used in run.used if now > 20 and used == 2]
    assert len(slow) <= 3
    assert run.first(1, 20) < 2.0


def test_load_that_was_there_first_is_noticed_at_once() -> None:
    run = Run(Pace(2), measured(lambda _now: True)).until(60)
    assert sum(used == 2 for _, used in run.used[:8]) <= 5
    assert run.settled[-1][1] == 1


def test_load_that_goes_gives_the_threads_back() -> None:
    mild = shared(2, lambda now: 1 if 20 <= now < 40 else 0)
    run = Run(Pace(2), mild).until(60)
    assert run.first(1, 20) < 2.0
    assert run.first(2, 40) < 6.0
    harsh = Run(Pace(2), measured(lambda now: 20 <= now < 40)).until(90)
    assert harsh.first(2, 40) < 35.0, "each try costs half a second, so they are seldom"


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("busy", [False, True])
def test_trying_costs_less_than_three_hundredths_in_the_long_run(busy: bool, seed: int) -> None:
    run = Run(Pace(2), measured(lambda _now: busy), noise=0.15, seed=seed).until(60)
    before = run.tokens
    run.until(660)
    assert run.tokens - before > 0.97 * 600 * (10.5 if busy else 14.0)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("busy", [False, True])
def test_noise_makes_nobody_change_their_mind(busy: bool, seed: int) -> None:
    run = Run(Pace(2), measured(lambda _now: busy), noise=0.15, seed=seed).until(300)
    assert run.changes(since=5.0) == 0


@pytest.mark.parametrize("seed", range(5))
def test_equal_speeds_do_not_flap(seed: int) -> None:
    run = Run(Pace(2), lambda _threads, _now: 10.0, noise=0.15, seed=seed).until(300)
    assert run.changes() <= 6, "once a minute at most"
    assert run.tokens > 0.97 * 300 * 10.0 * 0.98


@pytest.mark.parametrize("others", [0, 1, 3, 6])
def test_many_cores_find_what_is_free(others: int) -> None:
    run = Run(Pace(8), shared(8, lambda _now: others), noise=0.05).until(60)
    best = max(shared(8, lambda _now: others)(threads, 0.0) for threads in (1, 2, 4, 6, 7, 8))
    run.tokens, start = 0.0, run.now
    run.until(300)
    assert run.tokens > 0.93 * best * (run.now - start)


def test_many_cores_follow_a_load_down_and_up_again() -> None:
    run = Run(Pace(8), shared(8, lambda now: 4 if 20 <= now < 60 else 0)).until(90)
    assert run.settled[-1][1] == 8
    assert min(held for now, held in run.settled if 25 < now < 60) == 4
    assert run.first(4, 20) < 4.0
    assert run.first(8, 60) < 15.0


def test_invitation_gives_the_threads_back_at_once() -> None:
    run = Run(Pace(2), measured(lambda now: 20 <= now < 40)).until(40.5)
    assert run.settled[-1][1] == 1
    run.pace.invite()
    run.until(42)
    assert run.settled[-1][1] == 2


def test_wrong_invitations_are_heeded_once() -> None:
    run = Run(Pace(2), measured(lambda _now: True)).until(60)
    before = run.tokens
    for second in range(600):
        run.pace.invite()
        run.until(61.0 + second)
    assert run.tokens - before > 0.97 * 600 * 10.5


def test_one_core_does_nothing() -> None:
    pace = Pace(1)
    for seconds in (0.1, 5.0, 0.001) * 20:
        pace.observe(1, seconds)
        assert pace.threads == 1


def test_steps_of_different_kinds_are_not_compared() -> None:
    pace, now = Pace(2), 0.0
    chance = random.Random(4)
    while now < 120:
        rows = chance.choice((1, 1, 1, 16))
        seconds = {1: 0.07, 16: 0.52}[rows] * (1.0 if pace.threads == 2 else 1.33)
        pace.observe(rows, seconds, kind_of(rows))
        now += seconds
        assert pace.settled == 2


def test_load_is_noticed_among_steps_of_different_kinds() -> None:
    pace, now, held = Pace(2), 0.0, []
    chance = random.Random(4)
    while now < 40:
        rows = chance.choice((1, 16))
        slower = 1.33 if pace.threads == 1 else 9.0 if now > 20 else 1.0
        seconds = {1: 0.07, 16: 0.52}[rows] * slower
        pace.observe(rows, seconds, kind_of(rows))
        now += seconds
        held.append((now, pace.settled))
    assert next(now for now, threads in held if threads == 1) < 30
    assert held[-1][1] == 1


def test_growing_context_is_not_taken_for_a_load() -> None:
    run = Run(Pace(2), lambda threads, now: {1: 10.5, 2: 14.0}[threads] / (1 + now / 100)).until(200)
    assert run.changes() == 0


def test_nonsense_is_ignored() -> None:
    pace = Pace(4)
    for tokens, seconds in ((0, 1.0), (1, 0.0), (1, -1.0), (1, float("nan")), (1, float("inf")), (-1, 1.0)):
        pace.observe(tokens, seconds)
    assert pace.threads == 4


def test_kinds_are_numbers_of_rows_that_cost_alike() -> None:
    assert [kind_of(rows) for rows in (1, 2, 3, 4, 5, 8, 9, 16)] == [0, 1, 2, 2, 3, 3, 4, 4]
