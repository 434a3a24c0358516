"""Which settings follow from measurements: made-up figures, real arithmetic."""

from __future__ import annotations

import json
from dataclasses import replace
from statistics import median

import pytest

from radlite_tui import tasks
from radlite_tui.engine import probed
from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.probed import USUAL, WORK, Measurement, ProbeResult, Settings, choose, expected
from radlite_tui.models.store import Store
from radlite_tui.segments import Text
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.prompt import prompt

PLAIN = Measurement(USUAL, prefill_tok_s=70.0, decode_tok_s=12.0, load_s=0.5, memory=1_900_000_000)
REPACKED = Measurement(Settings(repack=True), prefill_tok_s=46.0, decode_tok_s=14.0, load_s=3.0, memory=3_100_000_000)


def test_expected_seconds_are_those_of_the_average_request() -> None:
    prompts, answers = (sum(column) / len(WORK) for column in zip(*WORK, strict=True))
    assert expected(100.0, 10.0) == pytest.approx(prompts / 100 + answers / 10)
    assert expected(0.0, 10.0) == expected(10.0, 0.0) == float("inf")


def test_faster_reading_is_worth_more_than_faster_writing_when_reports_are_long() -> None:
    assert choose([PLAIN, REPACKED]) == USUAL
    assert choose([replace(PLAIN, prefill_tok_s=20.0), REPACKED]) == Settings(repack=True)


def test_gain_within_the_margin_changes_nothing() -> None:
    other = Settings(flash_attention="off")
    barely = replace(PLAIN, settings=other, prefill_tok_s=72.0)
    assert choose([PLAIN, barely]) == USUAL
    clearly = replace(PLAIN, settings=other, prefill_tok_s=80.0)
    assert choose([PLAIN, clearly]) == other


def test_more_memory_must_win_twice_the_margin() -> None:
    gain = replace(PLAIN, settings=Settings(repack=True), prefill_tok_s=76.0, decode_tok_s=13.0)
    assert choose([PLAIN, gain]) == Settings(repack=True)
    assert choose([PLAIN, replace(gain, memory=REPACKED.memory)]) == USUAL


def test_a_copy_that_is_not_shared_must_win_twice_the_margin() -> None:
    gain = replace(PLAIN, settings=Settings(load="read"), prefill_tok_s=76.0, decode_tok_s=13.0)
    assert choose([PLAIN, replace(gain, settings=Settings(load="mlock"))]) == Settings(load="mlock")
    assert choose([PLAIN, gain]) == USUAL
    assert choose([PLAIN, replace(gain, prefill_tok_s=90.0)]) == Settings(load="read")


def test_what_was_measured_before_loading_could_be_chosen_is_still_known() -> None:
    values = ProbeResult(USUAL, (PLAIN,)).json()
    del values["settings"]["load"], values["measurements"][0]["settings"]["load"]
    assert probed.read(values) == ProbeResult(USUAL, (PLAIN,))


def test_configuration_given_up_is_never_chosen() -> None:
    assert choose([PLAIN, Measurement(Settings(repack=True), slower=True)]) == USUAL
    assert choose([]) == USUAL


def test_result_survives_being_written_down() -> None:
    slower = Measurement(Settings(True, "off", 256, "read"), slower=True)
    result = ProbeResult(REPACKED.settings, (PLAIN, REPACKED, slower), 21.5, "2026-01-02T03:04:05+00:00", "0.3.36", 2)
    assert probed.read(json.loads(json.dumps(result.json()))) == result


@pytest.mark.parametrize(
    "damage", [{"ubatch": 7}, {"flash_attention": "maybe"}, {"load": "somehow"}, {"repack": True, "ubatch": None}]
)
def test_unknown_settings_are_not_read(damage: dict[str, object]) -> None:
    values = ProbeResult(USUAL).json()
    values["settings"] |= damage
    with pytest.raises((ValueError, TypeError)):
        probed.read(values)


def test_sentence_tells_figures_and_what_repacking_costs() -> None:
    text = probed.sentence(ProbeResult(USUAL, (PLAIN, REPACKED)))
    assert "prefill 70.0 tok/s, decode 12.0 tok/s" in text
    assert "second copy of the weights (3.1 GB instead of 1.9 GB)" in text


def test_work_is_what_the_demonstration_cases_need() -> None:
    store, engine = Store(), LocalEngine()
    for tag, (prompts, answers) in zip(tasks.TAGS, WORK, strict=True):
        task = tasks.get(tag)
        counted, written = [], []
        for mode in Mode:
            for manifest in store.list():
                files = store.ready(manifest.name, mode)
                for case in task.demonstrations:
                    asked = prompt(task, mode, case.report, case.words, manifest.layout)
                    counted.append(engine.count(files, asked))
                    written.append(engine.count(files, (Text(case.answer),)))
        assert median(counted) == pytest.approx(prompts, rel=0.3), tag
        assert median(written) == pytest.approx(answers, rel=0.3, abs=2), tag
    engine.close()
