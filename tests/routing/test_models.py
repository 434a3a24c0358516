"""Task to model and mode: measured routes, the user's own, and what happens when the model is not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radlite_tui.errors import BadInput
from radlite_tui.routing import models
from radlite_tui.routing.models import Route, choose, dump, read
from radlite_tui.tasks import CHAT, TAGS, Mode

ROUTES = {"n_staging": Route("one", Mode.FEW_SHOT, "accuracy", 0.812, 200, "0.1.0")}


def test_the_measured_route_is_taken_and_cited() -> None:
    choice = choose("n_staging", ["two", "one"], known=ROUTES)
    assert (choice.model, choice.mode) == ("one", Mode.FEW_SHOT)
    assert choice.reason == "best measured for n_staging: accuracy 0.812 on 200 cases (0.1.0)"


def test_explicit_choices_win_over_the_route() -> None:
    choice = choose("n_staging", ["two", "one"], model="two", mode=Mode.ZERO_SHOT, known=ROUTES)
    assert (choice.model, choice.mode) == ("two", Mode.ZERO_SHOT)
    assert "chosen by the user" in choice.reason


def test_the_mode_of_a_route_is_not_carried_to_another_model() -> None:
    assert choose("n_staging", ["two", "one"], model="two", known=ROUTES).mode is Mode.FINE_TUNED


def test_a_route_to_a_missing_model_falls_back_and_says_so() -> None:
    choice = choose("n_staging", ["two"], known=ROUTES)
    assert choice.model == "two"
    assert "one, which is not installed" in choice.reason


def test_a_task_without_route_takes_the_first_model_there_is() -> None:
    choice = choose(CHAT, ["two", "one"], known=ROUTES)
    assert choice.model == "two"
    assert "no route for chat" in choice.reason


def test_no_model_at_all_is_said_plainly() -> None:
    choice = choose("n_staging", [], known=ROUTES)
    assert (choice.model, choice.reason) == (None, "no model is installed")


def test_an_unknown_explicit_model_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"'three'.*two, one"):
        choose("n_staging", ["two", "one"], model="three", known=ROUTES)


def test_a_model_without_tuned_files_is_asked_few_shot_unless_the_user_insists() -> None:
    choice = choose("n_staging", ["two"], known={}, tuned={"two": False})
    assert choice.mode is Mode.FEW_SHOT
    assert "no fine-tuned files" in choice.reason
    assert choose("n_staging", ["two"], mode=Mode.FINE_TUNED, known={}, tuned={"two": False}).mode is Mode.FINE_TUNED


def test_an_unmeasured_route_does_not_claim_a_score() -> None:
    assert "not measured" in choose("n_staging", ["one"], known={"n_staging": Route("one", Mode.ZERO_SHOT)}).reason


def test_the_users_routes_go_over_the_packaged_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, packaged = tmp_path / "own.toml", tmp_path / "packaged.toml"
    packaged.write_text(dump({**ROUTES, "chat": Route("one", Mode.ZERO_SHOT)}), encoding="utf-8")
    own.write_text('[routes.n_staging]\nmodel = "mine"\nmode = "fine-tuned"\n', encoding="utf-8")
    monkeypatch.setenv("RADLITE_ROUTES", str(own))
    monkeypatch.setattr(models, "PACKAGED", packaged)
    assert {tag: route.model for tag, route in models.routes().items()} == {"n_staging": "mine", "chat": "one"}


def test_the_packaged_routes_can_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RADLITE_ROUTES", str(tmp_path / "none.toml"))
    assert set(models.routes()) <= {*TAGS, CHAT}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[routes.t_staging]\nmodel='a'\nmode='zero-shot'", "routes.t_staging"),
        ("[routes.chat]\nmode='zero-shot'", "routes.chat.model"),
        ("[routes.chat]\nmodel='a'\nmode='best'", "routes.chat.mode"),
        ("[routes.chat]\nmodel='a'\nmode='zero-shot'\nvalue='high'", "routes.chat.value"),
        ("[routes.chat]\nmodel='a'\nmode='zero-shot'\nn=-1", "routes.chat.n"),
        ("[routes]\nchat='a'", "routes.chat"),
        ("routes = 3", "routes"),
        ("[routes", "not valid TOML"),
    ],
)
def test_a_bad_routes_file_is_one_sentence_with_file_and_key(tmp_path: Path, text: str, names: str) -> None:
    path = tmp_path / "routes.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read(path)
    assert "routes.toml" in str(caught.value)
    assert names in str(caught.value)
    assert "\n" not in str(caught.value)


@given(
    st.dictionaries(
        st.sampled_from([*TAGS, CHAT]),
        st.builds(
            Route,
            model=st.text(st.characters(codec="utf-8"), min_size=1),
            mode=st.sampled_from(Mode),
            metric=st.text(st.characters(codec="utf-8")),
            value=st.floats(allow_nan=False, allow_infinity=False),
            n=st.integers(0, 10**6),
            measured=st.text(st.characters(codec="utf-8")),
        ),
    )
)
def test_dumped_routes_read_back_the_same(tmp_path_factory: pytest.TempPathFactory, routes: dict[str, Route]) -> None:
    path = tmp_path_factory.mktemp("routes") / "routes.toml"
    path.write_bytes(dump(routes).encode("utf-8"))
    assert read(path) == routes
