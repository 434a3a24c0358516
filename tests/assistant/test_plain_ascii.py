"""Plain ASCII: nothing but ASCII comes out, and no number, sign or unit changes on the way."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radlite_tui.assistant.plain_ascii import UNKNOWN, note, one, plain, table

NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*")


@pytest.mark.parametrize(
    ("text", "ascii"),
    [
        ("3,5 × 2 cm, ≤ 4 mm", "3,5 x 2 cm, <= 4 mm"),
        ("• 5 mm nodule", "* 5 mm nodule"),
        ("−1000 HU ± 20", "-1000 HU +/- 20"),
        ("5 µg, 10 μL, 3 µm", "5 mcg, 10 mcL, 3 micrometer"),
        ("37 °C, 37°C, 30° flexion", "37 deg C, 37 deg C, 30 deg flexion"),
        ("2 cm², 10⁻³, 5²3", "2 cm^2, 10^-3, 5^2 3"),
        ("1½ cm, ¼", "1 1/2 cm, 1/4"),
        ("T₁, L5₂", "T1, L5_2"),
        ("①2", "(1)2"),
        ("“8 → 5 mm”…", '"8 -> 5 mm"...'),
        ("↑ worsened ✓", "(up) worsened (yes)"),
        ("L4–L5 — Ödem, naïve, α-fetoprotein, Δ", "L4-L5 -- Odem, naive, alpha-fetoprotein, Delta"),
        ("٣ and ５", "3 and 5"),
        ("a\tb\r\nc", "a    b\nc"),
        ("x\u200by\u00a0z", "xy z"),
    ],
)
def test_what_has_a_plain_spelling_gets_it(text: str, ascii: str) -> None:
    assert plain(text).text == ascii
    assert plain(text).unknown == 0


def test_what_has_none_is_marked_and_counted() -> None:
    found = plain("左 lung \u202e \x1b[31m \x00")
    assert found.text == f"{UNKNOWN} lung {UNKNOWN} {UNKNOWN}[31m {UNKNOWN}"
    assert found.unknown == 4
    assert "4 without" in note(found)


@given(st.text())
def test_everything_becomes_ascii(text: str) -> None:
    out = plain(text).text
    assert all(c == "\n" or " " <= c <= "~" for c in out)


WORDS = sorted(c for c in table()[2] if "\n" not in c)


@given(
    st.lists(
        st.one_of(
            st.from_regex(r"-?[0-9]{1,4}([.,][0-9]{1,3})?", fullmatch=True),
            st.sampled_from([*WORDS, "mm", "cm", "á", "Ω", " ", "\u2009", "\u00ad", "µg", "°C"]),
        ).map(lambda piece: f"{piece} ")
    )
)
def test_numbers_and_their_signs_stay(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert NUMBER.findall(plain(text).text) == NUMBER.findall(text.replace("−", "-").replace("‑", "-"))


def test_no_replacement_adds_a_digit_or_glues_a_sign_to_the_next_number() -> None:
    for char in (*table()[2], *table()[0]):
        spelt = plain(char).text
        assert not any(c.isdigit() for c in spelt), char
    assert [c for c in WORDS if plain(f"{c} 5").text.startswith("- 5")] == sorted("‐‑‒–−")


def test_every_entry_is_what_one_character_becomes() -> None:
    assert all(one(char) == ("", spelt) for char, spelt in table()[2].items())
