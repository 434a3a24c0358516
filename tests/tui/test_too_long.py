"""A prompt that does not fit is refused before it runs, with ways out by number; nothing is ever cut."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from radlite_tui.assistant.assistant import Assistant
from radlite_tui.engine.protocol import Done, Event, Failed, ModelFiles, Prefill, Request, Stats, Token
from radlite_tui.errors import RadliteError
from radlite_tui.segments import Prompt
from radlite_tui.tasks.report import Report
from radlite_tui.tui import counting
from radlite_tui.tui.figures import spark, wait
from radlite_tui.tui.progress import Progress
from radlite_tui.tui.screens import read_running
from radlite_tui.tui.widgets.status import Standing, status_text
from tests.scripted import ScriptedEngine
from tests.tui.desk import PATIENCE, open_desk, scripted

MAIN = "FINDINGS: 9 mm nodule.\n\nIMPRESSION: Nodule."
LONG = f"HISTORY: {'cough and fever ' * 60}\n{MAIN}"


async def test_too_long_is_refused_before_the_run_and_findings_and_impression_can_be_chosen() -> None:
    engine = ScriptedEngine()
    async with open_desk(scripted(engine, context=200), report=Report(LONG)) as desk:
        await desk.type("birads")
        await desk.until(lambda: "TOO LONG" in str(desk.read.pane.border_title))
        await desk.pilot.press("enter")
        assert "nothing was cut" in desk.routing()
        assert "1 findings and impression only" in desk.routing()
        assert engine.requests == []
        assert desk.read.ask_line.text == "birads"
        await desk.pilot.press("1")
        await desk.answered()
        turn = desk.read.conversation.latest
        assert turn is not None
        assert turn.plan.ask.report.text == MAIN
        assert "findings and impression only" in desk.latest()
        assert desk.read.pane.current.text == LONG


async def test_escape_cancels_and_the_words_stay() -> None:
    engine = ScriptedEngine()
    async with open_desk(scripted(engine, context=200), report=Report(LONG)) as desk:
        await desk.type("birads")
        await desk.until(lambda: "TOO LONG" in str(desk.read.pane.border_title))
        await desk.pilot.press("enter", "escape")
        assert "→ RADS" in desk.routing()
        assert desk.read.ask_line.text == "birads"
        assert engine.requests == []


async def test_what_the_engine_refuses_is_offered_too_on_the_embedded_models() -> None:
    words = "the lung is clear and the heart is normal in size " * 400
    async with open_desk(Assistant.create, report=Report(f"HISTORY: {words}\n{MAIN}")) as desk:
        await desk.type("birads?")
        await desk.planned()
        await desk.pilot.press("enter")
        await desk.until(lambda: "nothing was cut" in desk.routing())
        await desk.until(lambda: not desk.app.busy)
        await desk.until(lambda: "findings and impression only" in desk.routing())
        number = desk.routing().split(" findings and impression only")[0][-1]
        await desk.pilot.press(number)
        await desk.until(lambda: desk.read.conversation.latest is not None)
        await desk.answered(len(desk.read.conversation.turns()))
        turn = desk.read.conversation.latest
        assert turn is not None
        assert turn.answer is not None
        assert turn.answer.plan.ask.report.text == MAIN


async def test_a_chat_that_fills_the_context_can_go_on_without_its_earlier_turns() -> None:
    engine = ScriptedEngine({"chat": "word " * 60})
    async with open_desk(scripted(engine, context=400), report=Report("FINDINGS: Clear.")) as desk:
        for count in (1, 2):
            await desk.type("hello")
            await desk.pilot.press("enter")
            await desk.until(lambda: not desk.app.busy and desk.read.following is not None)
            if desk.read.refused is not None:
                break
            await desk.answered(count)
            await desk.type("hello")
            await desk.until(lambda: "tok" in str(desk.read.pane.border_title))
            if "TOO LONG" in str(desk.read.pane.border_title):
                await desk.pilot.press("enter")
                break
            desk.read.ask_line.text = ""
        await desk.until(lambda: "1 without earlier turns" in desk.routing())
        before = len(engine.requests)
        await desk.pilot.press("1")
        await desk.until(lambda: len(engine.requests) > before)
        assert sum(getattr(s, "text", "").startswith("assistant\n") for s in engine.requests[-1].prompt) == 1


async def test_the_context_gauge_shows_before_sending() -> None:
    async with open_desk(scripted(context=1000), report=Report(LONG)) as desk:
        await desk.type("birads")
        await desk.until(lambda: "next ctx" in desk.status())
        assert desk.read.counted is not None
        assert desk.read.counted.share is not None
        assert f"next ctx {desk.read.counted.share:.0%}" in desk.status()


def test_reading_counts_down_at_the_speed_measured() -> None:
    progress = Progress().feed(Prefill(0, 3000), 10.0).feed(Prefill(500, 3000), 15.0)
    assert progress.seconds_left == 25.0
    said = status_text(Standing("reading", "RADS", "m", "few-shot"), progress, 80)
    assert "prefill 500/3000" in said
    assert "25 s left" in said
    assert progress.feed(Token("a"), 16.0).seconds_left is None
    assert wait(300) == "5 min"


def test_speed_is_drawn_as_bars_once_there_are_two_samples() -> None:
    progress = Progress(prompt_total=9, context=100)
    for number in range(12):
        progress = progress.feed(Token("a "), 1 + number * (0.2 if number < 6 else 0.3))
    assert len(progress.speeds) >= 2
    assert spark(progress.speeds) in status_text(Standing("writing", "RADS", "m", "fine-tuned"), progress, 80)
    assert spark((4.0,)) == ""
    assert spark((1.0, 8.0))[-1] == "█"


class Slow(ScriptedEngine):
    """Counts only once it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.may_count = threading.Event()
        self.asked = 0

    def count(self, model: ModelFiles, prompt: Prompt) -> int:
        self.asked += 1
        self.may_count.wait(PATIENCE)
        return super().count(model, prompt)


class Uncounted(ScriptedEngine):
    """Cannot count ahead, as some servers; what does not fit it refuses."""

    def count(self, model: ModelFiles, prompt: Prompt) -> int:
        raise RadliteError("It does not count.")

    def generate(self, request: Request) -> Iterator[Event]:
        self.requests.append(request)
        size = super().count(request.model, request.prompt)
        if size > request.model.context:
            yield Failed("too_long", "The prompt does not fit.", needed=size, context=request.model.context)
        else:
            yield Token("BI-RADS 4")
            yield Done("BI-RADS 4", "stop", Stats(prompt_tokens=size))


async def test_enter_before_the_count_is_there_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "COUNT_AFTER", PATIENCE)
    engine = ScriptedEngine()
    async with open_desk(scripted(engine, context=200), report=Report(LONG)) as desk:
        await desk.type("birads")
        await desk.pilot.press("enter")
        await desk.until(lambda: "nothing was cut" in desk.routing())
        assert engine.requests == []
        assert desk.read.ask_line.text == "birads"
        assert desk.read.conversation.latest is None
        await desk.pilot.press("1")
        await desk.answered()
        assert desk.read.ask_line.text == ""
        assert "findings and impression only" in desk.latest()


async def test_what_is_typed_while_enter_waits_stays_in_the_line_and_escape_stops_the_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(read_running, "COUNT_WAIT", PATIENCE)
    engine = Slow()
    async with open_desk(scripted(engine), report=Report(LONG)) as desk:
        await desk.type("birads")
        await desk.pilot.press("enter")
        await desk.until(lambda: engine.asked)
        await desk.type("x")
        await desk.pilot.press("escape")
        assert desk.read.ask_line.text == "biradsx"
        await desk.pilot.press("backspace", "enter")
        await desk.type("nodes")
        assert engine.requests == []
        engine.may_count.set()
        await desk.answered()
        assert desk.latest().startswith("you  birads\n")
        assert desk.read.ask_line.text == "nodes"
        await desk.planned()
        assert "N staging" in desk.routing()


async def test_a_count_that_takes_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_running, "COUNT_WAIT", 0.01)
    engine = Uncounted()
    async with open_desk(scripted(engine), report=Report(LONG)) as desk:
        await desk.type("birads")
        await desk.pilot.press("enter")
        await desk.answered()
        assert desk.read.ask_line.text == ""


async def test_words_that_only_the_engine_refused_are_back_in_the_line_with_the_choices() -> None:
    engine = Uncounted()
    async with open_desk(scripted(engine, context=200), report=Report(LONG)) as desk:
        await desk.type("birads")
        await desk.pilot.press("enter")
        await desk.until(lambda: "nothing was cut" in desk.routing() and not desk.app.busy)
        assert desk.read.ask_line.text == "birads"
        await desk.pilot.pause()
        assert "1 findings and impression only" in desk.routing()
        await desk.pilot.press("1")
        await desk.answered(2)
        assert desk.read.ask_line.text == ""
        assert "findings and impression only" in desk.latest()
