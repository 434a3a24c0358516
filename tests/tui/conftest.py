"""Fixtures of the app's tests."""

from __future__ import annotations

import pytest

from tests.tui.desk import Gate


@pytest.fixture
def gate() -> Gate:
    return Gate()
