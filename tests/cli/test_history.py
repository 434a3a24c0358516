"""`radlite-tui history`: the real program, the embedded models; what is asked is kept, found, replayed and deleted."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from radlite_tui.models.manifest import FILE_NAME
from radlite_tui.models.store import Store as Models
from tests.cli.command import Program, one_sentence

REPORT = "FINDINGS: 18 mm irregular hypoechoic mass, left breast, 10 o'clock, spiculated margin.\n"


@pytest.fixture
def keeping(radlite: Program) -> Program:
    """The program with saving switched on by the user, and a report."""
    del radlite.environment["RADLITE_HISTORY_SAVING"]
    assert radlite("history", "on").returncode == 0
    (radlite.home / "report.txt").write_text(REPORT, encoding="utf-8")
    return radlite


def ask(program: Program, words: str, *more: str) -> str:
    """Ask, and give what was written on standard error."""
    done = program("ask", words, "--report", "report.txt", *more)
    assert done.returncode == 0, done.stderr.decode()
    return done.stderr.decode()


def test_what_is_asked_is_kept_listed_searched_and_shown(keeping: Program) -> None:
    assert "Kept as 1 in the history." in ask(keeping, "birads?")
    ask(keeping, "write the impression", "--json")
    listed = keeping.json("history", "list")["conversations"]
    assert [(one["id"], one["title"], one["turns"]) for one in listed] == [
        (2, "write the impression", 1),
        (1, "birads?", 1),
    ]
    found = keeping.json("history", "search", "spicul", "mass")["found"]
    assert [one["id"] for one in found] == [2, 1]
    assert keeping.json("history", "search", "nowhere")["found"] == []
    shown = keeping("history", "show", "1").stdout.decode()
    for said in (REPORT.strip(), "birads?", "model SHA-256", "Not for clinical use"):
        assert said in shown
    stored = keeping.json("history", "show", "1.1")["turns"][0]
    assert stored["answer"]["output"]["system"] == "BI-RADS"
    assert stored["provenance"]["prompt_version"]
    status = keeping.json("history", "status")
    assert (status["saving"], status["by"], status["conversations"], status["questions"]) == (True, "choice", 2, 2)


def test_the_line_mode_keeps_its_conversation_too(keeping: Program) -> None:
    done = keeping("--plain", "report.txt", stdin=b"birads?\nwrite the impression\n/compare birads?\n")
    assert "Saving is on: chosen with `history on`." in done.stderr.decode()
    compared, kept = keeping.json("history", "list")["conversations"]
    assert (kept["title"], kept["turns"], kept["source"]) == ("birads?", 2, "report.txt")
    assert (compared["kind"], compared["turns"]) == ("comparison", 3)


def test_nothing_is_kept_when_it_is_off_or_private(keeping: Program) -> None:
    assert "Kept" not in ask(keeping, "birads?", "--private")
    assert keeping("history", "off").returncode == 0
    assert "Kept" not in ask(keeping, "birads?")
    assert keeping.json("history", "list") == {"conversations": []}
    assert list(keeping.home.rglob("history.db")) == []
    assert keeping.json("history", "status")["why"] == "chosen with `history off`"


def test_over_ssh_saving_is_off_to_begin_with_and_says_why(radlite: Program) -> None:
    del radlite.environment["RADLITE_HISTORY_SAVING"]
    radlite.environment["SSH_CONNECTION"] = "10.0.0.1 5 10.0.0.2 22"
    status = radlite.json("history", "status")
    assert not status["saving"]
    assert status["by"] == "rule"
    assert "over SSH" in status["why"]


def test_an_answer_is_replayed_token_for_token(keeping: Program) -> None:
    ask(keeping, "birads?")
    ask(keeping, "is there a mass?", "--task", "radiology_qa", "--mode", "few-shot", "--max-tokens", "12")
    for number in ("1", "2.1"):
        replayed = keeping.json("history", "replay", number)
        assert replayed["identical"]
        assert replayed["differences"] == []
        assert replayed["answer"]["stats"]["completion_tokens"] > 0
    done = keeping("history", "replay", "1")
    assert done.returncode == 0
    assert one_sentence(done.stderr) == "1.1: the same, token for token."


def test_a_comparison_is_kept_as_one_entry_and_each_column_is_replayed_token_for_token(keeping: Program) -> None:
    compare = ("compare", "birads?", "--report", "report.txt", "--modes", "all")
    assert "Kept" not in keeping(*compare, "--private").stderr.decode()
    done = keeping(*compare, "--expect", "BI-RADS 5")
    assert "Kept as 1 in the history." in done.stderr.decode()
    (listed,) = keeping.json("history", "list")["conversations"]
    assert (listed["kind"], listed["title"], listed["turns"]) == ("comparison", "birads?", 4)
    assert "Compared: birads? (4 columns, report.txt)" in keeping("history", "list").stdout.decode()
    shown = keeping.json("history", "show", "1")
    assert shown["comparison"]["expected"]["text"] == "BI-RADS 5"
    replayed = keeping("history", "replay", "1", "--json")
    assert replayed.returncode == 0, replayed.stderr.decode()
    columns = json.loads(replayed.stdout)["replays"]
    assert [one["id"] for one in columns] == ["1.1", "1.2", "1.3", "1.4"]
    assert all(one["identical"] and not one["differences"] for one in columns)
    assert [one["kept"] for one in columns] == [turn["text"] for turn in shown["turns"]]
    assert keeping.json("history", "purge", "--all", "--yes") == {"deleted": 1}


def test_a_replay_says_what_differs_when_the_model_file_changed(keeping: Program, tmp_path: Path) -> None:
    embedded = {manifest.name: manifest for manifest in Models().list()}
    first, other = embedded["radlite-nano-qwen2"], embedded["radlite-nano-qwen3"]
    files = {file.role: file.path for file in first.files}
    keeping.give("mine", 2048, **files)
    ask(keeping, "write the impression", "--model", "mine", "--mode", "fine-tuned")
    text = (keeping.home / "models" / "mine" / FILE_NAME).read_text(encoding="utf-8")
    for file in first.files:
        swapped = next(one for one in other.files if one.role == file.role)
        text = text.replace(file.sha256, swapped.sha256).replace(str(file.path), str(swapped.path))
        text = text.replace(f"{file.size}", f"{swapped.size}")
    (keeping.home / "models" / "mine" / FILE_NAME).write_text(text.replace("qwen2", "qwen3"), encoding="utf-8")
    done = keeping("history", "replay", "1", "--json")
    replayed = json.loads(done.stdout)
    assert "model.sha256" in [one["what"] for one in replayed["differences"]]
    assert f"the model file is not the same: it was {first.files[0].sha256}" in done.stderr.decode()
    assert done.returncode == (0 if replayed["identical"] else 1)
    (keeping.home / "models" / "mine" / FILE_NAME).unlink()
    done = keeping("history", "replay", "1")
    assert done.returncode == 3
    assert "mine, which gave answer 1.1, is not installed any more" in one_sentence(done.stderr)


def test_an_export_has_the_provenance_and_the_notice_in_every_format(keeping: Program) -> None:
    ask(keeping, "birads?")
    sha = keeping.json("history", "show", "1")["turns"][0]["provenance"]["model"]["sha256"]
    for form, ending in (("markdown", "md"), ("json", "json"), ("plain", "txt")):
        assert sha in keeping("history", "export", "1", "--format", form).stdout.decode()
        done = keeping("history", "export", "--all", "--out", f"out.{ending}")
        assert done.returncode == 0
        path = keeping.home / f"out.{ending}"
        assert path.stat().st_mode & 0o777 == 0o600
        text = path.read_text(encoding="utf-8")
        for said in (sha, "Not for clinical use", "birads?", "18 mm irregular"):
            assert said in text, form
    assert json.loads((keeping.home / "out.json").read_text())["conversations"][0]["id"] == 1
    again = keeping("history", "export", "1", "--out", "out.md")
    assert again.returncode == 2
    assert "out.md is there already" in one_sentence(again.stderr)


def test_conversations_are_renamed_deleted_and_purged(keeping: Program) -> None:
    for words in ("birads?", "write the impression", "is there a mass?"):
        ask(keeping, words, "--max-tokens", "4")
    assert keeping("history", "rename", "1", "Left", "breast").returncode == 0
    assert keeping.json("history", "search", "left bre")["found"][-1]["title"] == "Left breast"
    refused = keeping("history", "delete", "1")
    assert refused.returncode == 2
    assert "add --yes" in one_sentence(refused.stderr)
    assert keeping.json("history", "delete", "1", "--yes") == {"deleted": 1}
    assert keeping.json("history", "purge", "--older-than", "1", "--yes") == {"deleted": 0}
    assert keeping("history", "purge", "--yes").returncode == 2
    assert keeping.json("history", "purge", "--all", "--yes") == {"deleted": 2}
    assert keeping.json("history", "list") == {"conversations": []}


def test_a_purge_by_age_follows_the_setting(keeping: Program) -> None:
    ask(keeping, "birads?")
    keeping.environment["RADLITE_HISTORY_KEEP_DAYS"] = "30"
    assert keeping.json("history", "purge", "--yes") == {"deleted": 0}
    assert keeping.json("history", "status")["keep_days"] == 30


MISTAKES = [
    (("show", "9"), "no conversation 9"),
    (("show", "1.9"), "has no question 9"),
    (("show", "one"), "'one' is no id"),
    (("show",), "Name one conversation"),
    (("replay", "9"), "no conversation 9"),
    (("export",), "Name the conversations to export"),
    (("search",), "Say what to look for"),
    (("list", "x"), "takes no 'x'"),
    (("delete", "1.1"), "only whole conversations"),
    (("purge", "--older-than", "-1"), "give 0 or more days"),
]


def test_a_mistake_is_one_sentence_and_exit_code_2(keeping: Program) -> None:
    ask(keeping, "birads?")
    for arguments, said in MISTAKES:
        done = keeping("history", *arguments)
        assert (done.returncode, done.stdout) == (2, b"")
        assert said in one_sentence(done.stderr)


def test_a_damaged_history_is_named_by_commands_and_set_aside_by_the_next_answer(keeping: Program) -> None:
    ask(keeping, "birads?")
    path = next(keeping.home.rglob("history.db"))
    path.write_bytes(b"not a database" * 1000)
    done = keeping("history", "list")
    assert done.returncode == 1
    assert f"{path} is damaged" in one_sentence(done.stderr)
    said = ask(keeping, "write the impression")
    assert "it was set aside as" in said
    aside = re.search(r"set aside as (\S+),", said)
    assert aside is not None
    assert Path(aside[1]).read_bytes() == b"not a database" * 1000
    assert [one["title"] for one in keeping.json("history", "list")["conversations"]] == ["write the impression"]


def test_an_interrupted_answer_is_kept_as_far_as_it_came(keeping: Program) -> None:
    process = keeping.start("ask", "write the impression", "--report", "report.txt", "--jsonl")
    assert process.stdout is not None
    next(line for line in process.stdout if json.loads(line)["event"] == "token")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    turn = keeping.json("history", "show", "1")["turns"][0]
    assert turn["state"] in ("cancelled", "stop")
    assert turn["provenance"]["model"]["name"]
