"""Lists of spans: only what stands in the report can be written, on the rules alone and on real models."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radlite_tui import tasks
from radlite_tui.engine.llama.copying import Copying
from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import ModelFiles, Request
from radlite_tui.segments import Spans
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.outputs import NerOutput
from radlite_tui.tasks.prompt import prompt
from tests.engine.conftest import done
from tests.engine.test_side_by_side import EMBEDDED

SOURCE = "Small left pleural effusion.\nThe lungs are clear; no lung mass. Small heart."


def state(text: str, after: str = "\nNext: ", **may: bool) -> str | None:
    return Copying(Spans(SOURCE), " ", after).state(text, **may)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "open"),
        (" ", "open"),
        (" left", "whole"),
        (" left pl", "open"),
        (" left pleural effusion. The lungs", "whole"),
        (" left;", "open"),
        (" left; ", "open"),
        (" left; heart", "whole"),
        (" left\n", "over"),
        (" left\nNext", "over"),
        (" left\nOther", None),
        (" none", "whole"),
        (" non", "open"),
        (" nonsense", None),
        (" eft", None),
        (" lun", "open"),
        (" right", None),
        ("left", None),
        (" Small; Small", "whole"),
        (" Small; Small; Small", None),
        (" left; left", None),
        (" heart.; heart.", None),
        (" left ;", None),
        ("  no", None),
    ],
)
def test_a_list_is_what_stands_in_the_source(text: str, found: str | None) -> None:
    assert state(text) == found


def test_a_full_list_takes_no_further_span() -> None:
    assert state(" left;", may_go_on=False) is None
    assert state(" left\n", may_go_on=False) == "over"


@pytest.mark.parametrize(
    ("text", "rest"),
    [(" left pl", "eural"), ("", " none"), (" non", "e"), (" left; hea", "rt")],
)
def test_an_open_list_can_be_made_whole(text: str, rest: str) -> None:
    copying = Copying(Spans(SOURCE), " ", "")
    assert copying.completion(text) == rest
    assert copying.state(text + rest) == "whole"


def written() -> st.SearchStrategy[str]:
    random = st.text(alphabet="aefl ;\nnostu", max_size=24)
    return random | st.sampled_from([" left", " left; ", " left;", " none", " lun"])


@given(written())
@settings(max_examples=300, deadline=None)
def test_every_character_that_can_come_is_among_what_is_coming(text: str) -> None:
    copying = Copying(Spans(SOURCE), " ", "\nNext: ")
    if copying.state(text) in ("open", "whole"):
        can_come = {c for c in map(chr, range(10, 127)) if copying.state(text + c) is not None}
        assert {more[0] for more in copying.coming(text, 8) if more} >= can_come


@given(st.text(alphabet="aefl ;\nnostu", max_size=24))
@settings(max_examples=300, deadline=None)
def test_every_beginning_of_a_list_is_one_too(text: str) -> None:
    if state(text) is not None:
        assert all(state(text[:size]) is not None for size in range(len(text)))


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    engine = LocalEngine(EngineOptions(threads=1))
    yield engine
    engine.close()


@pytest.mark.parametrize("base", EMBEDDED, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("mode", [Mode.ZERO_SHOT, Mode.FINE_TUNED])
def test_no_model_can_name_an_entity_that_is_not_in_the_report(engine: LocalEngine, base, mode: Mode) -> None:  # type: ignore[no-untyped-def]
    task = tasks.get("radiology_ner")
    model = ModelFiles(str(base), str(base.with_name("adapter.gguf")) if mode.tuned else None)
    reports = [example.report for example in (*task.demonstrations, *task.examples)]
    reports += [example.report for example in tasks.get("impression_generation").examples]
    for report in reports:
        answer = done(engine.generate(Request(model, prompt(task, mode, report), form=task.shape(report))))
        output = task.parse(answer.text, report)
        assert isinstance(output, NerOutput)
        assert task.render(output).count("\n") == answer.text.count("\n") == 3
        assert answer.stats.completion_tokens > 0
