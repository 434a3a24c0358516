"""The history as it is read: listed, searched with any text, renamed, and deleted so that no byte stays."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from radlite_tui.assistant.history import search
from radlite_tui.assistant.history.keeper import Keeper
from radlite_tui.assistant.history.records import MARKS
from radlite_tui.assistant.history.store import Store, place_of, turns_of
from radlite_tui.errors import BadInput
from radlite_tui.tasks.report import Report
from tests.assistant.history.kept import REPORT, ask, kept, settled


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two conversations: one about the category with two questions, one about an impression."""
    return Store(kept(tmp_path, ("birads?", "write the impression"), ("nodes please",)))


def titles(store: Store, words: str) -> list[str]:
    return [found.summary.title for found in store.search(words)]


def test_the_latest_conversation_comes_first_with_what_it_is_about(store: Store) -> None:
    latest, first = store.list()
    assert (latest.title, latest.turns, latest.source) == ("nodes please", 1, "breast.txt")
    assert (first.title, first.turns, first.open) == ("birads?", 2, False)
    assert store.count() == (2, 3)


def test_a_conversation_comes_back_as_it_was_asked(store: Store) -> None:
    conversation = store.conversation(1)
    first, second = conversation.turns
    assert first.ask.report == REPORT
    assert (first.number, first.parent, second.number, second.parent) == (1, None, 2, 1)
    assert second.ask.words == "write the impression"
    assert first.routing.task == "rads_assignment"
    assert first.answer.state == "stop"
    assert first.answer.result["text"] == first.answer.text
    assert first.answer.provenance["model"]["sha256"] == "b" * 64


def test_search_finds_words_answers_reports_and_titles_by_their_beginnings(store: Store) -> None:
    assert titles(store, "imp") == ["nodes please", "birads?"]
    assert titles(store, "irreg mass") == ["nodes please", "birads?"]
    assert titles(store, '"left breast"') == ["nodes please", "birads?"]
    assert titles(store, '"breast left"') == []
    assert titles(store, "nodes") == ["nodes please"]
    assert titles(store, "NODES PLEASE") == ["nodes please"]
    assert titles(store, "nodes nowhere") == []


def test_a_snippet_marks_what_was_found(store: Store) -> None:
    snippet = store.search("nodes")[0].snippet
    assert f"{MARKS[0]}nodes{MARKS[1]}" in snippet


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60))
def test_no_text_is_too_strange_to_look_for(store: Store, text: str) -> None:
    store.search(text)


@pytest.mark.parametrize(
    "text",
    ['"', '""', "*", "a OR b", "NEAR(a b)", "text:x", "x AND", "(", "-", "^a", "a\0b", "'; DROP TABLE turn", "_"],
)
def test_what_looks_like_query_language_is_text(store: Store, text: str) -> None:
    store.search(text)
    assert store.count() == (2, 3)


def test_a_text_without_words_finds_nothing() -> None:
    assert search.query(' "" * - ') == ""


def test_another_title_is_found_and_the_old_one_is_not(store: Store) -> None:
    store.rename(2, "  Axilla,\nfollow-up ")
    assert store.conversation(2).summary.title == "Axilla, follow-up"
    assert titles(store, "axilla") == ["Axilla, follow-up"]
    assert [found.where for found in store.search("please")] == ["words"]
    with pytest.raises(BadInput, match="empty"):
        store.rename(2, "  ")
    with pytest.raises(BadInput, match="no conversation 9"):
        store.rename(9, "x")


def test_what_is_deleted_leaves_no_byte_behind(tmp_path: Path) -> None:
    secret = "zygomaticotemporal"
    folder = tmp_path / "history"
    keeper = Keeper(settled(folder))
    ask(keeper, "birads?", Report(f"FINDINGS: {secret} mass.", f"Earlier {secret}."))
    keeper.begin()
    ask(keeper, "nodes")
    keeper.close()
    assert secret in everything(folder)
    store = Store(folder / "history.db")
    assert store.delete([1]) == 1
    assert secret not in everything(folder)
    assert secret[:12] not in everything(folder)
    assert store.search(secret) == ()
    assert [one.id for one in store.list()] == [2]
    store.close()
    assert secret not in everything(folder)


def everything(folder: Path) -> str:
    """Every byte of every file of the history, in lower case, as the search has its words."""
    return "".join(path.read_bytes().decode("latin-1") for path in folder.iterdir()).lower()


def test_old_conversations_go_and_new_ones_stay(store: Store) -> None:
    with sqlite3.connect(store.path) as connection:
        connection.execute("UPDATE conversation SET touched = touched - 40 * 86400 WHERE id = 1")
    connection.close()
    assert store.purge(30) == 1
    assert [one.id for one in store.list()] == [2]
    assert store.purge(30) == 0


def test_ids_of_deleted_conversations_are_not_given_again(tmp_path: Path) -> None:
    path = kept(tmp_path, ("birads?",), ("nodes",))
    store = Store(path)
    store.delete([2])
    store.close()
    kept(tmp_path, ("impression",))
    assert [one.id for one in Store(path).list()] == [3, 1]


def test_only_the_user_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    folder.mkdir(mode=0o755)
    store = Store(kept(folder, ("birads?",)))
    store.list()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("name", ["", "x", "1.", ".1", "1.2.3", "-1", "1e3", "９", "1" * 30])
def test_what_is_no_id_is_said_to_be_none(name: str) -> None:
    with pytest.raises(BadInput, match="is no id"):
        place_of(name)


def test_an_id_names_a_conversation_or_one_of_its_questions(store: Store) -> None:
    assert len(turns_of(store, "1").turns) == 2
    assert [turn.number for turn in turns_of(store, "1.2").turns] == [2]
    with pytest.raises(BadInput, match="no question 7"):
        turns_of(store, "1.7")
