"""Fixtures of the app's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tui.desk import Gate
from tests.tui.lasting import Lasting


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture(scope="module")
def lasting() -> Iterator[Lasting]:
    """The real engine on the embedded models, started once for a file's tests."""
    assistant = Lasting()
    yield assistant
    assistant.end()
