"""Settings: defaults, file, environment, and one sentence for whatever is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from radlite_tui import schema, settings, toml
from radlite_tui.errors import BadInput

SERVER = '[engine]\nkind = "openai"\n[engine.openai]\nurl = "{url}"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def refused(file: Path, text: str, environment: dict[str, str] | None = None) -> str:
    """The sentence a settings file is refused with."""
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as raised:
        settings.read(file, environment or {})
    return str(raised.value)


def test_without_a_file_the_defaults_hold(file: Path) -> None:
    found = settings.read(file, {})
    assert found.engine == settings.EngineSettings()
    assert {origin for _, _, origin in found.rows()} == {"default"}
    assert found.engine.openai.url is None


def test_every_setting_says_where_it_came_from(file: Path) -> None:
    file.write_text('[engine]\nthreads = 3\nkv_type = "q8_0"\n[engine.openai]\ntimeout_s = 5\n', encoding="utf-8")
    found = settings.read(file, {"RADLITE_ENGINE_THREADS": "2", "RADLITE_ENGINE_READ_AHEAD": "false"})
    rows = {key: (value, origin) for key, value, origin in found.rows()}
    assert rows["engine.threads"] == (2, "environment")
    assert rows["engine.read_ahead"] == (False, "environment")
    assert rows["engine.kv_type"] == ("q8_0", "file")
    assert rows["engine.openai.timeout_s"] == (5.0, "file")
    assert rows["engine.stuck_s"] == (120, "default")


def test_the_environment_names_another_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("[engine]\nthreads = 5\n", encoding="utf-8")
    monkeypatch.setenv(settings.FILE_VARIABLE, str(file))
    assert settings.read().engine.threads == 5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[engine]\nthreads = 0", ("engine.threads is 0", "whole number of 1 or more")),
        ("[engine]\nthreads = true", ("engine.threads is true", "whole number")),
        ("[engine]\nthreads = 1.5", ("engine.threads is 1.5", "whole number")),
        ("[engine]\nidle_unload_s = -1", ("engine.idle_unload_s is -1", "0 or more")),
        ('[engine]\nkind = "opnai"', ('engine.kind is "opnai"', '"local" or "openai"')),
        ('[engine]\nkv_type = ["f16"]', ("engine.kv_type is a list", '"f16" or "q8_0"')),
        ("[engine]\nread_ahead = 1", ("engine.read_ahead is 1", "true or false")),
        ("[engine]\nthread = 1", ("engine.thread is not a setting", "did you mean threads?")),
        ("[engin]\nthreads = 1", ("engin is not a setting", "did you mean engine?")),
        ("engine = 3", ("engine is 3", "[engine]")),
        ("[engine]\nopenai = 3", ("engine.openai is 3", "[engine.openai]")),
        ("[engine.openai]\nkey = 's3cret'", ("engine.openai.key is not a setting", "did you mean key_env?")),
        ("[engine.openai]\nmodel = ' '", ("engine.openai.model", "not empty")),
        ("[engine.openai]\ntimeout_s = inf", ("engine.openai.timeout_s is inf", "0.1 or more")),
        ("[engine.openai]\nurl = 'ftp://host'", ('engine.openai.url is "ftp://host"', "such as")),
        ("[engine.openai]\nurl = 'http://host:99999/v1'", ("engine.openai.url", "such as")),
        ("[engine.openai]\nurl = 'https://me:s3cret@host/v1'", ("engine.openai.url", "key_env")),
        ("[engine.openai]\nca_file = 'nowhere.pem'", ("engine.openai.ca_file", "PEM")),
        ('[engine]\nkind = "openai"', ("engine.openai.url is missing", "http://127.0.0.1:8080/v1")),
        ("[engine", ("not valid TOML",)),
    ],
)
def test_a_mistake_is_one_sentence_with_file_key_and_what_is_allowed(
    file: Path, text: str, words: tuple[str, ...]
) -> None:
    sentence = refused(file, text)
    assert str(file) in sentence or "ca_file" in text
    for word in words:
        assert word in sentence
    assert "s3cret" not in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("RADLITE_ENGINE_THREADS", "two", "whole number"),
        ("RADLITE_ENGINE_THREDS", "2", "did you mean RADLITE_ENGINE_THREADS?"),
        ("RADLITE_ENGINE_READ_AHEAD", "yes", "true or false"),
        ("RADLITE_ENGINE_OPENAI_TIMEOUT_S", "nan", "0.1 or more"),
    ],
)
def test_a_mistake_in_the_environment_is_named_too(file: Path, name: str, value: str, words: str) -> None:
    sentence = refused(file, "", {name: value})
    assert name in sentence
    assert words in sentence


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://127.0.0.1:8080/v1", False),
        ("http://localhost:8080/v1", False),
        ("http://[::1]:8080/v1", False),
        ("https://gpu.example.org/v1", False),
        ("http://gpu.example.org/v1", True),
        ("http://10.0.0.5:8000/v1", True),
        ("http://127.0.0.1.example.org/v1", True),
    ],
)
def test_plain_http_to_another_machine_is_warned_of(file: Path, url: str, warned: bool) -> None:
    file.write_text(SERVER.format(url=url), encoding="utf-8")
    found = settings.read(file, {})
    assert found.engine.openai.unencrypted == warned
    assert bool(found.warnings()) == warned


def test_an_address_loses_its_last_slash_and_a_file_is_looked_for_beside_the_settings(file: Path) -> None:
    (file.parent / "ca.pem").write_text("", encoding="utf-8")
    file.write_text(SERVER.format(url="https://host/v1/") + 'ca_file = "ca.pem"\n', encoding="utf-8")
    found = settings.read(file, {}).engine.openai
    assert (found.url, found.ca_file) == ("https://host/v1", str(file.parent / "ca.pem"))


def test_what_fits_is_read_and_each_of_the_others_gets_a_sentence(file: Path) -> None:
    file.write_text(
        'speed = 1\n[engine]\nthreads = "many"\nkv_type = "q8_0"\ncolour = 2\nkind = "openai"\n'
        '[app]\ntheme = "light"\n[keys]\nread.task = ["ctrl+f", "alt+t"]\n"read.mode" = "f7"\nread.open = false\n',
        encoding="utf-8",
    )
    found, problems = settings.read_what_fits(file, {"RADLITE_ENGINE_REPCK": "on"})
    assert found.engine == settings.EngineSettings(kv_type="q8_0")
    assert found.app == settings.AppSettings(theme="light")
    assert found.keys == {"read.task": "ctrl+f,alt+t", "read.mode": "f7"}
    assert len(problems) == 6
    for said in ("speed", "engine.threads", "engine.colour", "engine.kind", "keys.read.open", "RADLITE_ENGINE_REPCK"):
        assert any(said in problem for problem in problems), said


@pytest.mark.parametrize("text", ["[engine", "\xff\xfe", "engine = 3"])
def test_a_file_that_cannot_be_used_leaves_the_defaults_and_one_sentence(file: Path, text: str) -> None:
    file.write_text(text, encoding="latin-1")
    found, problems = settings.read_what_fits(file, {})
    assert found.engine == settings.EngineSettings()
    assert len(problems) == 1
    assert str(file) in problems[0]


def test_a_settings_file_that_is_a_folder_leaves_the_defaults(tmp_path: Path) -> None:
    found, problems = settings.read_what_fits(tmp_path, {})
    assert found.app == settings.AppSettings()
    assert "cannot be read" in problems[0]


def test_reports_go_to_disk_only_where_they_can_be_encrypted(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "engine.spill_mib is -1" in refused(file, "[engine]\nspill_mib = -1\n")
    monkeypatch.setattr(settings, "find_spec", lambda name: None)
    assert settings.read(file.with_name("none.toml"), {}).engine.spill_mib == 0
    assert "install radlite-tui[spill]" in refused(file, "[engine]\nspill_mib = 64\n")


# Described.


def every() -> list[schema.Setting]:
    return [one for name, kind in schema.tables() for one in schema.settings_of(kind, name)]


def test_every_setting_is_described_and_none_twice() -> None:
    found = every()
    assert sorted(one.key for one in found) == sorted(key for key, _, _ in settings.Settings().rows())
    assert [one.key for one in found if len(one.about) < 8 or not one.about.endswith(".")] == []
    assert schema.described(settings.EngineSettings)["read_ahead"] == ("Read the report in while the user still types.")


def test_one_sentence_may_describe_several_settings() -> None:
    @dataclass(frozen=True)
    class Table:
        """`[table]`: a table.

        one, two: what both are. three: such as two: no name, since no
        sentence ends before it.
        """

        one: int = 1
        two: int = 2
        three: int = 3

    assert schema.summary(Table) == "a table."
    assert schema.described(Table) == {
        "one": "What both are.",
        "two": "What both are.",
        "three": "Such as two: no name, since no sentence ends before it.",
    }


ACCEPTED = (
    "", "[engine]\nthreads = 2\n", '[engine]\nkind = "local"\nkv_type = "q8_0"\nread_ahead = false\n',
    '[app]\ntheme = "ansi"\n[keys]\nread.task = "ctrl+f"\n"read.mode" = ["f7", "alt+m"]\n',
    '[engine]\nkind = "openai"\n[engine.openai]\nurl = "http://127.0.0.1:1/v1"\ntimeout_s = 0.5\nretries = 0\n',
)  # fmt: skip
REFUSED = (
    "[engine]\nthreads = 0", "[engine]\nthreads = true", "[engine]\nthreads = 1.5", "[engine]\nidle_unload_s = -1",
    "[keys]\nread.task = 5", "keys = 1", '[app]\ntheme = "pink"', "[keys]\nread.task = []",
    '[engine]\nkind = "opnai"', '[engine]\nread_ahead = "yes"', "[engine]\nthread = 2", "engine = 1", "[other]\na = 1",
    '[engine.openai]\nmodel = " "', "[engine.openai]\ntimeout_s = 0", "[engine.openai]\nparallel = 0",
)  # fmt: skip


@pytest.mark.parametrize("text", [*ACCEPTED, *REFUSED])
def test_the_schema_takes_what_the_program_takes(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    wrong = list(Draft202012Validator(schema.schema()).iter_errors(toml.read(file, "settings file")))
    try:
        settings.read(file, {})
    except BadInput:
        assert wrong
    else:
        assert not wrong
    assert (text in REFUSED) == bool(wrong)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema.schema())
    engine = schema.schema()["properties"]["engine"]
    assert engine["properties"]["kv_cache_mib"]["default"] == settings.EngineSettings().kv_cache_mib
    assert engine["properties"]["openai"]["properties"]["url"]["type"] == "string"


def test_the_shipped_table_is_complete_and_current() -> None:
    text = (Path(__file__).parents[1] / "docs" / "settings.md").read_text(encoding="utf-8")
    assert schema.markdown() in text, "write it anew with: radlite-tui config schema --markdown"
