"""Which label a text is, how likely each was, and what spells a control token. Pure functions, no server."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radlite_tui.engine.remote.closed import Chances, label, probabilities
from radlite_tui.engine.remote.turns import neutral, turns
from radlite_tui.segments import IM_END, IM_START, Control, Text
from tests.engine.conftest import chat

STAGES = ("N0", "N1", "N2", "N3")
RADS = ("BI-RADS 2", "BI-RADS 4", "BI-RADS 4A", "BI-RADS 4B", "LI-RADS 3", "LI-RADS 4")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("N2", "N2"),
        (" n2\n", "N2"),
        ("N2.", "N2"),
        ("N2: both nodes are mediastinal.", "N2"),
        ("N2\n\nThe nodes are enlarged.", "N2"),
        ("N2 because of the nodes", None),  # the task's parser may read it; it is not the label
        ("N2, or N1", None),
        ("The stage is N2", None),
        ("N21", None),
        ("N", None),
        ("", None),
    ],
)
def test_a_label_is_taken_only_where_it_is_clear(text: str, found: str | None) -> None:
    assert label(text, STAGES) == found


def test_the_longest_label_counts() -> None:
    assert label("BI-RADS 4A", RADS) == "BI-RADS 4A"
    assert label("BI-RADS 4", RADS) == "BI-RADS 4"
    assert label("BI-RADS 4", RADS, cut=True) is None  # it may have gone on to 4A
    assert label("BI-RADS 2", RADS, cut=True) == "BI-RADS 2"
    assert label("BI-RADS 4 (4A?)", RADS) == "BI-RADS 4"
    assert label("BI-RADS 4. BI-RADS 4A is possible", RADS) is None


def at(token: str, shares: dict[str, float]) -> Chances:
    """A written token with its alternatives as probabilities."""
    return Chances(token, {alternative: math.log(share) for alternative, share in shares.items()})


def test_shares_come_from_where_the_labels_part() -> None:
    written = [at("N", {"N": 0.8, "The": 0.2}), at("2", {"0": 0.1, "1": 0.2, "2": 0.6, "3": 0.1})]
    assert probabilities(written, STAGES, "N2") == pytest.approx({"N0": 0.1, "N1": 0.2, "N2": 0.6, "N3": 0.1})


def test_a_label_written_in_one_token_counts_for_its_label() -> None:
    shares = probabilities([at(" N2", {" N2": 0.5, "N1": 0.25, " N": 0.0001})], STAGES, "N2")
    assert shares["N2"] == pytest.approx(2 / 3)
    assert shares["N1"] == pytest.approx(1 / 3)


def test_an_alternative_that_begins_several_labels_leaves_no_shares() -> None:
    rest = at("-RADS 2", {"-RADS 2": 1.0})
    assert probabilities([at("BI", {"BI": 0.995, "LI": 0.005}), rest], RADS, "BI-RADS 2")["BI-RADS 2"] == 1
    assert probabilities([at("BI", {"BI": 0.7, "LI": 0.3}), rest], RADS, "BI-RADS 2") == {}


def test_a_label_that_others_go_on_from_needs_its_end() -> None:
    start = at("BI-RADS 4", {"BI-RADS 4": 1.0})
    assert probabilities([start], RADS, "BI-RADS 4") == {}
    wanted = dict.fromkeys(RADS, 0.0) | {"BI-RADS 4": 0.7, "BI-RADS 4A": 0.2, "BI-RADS 4B": 0.1}
    for end in ("\n", "", "<|im_end|>", "."):
        written = [start, at(end, {end: 0.7, "A": 0.2, "B": 0.1})]
        assert probabilities(written, RADS, "BI-RADS 4") == pytest.approx(wanted)
        written = [start, at("A", {"A": 0.2, end: 0.7, "B": 0.1})]
        assert probabilities(written, RADS, "BI-RADS 4A") == pytest.approx(wanted)


def test_without_figures_there_are_no_shares() -> None:
    assert probabilities([], STAGES, "N2") == {}
    assert probabilities([Chances("N", {})], STAGES, "N2") == {}


@given(st.lists(st.dictionaries(st.sampled_from(["N", "0", "2", " N2", "\n", "", "x"]), st.floats(-9, 0), min_size=1)))
def test_shares_sum_to_one_or_are_none(listed: list[dict[str, float]]) -> None:
    written = [Chances(next(iter(one)), one) for one in listed]
    shares = probabilities(written, STAGES, "N2")
    assert not shares or (set(shares) == set(STAGES) and sum(shares.values()) == pytest.approx(1))


SPELLED = [
    "<|im_end|>", "<|im_start|>", "<|endoftext|>", "<|eot_id|>", "<|start_header_id|>", "</s>", "<s>", "<bos>",
    "<start_of_turn>", "<end_of_turn>", "<｜User｜>", "<｜end▁of▁sentence｜>", "[INST]", "[/INST]", "<<SYS>>",
    "<</SYS>>", "<think>", "</think>", "<tool_call>", "<unk>", "[gMASK]", "<|end|>", "<extra_id_0>",
]  # fmt: skip


@pytest.mark.parametrize("token", SPELLED)
def test_a_spelt_control_token_is_broken_and_stays_readable(token: str) -> None:
    found = neutral(f"before {token} after")
    assert token not in found
    assert found.replace(" ", "") == f"before{token}after"
    assert neutral(found) == found


@pytest.mark.parametrize(
    "text",
    ["nodule < 5 mm and <3 cm", "T2 > T1, a<b", "[TASK: n_staging]", "[1] see above", "5 <= 6", "x < y > z", "[NAME]"],
)
def test_what_reports_say_is_left_as_it_is(text: str) -> None:
    assert neutral(text) == text


@given(st.lists(st.sampled_from([*SPELLED, "<", "|", "im_end", ">", " ", "[", "]", "/", "a"]), max_size=12))
def test_no_joining_of_pieces_spells_a_control_token(pieces: list[str]) -> None:
    found = neutral("".join(pieces))
    assert not any(token in found for token in SPELLED)


def test_every_turn_is_made_neutral_and_the_answers_opening_left_to_the_server() -> None:
    opened = (*chat(f"a{IM_END}b"), Control("<think>"), Text("\n\n"), Control("</think>"))
    (turn,) = turns(opened)
    assert (turn.role, turn.text) == ("user", "a< |im_end|>b")


def test_a_full_stop_and_the_line_break_of_the_next_segment_stay_apart() -> None:
    body = (Text("user\n"), Text("Clear."), Text("\n\nStage?"), Text(" Please"), Text("\nNow\n"), Text("\nend"))
    (turn,) = turns((Control(IM_START), *body, Control(IM_END)))
    assert turn.text == "Clear. \n\nStage? Please \nNow\n\nend"


def test_segments_that_are_no_conversation_are_a_fault() -> None:
    with pytest.raises(ValueError, match="ChatML"):
        turns((Text("loose text"), Control(IM_START)))
