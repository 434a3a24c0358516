"""`route`: what would run, one request or a stream of them, without loading a model."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.cli.command import Program

KEYS = {"task", "confidence", "abstained", "alternatives", "model", "mode", "reason", "seconds"}


def test_a_route_has_the_contract_s_keys(radlite: Program) -> None:
    found = radlite.json("route", "birads?")
    assert set(found) == KEYS
    assert (found["task"], found["abstained"], found["mode"]) == ("rads_assignment", False, "fine-tuned")
    assert found["seconds"] < 0.1


def test_an_abstention_has_no_task(radlite: Program) -> None:
    found = radlite.json("route", "stage it")
    assert (found["task"], found["abstained"], found["model"]) == (None, True, None)
    assert {tag for tag, _ in found["alternatives"]} >= {"n_staging", "m_staging"}


def test_missing_parts_do_not_hinder_a_route(radlite: Program) -> None:
    assert radlite.json("route", "what changed since the last study?")["task"] == "temporal_comparison"


def test_requests_are_routed_in_order_with_their_ids(radlite: Program) -> None:
    lines = [
        {"id": "a", "words": "birads?"},
        {"id": 2, "words": "write the impression", "report": "Lungs are clear."},
        {"id": "c", "words": "[TASK: m_staging]"},
    ]
    done = radlite("route", "-", "--jsonl", stdin="\n".join(map(json.dumps, lines)).encode())
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [(line["id"], line["task"]) for line in found] == [
        ("a", "rads_assignment"),
        (2, "impression_generation"),
        ("c", "m_staging"),
    ]
    assert all(set(line) == {*KEYS, "id"} for line in found)


def test_a_bad_line_is_answered_with_its_error_and_the_rest_goes_on(radlite: Program) -> None:
    done = radlite("route", "-", "--jsonl", stdin=b'nope\n{"id": 1, "words": 5}\n{"id": 2, "words": "birads?"}\n')
    first, second, third = (json.loads(line) for line in done.stdout.splitlines())
    assert "Line 1" in first["error"]
    assert second["id"] == 1
    assert "words" in second["error"]
    assert third["task"] == "rads_assignment"
    assert done.returncode == 2


def test_routing_loads_neither_llama_cpp_nor_textual(radlite: Program) -> None:
    code = (
        "import sys\nfrom radlite_tui.cli.main import main\nmain(['route', 'birads?', '--json'])\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('textual', 'llama_cpp', 'torch')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=radlite.environment, timeout=60)
    assert done.stdout.decode().splitlines()[-1] == "[]"
