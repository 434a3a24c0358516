"""The engine on llama.cpp's own server, where RADLITE_LLAMA_SERVER names the program (docs/server.md says how to build
it). What it serves is an embedded model with its adapter."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator

import pytest

from radlite_tui.engine.protocol import Cancelled, Failed, Prefill, Request, Token
from radlite_tui.engine.remote import RemoteEngine
from tests.engine.conftest import REPORT, chat, done
from tests.engine.on_server import SERVED, asked, check_probabilities, refused, streamed, tuned
from tests.served import CONTEXT, KEY, MODEL, free_port, wait_until_listening

PROGRAM = os.environ.get("RADLITE_LLAMA_SERVER", "")
pytestmark = pytest.mark.skipif(not PROGRAM, reason="RADLITE_LLAMA_SERVER names no llama-server")

SLOTS = 2


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running llama-server with two slots."""
    port, log = free_port(), tmp_path_factory.mktemp("llama") / "server.log"
    command = [
        *(PROGRAM, "--model", str(MODEL / "base.gguf"), "--lora", str(MODEL / "adapter.gguf"), "--alias", "tuned"),
        *("--ctx-size", str(SLOTS * CONTEXT), "--parallel", str(SLOTS), "--threads", "1", "--jinja"),
        *("--reasoning-budget", "0", "--chat-template", "chatml", "--host", "127.0.0.1", "--port", str(port)),
        *("--api-key", KEY),
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        wait_until_listening(process, port, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def engine(url: str) -> Iterator[RemoteEngine]:
    yield from tuned(url)


def test_text_streams_with_progress_and_the_servers_figures(engine: RemoteEngine) -> None:
    events, last = streamed(engine)
    assert any(isinstance(event, Prefill) and event.done == event.total > 0 for event in events)
    assert last.stats.prompt_tokens == engine.count(SERVED, asked("temporal_comparison"))
    assert 0 < last.stats.completion_tokens <= 24
    assert last.stats.prefill_tok_s > 0
    assert last.stats.decode_tok_s > 0


def test_a_second_question_is_told_what_was_cached(engine: RemoteEngine) -> None:
    for _ in range(2):
        last = done(engine.generate(Request(SERVED, chat(f"Cached. {REPORT * 5}"), max_tokens=4)))
    assert last.stats.cached_tokens > 0.5 * last.stats.prompt_tokens


def test_label_probabilities_are_near_the_local_engines(engine: RemoteEngine) -> None:
    check_probabilities(engine, ("n_staging", "m_staging", "radiology_nli"))


def test_cancel_frees_the_slot(engine: RemoteEngine) -> None:
    text, last = "", None
    for event in engine.generate(Request(SERVED, chat(REPORT), max_tokens=1500, stop=(), temperature=3.0)):
        if isinstance(event, Token):
            if not text:
                threading.Thread(target=engine.cancel).start()
            text += event.text
        last = event
    assert isinstance(last, Cancelled)
    assert last.text == text
    for _ in range(SLOTS + 1):
        assert done(engine.generate(Request(SERVED, asked("n_staging"), max_tokens=4))).text


def test_too_long_a_prompt_is_told_with_counts(engine: RemoteEngine) -> None:
    *_, last = engine.generate(Request(SERVED, chat(REPORT * 400), max_tokens=4))
    assert isinstance(last, Failed)
    assert last.kind == "too_long"
    assert last.needed > CONTEXT == last.context


def test_a_wrong_key_is_not_let_in(url: str) -> None:
    refused(url)
