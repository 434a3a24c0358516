"""Several answers at once: the same words as one after another, fair turns, and reading ahead that yields."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import radlite_tui
from radlite_tui import tasks
from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import Cancelled, Done, Event, Failed, ModelFiles, Prefill, Request, Token
from radlite_tui.segments import IM_START, Control, Segment, Text
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.prompt import prompt
from tests.engine.conftest import REPORT, chat, done, final
from tests.engine.reference import Reference

EMBEDDED = sorted((Path(radlite_tui.__file__).parent / "models" / "embedded").glob("*/base.gguf"))
DEADLINE_S = 120.0
TIE = 0.1
"""Logits no further apart than this may change places by rounding."""
CLOSE = 0.05
"""The same for probabilities of labels."""


@pytest.fixture(params=EMBEDDED, ids=lambda path: path.parent.name)
def tuned(request: pytest.FixtureRequest) -> ModelFiles:
    base: Path = request.param
    return ModelFiles(str(base), str(base.with_name("adapter.gguf")))


@pytest.fixture
def fresh() -> Iterator[LocalEngine]:
    engine = LocalEngine(EngineOptions(threads=1))
    yield engine
    engine.close()


def requests(model: ModelFiles, mode: Mode = Mode.FINE_TUNED) -> list[Request]:
    """One request a task and example: free answers and closed ones."""
    found = []
    for tag in tasks.TAGS:
        task = tasks.get(tag)
        for example in (*task.demonstrations, *task.examples)[:2]:
            text = prompt(task, mode, example.report, example.words)
            found.append(Request(model, text, max_tokens=48, form=task.form()))
    return found


def together(engine: LocalEngine, asked: list[Request]) -> list[Event]:
    """The final events of requests asked at the same time, in their order."""
    answers: queue.SimpleQueue[tuple[int, Event]] = queue.SimpleQueue()

    def ask(number: int, request: Request) -> None:
        answers.put((number, final(engine.generate(request))))

    for number, request in enumerate(asked):
        threading.Thread(target=ask, args=(number, request), daemon=True).start()
    found = dict(answers.get(timeout=DEADLINE_S) for _ in asked)
    return [found[number] for number in range(len(asked))]


def texts(events: list[Event]) -> list[str]:
    assert all(isinstance(event, Done) for event in events), events
    return [event.text for event in events if isinstance(event, Done)]


def same_but_for_ties(request: Request, one: Event, other: Event) -> bool:
    """Whether two greedy answers are the same up to a place where the model was undecided: batches round differently,
    which may decide between tokens, or labels, that are as good as equal."""
    assert isinstance(one, Done)
    assert isinstance(other, Done)
    if request.form is not None:
        return same_choices(one, other)
    return one.text == other.text or _tied(request, one.text, other.text)


def same_choices(one: Done, other: Done) -> bool:
    for a, b in zip(one.choices, other.choices, strict=True):
        if max(abs(a[label] - b[label]) for label in a) > CLOSE:
            return False
        if max(a, key=lambda label: a[label]) != max(b, key=lambda label: b[label]):
            return True  # undecided; what follows stands on another beginning
    return one.text == other.text


def _tied(request: Request, text: str, other: str) -> bool:
    reference = Reference(request.model.weights, request.model.adapter)
    one, two = reference.tokens(text), reference.tokens(other)
    same = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    ends = reference.ends()
    before = [t for part in request.prompt for t in reference.tokens(*_spelled(part))] + one[:same]
    logits = reference.logits(before)
    reference.close()
    chosen = [max(logits[t] for t in (tokens[same : same + 1] or ends)) for tokens in (one, two)]
    return max(logits) - min(chosen) < TIE


def _spelled(part: Segment) -> tuple[str, bool]:
    return (part.token, True) if isinstance(part, Control) else (part.text, False)


def test_answers_side_by_side_are_those_of_one_after_another(fresh: LocalEngine, tuned: ModelFiles) -> None:
    asked = requests(tuned)
    single = LocalEngine(EngineOptions(threads=1, parallel=1))
    alone = [final(single.generate(request)) for request in asked]
    single.close()
    beside = together(fresh, asked)
    assert all(same_but_for_ties(*one) for one in zip(asked, beside, alone, strict=True))
    assert sum(a == b for a, b in zip(texts(beside), texts(alone), strict=True)) >= 0.7 * len(asked)


def test_one_pass_serves_many_answers(fresh: LocalEngine, slow: ModelFiles) -> None:
    asked = [Request(slow, chat(f"{i}. {REPORT}"), max_tokens=40, temperature=5.0, seed=i) for i in range(8)]
    events = together(fresh, asked)
    steps = [event.stats.steps for event in events if isinstance(event, Done)]
    tokens = [event.stats.completion_tokens for event in events if isinstance(event, Done)]
    assert len(steps) == 8
    assert all(step <= token for step, token in zip(steps, tokens, strict=True))


def test_more_requests_than_places_all_finish(base: ModelFiles) -> None:
    engine = LocalEngine(EngineOptions(threads=1, parallel=3))
    asked = [Request(base, chat(f"{i}. {REPORT}"), max_tokens=5) for i in range(12)]
    assert len(texts(together(engine, asked))) == 12
    engine.close()


def test_a_beginning_that_several_requests_share_is_read_once(fresh: LocalEngine, tuned: ModelFiles) -> None:
    task = tasks.get("radiology_nli")
    asked = [
        Request(
            tuned, prompt(task, Mode.FINE_TUNED_FEW_SHOT, task.examples[0].report, f"Statement {i}."), form=task.form()
        )
        for i in range(6)
    ]
    events = together(fresh, asked)
    computed = [e.stats.prompt_tokens - e.stats.cached_tokens for e in events if isinstance(e, Done)]
    assert len(computed) == 6
    longest = max(e.stats.prompt_tokens for e in events if isinstance(e, Done))
    assert sum(computed) < 2 * longest


def test_worked_examples_stay_when_the_reports_change(fresh: LocalEngine, tuned: ModelFiles) -> None:
    task = tasks.get("n_staging")
    shots = prompt(task, Mode.FINE_TUNED_FEW_SHOT, task.examples[0].report)
    constant = len(shots) - len(prompt(task, Mode.FINE_TUNED, task.examples[0].report))
    small = LocalEngine(EngineOptions(threads=1, full_prompts=1))
    for number in range(6):
        report = tasks.Report(f"Node {number}. " + "Enlarged left axillary nodes. " * 60)
        text = prompt(task, Mode.FINE_TUNED_FEW_SHOT, report)
        answer = done(small.generate(Request(tuned, text, form=task.form(), constant=constant)))
        if number:
            kept = small.count(tuned, text[:constant])
            assert answer.stats.cached_tokens >= kept - 1
    small.close()


def test_cancelling_stops_all_and_closing_stops_one(fresh: LocalEngine, slow: ModelFiles) -> None:
    def long(seed: int) -> Request:
        return Request(slow, chat(REPORT), max_tokens=7000, temperature=5.0, seed=seed)

    first, second = fresh.generate(long(1)), fresh.generate(long(2))
    for events in (first, second):
        assert any(isinstance(event, Token) for event in events)
    first.close()  # type: ignore[attr-defined]
    assert isinstance(next(event for event in second if isinstance(event, Token)), Token)
    fresh.cancel()
    assert isinstance(final(second), Cancelled)


def test_what_is_left_after_a_cancel_gives_the_same_answers(fresh: LocalEngine, tuned: ModelFiles) -> None:
    request = requests(tuned)[2]
    expected = done(fresh.generate(request)).text
    other = fresh.generate(Request(tuned, chat(REPORT * 8), max_tokens=400, temperature=2.0, seed=3))
    next(event for event in other if isinstance(event, Prefill))
    other.close()  # type: ignore[attr-defined]
    assert done(fresh.generate(request)).text == expected


def ahead(model: ModelFiles, report: str) -> Request:
    return Request(model, (Control(IM_START), Text(f"user\n{report}")), max_tokens=1)


def about(model: ModelFiles, report: str, question: str) -> Request:
    whole = (*ahead(model, report).prompt, Text(f"\n\n{question}"))
    return Request(model, whole, max_tokens=4)


def test_a_request_takes_over_what_was_read_ahead(fresh: LocalEngine, base: ModelFiles) -> None:
    report = REPORT * 4
    *_, last = fresh.read(ahead(base, report))
    assert isinstance(last, Done)
    assert (last.text, last.stats.completion_tokens) == ("", 0)
    asked = done(fresh.generate(about(base, report, "What is seen?")))
    assert asked.stats.cached_tokens >= last.stats.prompt_tokens - 1
    again = LocalEngine(EngineOptions(threads=1))
    assert done(again.generate(about(base, report, "What is seen?"))).text == asked.text
    again.close()


def test_reading_ahead_gives_way_to_a_request_and_goes_on_afterwards(fresh: LocalEngine, slow: ModelFiles) -> None:
    reading = fresh.read(ahead(slow, REPORT * 60))
    assert any(isinstance(event, Prefill) and event.done for event in reading)
    asked = done(fresh.generate(Request(slow, chat("Something else."), max_tokens=2)))
    assert asked.stats.cached_tokens < 8
    *_, last = reading
    assert isinstance(last, Done)


def test_a_request_ends_the_reading_it_takes_over(fresh: LocalEngine, slow: ModelFiles) -> None:
    report = REPORT * 60
    reading = fresh.read(ahead(slow, report))
    assert any(isinstance(event, Prefill) and event.done for event in reading)
    asked = done(fresh.generate(about(slow, report, "What is seen?")))
    assert asked.stats.cached_tokens > 0
    assert isinstance(final(reading), Cancelled)


def test_closing_a_reading_ends_it_and_keeps_what_was_read(fresh: LocalEngine, slow: ModelFiles) -> None:
    report = REPORT * 60
    reading = fresh.read(ahead(slow, report))
    assert any(isinstance(event, Prefill) and event.done for event in reading)
    reading.close()  # type: ignore[attr-defined]
    asked = done(fresh.generate(about(slow, report, "What is seen?")))
    assert 0 < asked.stats.cached_tokens < asked.stats.prompt_tokens


def test_a_prompt_too_long_fails_alone(fresh: LocalEngine, base: ModelFiles) -> None:
    asked = [Request(base, chat(REPORT), max_tokens=4), Request(base, chat(REPORT * 400), max_tokens=4)]
    first, second = together(fresh, asked)
    assert isinstance(first, Done)
    assert isinstance(second, Failed)
    assert second.kind == "too_long"


def test_models_are_freed_when_idle_and_loaded_again(base: ModelFiles) -> None:
    engine = LocalEngine(EngineOptions(threads=1, idle_unload_s=0.2))
    request = Request(base, chat(REPORT), max_tokens=3)
    expected = done(engine.generate(request)).text
    weights = Path(base.weights).name

    def mapped() -> bool:
        return weights in Path(f"/proc/{engine.pid}/maps").read_text(encoding="utf-8")

    deadline = threading.Event()
    while mapped() and not deadline.wait(0.05):
        pass
    assert done(engine.generate(request)).text == expected
    engine.close()


def test_keys_and_values_in_8_bits_answer_too(tuned: ModelFiles) -> None:
    engine = LocalEngine(EngineOptions(threads=1, kv_type="q8_0"))
    assert len(texts([final(engine.generate(request)) for request in requests(tuned)[:4]])) == 4
    engine.close()


def test_models_that_take_turns_in_one_place_all_answer(folder: Path) -> None:
    engine = LocalEngine(EngineOptions(threads=1, contexts=1, parallel=1))
    models = [ModelFiles(str(folder / f"{arch}-base.gguf")) for arch in ("qwen2", "qwen3")]
    asked = [Request(models[i % 2], chat(f"{i}. {REPORT}"), max_tokens=4) for i in range(8)]
    assert len(texts(together(engine, asked))) == 8
    engine.close()


def test_answers_wait_for_room_in_a_small_cache(slow: ModelFiles) -> None:
    small = ModelFiles(slow.weights, context=1024)
    engine = LocalEngine(EngineOptions(threads=1, full_prompts=1))
    asked = [Request(small, chat(f"{i}. " + REPORT * 12), max_tokens=6, temperature=3.0, seed=i) for i in range(6)]
    assert len(texts(together(engine, asked))) == 6
    engine.close()
