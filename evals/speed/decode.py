"""Rows about writing an answer, one sequence at a time. May import its siblings.

Our side is the app itself: a pseudo-terminal, keys, screens and engine, from the first piece of an answer's text to
its end, as the thread of the app that reads the engine sees it. The peer writes as many tokens after the same prompt.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from statistics import mean

from evals.speed.bench import Bench, narrate
from evals.speed.long_answers import WORDS, report_for
from evals.speed.peer import Peer
from evals.speed.rows import LeftOut, Runs
from evals.speed.subject import Subject
from evals.speed.terminal import AppInTerminal, Seen
from evals.speed.timing import rate
from radlite_tui.errors import RadliteError


def decode_3b(bench: Bench) -> Runs:
    """Tokens per second with a real-shape model."""
    return app_and_loop(bench, bench.subject)


def decode_4b(bench: Bench) -> Runs:
    """The same with the second model of real shape."""
    if bench.second is None:
        raise LeftOut("no --second-model-file")
    return app_and_loop(bench, bench.second)


def decode_embedded(bench: Bench) -> Runs:
    """Tokens per second with an embedded model, whose answers are short: several are asked for in a run."""
    return app_and_loop(bench, bench.embedded)


def app_and_loop(bench: Bench, subject: Subject) -> Runs:
    """The app in a terminal against a plain loop on the same number of threads, with the same weights in memory.

    The app is started for each run and ended before the peer's turn, so neither disturbs the other. In the context: the
    loop where llama.cpp keeps, or does not keep, its second copy of the weights, whichever we do not do; and the rate
    that the engine states itself.
    """
    limit = bench.sizes.decode
    report = report_for(bench, subject, limit).text
    narrate(f"{bench.name}: starting the app once, to see how long an answer is")
    with AppInTerminal(subject, report, [limit]) as app:
        before, trial = app.ask(WORDS), app.ask(WORDS)
    pause_s = trial.asked - before.ended
    answers = ceil(bench.sizes.decode_run / max(1, trial.timed.tokens - 1)) if subject is bench.embedded else 1
    stated: list[float] = []

    def ours(_run: int) -> float:
        with AppInTerminal(subject, report, [2, limit]) as app:
            app.ask(WORDS)
            seen = [app.ask(WORDS) for _ in range(answers)]
        stated.append(mean(one.timed.stats.decode_tok_s for one in seen))
        return rate(one.timed for one in seen)

    threads = bench.threads(subject)
    context = {
        "threads": threads,
        "prompt_tokens": trial.timed.stats.prompt_tokens,
        "answer_tokens": trial.timed.tokens,
        "answers_a_run": answers,
        "pause_s": pause_s,
        "engine_stated_tok_s": stated,
    }
    repack = subject.repack
    loop = looping(bench.plain(trial.files, threads, repack=repack), trial, answers, pause_s)
    other = looping(bench.plain(trial.files, threads, repack=not repack), trial, answers, pause_s)
    return bench.compare(ours, loop, context, {f"plain_loop_{'without' if repack else 'with'}_repack": other})


def looping(peer: Peer, trial: Seen, answers: int, pause_s: float) -> Callable[[int], float]:
    """The peer's run: as many answers of as many tokens, after the same prompt and the same rest."""

    def once(tokens: int) -> tuple[int, float]:
        found = peer.ask("decode", prompt=trial.prompt, tokens=tokens, pause_s=pause_s)
        if found["prompt_tokens"] != trial.timed.stats.prompt_tokens:
            raise RadliteError(
                f"The plain loop reads {found['prompt_tokens']} prompt tokens where the app reads "
                f"{trial.timed.stats.prompt_tokens}; the two cannot be compared."
            )
        return found["tokens"] - 1, found["decode_s"]

    def run(_run: int) -> float:
        several = [once(trial.timed.tokens) for _ in range(answers)]
        return sum(tokens for tokens, _ in several) / sum(seconds for _, seconds in several)

    once(2)  # reads the file in, as the app's own warm-up does
    return run
