"""Pastes come whole, whatever is in them and however they are cut; keys come as before."""

from __future__ import annotations

import random

import pytest
from textual import events

from radlite_tui.tui.terminal_input import BEGIN, END, WholePastes, tolerant

TEXTS = (
    "one line",
    "two\rlines\nof text",
    "an \x1b]0;escape\x07 and \x1b[2J and \x1b[A, then\rEnter \x1b",
    "\x00\x01 \x1b[200~ nested \x1b[20",
    "left \u202eright 左肺 🫁",
    "",
    "w" * 100_000,
)


def found(pieces: list[str]) -> list[object]:
    """The pastes' texts and the keys of some input."""
    parser = WholePastes()
    came = [event for piece in pieces for event in parser.feed(piece)]
    return [event.text if isinstance(event, events.Paste) else getattr(event, "key", event) for event in came]


@pytest.mark.parametrize("text", TEXTS)
def test_a_paste_is_one_event_with_everything_in_it(text: str) -> None:
    assert found([f"a{BEGIN}{text}{END}b"]) == ["a", text, "b"]


@pytest.mark.parametrize("text", TEXTS[:-1])
def test_a_paste_may_come_in_any_pieces(text: str) -> None:
    whole, cut = f"a{BEGIN}{text}{END}b{BEGIN}{text}{END}", random.Random(3)
    assert found(list(whole)) == ["a", text, "b", text]
    for _ in range(30):
        places = sorted(cut.randrange(len(whole)) for _ in range(4))
        pieces = [whole[start:end] for start, end in zip([0, *places], [*places, len(whole)], strict=True)]
        assert found([piece for piece in pieces if piece]) == ["a", text, "b", text]


def test_keys_that_begin_like_a_paste_come_through() -> None:
    assert found(["\x1b[20~", "\x1b[A", "x"]) == ["f9", "up", "x"]
    assert found(["\x1b[2", "0~"]) == ["f9"]


def test_a_byte_that_is_no_text_does_not_end_the_app() -> None:
    decode = tolerant("utf-8")().decode
    assert decode(b"\x1b[M \xff\xe5a") == "\x1b[M \ufffd\ufffda"
    assert decode("ä".encode()[:1]) + decode("ä".encode()[1:]) == "ä"
