"""Temperatures: what they do to probabilities, which files they hold for, and that the app shows them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.asking import probabilities
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.types import Ask
from radlite_tui.errors import BadInput
from radlite_tui.routing import calibration
from radlite_tui.routing.calibration import Temperature, dump, read, tempered, value
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.report import Report

ONE = Temperature("n_staging", "one", Mode.FINE_TUNED, 2.0, 50, "a" * 64, "b" * 64, "made up")
NODES = Report("CT chest. Enlarged subcarinal node of 18 mm. Mass in the right upper lobe.")


def test_a_temperature_of_two_takes_the_square_root() -> None:
    (found,) = tempered(({"N0": 0.8, "N1": 0.2},), 2.0)
    assert found["N0"] == pytest.approx(0.8**0.5 / (0.8**0.5 + 0.2**0.5))


@given(
    st.lists(st.floats(1e-6, 1.0), min_size=2, max_size=6),
    st.floats(calibration.LOWEST, calibration.HIGHEST),
)
def test_the_sum_and_the_likeliest_label_stay(weights: list[float], temperature: float) -> None:
    own = {str(i): w / sum(weights) for i, w in enumerate(weights)}
    (found,) = tempered((own,), temperature)
    assert sum(found.values()) == pytest.approx(1.0)
    assert found[max(own, key=lambda label: own[label])] == max(found.values())


def test_an_impossible_label_stays_impossible() -> None:
    assert tempered(({"M0": 1.0, "M1": 0.0},), 5.0) == ({"M0": 1.0, "M1": 0.0},)


def test_a_temperature_holds_for_its_files_only() -> None:
    assert value([ONE], "n_staging", Mode.FINE_TUNED, "a" * 64, "b" * 64) == 2.0
    assert value([ONE], "n_staging", Mode.FINE_TUNED, "a" * 64, "c" * 64) == 1.0
    assert value([ONE], "m_staging", Mode.FINE_TUNED, "a" * 64, "b" * 64) == 1.0


def test_what_is_written_reads_back_and_what_is_wrong_is_named(tmp_path: Path) -> None:
    path = tmp_path / "routes.toml"
    path.write_text(dump([ONE]))
    assert read(path) == (ONE,)
    path.write_text(dump([ONE]).replace("temperature = 2.0", "temperature = 0"))
    with pytest.raises(BadInput, match=r"calibration\[0\].temperature must be a number"):
        read(path)


def test_the_app_shows_probabilities_at_the_fitted_temperature_and_evals_keep_the_models_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Ask(NODES, task="n_staging", model="radlite-nano-qwen3", mode=Mode.FINE_TUNED)
    monkeypatch.setenv("RADLITE_ROUTES", str(tmp_path / "routes.toml"))
    monkeypatch.setattr(calibration, "PACKAGED", tmp_path / "none.toml")
    plain, fitted = Assistant.create(), Assistant.create()
    try:
        before = plain.ask(ask)
        stamp = before.model
        files = (stamp.sha256, stamp.adapter_sha256 or "")
        (tmp_path / "routes.toml").write_text(
            dump([Temperature("n_staging", stamp.name, Mode.FINE_TUNED, 3.0, 50, *files)])
        )
        after = fitted.ask(ask)
    finally:
        plain.close()
        fitted.close()
    assert before.output is not None
    assert after.output is not None
    own, shown = before.output.json(), after.output.json()
    assert shown["label"] == own["label"]
    assert shown["probabilities"] == pytest.approx(tempered((own["probabilities"],), 3.0)[0], abs=1e-6)
    assert max(shown["probabilities"].values()) < max(own["probabilities"].values())
    assert probabilities(after) == pytest.approx(probabilities(before), rel=1e-3, abs=1e-6)
