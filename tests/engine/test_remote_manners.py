"""How a request to a server is carried: figures, cancelling, keys, certificates, counts. A real one on loopback."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from radlite_tui.engine.protocol import Cancelled, Done, Event, Failed, Prefill, Token
from radlite_tui.engine.remote import RemoteEngine, Server
from radlite_tui.errors import BadInput, RadliteError
from tests.engine.asking import ASKED, CLOSED, asking, failed, refusing
from tests.engine.conftest import done
from tests.engine.loopback import AUTHORITY, WAIT_S, Line, loopback, said


def test_an_answer_in_one_piece_is_taken_too() -> None:
    message = {"message": {"role": "assistant", "content": "Clear."}, "finish_reason": "stop"}
    body = {"choices": [message], "usage": {"prompt_tokens": 20, "completion_tokens": 2}}
    with asking(lambda line, number: line.reply(200, body)) as (engine, _):
        last = done(engine.generate(ASKED))
    assert (last.text, last.stats.prompt_tokens) == ("Clear.", 20)


def test_pings_and_odd_breaks_between_packets_do_no_harm() -> None:
    def script(line: Line, number: int) -> None:
        line.begin()
        whole = ': ping\r\n\r\nevent: message\r\ndata: {"choices": [{"delta":\r\ndata: {"content": "π ≥ 3"}}]}\r\n\r\n'
        for character in whole:
            line.raw(character)
        line.event({"choices": [{"delta": {}, "finish_reason": "length"}]})
        line.end()

    with asking(script) as (engine, _):
        last = done(engine.generate(ASKED))
    assert (last.text, last.finish) == ("π ≥ 3", "length")


def test_figures_are_the_servers_own() -> None:
    usage = {"prompt_tokens": 120, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 100}}
    timings = {"prompt_ms": 50.0, "prompt_per_second": 400.0, "predicted_ms": 30.0, "predicted_per_second": 100.0}

    def script(line: Line, number: int) -> None:
        line.begin()
        for read in (64, 120):
            line.event({"choices": [], "prompt_progress": {"total": 120, "cache": 0, "processed": read}})
        line.event(said("No effusion."))
        line.event({"choices": [{"delta": {}, "finish_reason": "stop"}], "timings": timings})
        line.event({"choices": [], "usage": usage})
        line.event("[DONE]")
        line.end()

    with asking(script) as (engine, server):
        events = list(engine.generate(ASKED))
    stats = done(events).stats
    assert [event for event in events if isinstance(event, Prefill)] == [Prefill(64, 120), Prefill(120, 120)]
    assert (stats.prompt_tokens, stats.cached_tokens, stats.completion_tokens) == (120, 100, 3)
    assert (stats.prefill_s, stats.prefill_tok_s, stats.decode_s, stats.decode_tok_s) == (0.05, 400.0, 0.03, 100.0)
    assert server.answers[0].body["stream_options"] == {"include_usage": True}


def test_without_figures_nothing_is_made_up() -> None:
    with asking(lambda line, number: line.stream("a", "b", "c")) as (engine, _):
        stats = done(engine.generate(ASKED)).stats
    assert (stats.prompt_tokens, stats.completion_tokens, stats.prefill_tok_s, stats.decode_tok_s) == (0, 3, 0, 0)


def test_a_server_that_refuses_an_extra_is_asked_without_it_from_then_on() -> None:
    def script(line: Line, number: int) -> None:
        if "chat_template_kwargs" in line.loopback.answers[-1].body:
            line.reply(400, {"error": {"message": "Unrecognized request argument: chat_template_kwargs"}})
        else:
            line.stream("N1")

    with asking(script) as (engine, server):
        assert done(engine.generate(CLOSED)).text == "N1"
        assert done(engine.generate(CLOSED)).text == "N1"
    assert ["chat_template_kwargs" in one.body for one in server.answers] == [True, False, False]
    assert all("logprobs" in one.body and "stream_options" in one.body for one in server.answers)


def test_cancel_reaches_a_request_that_waits_for_its_first_token() -> None:
    waiting = threading.Event()

    def script(line: Line, number: int) -> None:
        waiting.set()
        line.until_gone()

    with asking(script) as (engine, server):
        events: list[Event] = []
        thread = threading.Thread(target=lambda: events.extend(engine.generate(ASKED)))
        thread.start()
        assert waiting.wait(WAIT_S)
        began = time.monotonic()
        engine.cancel()
        thread.join(WAIT_S)
        assert time.monotonic() - began < 2
        assert isinstance(events[-1], Cancelled)
        assert server.gone.wait(WAIT_S)


def test_closing_the_iterator_ends_the_connection() -> None:
    def script(line: Line, number: int) -> None:
        line.begin()
        line.event(said("There"))
        line.until_gone()

    with asking(script) as (engine, server):
        events = engine.generate(ASKED)
        assert next(events) == Token("There")
        events.close()  # type: ignore[attr-defined]
        assert server.gone.wait(WAIT_S)


def test_no_more_requests_are_in_flight_than_allowed() -> None:
    inside, most, guard = [0], [0], threading.Lock()
    together = threading.Barrier(2)

    def script(line: Line, number: int) -> None:
        with guard:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        together.wait(WAIT_S)  # holds each request until a second one has come
        with guard:
            inside[0] -= 1
        line.stream("ok")

    with asking(script, parallel=2) as (engine, _):
        answers: list[str] = []
        threads = [threading.Thread(target=lambda: answers.append(done(engine.generate(ASKED)).text)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT_S)
    assert (answers, most) == (["ok"] * 6, [2])


def test_closing_the_engine_ends_what_runs_and_takes_no_more() -> None:
    started = threading.Event()

    def script(line: Line, number: int) -> None:
        line.begin()
        line.event(said("There"))
        started.set()
        line.until_gone()

    with asking(script) as (engine, _):
        events: list[Event] = []
        thread = threading.Thread(target=lambda: events.extend(engine.generate(ASKED)))
        thread.start()
        assert started.wait(WAIT_S)
        engine.close()
        thread.join(WAIT_S)
        assert isinstance(events[-1], Failed)
        (after,) = engine.generate(ASKED)
        assert isinstance(after, Failed)
        with pytest.raises(RadliteError):
            engine.count(ASKED.model, ASKED.prompt)
        engine.close()


def test_the_key_is_sent_and_never_shown() -> None:
    with asking(lambda line, number: line.stream("ok"), key="s3cret") as (engine, server):
        assert isinstance(list(engine.generate(ASKED))[-1], Done)
    assert server.answers[0].headers["Authorization"] == "Bearer s3cret"
    assert "s3cret" not in repr(Server(server.url, key="s3cret"))


def test_the_only_model_is_found_and_named_once() -> None:
    named: list[str] = []
    with loopback(lambda line, number: line.stream("ok")) as server:
        engine = RemoteEngine(Server(server.url), named=named.append)
        for _ in range(2):
            assert isinstance(list(engine.generate(ASKED))[-1], Done)
        engine.close()
    assert named == ["some-model"]
    assert [one.path for one in server.asked] == ["/v1/models", "/v1/chat/completions", "/v1/chat/completions"]
    assert server.answers[0].body["model"] == "some-model"


def test_a_certificate_nobody_vouches_for_is_refused_and_a_named_authority_trusted(tmp_path: Path) -> None:
    def script(line: Line, number: int) -> None:
        line.stream("ok")

    with asking(script, tls=True) as (engine, server):
        assert "not trusted" in failed(engine.generate(ASKED)).message
    assert not server.asked
    authority = tmp_path / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(str(authority))
    with asking(script, tls=True, ca_file=str(authority)) as (engine, _):
        assert done(engine.generate(ASKED)).text == "ok"
    with pytest.raises(BadInput, match="ca_file"):
        RemoteEngine(Server("https://127.0.0.1/v1", ca_file=__file__))


def test_https_asked_of_a_plain_server_is_said() -> None:
    with loopback(lambda line, number: line.stream("ok")) as server:
        engine = RemoteEngine(Server(server.url.replace("http:", "https:"), "m", retries=0))
        assert "encrypted" in failed(engine.generate(ASKED)).message
        engine.close()


@pytest.mark.parametrize(
    ("address", "answer", "count"),
    [
        ("/tokenize", {"tokens": [1, 2, 3]}, 3),  # llama-server
        ("/tokenize", {"count": 7, "max_model_len": 4096, "tokens": [0] * 7}, 7),  # vLLM
        ("/extras/tokenize/count", {"count": 5}, 5),  # llama-cpp-python
    ],
)
def test_counting_asks_whichever_tokeniser_is_served(address: str, answer: Any, count: int) -> None:
    def script(line: Line, number: int) -> None:
        if line.path == address:
            line.reply(200, answer)
        else:
            line.reply(404, {"detail": "Not Found"})

    with asking(script) as (engine, _):
        assert engine.count(ASKED.model, ASKED.prompt) == count


def test_a_server_without_a_tokeniser_is_not_guessed_at() -> None:
    with asking(refusing(404, "")) as (engine, _), pytest.raises(RadliteError, match="does not tell"):
        engine.count(ASKED.model, ASKED.prompt)
