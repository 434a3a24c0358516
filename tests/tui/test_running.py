"""A run in progress: what the status line says, how it is stopped, and what happens when it fails."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator

from radlite_tui.assistant.types import Answer
from radlite_tui.engine.protocol import Cancelled, Event, Failed, Loading, Stats
from radlite_tui.tasks.report import Report
from radlite_tui.tui.messages import Ended
from radlite_tui.tui.runner import Runner
from tests.scripted import ScriptedEngine
from tests.tui.desk import REPORT, Gate, open_desk, scripted

ANSWER = "one two three four five six"


async def test_escape_stops_and_keeps_the_text(gate: Gate) -> None:
    gate.allowed = 3
    engine = ScriptedEngine({"chat": ANSWER}, step=gate)
    async with open_desk(scripted(engine), report=Report(REPORT)) as desk:
        await desk.begin("hello", "one two three")
        assert "Esc stop" in desk.screen()
        await desk.pilot.press("escape")
        gate.open.set()
        await desk.answered()
        assert "one two three" in desk.latest()
        assert "four" not in desk.latest()
        assert "stopped" in desk.latest()
        assert desk.status().startswith("stopped")


async def test_ctrl_c_stops_an_answer_and_never_leaves(gate: Gate) -> None:
    engine = ScriptedEngine({"chat": ANSWER}, step=gate)
    async with open_desk(scripted(engine), report=Report(REPORT)) as desk:
        await desk.type("hello")
        await desk.pilot.press("enter")
        await desk.until(lambda: gate.reached)
        await desk.pilot.press("ctrl+c")
        gate.open.set()
        await desk.answered()
        await desk.pilot.press("ctrl+c")
        assert desk.app.is_running
        assert desk.read.pane.current.text == REPORT


async def test_a_second_enter_while_running_keeps_the_words(gate: Gate) -> None:
    engine = ScriptedEngine(step=gate)
    async with open_desk(scripted(engine), report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.pilot.press("enter")
        await desk.until(lambda: gate.reached)
        await desk.type("what")
        await desk.pilot.press("enter")
        assert desk.read.ask_line.text == "what"
        gate.open.set()
        await desk.answered()
        assert len(engine.requests) == 1


async def test_the_status_line_is_true_while_it_runs(gate: Gate) -> None:
    gate.allowed = 3
    engine = ScriptedEngine({"chat": ANSWER}, step=gate)
    async with open_desk(scripted(engine), size=(140, 30), report=Report(REPORT)) as desk:
        await desk.type("hello")
        await desk.pilot.press("enter")
        await desk.until(lambda: "3 tok" in desk.status())
        size = engine.count(engine.requests[0].model, engine.requests[0].prompt)
        assert f"prefill {size}/{size}" in desk.status()
        assert "10.0 tok/s" in desk.status()
        assert "Chat · radlite-nano-qwen2 · fine-tuned" in desk.status()
        assert f"ctx {(size + 3) / 4096:.0%}" in desk.status()
        assert desk.status().startswith("writing")
        assert desk.status().endswith("SAVING OFF")
        gate.open.set()
        await desk.answered()
        assert "6 tok" in desk.status()


async def test_the_report_title_counts_the_prompt_before_the_run() -> None:
    engine = ScriptedEngine()
    async with open_desk(scripted(engine), report=Report(REPORT, source="chest.txt")) as desk:
        await desk.type("birads")
        await desk.until(lambda: "of 4,096 tok" in str(desk.read.pane.border_title))
        assert "chest.txt" in str(desk.read.pane.border_title)


async def test_a_prompt_that_does_not_fit_is_refused_with_its_counts() -> None:
    async with open_desk(scripted(context=30), report=Report(REPORT * 3)) as desk:
        await desk.type("birads")
        await desk.until(lambda: "TOO LONG" in str(desk.read.pane.border_title))
        await desk.pilot.press("enter")
        assert "of 30 tok, nothing was cut" in desk.routing()
        assert desk.read.conversation.turns() == []


async def test_a_killed_worker_costs_that_answer_and_no_more() -> None:
    engine = ScriptedEngine({"chat": ANSWER}, failed=Failed("worker", "The engine process ended; ask again."))
    async with open_desk(scripted(engine), report=Report(REPORT)) as desk:
        await desk.type("hello")
        await desk.pilot.press("enter")
        await desk.answered()
        assert "The engine process ended" in desk.latest()
        assert "one two three" in desk.latest()
        assert desk.status().startswith("failed")
        engine.failed = None
        await desk.type("birads")
        await desk.pilot.press("enter")
        await desk.answered(2)
        assert "BI-RADS" in desk.latest()


async def test_an_error_nobody_expected_is_a_sentence_too() -> None:
    def step(index: int) -> None:
        raise OSError("pipe is gone")

    async with open_desk(scripted(ScriptedEngine(step=step)), report=Report(REPORT)) as desk:
        await desk.type("birads")
        await desk.pilot.press("enter")
        await desk.answered()
        assert "pipe is gone" in desk.latest()
        assert desk.app.is_running


async def test_leaving_while_an_answer_is_written_ends_the_run(gate: Gate) -> None:
    class LetGo(ScriptedEngine):
        def cancel(self) -> None:
            super().cancel()
            gate.open.set()

    engine = LetGo({"chat": ANSWER}, step=gate)
    async with open_desk(scripted(engine), report=Report(REPORT)) as desk:
        await desk.type("hello")
        await desk.pilot.press("enter")
        await desk.until(lambda: gate.reached)
        await desk.pilot.press("ctrl+q")
    assert engine.closed


async def test_every_token_arrives_however_fast_the_engine_is() -> None:
    words = " ".join(f"w{number}" for number in range(150))
    async with open_desk(scripted(ScriptedEngine({"radiology_qa": words})), report=Report(REPORT)) as desk:
        await desk.type("what")
        await desk.pilot.press("enter")
        await desk.answered()
        turn = desk.read.conversation.latest
        assert turn is not None
        assert turn.plain() == words
        assert turn.progress.text.strip() == words


def test_a_stop_before_the_engine_has_the_request_still_stops_it() -> None:
    runner, cancelled = Runner(), threading.Event()

    def source() -> Iterator[Event | Answer]:
        yield Loading("weights.gguf (checksum)")
        runner.stop(lambda: None)  # the engine does not know of this run yet
        yield Loading("weights.gguf")
        assert cancelled.is_set()
        yield Cancelled("", Stats())

    runner.begin()
    runner.work(source, cancelled.set)
    items = [item for _, item in runner.take()]
    assert [type(item) for item in items] == [Loading, Loading, Cancelled, Ended]
    assert not runner.running


async def test_the_title_says_where_the_report_is_from_and_whether_it_was_edited() -> None:
    async with open_desk(scripted()) as desk:
        pane = desk.read.pane
        pane.current.focus()
        await desk.pilot.pause()
        await desk.paste(REPORT)
        await desk.until(lambda: "pasted" in str(pane.border_title))
        assert "edited" not in str(pane.border_title)
        await desk.pilot.press("x")
        await desk.until(lambda: "pasted, edited" in str(pane.border_title))


KEYS = [
    "ctrl+t",
    "ctrl+l",
    "ctrl+s",
    "ctrl+k",
    "ctrl+e",
    "ctrl+o",
    "ctrl+r",
    "f3",
    "f1",
    "ctrl+n",
    "ctrl+y",
    "ctrl+p",
    "ctrl+c",
    "escape",
    "escape",
    "enter",
    "enter",
    "up",
    "down",
    "tab",
    "e",
    "1",
    "2",
    "0",
    "y",
    "n",
    "N",
    "question_mark",
    "b",
    "i",
    "r",
    "a",
    "d",
    "s",
    "space",
    "ctrl+j",
    "left",
    "right",
    "backspace",
    "pageup",
]
SIZES = ((20, 5), (40, 12), (80, 24), (100, 30), (120, 40))


async def test_keys_pastes_and_sizes_in_any_order_break_nothing() -> None:
    chance = random.Random(7)
    async with open_desk(scripted()) as desk:
        for _ in range(120):
            await desk.pilot.press(chance.choice(KEYS))
            if chance.random() < 0.05:
                await desk.pilot.resize_terminal(*chance.choice(SIZES))
            if chance.random() < 0.05 and desk.app.focused is not None:
                await desk.paste(f"{REPORT}\nPRIOR: none")
        assert desk.app.is_running
