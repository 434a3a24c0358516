"""`batch`: a worklist is answered line by line, and survives being stopped at any moment."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import documents
from tests.cli.command import Program, one_sentence

TEXT = "CT chest. Enlarged left hilar lymph node of 14 mm. No distant metastasis."


def worklist(path: Path, count: int = 3, **more: str) -> list[str]:
    ids = [f"case-{i}" for i in range(count)]
    path.write_text("".join(json.dumps({"id": i, "text": f"{TEXT} {i}", **more}) + "\n" for i in ids))
    return ids


def written(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_line_is_answered_with_its_id(radlite: Program) -> None:
    ids = worklist(radlite.home / "in.jsonl")
    done = radlite("batch", "in.jsonl", "out.jsonl", "--task", "n_staging")
    assert (done.returncode, done.stdout) == (0, b"")
    out = written(radlite.home / "out.jsonl")
    assert [line["id"] for line in out] == ids
    assert all(line["task"] == "n_staging" and line["output"]["label"].startswith("N") for line in out)
    assert "3/3" in done.stderr.decode()


def test_a_failed_line_carries_its_error_and_the_rest_goes_on(radlite: Program) -> None:
    lines = [
        {"id": 1, "text": TEXT, "task": "m_staging"},
        {"id": 2, "text": "", "task": "m_staging"},
        {"id": 3, "text": TEXT, "task": "radz"},
        {"id": 4, "text": 5},
        {"id": 5, "text": TEXT, "words": "hmm"},
        {"id": 6, "text": "too long " * 5000, "task": "m_staging"},
        {"id": 7, "text": TEXT, "words": "n stage?"},
    ]
    (radlite.home / "in.jsonl").write_text("\n".join(map(json.dumps, lines)))
    done = radlite("batch", "in.jsonl", "out.jsonl")
    assert done.returncode == 1
    out = written(radlite.home / "out.jsonl")
    assert [line["id"] for line in out] == [1, 2, 3, 4, 5, 6, 7]
    assert [line["id"] for line in out if "error" in line] == [2, 3, 4, 5, 6]
    assert (out[0]["task"], out[6]["task"]) == ("m_staging", "n_staging")


def test_a_csv_is_a_worklist_too(radlite: Program) -> None:
    (radlite.home / "in.csv").write_bytes(f'\ufeffid,text,task\r\n1,"{TEXT}\r\nSecond line.",m_staging\r\n'.encode())
    assert radlite("batch", "in.csv", "out.jsonl").returncode == 0
    (line,) = written(radlite.home / "out.jsonl")
    assert (line["id"], line["task"]) == ("1", "m_staging")


def test_a_killed_batch_resumes_without_loss_or_repetition(radlite: Program) -> None:
    ids = worklist(radlite.home / "in.jsonl", 12)
    out = radlite.home / "out.jsonl"
    arguments = ("batch", "in.jsonl", "out.jsonl", "--task", "impression_generation")
    process = radlite.start(*arguments)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(b"4/12"):
            break
    process.kill()
    process.communicate()
    kept = written(out)
    assert 4 <= len(kept) < 12
    with out.open("ab") as file:
        file.write(b'{"id": "case-11", "te')
    resumed = radlite(*arguments, "--resume")
    assert resumed.returncode == 0, resumed.stderr.decode()
    assert [line["id"] for line in written(out)] == ids
    assert written(out)[: len(kept)] == kept


def test_an_interrupted_batch_keeps_what_is_done(radlite: Program) -> None:
    worklist(radlite.home / "in.jsonl", 12)
    process = radlite.start("batch", "in.jsonl", "out.jsonl", "--task", "impression_generation")
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(b"2/12"):
            break
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr.decode()
    assert b"Traceback" not in stderr
    assert b"--resume" in stderr
    assert 2 <= len(written(radlite.home / "out.jsonl")) < 12


@pytest.mark.skipif(sys.platform != "linux", reason="finds the worker in /proc")
def test_a_killed_worker_costs_one_line_at_most(radlite: Program) -> None:
    ids = worklist(radlite.home / "in.jsonl", 12)
    process = radlite.start("batch", "in.jsonl", "out.jsonl", "--task", "impression_generation")
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(b"2/12"):
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            os.kill(int(children[0]), signal.SIGKILL)
            break
    _, stderr = process.communicate(timeout=60)
    assert process.returncode in (0, 1), stderr.decode()
    out = written(radlite.home / "out.jsonl")
    assert [line["id"] for line in out] == ids
    assert [line["error"] for line in out if "error" in line] == [] or process.returncode == 1
    assert sum("error" in line for line in out) <= 1


def test_a_finished_batch_resumed_writes_nothing(radlite: Program) -> None:
    worklist(radlite.home / "in.jsonl", 1)
    arguments = ("batch", "in.jsonl", "out.jsonl", "--task", "m_staging")
    assert radlite(*arguments).returncode == 0
    before = (radlite.home / "out.jsonl").read_bytes()
    assert radlite(*arguments, "--resume").returncode == 0
    assert (radlite.home / "out.jsonl").read_bytes() == before


def test_results_are_never_overwritten(radlite: Program) -> None:
    worklist(radlite.home / "in.jsonl", 1)
    (radlite.home / "out.jsonl").write_text('{"id": "case-0"}\n')
    done = radlite("batch", "in.jsonl", "out.jsonl", "--task", "m_staging")
    assert done.returncode == 2
    assert "--resume" in one_sentence(done.stderr)


REFUSED = {
    "ids twice": (b'{"id": 1, "text": "a"}\n{"id": "1", "text": "b"}\n', "lines 1 and 2"),
    "no id": (b'{"text": "a"}\n', "line 1"),
    "not JSON": (b'{"id": 1, "text": "a"}\n{"id": 2\n', "line 2"),
    "not an object": (b"[1]\n", "line 1"),
    "nothing": (b"\n\n", "no requests"),
    "not UTF-8": (b'{"id": 1, "text": "\xff"}\n', "not valid UTF-8"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_unusable_worklist_is_refused_before_anything_runs(radlite: Program, name: str) -> None:
    content, says = REFUSED[name]
    (radlite.home / "in.jsonl").write_bytes(content)
    done = radlite("batch", "in.jsonl", "out.jsonl")
    assert done.returncode == 2
    assert says in one_sentence(done.stderr)
    assert not (radlite.home / "out.jsonl").exists()


def test_results_of_another_worklist_are_not_mixed(radlite: Program) -> None:
    worklist(radlite.home / "in.jsonl", 1)
    (radlite.home / "out.jsonl").write_text('{"id": "other"}\n')
    done = radlite("batch", "in.jsonl", "out.jsonl", "--task", "m_staging", "--resume")
    assert done.returncode == 2
    assert "other" in one_sentence(done.stderr)


def test_input_and_output_must_differ(radlite: Program) -> None:
    worklist(radlite.home / "in.jsonl", 1)
    done = radlite("batch", "in.jsonl", "in.jsonl", "--resume")
    assert done.returncode == 2
    one_sentence(done.stderr)


def test_a_worklist_can_name_report_files_and_what_was_read_is_said(radlite: Program) -> None:
    (radlite.home / "one.pdf").write_bytes(documents.pdf("FINDINGS: No enlarged nodes."))
    lines = [{"id": "a", "file": "one.pdf", "task": "n_staging"}, {"id": "b", "file": "gone.pdf", "task": "n_staging"}]
    (radlite.home / "in.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    done = radlite("batch", "in.jsonl", "out.jsonl")
    assert done.returncode == 1
    assert "a: one.pdf: PDF, 1 page, 4 words taken." in done.stderr.decode()
    first, second = (json.loads(line) for line in (radlite.home / "out.jsonl").read_text().splitlines())
    assert first["output"]["label"].startswith("N")
    assert "gone.pdf" in second["error"]


def test_a_table_from_a_spreadsheet_is_read_in_its_encoding_and_that_is_said(radlite: Program) -> None:
    table = "id,text,task\na,Kein Ödem – keine vergrößerten Lymphknoten.,n_staging\n"
    (radlite.home / "in.csv").write_bytes(table.encode("cp1252"))
    done = radlite("batch", "in.csv", "out.jsonl")
    assert done.returncode == 0, done.stderr.decode()
    assert "in.csv is read as Windows-1252." in done.stderr.decode()


def test_lines_are_kept_in_the_history_only_where_that_is_asked_for_and_saving_is_on(radlite: Program) -> None:
    worklist(radlite.home / "in.jsonl", task="n_staging")
    refused = radlite("batch", "in.jsonl", "out.jsonl", "--history")
    assert refused.returncode == 2
    assert "Saving is off" in one_sentence(refused.stderr)
    assert "leave --history out" in one_sentence(refused.stderr)
    radlite.environment["RADLITE_HISTORY_SAVING"] = "on"
    assert radlite("batch", "in.jsonl", "out.jsonl").returncode == 0
    assert radlite.json("history", "list") == {"conversations": []}
    assert radlite("batch", "in.jsonl", "kept.jsonl", "--history", "--parallel", "2").returncode == 0
    listed = radlite.json("history", "list")["conversations"]
    assert sorted(one["source"] for one in listed) == ["case-0", "case-1", "case-2"]
    assert {one["turns"] for one in listed} == {1}
    texts = {radlite.json("history", "show", str(one["id"]))["turns"][0]["text"] for one in listed}
    assert texts == {line["text"] for line in written(radlite.home / "kept.jsonl")}
