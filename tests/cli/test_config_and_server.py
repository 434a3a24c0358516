"""`config`, and answers from a server that the settings name: the real program against a real server."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path

import pytest

from radlite_tui import tasks
from tests.cli.command import Program, one_sentence
from tests.contract import ANSWER_KEYS
from tests.engine.loopback import WAIT_S, Line, loopback
from tests.served import KEY, free_port


def settle(radlite: Program, text: str) -> Path:
    """Write the settings file of the program's home."""
    path = radlite.home / "XDG_CONFIG_HOME" / "radlite-tui" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def server(url: str, more: str = "") -> str:
    return f'[engine]\nkind = "openai"\n[engine.openai]\nurl = "{url}"\nkey_env = "SERVER_KEY"\n{more}'


@pytest.fixture
def on_server(radlite: Program, server_url: str) -> Program:
    """The program with its settings on the test server's tuned model."""
    settle(radlite, server(server_url, 'model = "tuned"\ntuned = true\nmanifest = "radlite-nano-qwen3"\n'))
    radlite.environment["SERVER_KEY"] = KEY
    return radlite


def test_config_names_its_file_and_shows_where_each_setting_came_from(radlite: Program) -> None:
    path = settle(radlite, "[engine]\nthreads = 2\n")
    assert radlite("config", "path").stdout.decode().strip() == str(path)
    shown = radlite("config", "show").stdout.decode().splitlines()
    assert "engine.threads = 2  (file)" in shown
    assert 'engine.kind = "local"  (default)' in shown
    radlite.environment["RADLITE_ENGINE_THREADS"] = "1"
    found = radlite.json("config", "show")
    assert found["settings"]["engine.threads"] == {"value": 1, "origin": "environment"}
    assert found["path"] == str(path)


def test_config_check_finds_the_mistake_that_stops_every_command(radlite: Program) -> None:
    assert radlite("config", "check").returncode == 0
    settle(radlite, "[engine]\nthreds = 2\n")
    for arguments in (["config", "check"], ["route", "birads?"]):
        done = radlite(*arguments)
        assert done.returncode == 2
        assert "did you mean threads?" in one_sentence(done.stderr)


def test_config_check_warns_of_reports_sent_in_the_clear(radlite: Program) -> None:
    settle(radlite, server("http://gpu.example.org/v1"))
    done = radlite("config", "check")
    assert done.returncode == 0
    assert "can be read on its way" in one_sentence(done.stderr)


def test_config_schema_is_json_and_a_table_and_needs_no_sound_settings(radlite: Program) -> None:
    settle(radlite, "[engine]\nthreds = 2\n")
    found = json.loads(radlite("config", "schema").stdout)
    assert found["properties"]["engine"]["properties"]["threads"]["minimum"] == 1
    assert "| `threads` | a whole number, 1 or more |" in radlite("config", "schema", "--markdown").stdout.decode()


def test_doctor_shows_what_is_not_as_it_comes(radlite: Program) -> None:
    path = settle(radlite, "[engine]\nthreads = 1\n")
    radlite.environment["RADLITE_ENGINE_SPECULATE"] = "off"
    del radlite.environment["RADLITE_HISTORY_SAVING"]
    assert radlite.json("doctor")["settings"] == {
        "file": str(path),
        "engine.threads": {"value": 1, "origin": "file"},
        "engine.speculate": {"value": "off", "origin": "environment"},
    }
    assert "  engine.threads: 1 (file)" in radlite("doctor").stdout.decode()


def test_doctor_names_a_mistake_in_the_settings_and_looks_on(radlite: Program) -> None:
    settle(radlite, "[engine]\nthreds = 2\n")
    done = radlite("doctor")
    assert done.returncode == 0
    assert "did you mean threads?" in done.stdout.decode()


def test_an_answer_from_a_server_says_so_and_shows_no_checksum(on_server: Program, server_url: str) -> None:
    found = on_server.json("ask", *on_server.demonstration("radiology_nli"))
    assert set(found) >= ANSWER_KEYS
    assert found["model"]["name"] == f"tuned@{server_url.split('/')[2]}"
    assert found["model"]["sha256"] == ""
    assert found["mode"] == "fine-tuned"
    assert server_url.split("/")[2] in found["routing"]["reason"]
    shares = found["output"]["probabilities"]
    assert set(shares) == set(tasks.get("radiology_nli").labels or ())
    assert sum(shares.values()) == pytest.approx(1)


def test_a_server_with_several_models_needs_a_name(on_server: Program, server_url: str) -> None:
    settle(on_server, server(server_url))
    done = on_server("ask", *on_server.demonstration("n_staging"))
    assert done.returncode == 3
    assert "serves tuned, plain" in one_sentence(done.stderr)


def test_a_server_with_one_model_needs_none(radlite: Program) -> None:
    with loopback(lambda line, number: line.stream("N1")) as only:
        settle(radlite, f'[engine]\nkind = "openai"\n[engine.openai]\nurl = "{only.url}"\n')
        found = radlite.json("ask", *radlite.demonstration("n_staging"))
    host = only.url.split("/")[2]
    assert (found["model"]["name"], found["model"]["title"]) == (f"served@{host}", f"some-model served by {host}")
    assert found["mode"] == "few-shot"
    assert found["output"] == {"label": "N1", "probabilities": {}}


def test_a_mode_the_served_model_is_not_known_to_have_is_refused(on_server: Program) -> None:
    done = on_server("ask", *on_server.demonstration("n_staging"), "--mode", "zero-shot")
    assert done.returncode == 2
    assert "fine-tuned" in one_sentence(done.stderr)


def test_an_ensemble_without_probabilities_is_refused_in_a_sentence(on_server: Program, server_url: str) -> None:
    settle(on_server, server(server_url, 'model = "plain"\ntuned = true\n'))
    done = on_server("ask", *on_server.demonstration("radiology_nli"), "--model", "ensemble")
    assert done.returncode == 1
    assert "no label probabilities" in one_sentence(done.stderr)


def test_a_worklist_goes_to_the_server_and_is_whole(on_server: Program) -> None:
    rows = [{"id": str(n), "text": f"Nodes measure {n} mm.", "task": "n_staging"} for n in range(6)]
    (on_server.home / "in.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = on_server("batch", "in.jsonl", "out.jsonl", "--max-tokens", "8", "--parallel", "3")
    assert done.returncode == 0, done.stderr.decode()
    lines = (on_server.home / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["id"] for line in lines} == {row["id"] for row in rows}


@pytest.mark.parametrize(
    ("settings", "key", "code", "words"),
    [
        (server("http://127.0.0.1:{port}/v1", "retries = 0\n"), KEY, 1, "refuses connections"),
        (server("http://127.0.0.1:{port}/v1"), None, 2, "SERVER_KEY"),
        (server("http://127.0.0.1:{port}/v1", 'manifest = "nobody"\n'), KEY, 2, "nobody"),
    ],
)
def test_what_is_wrong_with_the_server_is_one_sentence(
    radlite: Program, settings: str, key: str | None, code: int, words: str
) -> None:
    settle(radlite, settings.replace("{port}", str(free_port())))
    if key is not None:
        radlite.environment["SERVER_KEY"] = key
    done = radlite("ask", *radlite.demonstration("n_staging"))
    assert done.returncode == code
    assert words in one_sentence(done.stderr)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_interrupted_worklist_lets_go_of_every_request_in_flight(radlite: Program) -> None:
    waiting = threading.Barrier(3)

    def script(line: Line, number: int) -> None:
        waiting.wait(WAIT_S)
        line.until_gone()

    rows = [{"id": str(n), "text": f"Nodes measure {n} mm.", "task": "n_staging"} for n in range(6)]
    (radlite.home / "in.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with loopback(script) as server:
        settle(radlite, f'[engine]\nkind = "openai"\n[engine.openai]\nurl = "{server.url}"\n')
        with radlite.start("batch", "in.jsonl", "out.jsonl", "--parallel", "2") as process:
            waiting.wait(WAIT_S)
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=WAIT_S)
        assert server.gone.wait(WAIT_S)
    assert process.returncode == 130, stderr.decode()
    assert "Stopped with 0 of 6 written" in stderr.decode()
    assert len(server.answers) == 2
