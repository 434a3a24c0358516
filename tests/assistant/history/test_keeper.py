"""What is asked is written down as it comes: while the answer streams, when it is cut off, when the disk is full."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from radlite_tui.assistant.history import places, recovery
from radlite_tui.assistant.history.keeper import Keeper
from radlite_tui.assistant.history.recovery import Draft
from radlite_tui.assistant.history.store import Store
from radlite_tui.assistant.types import Answer, Ask
from radlite_tui.engine.protocol import Failed
from radlite_tui.errors import RadliteError
from radlite_tui.settings import HistorySettings, Settings
from radlite_tui.tasks.report import Report
from tests import scripted
from tests.assistant.history.kept import ANSWER, REPORT, ask, half_way, kept, settled, started, until
from tests.tui.desk import PATIENCE, Gate


@pytest.fixture
def gate() -> Gate:
    return Gate()


def test_an_answer_is_on_disk_while_it_is_written(tmp_path: Path, gate: Gate) -> None:
    keeper = Keeper(settled(tmp_path))
    events = half_way(keeper, gate)
    path = tmp_path / "history.db"
    until(lambda: path.exists() and Store(path).list())
    until(lambda: Store(path).conversation(1).turns[0].answer.text == "one two ")
    turn = Store(path).conversation(1).turns[0]
    assert turn.answer.state == "writing"
    assert turn.answer.provenance["model"]["sha256"] == "b" * 64
    gate.open.set()
    assert isinstance(list(events)[-1], Answer)
    assert keeper.flush()
    turn = Store(path).conversation(1).turns[0]
    assert (turn.answer.state, turn.answer.text) == ("stop", ANSWER)
    keeper.close()


def test_an_answer_that_failed_keeps_what_there_was_and_why(tmp_path: Path) -> None:
    keeper = Keeper(settled(tmp_path))
    engine = scripted.ScriptedEngine({"chat": ANSWER}, failed=Failed("worker", "The engine stopped."))
    with pytest.raises(RadliteError):
        ask(keeper, "hello", assistant=scripted.assistant(engine))
    keeper.close()
    answer = Store(tmp_path / "history.db").conversation(1).turns[0].answer
    assert (answer.state, answer.text, answer.trouble) == ("failed", ANSWER, "The engine stopped.")


def test_a_request_that_was_refused_is_no_conversation(tmp_path: Path) -> None:
    keeper = Keeper(settled(tmp_path))
    with pytest.raises(RadliteError):
        ask(keeper, "birads?", Report(""))
    keeper.close()
    path = tmp_path / "history.db"
    assert not path.exists() or Store(path).list() == ()


def test_nothing_is_on_disk_while_saving_is_off(tmp_path: Path) -> None:
    keeper = Keeper(settled(tmp_path / "history", "off"))
    ask(keeper, "birads?")
    keeper.close()
    assert not (tmp_path / "history").exists()


def test_switched_on_the_conversation_so_far_is_kept_and_switched_off_nothing_more(tmp_path: Path) -> None:
    keeper = Keeper(settled(tmp_path, "off"))
    ask(keeper, "birads?")
    keeper.switch(True)
    ask(keeper, "nodes")
    keeper.switch(False)
    ask(keeper, "hello")
    keeper.close()
    turns = Store(tmp_path / "history.db").conversation(1).turns
    assert [turn.ask.words for turn in turns] == ["birads?", "nodes"]


def test_a_private_conversation_is_not_kept_and_the_next_one_is(tmp_path: Path) -> None:
    keeper = Keeper(settled(tmp_path))
    assert keeper.make_private() is None
    ask(keeper, "birads?")
    assert not keeper.on
    keeper.begin()
    ask(keeper, "nodes")
    keeper.close()
    assert [one.title for one in Store(tmp_path / "history.db").list()] == ["nodes"]


def test_made_private_before_it_is_written_down_nothing_of_it_is(tmp_path: Path) -> None:
    keeper, busy = Keeper(settled(tmp_path)), threading.Event()
    keeper.start(lambda found: busy.wait(PATIENCE))
    ask(keeper, "birads?")
    threading.Timer(0.2, busy.set).start()
    assert keeper.make_private() is None
    keeper.begin()
    ask(keeper, "nodes")
    keeper.close()
    assert [one.title for one in Store(tmp_path / "history.db").list()] == ["nodes"]


def test_made_private_while_it_is_written_down_its_place_in_the_history_is_known(tmp_path: Path) -> None:
    keeper = Keeper(settled(tmp_path))
    ask(keeper, "birads?")
    keeper.flush()
    number = keeper.make_private()
    keeper.close()
    assert [one.id for one in Store(tmp_path / "history.db").list()] == [number]


def test_a_report_is_kept_once_for_all_questions_about_it(tmp_path: Path) -> None:
    path = kept(tmp_path, ("birads?", "nodes", "hello"))
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM report").fetchone() == (1,)
    connection.close()


def test_a_reopened_conversation_goes_on_and_branches_from_its_last_question(tmp_path: Path) -> None:
    path = kept(tmp_path, ("birads?",))
    keeper = Keeper(settled(tmp_path))
    keeper.reopen(Store(path).conversation(1))
    ask(keeper, "nodes")
    keeper.close()
    turns = Store(path).conversation(1).turns
    assert [(turn.number, turn.parent) for turn in turns] == [(1, None), (2, 1)]


def test_a_question_asked_again_branches_from_the_same_place(tmp_path: Path) -> None:
    keeper = Keeper(settled(tmp_path))
    ask(keeper, "birads?")
    asked = ask(keeper, "nodes").plan
    assistant = scripted.assistant()
    plan = assistant.plan(Ask(REPORT, "nodes and more"))
    list(keeper.record(assistant, plan, assistant.run(plan), instead=asked))
    keeper.close()
    turns = Store(tmp_path / "history.db").conversation(1).turns
    assert [(turn.number, turn.parent) for turn in turns] == [(1, None), (2, 1), (3, 1)]


def test_an_answer_that_was_gone_on_with_is_kept_whole_with_the_turns_it_saw(tmp_path: Path) -> None:
    keeper = Keeper(settled(tmp_path))
    assistant = scripted.assistant(scripted.ScriptedEngine({"chat": "and three"}))
    plan = assistant.plan(Ask(REPORT, "hello", earlier=(("before", "answer"),), begun="one two "))
    list(keeper.record(assistant, plan, assistant.run(plan)))
    keeper.close()
    turn = Store(tmp_path / "history.db").conversation(1).turns[0]
    assert turn.answer.text == "one two and three"
    assert (turn.ask.earlier, turn.ask.begun) == ((("before", "answer"),), "one two ")


def test_two_programs_write_at_once_and_both_are_kept(tmp_path: Path, gate: Gate) -> None:
    one, two = Keeper(settled(tmp_path)), Keeper(settled(tmp_path))
    events = half_way(one, gate, "hello from one")
    until(lambda: one.talk.id is not None)
    ask(two, "hello from two")
    assert two.flush()
    assert started(two) is None, "what another program is writing is no answer that was cut off"
    gate.open.set()
    list(events)
    assert one.flush()
    one.close()
    two.close()
    store = Store(tmp_path / "history.db")
    assert {one.title for one in store.list()} == {"hello from one", "hello from two"}
    assert {turn.answer.state for number in (1, 2) for turn in store.conversation(number).turns} == {"stop"}


def test_a_conversation_deleted_elsewhere_stays_deleted(tmp_path: Path) -> None:
    keeper = Keeper(settled(tmp_path))
    ask(keeper, "birads?")
    assert keeper.flush()
    Store(tmp_path / "history.db").delete([1])
    ask(keeper, "nodes")
    assert keeper.flush()
    keeper.close()
    store = Store(tmp_path / "history.db")
    assert [one.title for one in store.list()] == ["nodes"]
    assert [turn.parent for turn in store.conversation(store.list()[0].id).turns] == [None]


# Cut off.


def test_what_was_cut_off_is_in_the_history_and_offered_once(tmp_path: Path, gate: Gate) -> None:
    keeper = Keeper(settled(tmp_path))
    events = half_way(keeper, gate)
    assert keeper.cut_off(Draft(REPORT))
    turn = Store(tmp_path / "history.db").conversation(1).turns[0]
    assert (turn.answer.state, turn.answer.text) == ("interrupted", "one two ")
    found = started(Keeper(settled(tmp_path)))
    assert found is not None
    assert (found.conversation, found.path) == (1, None)
    assert found.turns[0].answer.text == "one two "
    assert started(Keeper(settled(tmp_path))) is None
    gate.open.set()
    list(events)


def test_what_a_killed_program_wrote_is_offered_too(tmp_path: Path, gate: Gate) -> None:
    keeper = Keeper(settled(tmp_path))
    events = half_way(keeper, gate)
    assert keeper.flush()
    assert keeper._run is not None
    keeper._run._file.close()  # as the system does when a process is killed
    found = started(Keeper(settled(tmp_path)))
    assert found is not None
    assert found.turns[0].answer.state == "interrupted"
    assert [hit.where for hit in Store(tmp_path / "history.db").search("two")] == ["answer"]
    gate.open.set()
    list(events)


@pytest.fixture
def unsaved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Saving off, recovery in this test's own state folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return settled(tmp_path / "history", "off")


def test_with_saving_off_what_was_cut_off_waits_in_a_private_file(
    unsaved: Settings, tmp_path: Path, gate: Gate
) -> None:
    keeper = Keeper(unsaved)
    events = half_way(keeper, gate)
    assert keeper.cut_off(Draft(REPORT, "and then"))
    assert not (tmp_path / "history").exists()
    found = started(Keeper(unsaved))
    assert found is not None
    assert found.path is not None
    assert found.path.stat().st_mode & 0o777 == 0o600
    assert found.path.parent.stat().st_mode & 0o777 == 0o700
    assert found.draft == Draft(REPORT, "and then")
    assert (found.turns[0].answer.state, found.turns[0].answer.text) == ("interrupted", "one two ")
    assert found.turns[0].ask.report == REPORT
    recovery.drop(found)
    assert started(Keeper(unsaved)) is None
    gate.open.set()
    list(events)


def test_recovery_can_be_switched_off_and_kept_in_memory_only(
    unsaved: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    for recover, files in (("off", 0), ("memory", 1)):
        chosen = Settings(history=HistorySettings("off", str(tmp_path / "history"), recover=recover))  # type: ignore[arg-type]
        keeper = Keeper(chosen)
        ask(keeper, "birads?")
        assert keeper.cut_off(Draft())
        assert len(list(tmp_path.rglob("cut-off-*"))) == files
    assert (tmp_path / "run" / "radlite-tui").is_dir()


def test_a_recovery_file_that_makes_no_sense_is_left_and_passed_over(unsaved: Settings) -> None:
    folder = places.recovery_folder(unsaved.history)
    assert folder is not None
    folder.mkdir(parents=True)
    for number, text in enumerate(("", "[]", "{}", '{"when": 1}', "\0"), 1):
        (folder / f"cut-off-{number}-1.json").write_text(text)
    assert started(Keeper(unsaved)) is None
    assert len(list(folder.iterdir())) == 5


def test_a_user_who_leaves_is_offered_nothing(tmp_path: Path, gate: Gate) -> None:
    keeper = Keeper(settled(tmp_path))
    events = half_way(keeper, gate)
    keeper.close()
    assert Store(tmp_path / "history.db").conversation(1).turns[0].answer.state == "cancelled"
    assert started(Keeper(settled(tmp_path))) is None
    gate.open.set()
    list(events)
