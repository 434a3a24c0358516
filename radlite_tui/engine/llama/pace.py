"""How many threads to decode with right now, learnt from the speed of the steps themselves. Imports nothing.

Threads of one computation wait for each other many times a token, so on a busy machine the slowest core sets the pace:
two threads beside another load were seen to fall from 14 to 1.5 tokens/s where one thread held 10.5. `Pace` is told
how long each step took and says how many threads the next one should use. It holds no thread and reads no clock.

Speed that drops is answered by trying fewer threads at once; more threads are tried now and then, for one step unless
they do well, and the seldomer the more the last try has cost. A step is compared only with steps of its own kind.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass

SHARE = 0.02
"""Of the decoding time, what trying another number of threads may cost on the whole."""
BETTER = 1.08
"""How much faster another number of threads must be to be kept."""

_ALLOWANCE, _ALARM = 0.2, 0.6  # of a step's slowness, as a logarithm: what is noise, and what adds up to an alarm
_SOON_STEPS, _TRIAL_STEPS, _TRIAL_S = 4, 6, 0.02
_LEAST_S, _MOST_S, _DOWN_S = 1.0, 120.0, 10.0
_OLD_S = 5.0


def kind_of(rows: int) -> int:
    """The kind of a step that computes this many rows: 1, 2, 3-4, 5-8, ... are alike."""
    return (max(1, rows) - 1).bit_length()


@dataclass
class _Speed:
    """Seconds a token as usual, at one number of threads and for one kind of step. at: when last seen."""

    usual: float
    at: float
    steps: int = 1

    def add(self, cost: float, now: float) -> None:
        self.steps += 1
        plain = min(max(cost, self.usual / 1.35), self.usual * 1.35)  # one odd step does not change what is usual
        self.usual += (plain - self.usual) * max(0.15, 1 / self.steps)
        self.at = now


@dataclass
class _Trial:
    """Some steps with another number of threads, at position `level` of the levels."""

    level: int
    invited: bool = False
    tokens: float = 0.0
    seconds: float = 0.0
    expected: float = 0.0
    steps: int = 0


class Pace:
    """The number of threads for the next decode step, between 1 and `most`.

    Call `observe` after every pure decode step that ran with `threads` threads. With `most` 1 it does nothing.
    """

    def __init__(self, most: int) -> None:
        most = max(1, most)
        self._levels = sorted({1, max(1, most // 4), max(1, most // 2), most - most // 4, max(1, most - 1), most})
        self._level = len(self._levels) - 1
        self._now = 0.0
        self._speeds: dict[tuple[int, Hashable], _Speed] = {}
        self._trial: _Trial | None = None
        self._next_up = self._next_down = 0.0
        self._steps = 0
        self._invited, self._heeds = False, True
        self._alarm = self._slow_tokens = self._slow_seconds = 0.0

    @property
    def most(self) -> int:
        """Threads on a machine that does nothing else."""
        return self._levels[-1]

    @property
    def threads(self) -> int:
        """Threads to use for the next step."""
        return self._levels[self._trial.level if self._trial else self._level]

    @property
    def settled(self) -> int:
        """The number of threads held to be best, whatever is being tried."""
        return self._levels[self._level]

    def invite(self) -> None:
        """Say that cores seem to be free (see `threads.IdleCores`): more threads are tried at the next step, instead of
        when it is time. Once this has proved wrong it is not heeded until more threads have been found better."""
        self._invited = self._heeds

    def observe(self, tokens: int, seconds: float, kind: Hashable = 0) -> None:
        """A decode step of `tokens` tokens took `seconds` of wall time with `threads` threads.

        kind: steps that cost differently must differ in it, such as `kind_of` the rows in the batch. Not for prefill.
        """
        if len(self._levels) == 1 or tokens <= 0 or not 0 < seconds < math.inf:
            return
        self._now += seconds
        self._steps += 1
        if self._trial is not None:
            self._judge(self._trial, tokens, seconds, kind)
            return
        alarm = self._note(tokens, seconds, kind)
        if self._level > 0 and (alarm or (self._now >= self._next_down and self._steps >= _SOON_STEPS)):
            self._trial = _Trial(self._level - 1)
        elif self._level + 1 < len(self._levels) and (self._invited or self._now >= self._next_up):
            self._trial = _Trial(self._level + 1, self._invited and self._now < self._next_up)
        self._invited = False

    def _note(self, tokens: int, seconds: float, kind: Hashable) -> bool:
        """Keep a step at the settled level. True when steps have become so slow that fewer threads should be tried."""
        cost = seconds / tokens
        speed = self._speeds.get((self._level, kind))
        if speed is None or self._now - speed.at > _OLD_S + seconds:
            self._speeds[self._level, kind] = _Speed(cost, self._now)
            self._calm()
            return False
        self._alarm = max(0.0, self._alarm + math.log(cost / speed.usual) - _ALLOWANCE)
        speed.add(cost, self._now)
        if self._alarm == 0.0:
            self._calm()
            return False
        self._slow_tokens += tokens
        self._slow_seconds += seconds
        if self._alarm < _ALARM:
            return False
        speed.usual = self._slow_seconds / self._slow_tokens  # whatever comes of it, this is what is usual now
        self._calm()
        return True

    def _judge(self, trial: _Trial, tokens: int, seconds: float, kind: Hashable) -> None:
        """Add a step to a trial; end the trial when it is plainly slower, or long enough to be trusted."""
        here = self._speeds.get((self._level, kind))
        if here is None or self._now - here.at > _OLD_S + trial.seconds + seconds:
            self._trial = None  # nothing to compare it with
            return
        trial.tokens += tokens
        trial.seconds += seconds
        trial.expected += tokens * here.usual
        trial.steps += 1
        gain = trial.expected / trial.seconds
        if trial.seconds < _TRIAL_S and trial.steps < _TRIAL_STEPS:
            return
        if gain >= 1.0 and trial.steps < _TRIAL_STEPS:
            if trial.level < self._level and gain > 1.5:  # fewer threads, and far better: no need to be sure
                self._settle(trial, kind)
            return
        if gain > BETTER:
            self._settle(trial, kind)
        else:
            self._give_up(trial)

    def _settle(self, trial: _Trial, kind: Hashable) -> None:
        """The tried number of threads is the better one; go on in the same direction soon."""
        cost = trial.seconds / trial.tokens
        soon = self._now + _SOON_STEPS * trial.seconds / trial.steps
        went_up = trial.level > self._level
        self._heeds = self._heeds or went_up
        self._level, self._trial = trial.level, None
        self._speeds[self._level, kind] = _Speed(cost, self._now)
        self._next_up = soon if went_up else self._now + _LEAST_S
        self._next_down = self._now + _DOWN_S if went_up else soon
        self._calm()

    def _give_up(self, trial: _Trial) -> None:
        """Stay; try again the later the more it has cost."""
        self._heeds = self._heeds and not trial.invited
        lost = max(0.0, trial.seconds - trial.expected)
        wait = min(max(lost / SHARE, _LEAST_S), _MOST_S)
        if trial.level > self._level:
            self._next_up = self._now + wait
        else:
            self._next_down = self._now + max(wait, _DOWN_S)
        self._trial = None

    def _calm(self) -> None:
        self._alarm = self._slow_tokens = self._slow_seconds = 0.0
