"""How varied generated reports are beside given ones: figures that tell sameness from difference."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finetune.__main__ import main
from finetune.corpus import variety
from radlite_tui.errors import BadInput

VARIED = [
    f"Finding {n} lies {n * 7 % 90} mm from mark {n * 13 % 97} on side {n % 5}, grade {n * 3 % 11}." for n in range(80)
]
REPEATED = ["The lungs are clear and the heart is normal in size."] * 80


def test_repetition_shows_in_every_figure() -> None:
    assert variety.distinct(VARIED)[3] > 5 * variety.distinct(REPEATED)[3]
    assert variety.compression(REPEATED) > 3 * variety.compression(VARIED)


def test_runs_do_not_reach_over_the_end_of_a_report() -> None:
    assert variety.distinct(["a b", "c d"])[2] == 1.0
    assert variety.distinct(["a b", "a b"])[2] == 0.5
    assert variety.distinct(["a", "b"])[2] == 0.0


def test_a_copy_of_a_real_report_is_nearest_and_a_real_one_is_not_its_own_neighbour() -> None:
    reals = [f"Nodule {n} of {n} mm in lobe {n % 3}, seen on slice {n * n}." for n in range(30)]
    figures = {f.name: f for f in variety.measure({"copied": list(reals), "other": list(REPEATED)}, reals)}
    assert figures["copied"].nearest[0] == pytest.approx(1.0)
    assert figures["other"].nearest[2] < 0.5
    assert figures["real"].nearest[1] < 0.999


def test_all_sides_are_cut_to_the_same_words() -> None:
    figures = variety.measure({"much": VARIED * 3, "little": VARIED[:20]}, VARIED)
    assert len({f.words for f in figures}) == 1
    shown = list(variety.lines(figures))
    assert len(shown) == 2 + len(figures)
    assert max(map(len, shown)) <= 80


def test_the_command_compares_generated_reports_with_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text("".join(f"{json.dumps({'findings': text, 'id': 1})}\n" for text in VARIED), encoding="utf-8")
    command = ["data", "--variety", "--real", str(path), "--texts", "40"]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert [line[:16].strip() for line in out.splitlines()] == ["", "", "real", "synthetic, all", "synthetic, chest"]
    assert "Finding" not in out
    assert main([*command, "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"real", "synthetic, all", "synthetic, chest"}


def test_a_file_without_reports_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text('{"a": 1}\n', encoding="utf-8")
    with pytest.raises(BadInput, match="holds 0 reports"):
        variety.real(path)
    assert main(["data", "--variety"]) == 2
    assert "--real" in capsys.readouterr().err
