"""The program with a home of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import Program


@pytest.fixture
def radlite(tmp_path: Path) -> Program:
    """`radlite-tui` in a process of its own, in an empty home."""
    return Program(tmp_path)
