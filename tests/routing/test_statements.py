"""Quoted statements that are asked about go to inference, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomllib

from radlite_tui.routing import statements
from radlite_tui.routing.task import route_task

TEST_PHRASES = Path(__file__).parents[2] / "finetune" / "intents" / "test.toml"


@pytest.mark.parametrize(
    "words",
    [
        'does "The pleural spaces are free of fluid." follow?',
        "is “there is a left effusion” supported by the report",
        'Does the report contradict "no fracture is seen"?',
        'true or false: "the heart is enlarged"',
    ],
)
def test_a_quoted_statement_that_is_asked_about_is_inference(words: str) -> None:
    routing = route_task(words)
    assert (routing.task, routing.by) == ("radiology_nli", "rule")
    assert "quotation marks" in routing.reason


@pytest.mark.parametrize(
    "words",
    [
        'what does "ground glass" mean?',
        "does it follow the aorta?",
        'is "it" true?',
        'compare "no effusion" and "small effusion", which is true?',
        "follow up of the nodule?",
    ],
)
def test_other_quotes_and_other_words_are_left_to_the_classifier(words: str) -> None:
    assert route_task(words).by == "classifier"


def test_the_statement_is_what_stands_in_the_marks() -> None:
    found = statements.find('does "The pleural spaces are free of fluid." follow?')
    assert found == statements.Statement("The pleural spaces are free of fluid.", "follow")


def test_no_phrase_of_the_classifiers_test_is_taken_from_another_task() -> None:
    table = tomllib.loads(TEST_PHRASES.read_text(encoding="utf-8"))
    phrases = [(tag, phrase) for tag, entry in table.items() for phrase in listed(entry)]
    assert len(phrases) > 150
    assert [phrase for tag, phrase in phrases if tag != "radiology_nli" and statements.find(phrase)] == []


def listed(entry: object) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    if isinstance(entry, dict):
        return [phrase for value in entry.values() for phrase in listed(value)]
    return [phrase for value in entry for phrase in listed(value)] if isinstance(entry, list) else []
