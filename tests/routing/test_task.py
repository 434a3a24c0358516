"""Which task is chosen, and by whom: the user, a tag, the classifier, or nobody."""

from __future__ import annotations

import pytest

from radlite_tui.assistant import types as assistant_types
from radlite_tui.errors import BadInput
from radlite_tui.routing import Routing, route_task, split_tag
from radlite_tui.tasks import CHAT, TAGS


def test_an_explicit_task_wins_over_a_tag_and_over_the_words() -> None:
    routing = route_task("[TASK: m_staging] birads?", "n_staging")
    assert (routing.task, routing.by, routing.confidence) == ("n_staging", "user", 1.0)


@pytest.mark.parametrize(
    "words", ["[TASK: n_staging] birads?", "  [task:N_STAGING]", "[ Task : n-staging ] x", "[TASK: n staging]"]
)
def test_a_tag_before_the_words_wins_over_the_classifier(words: str) -> None:
    routing = route_task(words)
    assert (routing.task, routing.by) == ("n_staging", "tag")


def test_a_tag_later_in_the_words_is_only_words() -> None:
    assert route_task("birads? [TASK: n_staging]").by == "classifier"


@pytest.mark.parametrize("tag", [*TAGS, CHAT])
def test_every_task_can_be_named(tag: str) -> None:
    assert route_task("", tag).task == tag
    assert route_task(f"[TASK: {tag}] go").task == tag


def test_an_unknown_tag_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"'birads'.*rads_assignment.*chat"):
        route_task("[TASK: birads] go")
    with pytest.raises(BadInput, match=r"'t_staging'.*n_staging"):
        route_task("", "t_staging")


def test_the_words_after_a_tag_are_given_back() -> None:
    assert split_tag("[TASK: radiology_qa] why is it 4A?") == ("radiology_qa", "why is it 4A?")
    assert split_tag("why [TASK: x]?") == (None, "why [TASK: x]?")


def test_the_classifier_gives_confidence_reason_and_alternatives() -> None:
    routing = route_task("birads?")
    assert (routing.task, routing.by, routing.abstained) == ("rads_assignment", "classifier", False)
    assert 0.6 < routing.confidence <= 1
    assert "birads" in routing.reason
    assert routing.task not in dict(routing.alternatives)
    assert routing.seconds > 0


def test_an_abstention_offers_alternatives_and_says_why() -> None:
    routing = route_task("stage it")
    assert routing.abstained
    assert {tag for tag, _ in routing.alternatives[:2]} == {"n_staging", "m_staging"}
    assert routing.confidence == routing.alternatives[0][1]
    assert "alike" in routing.reason


def test_no_words_and_no_task_abstain() -> None:
    assert route_task("").task is None
    assert route_task("  \n").reason == "not routed: no words to go by"


def test_the_assistant_speaks_of_the_same_routing() -> None:
    assert assistant_types.Routing is Routing
