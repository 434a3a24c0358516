"""The project files: what a newcomer's first command says on a machine that lacks something, and what is pinned."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = ("sh", "bash", "env", "echo", "touch", "command", "rm", "dirname")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder with the Makefile and the pins, and a `bin` holding make and the shell but no compiler and no Python."""
    for name in ("Makefile", "constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in (*TOOLS, "make"):
        found = shutil.which(tool)
        if found:
            (folder / tool).symlink_to(found)
    return tmp_path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make with nothing on PATH but the folder's own bin."""
    return subprocess.run(
        [str(folder / "bin" / "make"), *arguments],
        cwd=folder,
        env={"PATH": str(folder / "bin"), "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_no_compiler_is_one_clear_sentence(bare: Path) -> None:
    done = make(bare, "run", f"PYTHON={sys.executable}")
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert done.returncode == 2
    assert len(said) == 1
    assert "no C++ compiler" in said[0]


def test_no_python_is_one_clear_sentence(bare: Path) -> None:
    done = make(bare, "run")
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert done.returncode == 2
    assert len(said) == 1
    assert "Python 3.10 or newer" in said[0]


def test_every_dependency_is_pinned() -> None:
    pinned = {
        re.split(r"[=;\s]", line)[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if line and not line.startswith("#")
    }
    text = (ROOT / "pyproject.toml").read_text()
    block = text[text.index("dependencies = [") : text.index("[project.scripts]")]
    wanted = {re.split(r"[<>=;\s]", name)[0].lower() for name in re.findall(r'"([a-z][^"]+)"', block)}
    assert {"textual", "llama-cpp-python", "trl"} <= wanted
    assert wanted <= pinned


def test_the_pins_are_plain_names_and_versions() -> None:
    for line in (ROOT / "constraints.txt").read_text().splitlines()[1:]:
        assert re.fullmatch(r"[\w.-]+==[\w.+]+( ; python_version (<|>=) '3\.11')?", line), line


def test_the_check_script_runs_the_readme_command() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text()
    assert "make test" in (ROOT / "README.md").read_text()
