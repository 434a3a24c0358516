"""Files for their user alone: their rights, whole or not there, never written over unless that is meant."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from radlite_tui import private_files

pytestmark = pytest.mark.skipif(os.name != "posix", reason="rights are a POSIX thing")


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_that_others_may_read_is_closed_to_them(tmp_path: Path) -> None:
    open_to_all = tmp_path / "kept"
    open_to_all.mkdir(mode=0o755)
    private_files.make_folder(open_to_all)
    private_files.make_folder(tmp_path / "new" / "deeper")
    assert rights(open_to_all) == rights(tmp_path / "new" / "deeper") == 0o700


def test_a_file_is_private_and_only_replaced_when_that_is_meant(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    private_files.write(file, "first")
    with pytest.raises(FileExistsError):
        private_files.write(file, "second")
    assert file.read_text(encoding="utf-8") == "first"
    private_files.write(file, "third", replace=True)
    assert file.read_text(encoding="utf-8") == "third"
    assert rights(file) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("replace", [False, True])
def test_a_text_that_cannot_be_written_leaves_nothing_and_harms_nothing(tmp_path: Path, replace: bool) -> None:
    file = tmp_path / "a.txt"
    if replace:
        private_files.write(file, "before")
    with pytest.raises(UnicodeEncodeError):
        private_files.write(file, "half \ud800 of it", replace=replace)
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == (["before"] if replace else [])


def test_lines_are_added_and_rights_of_others_taken_from_a_touched_file(tmp_path: Path) -> None:
    lines, touched = tmp_path / "lines", tmp_path / "touched"
    private_files.append(lines, "one")
    private_files.append(lines, "two")
    assert lines.read_text(encoding="utf-8") == "one\ntwo\n"
    touched.write_text("kept", encoding="utf-8")
    touched.chmod(0o644)
    private_files.touch(touched)
    assert touched.read_text(encoding="utf-8") == "kept"
    assert rights(lines) == rights(touched) == 0o600
