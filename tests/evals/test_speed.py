"""The measuring command: its arithmetic, its refusals, and its rows for real on an embedded model with tiny sizes.

No test looks at how long something took.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from evals.__main__ import main
from evals.speed import subject
from evals.speed.bench import Bench
from evals.speed.clock import REST, Clock
from evals.speed.command import measure
from evals.speed.memory import parse
from evals.speed.peer import Peer
from evals.speed.profiling import PARTS
from evals.speed.profiling import measure as profile
from evals.speed.registry import NAMES, SPECS, chosen
from evals.speed.results import BEGIN, EMBEDDED, END, Results
from evals.speed.rows import Row, Runs, Spec, alternate, ratio
from evals.speed.sizes import QUICK
from evals.speed.subject import Subject
from evals.speed.terminal import AppInTerminal
from evals.speed.texts import prompt_of, spelled, task_first_string, text_of, turn
from evals.speed.timing import Timed, rate
from radlite_tui import tasks
from radlite_tui.assistant.types import Ask
from radlite_tui.engine.protocol import Stats
from radlite_tui.errors import BadInput, RadliteError
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.report import Report

CONTRACT = (
    "decode_3b", "decode_embedded", "prefill_512", "second_question", "few_shot_warm", "paste_prefill",
    "closed_label_steps", "parallel_16", "compare_columns", "busy_core", "rss_3b", "evals_vs_llama_class",
    "evals_vs_llama_server", "train_nano",
)  # fmt: skip


ADDED = ("decode_4b", "rss_both", "pss_second_user", "train_3b", "train_4b")
MEASURED = (
    "decode_embedded", "prefill_512", "paste_prefill", "closed_label_steps", "parallel_16", "evals_vs_llama_class",
    "pss_second_user", "rss_both", "train_nano",
)  # fmt: skip
"""Rows that between them use every kind of peer and of engine; the others are made of the same parts."""


def nothing(_bench: Bench) -> Runs:
    raise AssertionError("not to be measured")


FASTER = Spec("faster", "ours", "theirs", "tok/s", "more", 1.5, nothing)
SOONER = Spec("sooner", "ours", "theirs", "s", "less", 2.0, nothing)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return subject.embedded(tmp_path_factory.mktemp("speed") / "embedded")


@pytest.fixture(autouse=True)
def patient_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Peers spin while they wait for their threads, which on a machine that runs other tests takes minutes."""
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")


@pytest.fixture
def bench(model: Subject) -> Iterator[Bench]:
    with Bench(model, model, QUICK, 1) as bench:
        yield bench


# Arithmetic.


def test_a_ratio_is_larger_when_we_are_better() -> None:
    assert ratio(30.0, 20.0, "more") == 1.5
    assert ratio(0.5, 2.0, "less") == 4.0


def test_a_figure_of_nothing_makes_no_ratio() -> None:
    with pytest.raises(RadliteError, match="must be above 0"):
        ratio(0.0, 1.0, "more")


def test_a_row_is_made_of_medians_and_keeps_every_run() -> None:
    row = Row(FASTER, Runs((10.0, 30.0, 31.0), (20.0, 19.0, 90.0), {"threads": 2}), "model")
    found = row.json()
    assert (found["ours"], found["peer"], found["ratio"], found["ok"]) == (30.0, 20.0, 1.5, True)
    assert found["runs"] == {"ours": [10.0, 30.0, 31.0], "peer": [20.0, 19.0, 90.0], "threads": 2}


def test_times_are_inverted_and_held_against_the_floor() -> None:
    assert Row(SOONER, Runs((1.0,), (2.0,)), "model").ok
    assert not Row(SOONER, Runs((1.1,), (2.0,)), "model").ok


def test_sides_take_turns_and_take_turns_to_begin() -> None:
    order: list[tuple[str, int]] = []
    found = alternate(
        {name: lambda run, name=name: order.append((name, run)) or float(run) for name in ("ours", "peer")},  # type: ignore[misc]
        3,
    )
    assert order == [("ours", 0), ("peer", 0), ("peer", 1), ("ours", 1), ("ours", 2), ("peer", 2)]
    assert found == {"ours": (0.0, 1.0, 2.0), "peer": (0.0, 1.0, 2.0)}


def test_a_decode_rate_counts_from_the_first_text_and_believes_the_slower_clock() -> None:
    seen = Timed(1.0, 3.0, first_tokens=1, tokens=9)
    assert rate([seen]) == 4.0
    assert rate([Timed(1.0, 3.0, 1, 9, stats=Stats(decode_s=4.0))]) == 2.0
    assert rate([Timed(1.0, 3.0, 1, 9, stopped=True)]) == 4.5
    with pytest.raises(RadliteError, match="one token each"):
        rate([Timed(1.0, 3.0, 1, 1)])


def test_memory_is_read_in_mib() -> None:
    text = (
        "55d0-7ffc ---p 00000000 00:00 0 [rollup]\nRss:            2048 kB\nPss:             512 kB\nPss_Anon: 4 kB\n"
    )
    assert parse(text) == {"Rss": 2.0, "Pss": 0.5}


def test_a_clock_charges_every_moment_once() -> None:
    clock = Clock()
    inner = clock.timed("inner", lambda: None)
    outer = clock.timed("outer", inner)
    clock.begin("phase", at=0.0)
    outer()
    clock.begin("")
    outer()
    assert {label for _, label in clock.spent} == {"inner", "outer", REST}
    assert {phase for phase, _ in clock.spent} == {"phase"}
    assert all(seconds >= 0 for seconds in clock.spent.values())


# Names, files, documents.


def test_the_rows_are_those_of_the_contract() -> None:
    assert tuple(name for name in NAMES if name not in ADDED) == CONTRACT
    assert set(ADDED) < set(NAMES)
    assert tuple(spec.name for spec in chosen(None)) == NAMES
    assert [spec.name for spec in chosen("rss_3b, decode_3b")] == ["decode_3b", "rss_3b"]
    assert [spec.name for spec in chosen(None, training=True)] == ["train_nano", "train_3b", "train_4b"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--only", "decode_9b"], 2, "Unknown row 'decode_9b'"),
        (["--only", ","], 2, "names no row"),
        (["--train", "--only", "decode_3b"], 2, "leave one of the two out"),
        (["--repeat", "0"], 2, "--repeat is 0"),
        (["--quick", "--write", "x.md"], 2, "--quick measures too little"),
        (["--write", "missing.md"], 2, "missing.md cannot be read"),
        (["--only", "decode_3b", "--model-file", "missing.gguf"], 3, "missing.gguf cannot be read"),
        (["--only", "decode_3b", "--model-file", __file__], 3, "is not a GGUF file"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["speed", *arguments]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert said in err


def test_rows_that_cannot_be_measured_say_why(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    asked = ["speed", "--only", "rss_3b,decode_3b", "--json", "--out", str(tmp_path / "out")]
    assert main(asked) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["rows"] == []
    assert {row["name"]: row["why"] for row in found["left_out"]} == {
        "decode_3b": "no --model-file",
        "rss_3b": "no --model-file",
    }
    assert "decode_3b: left out: no --model-file" in err
    assert json.loads((tmp_path / "out" / "speed.json").read_text()) == found
    assert {"cpu", "physical_cores", "python", "llama_cpp_python"} <= set(found["host"])


def results(*rows: Row) -> Results:
    host = {"cpu": "a processor", "physical_cores": 2, "system": "Linux", "python": "3.11"}
    host |= {"ram_gib": 8.0, "llama_cpp_python": "0.3.36"}
    models = {"model": {"sha256": "0" * 64, "settings": "usual"}}
    left_out = {"rss_3b": "no --model-file"}
    return Results(host, "2026-01-02T03:04:05+00:00", "python -m evals speed", 3, models, rows, left_out)


def test_the_document_changes_between_its_markers_only(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text(f"# Before\n{BEGIN}\nnot measured yet\n{END}\nafter\n")
    results(Row(SOONER, Runs((1.0,), (3.0,)), "model")).write(document)
    head, rest = document.read_text().split(BEGIN)
    middle, tail = rest.split(END)
    assert (head, tail) == ("# Before\n", "\nafter\n")
    assert "not measured yet" not in middle
    assert "`python -m evals speed`, 2026-01-02, medians of 3 runs" in middle
    assert "a processor, 2 cores" in middle
    assert "| `sooner` | ours (model) | theirs" in middle
    assert "| 3.00  | 2.00  | yes" in middle
    assert "- `rss_3b`: no --model-file" in middle


def test_a_row_measured_again_takes_the_place_of_the_earlier_one(tmp_path: Path) -> None:
    first = results(
        Row(SOONER, Runs((1.0,), (3.0,), {"threads": 2}), "model"), Row(FASTER, Runs((1.0,), (2.0,)), "model")
    )
    first.save(tmp_path)
    again = replace(results(Row(FASTER, Runs((9.0,), (3.0,)), "model")), date="2026-02-03T04:05:06+00:00")
    both = again.after(tmp_path, (FASTER, SOONER))
    assert [(row.spec.name, row.ratio, row.date) for row in both.rows] == [
        ("faster", 3.0, "2026-02-03T04:05:06+00:00"),
        ("sooner", 3.0, ""),
    ]
    assert (both.date, both.command) == (first.date, first.command)
    assert "with `--only`: `faster` (2026-02-03T04:05:06+00:00)" in both.document()
    assert both.json()["rows"][1] == first.json()["rows"][0]


def test_rows_of_another_machine_or_another_file_are_not_kept(tmp_path: Path) -> None:
    here = results()
    with pytest.raises(BadInput, match="holds no rows that could be kept"):
        here.after(tmp_path, ())
    replace(here, host={**here.host, "cpu": "another processor"}).save(tmp_path)
    with pytest.raises(BadInput, match="of another machine"):
        here.after(tmp_path, ())
    replace(here, models={"model": {"sha256": "1" * 64, "settings": "usual"}}).save(tmp_path)
    with pytest.raises(BadInput, match="of other model files"):
        here.after(tmp_path, ())


def test_a_document_without_markers_is_left_alone(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text(f"{END} {BEGIN}")
    with pytest.raises(BadInput, match="to put the table between"):
        results().write(document)
    assert document.read_text() == f"{END} {BEGIN}"


def test_the_shipped_document_can_be_written_and_names_every_row() -> None:
    text = (Path(__file__).parents[2] / "docs" / "performance.md").read_text(encoding="utf-8")
    assert [text.count(marker) for marker in (BEGIN, END, *EMBEDDED)] == [1, 1, 1, 1]
    assert all(f"`{name}`" in text for name in NAMES)


# Texts and peers.


def test_texts_have_the_wanted_length_and_are_all_different(bench: Bench) -> None:
    engine, files = bench.engine(), bench.subject.files(Mode.ZERO_SHOT)
    texts = [text_of(40, lambda text: engine.count(files, turn(text)), seed) for seed in range(4)]
    assert all(38 <= engine.count(files, turn(text)) <= 40 for text in texts)
    assert len({text[:14] for text in texts}) == 4
    assert prompt_of(spelled(turn(texts[0]))) == turn(texts[0])


def test_the_notebook_prompt_has_the_task_before_the_report() -> None:
    prompt = task_first_string(tasks.get("n_staging"), Report("Enlarged node."))
    assert prompt.index("[TASK: n_staging]") < prompt.index("Enlarged node.")
    assert prompt.endswith("<|im_start|>assistant\n")


def test_a_peer_that_cannot_start_is_a_sentence(tmp_path: Path) -> None:
    settings = {"model": str(tmp_path / "missing.gguf"), "adapter": None, "threads": 1, "repack": True, "context": 64}
    with pytest.raises(RadliteError, match="cannot load the model file"):
        Peer("evals.speed.peers.plain", settings)
    with pytest.raises(RadliteError, match="ended with code 1"):
        Peer("evals.speed.peers.no_such_peer", settings)


# The rows, for real.


@pytest.mark.parametrize("name", MEASURED)
def test_a_row_is_measured(name: str, model: Subject) -> None:
    (spec,) = [spec for spec in SPECS if spec.name == name]
    found = measure((spec,), model, model, QUICK, 1, "python -m evals speed --quick", second=model)
    assert found.failed == ()
    if found.left_out and os.name != "posix":
        pytest.skip(found.left_out[name])
    (row,) = found.json()["rows"]
    assert {"name", "what", "ours", "peer", "unit", "ratio", "floor", "ok", "runs"} <= set(row)
    assert row["name"] == name
    ours, peer = row["runs"]["ours"], row["runs"]["peer"]
    assert len(ours) == len(peer) == 1
    expected = ratio(ours[0], peer[0], spec.better)
    assert row["ratio"] == pytest.approx(expected, rel=1e-2)
    assert row["ok"] == (row["ratio"] >= spec.floor)


def test_a_label_written_freely_takes_a_step_a_token(bench: Bench) -> None:
    assistant = bench.assistant(bench.engine())
    example = tasks.get("n_staging").demonstrations[0]
    plan = assistant.plan(Ask(example.report, "", "n_staging", mode=Mode.FINE_TUNED))
    stats = assistant.finish(plan, constrained=False).stats
    assert stats.steps == stats.completion_tokens


def test_an_app_that_cannot_run_is_a_sentence(model: Subject) -> None:
    with pytest.raises(RadliteError, match="The app ended before it answered"):
        AppInTerminal(model, "", [1], {"TEXTUAL_DRIVER": "no.such:Driver"})


def test_a_profile_adds_up_to_the_whole(model: Subject) -> None:
    (found,) = profile(model, QUICK, 1)
    assert set(found.parts) == set(PARTS)
    assert all(seconds >= 0 for seconds in found.parts.values())
    assert found.prompt_tokens > QUICK.report / 2
    assert found.answer_tokens > 0
