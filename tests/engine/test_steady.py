"""A steady engine: an answer is the same to the last bit, whatever else is asked and in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from radlite_tui import tasks
from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import Done, Request
from radlite_tui.models.store import Store, engine_files
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.prompt import beginning, prompt
from tests.engine.conftest import done

OPTIONS = EngineOptions().made_steady()
TAGS = ("n_staging", "radiology_ner")


def requests() -> list[Request]:
    """Closed and free answers, tuned or not, with worked examples and without."""
    manifest = Store().get("radlite-nano-qwen3")
    found = []
    for mode in (Mode.FEW_SHOT, Mode.FINE_TUNED, Mode.FINE_TUNED_FEW_SHOT):
        for task in map(tasks.get, TAGS):
            for example in task.demonstrations:
                asking = prompt(task, mode, example.report, example.words, manifest.layout)
                constant = len(beginning(task, mode, manifest.layout)) if mode.shots else 0
                files = engine_files(manifest, mode)
                found.append(Request(files, asking, max_tokens=24, form=task.form(), constant=constant))
    return found


def answers(asked: Sequence[Request], parallel: int) -> list[Done]:
    """The answers of a new engine that is asked so many at a time."""
    engine = LocalEngine(OPTIONS)
    with ThreadPoolExecutor(parallel) as pool:
        found = list(pool.map(lambda request: done(engine.generate(request)), asked))
    engine.close()
    return found


def test_order_company_and_what_was_read_before_change_no_bit() -> None:
    asked = requests()
    one_by_one = answers(asked, 1)
    reversed_together = answers(asked[::-1], 6)[::-1]
    twice = answers([*asked, *asked], 3)
    for first, second, third, fourth in zip(
        one_by_one, reversed_together, twice[: len(asked)], twice[len(asked) :], strict=True
    ):
        assert first.text == second.text == third.text == fourth.text
        assert first.choices == second.choices == third.choices == fourth.choices


def test_worked_examples_are_still_read_once() -> None:
    task, mode = tasks.get("n_staging"), Mode.FEW_SHOT
    manifest = Store().get("radlite-nano-qwen3")
    constant = len(beginning(task, mode, manifest.layout))
    reports = [example.report for example in (*task.demonstrations, *tasks.get("m_staging").demonstrations)]
    asked = [
        Request(engine_files(manifest, mode), prompt(task, mode, report, "", manifest.layout), form=task.form(),
                constant=constant)
        for report in reports
    ]  # fmt: skip
    first, *others = answers(asked, 1)
    assert first.stats.cached_tokens == 0
    assert others
    assert all(other.stats.cached_tokens > 100 for other in others)
