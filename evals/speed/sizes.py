"""How much is measured: counts of tokens and requests, apart from what is measured. Imports nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Tokens unless said otherwise.

    decode: answer of a decode run, decode_run: all answers of one with an embedded model, whose answers are short.
    context_prompt: prompt before it, where the prompt is ours to choose. prefill: prompt of a prefill run. long_report,
    report: reports of the rows that ask about one. answer: an answer of which only the first token matters. typing_s:
    seconds between a paste and the question. sequences: answers written side by side; sequence_answer: answer of each.
    column_answer: answer of a column of a comparison. busy_decode: answer of a run beside a busy core, and of a
    profiled one. cases, case_answer: evaluation items and the answer of each. in_flight: items under way at once.
    predictions: stored ones that a report is made of. train_recipe: whose adapters
    are trained, of train_models models, on train_rows rows each.
    """

    decode: int = 128
    decode_run: int = 512
    context_prompt: int = 64
    prefill: int = 512
    long_report: int = 500
    report: int = 300
    answer: int = 4
    typing_s: float = 5.0
    sequences: int = 16
    sequence_answer: int = 40
    column_answer: int = 64
    busy_decode: int = 48
    cases: int = 16
    case_answer: int = 24
    in_flight: int = 16
    predictions: int = 1_000_000
    train_recipe: str = "nano"
    train_models: int = 2
    train_rows: int = 192


FULL = Sizes()
QUICK = Sizes(
    decode=8,
    decode_run=8,
    context_prompt=24,
    prefill=48,
    long_report=48,
    report=32,
    answer=2,
    typing_s=0.5,
    sequences=3,
    sequence_answer=4,
    column_answer=3,
    busy_decode=8,
    cases=3,
    case_answer=4,
    in_flight=3,
    predictions=720,
    train_recipe="smoke",
    train_models=1,
    train_rows=8,
)
"""Enough to see that every row runs; figures measured with it mean nothing."""
