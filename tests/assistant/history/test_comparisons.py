"""A comparison is one entry of the history: columns, what was expected, ratings; it is found, exported and deleted."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from radlite_tui.assistant import comparison
from radlite_tui.assistant.history import compared, export
from radlite_tui.assistant.history.keeper import Keeper
from radlite_tui.assistant.history.recovery import Draft
from radlite_tui.assistant.history.store import Store
from radlite_tui.assistant.types import Answer, Ask
from radlite_tui.engine.protocol import Event, Failed, Request
from tests import scripted
from tests.assistant.history.kept import REPORT, ask, settled, started, until
from tests.tui.desk import Gate

MODES = [mode.value for mode in comparison.MODES]


class Failing(scripted.ScriptedEngine):
    """Requests on the base alone fail, or all of them."""

    def __init__(self, every: bool = False) -> None:
        super().__init__()
        self.every = every

    def generate(self, request: Request) -> Iterator[Event]:
        if self.every or request.model.adapter is None:
            yield Failed("worker", "The engine stopped.")
        else:
            yield from super().generate(request)


def compare(keeper: Keeper, words: str = "nodes please", engine: scripted.ScriptedEngine | None = None) -> list[Answer]:
    """Compare through a keeper, as a front end does, to the end."""
    events = keeper.compare(scripted.assistant(engine), Ask(REPORT, words), comparison.MODES, ())
    return [event for _, event in events if isinstance(event, Answer)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A question, a comparison that was judged, and another question of the same conversation."""
    keeper = Keeper(settled(tmp_path))
    ask(keeper, "birads?")
    compare(keeper, engine=scripted.ScriptedEngine({"n_staging": "N2"}))
    keeper.judge(None, "N1", {1: 2, 3: 5})
    ask(keeper, "hello")
    keeper.close()
    return Store(tmp_path / "history.db")


def test_a_comparison_is_one_entry_beside_the_conversation_it_was_made_in(store: Store) -> None:
    talk, one = sorted(store.list(), key=lambda summary: summary.id)
    assert (talk.kind, talk.many, talk.name) == ("talk", "2 questions", "birads?")
    assert (one.kind, one.many, one.name, one.source) == (
        "comparison", "3 columns", "Compared: nodes please", "breast.txt",
    )  # fmt: skip
    assert store.count() == (2, 3)
    assert [turn.ask.words for turn in store.conversation(talk.id).turns] == ["birads?", "hello"]
    kept = store.conversation(one.id)
    assert [(turn.number, turn.parent, turn.mode, turn.rating) for turn in kept.turns] == [
        (1, None, MODES[0], 2),
        (2, None, MODES[1], None),
        (3, None, MODES[2], 5),
    ]
    assert (kept.expected, kept.blind, kept.turns[0].ask.report) == ("N1", False, REPORT)
    assert all(turn.answer.provenance["mode"] == turn.mode for turn in kept.turns)
    assert [answer.text for answer in compared.given(kept)] == ["N2"] * 3
    assert kept.turns[2].answer.result["stats"]["completion_tokens"] > 0


def test_it_is_found_by_its_words_report_answers_and_what_was_expected(store: Store) -> None:
    for words, where in (("nodes", "words"), ("N2", "answer"), ("N1", "expected"), ("irregular mass", "report")):
        found = {one.summary.kind: one.where for one in store.search(words)}
        assert found["comparison"] in (where, "title"), words
    store.rename(2, "axilla")
    assert [one.summary.id for one in store.search("axilla")] == [2]


def test_every_export_has_the_columns_the_vote_what_was_expected_and_the_ratings(store: Store) -> None:
    kept = store.conversation(2)
    for form in ("markdown", "plain"):
        text = export.export([kept], form)
        for said in ("Compared: nodes please", "agreement: 3 of 3 pairs", "vote: N2 (3 of 3)", "expected: N1",
                     "rated: 5 of 5", "score: 0.00", "model SHA-256", "18 mm irregular mass", "Not for clinical use",
                     *(f"nano-qwen2, {mode}" for mode in MODES)):  # fmt: skip
            assert said in text, (form, said)
    one = json.loads(export.export([kept], "json"))["conversations"][0]
    judged = one["comparison"]
    assert (one["kind"], judged["agreement"], judged["vote"]) == ("comparison", 1.0, {"text": "N2", "columns": 3})
    assert judged["expected"]["matches"] == [False] * 3
    assert [(column["mode"], column["rating"]) for column in judged["columns"]] == [
        (MODES[0], 2), (MODES[1], None), (MODES[2], 5),
    ]  # fmt: skip
    assert len(one["turns"]) == 3
    assert "comparison" not in json.loads(export.export([store.conversation(1)], "json"))["conversations"][0]


def test_what_is_deleted_leaves_nothing_of_it(store: Store) -> None:
    store.judge(2, "N1 or perhaps contradictory", {})
    assert store.delete([2]) == 1
    assert store.search("contradictory") == ()
    store.judge(2, "N1 or perhaps contradictory", {1: 1})
    store.close()
    assert b"contradictory" not in store.path.read_bytes()


def test_nothing_is_kept_where_saving_is_off_or_the_conversation_is_private(tmp_path: Path) -> None:
    off = Keeper(settled(tmp_path / "off", "off"))
    compare(off)
    off.judge(None, "N1", {1: 1})
    off.close()
    assert not (tmp_path / "off").exists()
    private = Keeper(settled(tmp_path / "private"))
    private.make_private()
    compare(private)
    private.judge(None, "N1", {1: 1})
    private.close()
    path = tmp_path / "private" / "history.db"
    assert not path.exists() or Store(path).list() == ()


def test_a_column_that_failed_says_why_and_a_comparison_that_never_began_is_none(tmp_path: Path) -> None:
    keeper = Keeper(settled(tmp_path))
    compare(keeper, engine=Failing())
    compare(keeper, engine=Failing(every=True))
    keeper.close()
    store = Store(tmp_path / "history.db")
    (one,) = store.list()
    assert [turn.answer.state for turn in store.conversation(one.id).turns] == ["failed", "failed", "stop"]
    assert store.conversation(1).turns[0].answer.trouble == "The engine stopped."
    assert "The engine stopped." in export.export([store.conversation(1)], "plain")


def test_what_is_cut_off_in_the_middle_is_in_the_history_and_not_offered(tmp_path: Path) -> None:
    gate = Gate()
    gate.allowed = 2
    keeper = Keeper(settled(tmp_path))
    engine = scripted.ScriptedEngine({"chat": "one two three"}, step=gate)
    run = threading.Thread(target=compare, args=(keeper, "hello", engine), daemon=True)
    run.start()
    path = tmp_path / "history.db"
    until(lambda: path.exists() and Store(path).list())
    until(lambda: all(turn.answer.text == "one two " for turn in Store(path).conversation(1).turns))
    assert [one.open for one in Store(path).list()] == [True]
    keeper.cut_off(Draft())
    gate.open.set()
    run.join()
    kept = Store(path).conversation(1)
    assert [turn.answer.state for turn in kept.turns] == ["interrupted"] * 3
    again = Keeper(settled(tmp_path))
    assert started(again) is None
    again.close()
