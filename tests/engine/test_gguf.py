"""Reading the head of a GGUF file, held against the `gguf` package and ggml itself."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from radlite_tui.engine.llama import gguf, sound
from radlite_tui.engine.llama.faults import Fault
from radlite_tui.models.store import EMBEDDED
from tests.engine.tiny_gguf import gguf as package
from tests.engine.tiny_gguf import vocabulary

REMOVED_OR_INTERNAL = {4, 5, 31, 32, 33, 36, 37, 38}


def test_tensor_types_have_the_sizes_ggml_gives_them() -> None:
    from llama_cpp._ggml import libggml

    libggml.ggml_blck_size.restype, libggml.ggml_type_size.restype = ctypes.c_int64, ctypes.c_size_t
    sizes = {kind: (libggml.ggml_blck_size(kind), libggml.ggml_type_size(kind)) for kind in range(43)}
    assert {kind: size for kind, size in sizes.items() if kind not in REMOVED_OR_INTERNAL} == gguf.BLOCKS


@pytest.mark.parametrize("path", sorted(EMBEDDED.glob("*/*.gguf")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_embedded_files_are_read_as_the_package_reads_them_and_are_sound(path: Path) -> None:
    head, reader = gguf.read(str(path)), package.GGUFReader(path)
    fields = {name: field for name, field in reader.fields.items() if not name.startswith("GGUF.")}
    assert list(head.fields) == list(fields)
    for name, field in head.fields.items():
        contents = fields[name].contents()
        assert field.count == len(contents) if field.is_array else field.value == contents
    tensors = {t.name: (t.n_bytes, [int(size) for size in t.shape]) for t in reader.tensors}
    assert {t.name: (t.bytes, list(t.shape)) for t in head.tensors.values()} == tensors
    if head.text("general.type") == "adapter":
        sound.check_adapter(head, gguf.read(str(path.with_name("base.gguf"))))
    else:
        sound.check_model(head)


def large(path: Path, tokens: list[str]) -> Path:
    """A file without tensors, whose head is larger than what is read of a file at first."""
    writer = package.GGUFWriter(str(path), "qwen2")
    writer.add_token_list(tokens)
    writer.add_eos_token_id(7)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    return path


@pytest.mark.parametrize("length", [1, 17, 300, 70_000, 3_000_000])
def test_strings_that_lie_across_what_is_read_at_once_are_stepped_over(tmp_path: Path, length: int) -> None:
    tokens = [f"{i} " + "x" * length for i in range(4_000_000 // length)]
    head = gguf.read(str(large(tmp_path / "large.gguf", tokens)))
    assert head.fields[gguf.TOKENS].count == len(tokens)
    assert head.fields["tokenizer.ggml.eos_token_id"].value == 7


def test_large_file_cut_short_within_its_strings_is_refused(tmp_path: Path) -> None:
    whole = large(tmp_path / "large.gguf", [f"{i} xxxxxxxxxx" for i in range(200_000)]).read_bytes()
    for share in (0.2, 0.5, 0.9, 0.99999):
        path = tmp_path / "cut.gguf"
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(Fault, match=r"cut\.gguf is damaged"):
            gguf.read(str(path))


def test_names_out_of_a_file_are_made_fit_for_a_sentence() -> None:
    assert gguf.shown("\x1b[31m\nname" + "y" * 100).isprintable()
    assert len(gguf.shown("y" * 10_000)) < 100


def test_version_2_is_read_and_a_big_endian_file_is_called_one(tmp_path: Path) -> None:
    path = large(tmp_path / "small.gguf", vocabulary()[0])
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + (2).to_bytes(4, "little") + whole[8:])
    assert gguf.read(str(path)).fields
    path.write_bytes(whole[:4] + (3).to_bytes(4, "big") + whole[8:])
    with pytest.raises(Fault, match="big-endian"):
        gguf.read(str(path))
