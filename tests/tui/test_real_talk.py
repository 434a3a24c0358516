"""Chat and comparison by their keys, on the real engine and the embedded models; an answer really cut in two."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from radlite_tui.assistant import ratings
from radlite_tui.assistant.comparison import equal
from radlite_tui.assistant.types import Plan
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.report import Report
from tests.tui.comparing import chosen, compared, opened
from tests.tui.desk import REPORT, Desk, open_desk
from tests.tui.lasting import Lasting

NODULES = f"FINDINGS: {'8 mm nodule in the left upper lobe. Small left pleural effusion. No pneumothorax. ' * 6}"
RAMBLING = "1 2 3 4 5 6 7 8"


async def chat(desk: Desk) -> None:
    """Chat, taken from the list of tasks."""
    await desk.pilot.press("ctrl+k", "0")
    await desk.until(lambda: desk.app.screen is desk.read)


async def to_conversation(desk: Desk) -> None:
    """By Tab, as a user gets there."""
    for _ in range(4):
        if desk.app.focused is desk.read.conversation:
            return
        await desk.pilot.press("tab")
    raise AssertionError("Tab does not lead to the conversation")


async def turn_to(desk: Desk, key: str, wanted: Callable[[Plan], bool]) -> None:
    """Press a key until what would run is what is wanted."""
    for _ in range(5):
        plan = desk.read.draft.plan
        assert plan is not None
        if wanted(plan):
            return
        await desk.pilot.press(key)
    raise AssertionError(f"{key} does not lead there")


async def test_a_message_is_edited_and_sent_again_in_its_own_place(lasting: Lasting) -> None:
    async with open_desk(lasting.lent, report=Report(REPORT)) as desk:
        await chat(desk)
        first = await desk.ask("hi")
        second = await desk.ask("ok")
        await to_conversation(desk)
        await desk.pilot.press("e")
        assert desk.read.ask_line.text == "ok"
        await desk.type(" then")
        await desk.pilot.press("enter")
        await desk.until(lambda: desk.read.conversation.latest is not None and "ok then" in desk.latest())
        await desk.answered(2)
        assert len(desk.read.conversation.turns()) == 2
        answer = desk.answer()
        assert answer.plan.ask.words == "ok then"
        assert answer is not second
        assert answer.plan.ask.earlier == (("hi", first.text.strip()),)


async def test_an_answer_is_asked_for_in_the_next_mode_and_on_the_other_model(lasting: Lasting) -> None:
    async with open_desk(lasting.lent, report=Report(REPORT)) as desk:
        first = await desk.ask("birads?")
        await desk.type("half")
        await to_conversation(desk)
        await desk.pilot.press("r")
        await desk.answered(2)
        second = desk.answer()
        assert second.mode is not first.mode
        assert second.model == first.model
        await desk.pilot.press("m")
        await desk.answered(3)
        third = desk.answer()
        assert third.model.name != first.model.name
        assert third.mode is second.mode
        assert {answer.parsed for answer in (first, second, third)} == {"strict"}
        assert f"{third.model.name} · {third.mode}" in desk.latest()
        assert desk.read.ask_line.text == "half"


async def test_an_answer_stopped_in_the_middle_is_kept_and_gone_on_with(lasting: Lasting) -> None:
    async with open_desk(lasting.lent, size=(80, 40), report=Report(NODULES)) as desk:
        await chat(desk)
        await desk.type(RAMBLING)
        await desk.planned()
        await turn_to(desk, "ctrl+l", lambda plan: plan.model == "radlite-nano-qwen3")
        await turn_to(desk, "ctrl+s", lambda plan: plan.mode is Mode.FINE_TUNED)
        lasting.hold = True
        await desk.pilot.press("enter")
        try:
            await desk.until(lambda: lasting.held)
            await desk.until(lambda: desk.read.following is not None and desk.read.following.progress.text)
            await desk.pilot.press("escape")
        finally:
            lasting.go_on()
        await desk.answered()
        stopped = desk.answer()
        assert stopped.finish == "cancelled"
        assert stopped.text.strip()
        assert "■ stopped" in desk.latest()
        assert "c goes on from here" in desk.latest()
        await to_conversation(desk)
        await desk.pilot.press("c")
        await desk.until(lambda: desk.app.busy or desk.answer() is not stopped)
        await desk.answered()
        whole = desk.answer()
        assert len(desk.read.conversation.turns()) == 1
        assert whole.finish == "stop"
        assert whole.text.startswith(stopped.text.rstrip())
        assert len(whole.text) > len(stopped.text)
        await desk.pilot.press("c")
        assert any("answer is complete" in told.message for told in desk.app._notifications)


async def test_what_was_said_is_forgotten_by_a_key_and_stays_on_screen(lasting: Lasting) -> None:
    async with open_desk(lasting.lent, report=Report(REPORT)) as desk:
        await chat(desk)
        await desk.ask("hi")
        assert len((await desk.ask("ok")).plan.ask.earlier) == 1
        await to_conversation(desk)
        await desk.pilot.press("f")
        desk.read.ask_line.focus()
        answer = await desk.ask("hi")
        assert answer.plan.ask.earlier == ()
        assert len(desk.read.conversation.turns()) == 3
        assert "turn 2 of this chat" not in desk.latest()


async def test_a_blind_comparison_tells_nothing_until_all_are_rated_and_keeps_the_ratings(
    lasting: Lasting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADLITE_DATA", str(tmp_path))
    async with open_desk(lasting.lent, size=(120, 40), report=Report(REPORT)) as desk:
        await opened(desk, "birads?")
        screen = await chosen(desk, *["down"] * 6, "space")
        assert screen.chosen.blind
        for rating in ("5", "3", "1"):
            shown = desk.screen()
            for hidden in ("few-shot", "zero-shot", "fine-tuned", "nano", "tok/s", " tok"):
                assert hidden not in shown, shown
            await desk.pilot.press("o")
            assert list(tmp_path.iterdir()) == []
            await desk.pilot.press(rating, "right")
        await desk.pilot.pause()
        shown = desk.screen()
        for said in ("few-shot", "zero-shot", "fine-tuned", " tok", "rated 5", "rated 3", "rated 1"):
            assert said in shown, shown
        found = list(ratings.read(tmp_path / "ratings.jsonl"))
        given = [
            ratings.rated(answer, rating, True) for answer, rating in zip(screen.answers(), (5, 3, 1), strict=True)
        ]
        assert [(r.rating, r.mode, r.model_sha256, r.answer_sha256, r.blind) for r in found] == [
            (r.rating, r.mode, r.model_sha256, r.answer_sha256, r.blind) for r in given
        ]
        assert REPORT not in (tmp_path / "ratings.jsonl").read_text(encoding="utf-8")


async def test_a_typed_answer_scores_the_columns_and_goes_into_the_export(
    lasting: Lasting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADLITE_DATA", str(tmp_path))
    async with open_desk(lasting.lent, size=(120, 40), report=Report(REPORT)) as desk:
        screen = await opened(desk, "birads?")
        given = screen.answers()
        wanted = given[-1]
        await desk.pilot.press("x")
        await desk.type(wanted.text.strip())
        await desk.pilot.press("enter")
        await desk.until(lambda: desk.app.screen is screen)
        await desk.until(lambda: "Expected: " in desk.screen())
        for answer in given:
            sign = "✓" if equal(answer.output, wanted.output) else "✗"
            assert f"{answer.mode} {sign}" in desk.screen()
        await desk.pilot.press("o")
        await desk.until(lambda: len(list(tmp_path.glob("comparisons/*"))) == 2)
        (table,), (data,) = (list(tmp_path.glob(f"comparisons/*.{kind}")) for kind in ("md", "json"))
        whole = json.loads(data.read_text(encoding="utf-8"))
        assert whole["report"]["text"] == REPORT
        assert [(run["mode"], run["score"]["value"]) for run in whole["runs"]] == [
            (str(answer.mode), float(equal(answer.output, wanted.output))) for answer in given
        ]
        written = table.read_text(encoding="utf-8")
        assert "Not for clinical use" in written
        assert all(answer.text.strip() in written for answer in given)
        assert any(str(table.name) in told.message for told in desk.app._notifications)


async def test_words_that_differ_between_real_answers_are_marked(lasting: Lasting) -> None:
    async with open_desk(lasting.lent, size=(120, 40), report=Report(REPORT)) as desk:
        await desk.type("impression")
        await desk.pilot.press("ctrl+e")
        screen = await compared(desk)
        names = [manifest.name for manifest in lasting.models()]
        other = next(place for place, name in enumerate(names) if name != screen.routed)
        screen = await chosen(desk, "down", "space", *["down"] * (len(Mode) - 1 + other), "space")
        assert len(screen.columns) == 4
        reference = screen.columns[screen.current].answer
        assert reference is not None
        others = [view.answer for view in screen.columns if view.answer is not None and view.answer is not reference]
        new = {word for answer in others for word in answer.text.split()} - set(reference.text.split())
        assert new, "the models all say the same; take another report"
        await desk.pilot.press("d")
        await desk.pilot.pause()
        marked = [part.split("+}")[0] for part in desk.screen().split("{+")[1:]]
        assert new & {word for part in marked for word in part.split()}
        await desk.pilot.press("d")
        await desk.pilot.pause()
        assert "{+" not in desk.screen()
