"""`ask` and `compare` through the real program and the embedded models: the contract's objects for all nine tasks."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from radlite_tui import tasks
from radlite_tui.tasks.outputs import CERTAINTIES, STATUSES
from tests import documents
from tests.cli.command import Program, one_sentence
from tests.contract import ANSWER_KEYS

STATS = {
    "prompt_tokens", "cached_tokens", "completion_tokens", "prefill_s", "decode_s", "first_token_s", "total_s",
    "prefill_tok_s", "decode_tok_s", "load_s",
}  # fmt: skip
CLOSED = ("rads_assignment", "radiology_nli", "abnormality_detection", "n_staging", "m_staging")


def assert_probabilities(found: dict[str, float], label: str) -> None:
    assert sum(found.values()) == pytest.approx(1, abs=0.01)
    assert found[label] == max(found.values())


def assert_rads(output: dict[str, Any], report: str) -> None:
    assert set(output) == {"label", "system", "category", "modifiers", "probabilities", "management"}
    assert output["label"] == (f"{output['system']} {output['category']}" if output["system"] else "No applicable RADS")
    assert_probabilities(output["probabilities"], output["label"])


def assert_label(output: dict[str, Any], report: str) -> None:
    assert set(output) == {"label", "probabilities"}
    assert_probabilities(output["probabilities"], output["label"])


def assert_grid(output: dict[str, Any], report: str) -> None:
    assert len(output["labels"]) == 14
    assert all(name == name.lower() and status in CERTAINTIES for name, status in output["labels"].items())
    for name, status in output["labels"].items():
        assert_probabilities(output["probabilities"][name], status)


def assert_changes(output: dict[str, Any], report: str) -> None:
    for change in output["changes"]:
        assert set(change) == {"status", "finding", "evidence"}
        assert change["status"] in STATUSES
        if change["evidence"] is not None:
            start, end = change["evidence"]
            assert report[start:end].strip()


def assert_entities(output: dict[str, Any], report: str) -> None:
    assert set(output) == {"anatomy", "observation_present", "observation_absent", "observation_uncertain"}
    for entity in (entity for kind in output.values() for entity in kind):
        assert report[entity["start"] : entity["end"]] == entity["text"]


def assert_text(output: dict[str, Any], report: str) -> None:
    (text,) = output.values()
    assert isinstance(text, str)
    assert text.strip()


SHAPES = {
    "rads_assignment": assert_rads,
    "impression_generation": assert_text,
    "temporal_comparison": assert_changes,
    "radiology_nli": assert_label,
    "radiology_ner": assert_entities,
    "abnormality_detection": assert_grid,
    "n_staging": assert_label,
    "m_staging": assert_label,
    "radiology_qa": assert_text,
}


def assert_contract(found: dict[str, Any]) -> None:
    """What holds for every ask object, parsed or not."""
    assert set(found) >= ANSWER_KEYS
    assert set(found["stats"]) >= STATS
    assert set(found["routing"]) >= {"confidence", "by", "alternatives", "reason"}
    assert set(found["model"]) >= {"name", "sha256", "adapter_sha256", "quantization"}
    assert len(found["model"]["sha256"]) == 64
    assert found["finish"] in ("stop", "length")
    assert found["parsed"] is (found["output"] is not None)
    assert all(set(warning) == {"kind", "message", "span"} for warning in found["warnings"])
    assert found["stats"]["prompt_tokens"] > 0


@pytest.mark.parametrize("tag", tasks.TAGS)
def test_every_task_answers_its_demonstration_in_the_contract_s_form(radlite: Program, tag: str) -> None:
    found = radlite.json("ask", *radlite.demonstration(tag))
    assert_contract(found)
    assert (found["task"], found["routing"]["by"], found["mode"]) == (tag, "user", "fine-tuned")
    assert found["parsed"] is True, found["text"]
    SHAPES[tag](found["output"], tasks.get(tag).demonstrations[0].report.text)


@pytest.mark.parametrize("tag", tasks.TAGS)
def test_every_task_answers_in_every_mode(radlite: Program, tag: str) -> None:
    found = radlite.json("compare", *radlite.demonstration(tag), "--modes", "all")
    assert set(found) == {"task", "runs", "agreement", "expected"}
    assert [run["mode"] for run in found["runs"]] == ["zero-shot", "few-shot", "fine-tuned", "fine-tuned+few-shot"]
    for run in found["runs"]:
        assert_contract(run)
        assert (run["model"]["adapter_sha256"] is None) is ("fine-tuned" not in run["mode"])
    assert 0 <= found["agreement"] <= 1


@pytest.mark.parametrize("tag", CLOSED)
def test_closed_answers_always_parse_even_from_an_untuned_model(radlite: Program, tag: str) -> None:
    found = radlite.json("ask", *radlite.demonstration(tag), "--mode", "zero-shot")
    assert found["parsed"] is True
    SHAPES[tag](found["output"], "")


def test_an_ensemble_names_its_members(radlite: Program) -> None:
    found = radlite.json("ask", *radlite.demonstration("m_staging"), "--model", "ensemble")
    assert found["model"]["name"] == "ensemble"
    assert len({member["name"] for member in found["members"]}) == 2
    assert_label(found["output"], "")


def test_what_is_expected_is_compared(radlite: Program) -> None:
    arguments = [*radlite.demonstration("m_staging"), "--modes", "fine-tuned", "--models", "all", "--expect", "M1"]
    found = radlite.json("compare", *arguments)
    assert found["expected"]["output"]["label"] == "M1"
    labels = [run["output"]["label"] for run in found["runs"]]
    assert found["expected"]["matches"] == [label == "M1" for label in labels]
    assert found["agreement"] == (1.0 if labels[0] == labels[1] else 0.0)


def test_the_text_alone_goes_to_standard_output(radlite: Program) -> None:
    done = radlite("ask", *radlite.demonstration("m_staging"))
    assert done.returncode == 0
    assert done.stdout.decode() in ("M0\n", "M1\n")
    assert "Not for clinical use" in done.stderr.decode()
    assert "demonstration model" in done.stderr.decode()


def test_the_event_stream_ends_with_the_answer(radlite: Program) -> None:
    done = radlite("ask", *radlite.demonstration("m_staging"), "--jsonl")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds[0] == "plan"
    assert kinds[-1] == "answer"
    assert {"loading", "prefill", "token"} <= set(kinds)
    assert "".join(event["text"] for event in events if event["event"] == "token") == events[-1]["text"]


def test_a_report_may_come_from_standard_input(radlite: Program) -> None:
    found = radlite.json("ask", "birads?", "--report", "-", stdin=b"Irregular spiculated mass of the left breast.")
    assert found["task"] == "rads_assignment"
    assert found["routing"]["by"] == "classifier"


def test_the_same_seed_gives_the_same_answer(radlite: Program) -> None:
    arguments = [*radlite.demonstration("impression_generation"), "--seed", "7"]
    assert radlite.json("ask", *arguments)["text"] == radlite.json("ask", *arguments)["text"]


def test_a_report_longer_than_the_context_is_refused_with_counts(radlite: Program) -> None:
    text = b"The nodule in the right upper lobe measures 7 mm. " * 2000
    done = radlite("ask", "birads?", "--report", "-", stdin=text)
    assert done.returncode == 2
    assert done.stdout == b""
    assert "can take 2,048" in one_sentence(done.stderr)


def test_an_interrupt_ends_with_130_and_without_a_traceback(radlite: Program) -> None:
    arguments = radlite.demonstration("impression_generation")
    process = radlite.start("ask", *arguments, start_new_session=True)
    assert process.stderr is not None
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode in (130, 0), stderr.decode()
    assert b"Traceback" not in stderr


def test_how_a_document_was_read_is_said_beside_the_answer(radlite: Program) -> None:
    (radlite.home / "r.json").write_bytes(documents.fhir(documents.fhir_report()))
    done = radlite("ask", "birads?", "--report", "r.json", "--json")
    assert done.returncode == 0, done.stderr.decode()
    assert "r.json: FHIR DiagnosticReport" in done.stderr.decode()
    assert json.loads(done.stdout)["task"] == "rads_assignment"
