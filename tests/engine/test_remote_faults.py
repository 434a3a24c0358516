"""What a server can do wrong, each done by a real one on loopback: one sentence, nothing lost, nothing in vain."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import pytest

from radlite_tui.engine.remote import RemoteEngine, Server
from radlite_tui.engine.remote.faults import retry_after
from tests.engine.asking import ASKED, Script, asking, failed, refusing
from tests.engine.conftest import done
from tests.engine.loopback import WAIT_S, Line, said
from tests.served import free_port


def test_nobody_listening_is_said_after_every_attempt() -> None:
    engine = RemoteEngine(Server(f"http://127.0.0.1:{free_port()}/v1", "m", retries=2, first_wait_s=0.01))
    last = failed(engine.generate(ASKED))
    assert last.kind == "server"
    assert "refuses connections" in last.message
    engine.close()


def test_an_unknown_host_is_said() -> None:
    engine = RemoteEngine(Server("http://no-such-host.invalid/v1", "m", retries=0))
    assert "not known here" in failed(engine.generate(ASKED)).message
    engine.close()


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, {"error": {"message": "no"}}, "server", "key"),
        (403, "<html>", "server", "key"),
        (404, {"error": {"message": "The model `m` does not exist."}}, "model", "it serves some-model"),
        (404, "<html>nothing</html>", "server", "engine.openai.url"),
        (400, {"error": {"code": "model_not_found", "message": "?"}}, "model", "it serves some-model"),
        (413, "<html>", "too_long", "too long"),
        (301, "", "server", "elsewhere"),
        (500, {"error": {"message": "CUDA error"}}, "server", "CUDA error"),
        (418, {"detail": [{"loc": ["body", "seed"], "msg": "bad", "input": "Jane Doe"}]}, "server", "bad"),
    ],
)
def test_a_refusal_is_one_sentence(status: int, body: Any, kind: str, words: str) -> None:
    with asking(refusing(status, body)) as (engine, _):
        last = failed(engine.generate(ASKED))
    assert (last.kind, words in last.message) == (kind, True), last.message
    assert "Jane" not in last.message  # a server may repeat what it was sent; we do not


@pytest.mark.parametrize(
    "error",
    [
        {"type": "exceed_context_size_error", "message": "too big", "n_prompt_tokens": 5000, "n_ctx": 4096},
        {"message": "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens."},
        {"code": "context_length_exceeded", "message": "maximum context length is 4096 tokens, not 4999 (5000 in all)"},
    ],
)
def test_too_long_a_prompt_is_told_with_its_counts(error: dict[str, Any]) -> None:
    with asking(refusing(400, {"error": error})) as (engine, server):
        last = failed(engine.generate(ASKED))
    assert (last.kind, last.needed, last.context) == ("too_long", 5000, 4096)
    assert len(server.answers) == 1


def test_a_busy_server_is_asked_again_when_it_says() -> None:
    times: list[float] = []

    def script(line: Line, number: int) -> None:
        times.append(time.monotonic())
        if number == 1:
            line.reply(429, {"error": {"message": "slow down"}}, Retry_After="1")
        else:
            line.stream("N1")

    with asking(script) as (engine, _):
        assert done(engine.generate(ASKED)).text == "N1"
    assert 0.8 <= times[1] - times[0] < 3


def test_a_wait_may_be_given_as_a_date() -> None:
    assert 85 < retry_after(formatdate(time.time() + 90, usegmt=True)) < 95
    assert retry_after(formatdate(time.time() - 90, usegmt=True)) == retry_after("soon") == retry_after("") == 0


def test_a_server_that_asks_for_too_long_a_wait_is_not_waited_for() -> None:
    with asking(refusing(503, "", Retry_After="3600")) as (engine, server):
        assert "3600 s" in failed(engine.generate(ASKED)).message
    assert len(server.answers) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_server_that_stays_busy_is_given_up(status: int) -> None:
    with asking(refusing(status, ""), retries=2) as (engine, server):
        assert f"({status})" in failed(engine.generate(ASKED)).message
    assert len(server.answers) == 3


def test_a_connection_cut_before_the_answer_is_tried_again() -> None:
    def script(line: Line, number: int) -> None:
        if number == 1:
            line.close_connection = True
        else:
            line.stream("N1")

    with asking(script) as (engine, server):
        assert done(engine.generate(ASKED)).text == "N1"
    assert len(server.answers) == 2


def cut(line: Line, number: int) -> None:
    """Half an answer, then the connection ends in the middle of the stream."""
    line.begin()
    line.event(said("There is"))
    line.event(said(" a small"))
    line.close_connection = True


def ended(line: Line, number: int) -> None:
    """Half an answer, then an orderly end without a reason."""
    line.begin()
    line.event(said("There is"))
    line.event(said(" a small"))
    line.end()


def errored(line: Line, number: int) -> None:
    """Half an answer, then an error in the stream."""
    line.begin()
    line.event(said("There is"))
    line.event(said(" a small"))
    line.event({"error": {"message": "out of memory", "code": 500}})
    line.end()


def garbled(line: Line, number: int) -> None:
    """Half an answer, then what is no JSON."""
    line.begin()
    line.event(said("There is"))
    line.event(said(" a small"))
    line.event("{not json")
    line.end()


@pytest.mark.parametrize("script", [cut, ended, errored, garbled])
def test_what_came_before_a_break_is_kept_and_not_asked_for_twice(script: Script) -> None:
    with asking(script) as (engine, server):
        last = failed(engine.generate(ASKED))
    assert last.text == "There is a small"
    assert last.stats.completion_tokens == 2
    assert len(server.answers) == 1


@pytest.mark.parametrize("chunk", ["[]", "7", '{"choices": 1}', '{"choices": [{"delta": {"content": 5}}]}', "{"])
def test_garbage_is_no_answer(chunk: str) -> None:
    def script(line: Line, number: int) -> None:
        line.begin()
        line.event(chunk)
        line.end()

    with asking(script) as (engine, _):
        assert "no chat completion" in failed(engine.generate(ASKED)).message


def test_a_page_instead_of_an_answer_is_said() -> None:
    with asking(lambda line, number: line.reply(200, "<html>Log in</html>", "text/html")) as (engine, _):
        assert "text/html" in failed(engine.generate(ASKED)).message


def test_thinking_is_no_answer() -> None:
    def script(line: Line, number: int) -> None:
        line.begin()
        line.event({"choices": [{"delta": {"reasoning_content": "Let me see"}}]})
        line.event({"choices": [{"delta": {}, "finish_reason": "length"}]})
        line.end()

    with asking(script) as (engine, _):
        last = failed(engine.generate(ASKED))
    assert "thinking" in last.message
    assert last.text == ""


def test_a_silent_server_is_given_up_after_its_time() -> None:
    with asking(lambda line, number: line.until_gone(), timeout_s=0.2) as (engine, server):
        assert "nothing for 0.2 s" in failed(engine.generate(ASKED)).message
        assert server.gone.wait(WAIT_S)
    assert len(server.answers) == 1  # a server that is too slow is not helped by asking again
