"""The model store on real files: what it lists, refuses, checks and remembers."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from radlite_tui.errors import BadInput, ModelUnavailable
from radlite_tui.models import Manifest, ModelFile, Store, engine_files, modes
from radlite_tui.models import manifest as manifests
from radlite_tui.models.store import user_folder
from radlite_tui.segments import Control, Text
from radlite_tui.tasks import Mode
from radlite_tui.tasks.prompt import Layout

Make = Callable[..., Manifest]


def gguf(path: Path, size: int = 3_000_000) -> Path:
    """A file that begins as GGUF files do: magic, version 3, no tensors, no keys, then padding."""
    head = b"GGUF" + (3).to_bytes(4, "little") + bytes(16)
    path.write_bytes(head + bytes(i % 251 for i in range(1000)) * (size // 1000 + 1))
    os.truncate(path, size)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def make(folder: Path) -> Make:
    """Write a model's files and manifest; roles are its files."""

    def write(
        name: str = "nano", roles: tuple[manifests.Role, ...] = ("base", "adapter"), **kwargs: object
    ) -> Manifest:
        (folder / name).mkdir(parents=True)
        files = []
        for role in roles:
            path = gguf(folder / name / f"{role}.gguf")
            data = path.read_bytes()
            files.append(ModelFile(role, path.resolve(), hashlib.sha256(data).hexdigest(), len(data), "Q8_0"))
        path = folder / name / "manifest.toml"
        manifest = Manifest(name, name.title(), "qwen2", 2048, tuple(files), source=path, **kwargs)  # type: ignore[arg-type]
        path.write_text(manifests.dump(manifest), encoding="utf-8")
        return manifest

    return write


@pytest.fixture
def store(folder: Path, tmp_path: Path) -> Store:
    return Store(folder, embedded=tmp_path / "embedded", memory=tmp_path / "cache" / "verified.json")


def test_a_manifest_written_is_read_back_the_same(make: Make, store: Store) -> None:
    layout = Layout(
        "task-first", 'Say "so".\nTwo lines \\ and é.', (Control("<think>"), Text("\n\n"), Control("</think>"))
    )
    made = make(layout=layout, demonstration=True, description="tiny", licence="Apache-2.0", maker="us")
    assert store.get("nano") == made


def test_file_paths_are_written_relative_to_the_manifest(make: Make, folder: Path) -> None:
    make()
    text = (folder / "nano" / "manifest.toml").read_text(encoding="utf-8")
    assert 'path = "base.gguf"' in text
    assert str(folder) not in text


def test_tables_of_others_are_left_alone(make: Make, store: Store, folder: Path) -> None:
    made = make()
    with (folder / "nano" / "manifest.toml").open("a", encoding="utf-8") as file:
        file.write("\n[scores.n_staging]\nvalue = 0.8\n")
    assert store.get("nano") == made


def test_a_good_model_verifies_with_progress_and_is_remembered(make: Make, store: Store) -> None:
    made = make()
    seen: list[tuple[str, int, int]] = []
    first = store.verify("nano", lambda file, done, total: seen.append((file.role, done, total)))
    assert [v.remembered for v in first] == [False, False]
    assert [entry for entry in seen if entry[1] == entry[2]] == [
        (file.role, file.size, file.size) for file in made.files
    ]
    assert len(seen) > 2
    again = store.verify("nano", lambda *_: pytest.fail("a remembered file was read again"))
    assert [v.remembered for v in again] == [True, True]
    assert [v.remembered for v in store.verify("nano", again=True)] == [False, False]
    assert all(state.verified and not state.problem for state in store.states("nano"))


def test_a_changed_file_is_found_even_after_it_was_remembered(make: Make, store: Store) -> None:
    made = make()
    store.verify("nano")
    path = made.files[0].path
    data = bytearray(path.read_bytes())
    data[2_000_000] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(1, 1))
    with pytest.raises(ModelUnavailable, match=r"base\.gguf has the wrong checksum"):
        store.verify("nano")
    assert not store.states("nano")[0].verified


def test_a_truncated_file_is_called_truncated_without_reading_it_all(make: Make, store: Store) -> None:
    made = make()
    os.truncate(made.files[1].path, 1000)
    with pytest.raises(ModelUnavailable, match=r"adapter\.gguf is truncated \(1,000 of 3,000,000 bytes\)"):
        store.verify("nano", lambda *_: pytest.fail("sizes come first"))
    assert "truncated" in store.states("nano")[1].problem


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(path.read_bytes() + b"x"), "its manifest says 3,000,000"),
        (lambda path: path.write_bytes(b"GGML" + path.read_bytes()[4:]), "is not a GGUF file"),
        (lambda path: path.write_bytes(b""), "is truncated (0 of"),
        (lambda path: (path.unlink(), path.mkdir()), "cannot be read"),
    ],
)
def test_a_damaged_file_is_one_sentence_before_use(
    make: Make, store: Store, damage: Callable[[Path], object], says: str
) -> None:
    made = make(roles=("merged",))
    damage(made.files[0].path)
    for check in (lambda: store.ready("nano", Mode.FINE_TUNED), lambda: store.verify("nano")):
        with pytest.raises(ModelUnavailable) as caught:
            check()
        assert says in str(caught.value)
        assert "merged.gguf" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_only_the_files_a_mode_uses_are_checked_before_use(make: Make, store: Store) -> None:
    made = make()
    made.files[1].path.unlink()
    assert store.ready("nano", Mode.ZERO_SHOT).weights == str(made.files[0].path)
    with pytest.raises(ModelUnavailable, match="missing"):
        store.ready("nano", Mode.FINE_TUNED)


def test_an_unknown_model_is_refused_with_the_known_ones(make: Make, store: Store) -> None:
    make("one")
    make("two")
    with pytest.raises(BadInput, match=r"Unknown model 'three'; the models are one, two\."):
        store.get("three")


def test_no_model_at_all_is_said(store: Store) -> None:
    assert store.list() == ()
    with pytest.raises(BadInput, match="the models are none"):
        store.get("nano")


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ('title = "Bad"', "", "title is missing"),
        ("context = 2048", 'context = "many"', "context must be a whole number"),
        ("size = 3000000", "size = -1", "files[0].size"),
        ('role = "base"', 'role = "lora"', "files[0].role"),
        ('sha256 = "', 'sha256 = "zz', "files[0].sha256"),
        ('path = "base.gguf"', "", "files[0].path is missing"),
        ('name = "bad"', 'name = "../bad"', "name must be"),
        ('order = "report-first"', 'order = "last"', "layout.order"),
        ("answer_prefix = []", "answer_prefix = [3]", "layout.answer_prefix"),
        ("demonstration = false", "demonstration = 1", "demonstration must be true or false"),
        ('role = "adapter"', 'role = "base"', "files names one role twice"),
        ("[[files]]", "[[fils]]", "files must be one or more"),
        ("[layout]", "[layout", "not valid TOML"),
    ],
)
def test_a_bad_manifest_is_one_sentence_and_hides_no_other_model(
    make: Make, store: Store, folder: Path, old: str, new: str, names: str
) -> None:
    make("good")
    make("bad")
    path = folder / "bad" / "manifest.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert [manifest.name for manifest in store.list()] == ["good"]
    (problem,) = store.problems()
    assert str(path) in problem
    assert names in problem
    assert "\n" not in problem


def test_a_manifest_that_is_not_text_hides_no_other_model(make: Make, store: Store, folder: Path) -> None:
    make("good")
    (folder / "bad").mkdir()
    (folder / "bad" / "manifest.toml").write_bytes(b"\xff\xfe\x00GGUF")
    assert [manifest.name for manifest in store.list()] == ["good"]
    assert "not UTF-8" in store.problems()[0]


def test_a_name_used_twice_keeps_the_embedded_model(make: Make, folder: Path, tmp_path: Path) -> None:
    make("nano")
    (tmp_path / "embedded").mkdir()
    (folder / "nano").rename(tmp_path / "embedded" / "nano")
    make("nano")
    make("other")
    both = Store(folder, embedded=tmp_path / "embedded", memory=tmp_path / "verified.json")
    assert [(m.name, m.embedded) for m in both.list()] == [("other", False), ("nano", True)]
    assert "already used" in both.problems()[0]


def test_tuned_modes_use_merged_weights_or_base_and_adapter(make: Make) -> None:
    pair, merged = make("pair"), make("merged", roles=("base", "adapter", "merged"))
    files = engine_files(pair, Mode.FINE_TUNED)
    assert (Path(files.weights).name, Path(files.adapter or "").name) == ("base.gguf", "adapter.gguf")
    assert engine_files(pair, Mode.FEW_SHOT).adapter is None
    tuned = engine_files(merged, Mode.FINE_TUNED_FEW_SHOT)
    assert (Path(tuned.weights).name, tuned.adapter, tuned.context) == ("merged.gguf", None, 2048)
    assert modes(pair) == tuple(Mode)


def test_a_model_refuses_the_modes_it_has_no_files_for(make: Make) -> None:
    base, merged = make("base", roles=("base",)), make("merged", roles=("merged",))
    assert modes(base) == (Mode.ZERO_SHOT, Mode.FEW_SHOT)
    assert modes(merged) == (Mode.FINE_TUNED, Mode.FINE_TUNED_FEW_SHOT)
    with pytest.raises(BadInput, match="base has no fine-tuned files, so fine-tuned cannot be used; choose zero-shot"):
        engine_files(base, Mode.FINE_TUNED)
    with pytest.raises(BadInput, match="merged has no base weights, so few-shot cannot be used"):
        engine_files(merged, Mode.FEW_SHOT)


def test_a_memory_that_cannot_be_written_does_not_stop_verification(make: Make, folder: Path, tmp_path: Path) -> None:
    make()
    (tmp_path / "file").write_text("", encoding="utf-8")
    store = Store(folder, embedded=tmp_path / "none", memory=tmp_path / "file" / "verified.json")
    assert [v.remembered for v in store.verify("nano")] == [False, False]


def test_what_is_not_a_file_is_named_and_not_waited_for(make: Make, store: Store) -> None:
    base, adapter = make().files
    base.path.unlink()
    os.mkfifo(base.path)
    adapter.path.unlink()
    adapter.path.mkdir()
    problems = [state.problem for state in store.states("nano")]
    assert ["not a regular file" in problems[0], "a folder" in problems[1]] == [True, True], problems


def test_a_damaged_memory_remembers_nothing(make: Make, store: Store) -> None:
    make()
    store.verify("nano")
    store.memory.path.write_bytes(b"\xff{")
    assert [v.remembered for v in store.verify("nano")] == [False, False]


def test_the_models_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RADLITE_MODELS", str(tmp_path))
    assert user_folder() == tmp_path
    assert Store().folder == tmp_path


def test_the_embedded_models_are_whole_and_marked_as_demonstration(tmp_path: Path) -> None:
    store = Store(tmp_path / "none", memory=tmp_path / "verified.json")
    assert store.problems() == ()
    for manifest in store.list():
        assert manifest.embedded
        assert manifest.demonstration
        assert modes(manifest) == tuple(Mode)
        store.verify(manifest.name)
