"""The engine as front ends see it: a real worker process and real model files."""

from __future__ import annotations

import os
import queue
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import (
    Cancelled,
    Done,
    Event,
    Failed,
    Loading,
    ModelFiles,
    Prefill,
    Request,
    Stats,
    Token,
)
from radlite_tui.segments import IM_END, IM_START, Control, Text
from tests.engine.conftest import REPORT, chat, done, final

DEADLINE_S = 60.0


def long_answer(model: ModelFiles) -> Request:
    """Thousands of tokens, unlikely to end early: an answer to interrupt."""
    return Request(model, chat(REPORT), max_tokens=7000, temperature=5.0, seed=3)


def ended(pid: int) -> bool:
    """Wait for a process that need not be our child to end."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], DEADLINE_S)[0])
    finally:
        os.close(handle)


def test_answer_streams_and_ends_with_done(engine: LocalEngine, base: ModelFiles) -> None:
    events = list(engine.generate(Request(base, chat(REPORT), max_tokens=60)))
    assert isinstance(events[0], Loading | Prefill)
    assert isinstance(events[-1], Done)
    assert not any(isinstance(event, Done | Cancelled | Failed) for event in events[:-1])
    assert "".join(e.text for e in events if isinstance(e, Token)) == events[-1].text
    assert sum(e.tokens for e in events if isinstance(e, Token)) <= events[-1].stats.completion_tokens


def test_loading_is_announced_once(folder: Path) -> None:
    model = ModelFiles(str(folder / "qwen2-base.gguf"), str(folder / "qwen2-adapter.gguf"))
    engine = LocalEngine()
    try:
        first = list(engine.generate(Request(model, chat(REPORT), max_tokens=2)))
        again = list(engine.generate(Request(model, chat(REPORT), max_tokens=2)))
        plain = list(engine.generate(Request(ModelFiles(model.weights), chat(REPORT), max_tokens=2)))
    finally:
        engine.close()
    assert [e.file for e in first if isinstance(e, Loading)] == ["qwen2-base.gguf", "qwen2-adapter.gguf"]
    assert not any(isinstance(e, Loading) for e in again)
    assert not any(isinstance(e, Loading) for e in plain), "the weights are shared"


def test_context_used_longest_ago_makes_room(folder: Path) -> None:
    engine = LocalEngine(EngineOptions(contexts=1))
    loads = []
    for arch in ("qwen2", "qwen2", "qwen3", "qwen2"):
        model = ModelFiles(str(folder / f"{arch}-base.gguf"))
        loads.append(sum(isinstance(e, Loading) for e in engine.generate(Request(model, chat(REPORT), max_tokens=2))))
    engine.close()
    assert loads == [1, 0, 1, 1]


def test_prefill_progress_reaches_the_whole_prompt(engine: LocalEngine, slow: ModelFiles) -> None:
    events = list(engine.generate(Request(slow, chat(REPORT * 10), max_tokens=1)))
    progress = [e for e in events if isinstance(e, Prefill)]
    total = engine.count(slow, chat(REPORT * 10))
    assert progress[0].done == progress[0].cached
    assert [p.done for p in progress] == sorted(p.done for p in progress)
    assert progress[-1].done == progress[-1].total == total
    assert len(progress) > 3


def test_stats_keep_prefill_and_decode_apart(engine: LocalEngine, slow: ModelFiles) -> None:
    stats = done(engine.generate(Request(slow, chat(f"Stats. {REPORT}"), max_tokens=30, temperature=5.0))).stats
    assert stats.prompt_tokens == engine.count(slow, chat(f"Stats. {REPORT}"))
    assert stats.context == slow.context
    assert 0 < stats.completion_tokens <= 30
    assert 0 < stats.first_token_s <= stats.total_s
    assert stats.prefill_s + stats.decode_s <= stats.total_s
    computed = stats.prompt_tokens - stats.cached_tokens
    assert stats.prefill_tok_s == pytest.approx(computed / stats.prefill_s)
    assert stats.decode_tok_s <= stats.completion_tokens / stats.decode_s * 1.01


def test_second_question_on_a_report_reads_only_what_is_new(engine: LocalEngine, base: ModelFiles) -> None:
    def ask(question: str) -> Done:
        body = (Control(IM_START), Text(f"user\n{REPORT * 3}"), Text(question), Control(IM_END), Text("\n"))
        return done(engine.generate(Request(base, body, max_tokens=8)))

    shared = engine.count(base, (Control(IM_START), Text(f"user\n{REPORT * 3}")))
    ask("\n\nIs there an effusion?")
    second = ask("\n\nWhat about the heart?")
    assert second.stats.cached_tokens >= shared
    assert second.stats.cached_tokens < second.stats.prompt_tokens


def test_reused_prefix_does_not_change_the_answer(base: ModelFiles) -> None:
    texts = []
    for warm_up in (None, chat(f"{REPORT} Something else entirely"), chat(REPORT)):
        engine = LocalEngine(EngineOptions(threads=1))
        if warm_up is not None:
            done(engine.generate(Request(base, warm_up, max_tokens=12)))
        texts.append(done(engine.generate(Request(base, chat(REPORT), max_tokens=12))).text)
        engine.close()
    assert len(set(texts)) == 1


def test_same_seed_same_text_other_seed_other_text(engine: LocalEngine, base: ModelFiles) -> None:
    def ask(seed: int, temperature: float = 1.0) -> str:
        return done(
            engine.generate(Request(base, chat(REPORT), max_tokens=30, temperature=temperature, seed=seed))
        ).text

    assert ask(7) == ask(7)
    assert ask(7) != ask(8)
    assert ask(7, 0.0) == ask(8, 0.0)


def test_asking_again_computes_no_prompt_and_repeats_token_for_token(engine: LocalEngine, slow: ModelFiles) -> None:
    request = Request(slow, chat(f"Again. {REPORT}"), max_tokens=150, temperature=1.0, seed=5)
    first, second = done(engine.generate(request)), done(engine.generate(request))
    assert second.text == first.text
    assert second.stats.cached_tokens == second.stats.prompt_tokens


def test_last_event_ends_the_turn_even_if_nobody_reads_on(engine: LocalEngine, base: ModelFiles) -> None:
    request = Request(base, chat(REPORT), max_tokens=3)
    held = engine.generate(request)
    while not isinstance(next(held), Done):
        pass
    assert done(engine.generate(request))


def test_limit_ends_the_answer_with_length(engine: LocalEngine, slow: ModelFiles) -> None:
    answer = done(engine.generate(Request(slow, chat(REPORT), max_tokens=5, temperature=5.0)))
    assert (answer.finish, answer.stats.completion_tokens) == ("length", 5)


def test_adapter_changes_the_answer_and_shares_no_cache(
    engine: LocalEngine, base: ModelFiles, adapted: ModelFiles
) -> None:
    request = Request(base, chat(f"Adapter. {REPORT}"), max_tokens=20)
    plain = done(engine.generate(request))
    tuned = done(engine.generate(Request(adapted, request.prompt, max_tokens=20)))
    again = done(engine.generate(request))
    assert tuned.text != plain.text
    assert again.text == plain.text
    assert tuned.stats.cached_tokens < 20 < again.stats.cached_tokens


def test_cancel_stops_decode_and_keeps_the_text(engine: LocalEngine, slow: ModelFiles) -> None:
    text, last = "", None
    for event in engine.generate(long_answer(slow)):
        if isinstance(event, Token):
            text += event.text
            engine.cancel()
        last = event
    assert isinstance(last, Cancelled)
    assert last.text == text != ""
    assert last.stats.completion_tokens < 7000


def test_cancel_stops_prefill(engine: LocalEngine, slow: ModelFiles) -> None:
    progress, last = None, None
    for event in engine.generate(Request(slow, chat("Prefill. " + REPORT * 90), max_tokens=5)):
        if isinstance(event, Prefill) and event.done > event.cached:
            progress = event
            engine.cancel()
        last = event
    assert isinstance(last, Cancelled)
    assert last.text == ""
    assert progress is not None
    assert progress.done < progress.total


def test_cancelled_prefill_leaves_a_usable_cache(engine: LocalEngine, slow: ModelFiles) -> None:
    request = Request(slow, chat("Cache. " + REPORT * 40), max_tokens=10)
    for event in engine.generate(request):
        if isinstance(event, Prefill) and event.done > event.cached:
            engine.cancel()
    resumed = done(engine.generate(request))
    fresh = LocalEngine(EngineOptions(threads=1))
    expected = done(fresh.generate(request))
    fresh.close()
    assert resumed.text == expected.text
    assert resumed.stats.cached_tokens > 0


def test_closing_the_iterator_cancels(engine: LocalEngine, slow: ModelFiles) -> None:
    events = engine.generate(long_answer(slow))
    assert any(isinstance(event, Token) for event in iter(lambda: next(events), None) if isinstance(event, Token))
    events.close()  # type: ignore[attr-defined]
    assert done(engine.generate(Request(slow, chat("Next."), max_tokens=3))).stats.total_s < DEADLINE_S


def test_cancel_without_a_request_does_nothing(engine: LocalEngine, base: ModelFiles) -> None:
    engine.cancel()
    assert done(engine.generate(Request(base, chat(REPORT), max_tokens=3)))


def test_killed_worker_costs_one_answer(slow: ModelFiles) -> None:
    engine = LocalEngine(EngineOptions(threads=1))
    text, last = "", None
    for event in engine.generate(long_answer(slow)):
        if isinstance(event, Token):
            text += event.text
            if engine.pid is not None:
                os.kill(engine.pid, signal.SIGKILL)
        last = event
    assert isinstance(last, Failed)
    assert (last.kind, last.text) == ("worker", text)
    assert "signal 9" in last.message
    assert last.stats.prompt_tokens > 0
    assert done(engine.generate(Request(slow, chat(REPORT), max_tokens=3)))
    engine.close()


def test_worker_killed_while_idle_is_replaced_unnoticed(base: ModelFiles) -> None:
    engine = LocalEngine(EngineOptions(threads=1))
    done(engine.generate(Request(base, chat(REPORT), max_tokens=2)))
    pid = engine.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert ended(pid)
    assert done(engine.generate(Request(base, chat(REPORT), max_tokens=2)))
    assert engine.pid != pid
    engine.close()


def test_worker_ignores_the_terminal_interrupt(engine: LocalEngine, slow: ModelFiles) -> None:
    sent, last = False, None
    for event in engine.generate(Request(slow, chat(REPORT), max_tokens=200, temperature=5.0)):
        if isinstance(event, Token) and not sent:
            assert engine.pid is not None
            assert os.getpgid(engine.pid) != os.getpgid(0), "Ctrl+C reaches only the app's process group"
            os.kill(engine.pid, signal.SIGINT)
            sent = True
        last = event
    assert sent
    assert isinstance(last, Done)


def test_worker_ends_when_the_app_is_killed(slow: ModelFiles) -> None:
    program = (
        "import sys\n"
        "from radlite_tui.engine.local import LocalEngine\n"
        "from radlite_tui.engine.protocol import ModelFiles, Request, Token\n"
        "from radlite_tui.segments import Text\n"
        "engine = LocalEngine()\n"
        f"model = ModelFiles({slow.weights!r}, context={slow.context})\n"
        "for event in engine.generate(Request(model, (Text('Report'),), max_tokens=7000, temperature=5.0)):\n"
        "    if isinstance(event, Token):\n"
        "        print(engine.pid, flush=True)\n"
    )
    app = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert app.stdout is not None
    worker = int(app.stdout.readline())
    app.kill()
    app.wait()
    app.stdout.close()
    assert ended(worker)


def environment_of_a_worker(base: ModelFiles) -> list[bytes]:
    engine = LocalEngine(EngineOptions(spins=77))
    done(engine.generate(Request(base, chat(REPORT), max_tokens=2)))
    found = Path(f"/proc/{engine.pid}/environ").read_bytes().split(b"\0")
    engine.close()
    return found


def test_threads_look_for_each_other_only_so_often_before_they_sleep(
    base: ModelFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    assert b"GOMP_SPINCOUNT=77" in environment_of_a_worker(base)
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    found = environment_of_a_worker(base)
    assert b"OMP_WAIT_POLICY=active" in found
    assert not any(entry.startswith(b"GOMP_SPINCOUNT") for entry in found)


def test_close_leaves_no_process_and_can_be_called_twice(base: ModelFiles) -> None:
    engine = LocalEngine()
    done(engine.generate(Request(base, chat(REPORT), max_tokens=2)))
    pid = engine.pid
    assert pid is not None
    engine.close()
    engine.close()
    assert not Path(f"/proc/{pid}").exists(), "neither running nor a zombie"
    assert isinstance(final(engine.generate(Request(base, chat(REPORT)))), Failed)


def test_close_ends_a_running_answer(slow: ModelFiles) -> None:
    engine = LocalEngine(EngineOptions(threads=1))
    last = None
    for event in engine.generate(long_answer(slow)):
        if isinstance(event, Token):
            engine.close()
        last = event
    assert isinstance(last, Failed)


def test_count_needs_no_turn(engine: LocalEngine, slow: ModelFiles) -> None:
    counts: queue.SimpleQueue[int] = queue.SimpleQueue()
    counted = None
    for event in engine.generate(long_answer(slow)):
        if isinstance(event, Token) and counted is None:
            threading.Thread(target=lambda: counts.put(engine.count(slow, chat("one")))).start()
            counted = counts.get(timeout=DEADLINE_S)
            engine.cancel()
    assert counted == engine.count(slow, chat("one"))


def test_requests_from_several_threads_all_finish(engine: LocalEngine, base: ModelFiles) -> None:
    answers: queue.SimpleQueue[Event] = queue.SimpleQueue()
    request = Request(base, chat(REPORT), max_tokens=10)
    threads = [threading.Thread(target=lambda: answers.put(final(engine.generate(request)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    found = [answers.get(timeout=DEADLINE_S) for _ in threads]
    assert len({event.text for event in found if isinstance(event, Done)}) == 1


def test_native_output_goes_to_the_log_and_nowhere_else(folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    program = (
        "from radlite_tui.engine.local import LocalEngine\n"
        "from radlite_tui.engine.options import EngineOptions\n"
        "from radlite_tui.engine.protocol import ModelFiles, Request\n"
        "from radlite_tui.segments import Text\n"
        f"engine = LocalEngine(EngineOptions(log={str(log)!r}))\n"
        f"model = ModelFiles({str(tmp_path / 'broken.gguf')!r})\n"
        "list(engine.generate(Request(model, (Text('x'),))))\n"
        "engine.close()\n"
    )
    whole = (folder / "qwen2-base.gguf").read_bytes()
    tokeniser = b"tokenizer.ggml.pre" + (8).to_bytes(4, "little") + (5).to_bytes(8, "little")
    (tmp_path / "broken.gguf").write_bytes(whole.replace(tokeniser + b"qwen2", tokeniser + b"qwen0"))
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, cwd=Path(__file__).parents[2], check=True
    )
    assert (run.stdout, run.stderr) == (b"", b"")
    assert log.read_text()


def test_stats_come_while_the_answer_grows(engine: LocalEngine, slow: ModelFiles) -> None:
    request = Request(slow, chat(REPORT), max_tokens=300, temperature=5.0)
    seen = [e.completion_tokens for e in engine.generate(request) if isinstance(e, Stats)]
    assert seen == sorted(seen)
    assert len(set(seen)) > 2


def test_a_stuck_worker_is_replaced_and_told_of_in_a_sentence(slow: ModelFiles) -> None:
    engine = LocalEngine(EngineOptions(threads=1, stuck_s=1.0))
    text, last = "", None
    for event in engine.generate(long_answer(slow)):
        if isinstance(event, Token):
            if not text and engine.pid is not None:
                os.kill(engine.pid, signal.SIGSTOP)
            text += event.text
        last = event
    assert isinstance(last, Failed)
    assert (last.kind, last.text) == ("worker", text)
    assert "stuck" in last.message
    assert done(engine.generate(Request(slow, chat(REPORT), max_tokens=3)))
    engine.close()
