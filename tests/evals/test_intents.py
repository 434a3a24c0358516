"""The app's routing scored on held-out requests: the counts by hand, the whole file, and files of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals import intents
from evals.__main__ import main
from evals.metrics.routing import ASKED, routed
from finetune import intent
from radlite_tui.routing.intent import load

TASKS = ("radiology_qa", "n_staging", "m_staging")
requests = st.lists(
    st.tuples(st.sampled_from([None, *TASKS]), st.lists(st.sampled_from(TASKS), max_size=2, unique=True)), max_size=25
)


def test_routing_by_hand() -> None:
    given_ = ["n_staging", "m_staging", None, None, "radiology_qa", "m_staging"]
    accepted = [("n_staging",), ("n_staging",), ("m_staging",), (), (), ("n_staging", "m_staging")]
    found = routed(given_, accepted)
    assert (found.clear, found.right, found.asked, found.unclear, found.caught) == (4, 2, 1, 2, 1)
    assert (found.accuracy, found.precision) == (2 / 4, 2 / 3)
    assert found.confusion["n_staging", "m_staging"] == 1
    assert found.confusion["m_staging", "m_staging"] == 1
    assert found.confusion[ASKED, "radiology_qa"] == 1
    assert routed([], []).accuracy == routed([None], [("n_staging",)]).precision == 0.0


@given(requests)
def test_every_request_is_counted_once_and_asking_back_never_raises_accuracy(
    found: list[tuple[str | None, list[str]]],
) -> None:
    given_, accepted = [task for task, _ in found], [tasks for _, tasks in found]
    counts = routed(given_, accepted)
    assert counts.confusion.total() == counts.clear + counts.unclear == len(found)
    assert 0.0 <= counts.accuracy <= counts.precision <= 1.0
    assert routed([None] * len(found), accepted).right == 0


def test_the_shipped_requests_are_routed_as_the_classifiers_own_measure_says() -> None:
    found = intents.score()
    measured = intent.measure(load(), intents.requests())
    right = {share.name: share for share in found.shares}
    assert right["right, of those sent to a task"].value == pytest.approx(measured["accuracy"], abs=0.02)
    assert right["right, of requests for a task"].value >= 0.9
    assert right["asked back, of requests for none"].value == pytest.approx(measured["abstained"], abs=0.15)
    assert all(share.low <= share.value <= share.high and share.n > 0 for share in (*found.shares, *found.intents))
    wrong = found.counts.clear - found.counts.right + found.counts.unclear - found.counts.caught
    assert len(found.missed) == wrong


def test_the_command_shows_shares_confusion_and_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["intents", "--errors"]) == 0
    text = capsys.readouterr().out
    for said in ("right, of requests for a task", "| meant | rads_assignment |", "Requests that went wrong"):
        assert said in text
    assert main(["intents", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert sum(row["n"] for row in found["confusion"]) == len(intents.requests())


def test_requests_of_ones_own_are_scored_and_a_wrong_file_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[phrases]\nrads_assignment = ["birads?"]\neither = [["n stage", "n_staging", "m_staging"]]\n')
    assert main(["intents", "--phrases", str(own), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [share["value"] for share in found["shares"][:2]] == [1.0, 1.0]
    for text, said in (("[phrases]\nbirads = ['x']\n", "unknown task 'birads'"), ("phrases = 3\n", "holds no requests"),
                       ("[phrases\n", "holds no requests"), ("[phrases]\n", "holds no requests")):  # fmt: skip
        bad = tmp_path / f"bad{len(text)}.toml"
        bad.write_text(text)
        assert main(["intents", "--phrases", str(bad)]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert str(bad) in error
        assert "Traceback" not in error
    assert main(["intents", "--phrases", str(tmp_path / "none.toml")]) == 2
