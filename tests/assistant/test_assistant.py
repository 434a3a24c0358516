"""Running plans: events, answers, failures, the ensemble and the comparison, over a scripted engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from radlite_tui import tasks
from radlite_tui.assistant import comparison
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.types import Answer, Ask
from radlite_tui.engine.protocol import Done, Failed, Loading, Prefill, Token
from radlite_tui.errors import BadInput, ModelUnavailable, RadliteError
from radlite_tui.tasks import Mode, Report
from radlite_tui.tasks.outputs import AbnormalityOutput, LabelOutput, RadsOutput
from tests import scripted

REPORT = Report("Small left pleural effusion. No pneumothorax. Opacity in the right base may be atelectasis.", "Clear.")


def ask(tag: str, **more: object) -> Ask:
    return Ask(REPORT, "The heart is enlarged.", task=tag, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("tag", [*tasks.TAGS, tasks.CHAT])
def test_events_come_before_the_answer(tag: str) -> None:
    assistant = scripted.assistant()
    events = list(assistant.run(assistant.plan(ask(tag))))
    kinds = [type(event) for event in events]
    assert kinds.index(Prefill) < kinds.index(Token) < kinds.index(Done)
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert (answer.task, answer.finish, answer.parsed) == (tag, "stop", "strict")
    assert "".join(event.text for event in events if isinstance(event, Token)) == answer.text


def test_label_probabilities_come_with_a_tuned_answer() -> None:
    answer = scripted.assistant().ask(ask("n_staging"))
    assert isinstance(answer.output, LabelOutput)
    assert answer.output.probabilities[answer.output.label] == pytest.approx(scripted.SURE)
    assert sum(answer.output.probabilities.values()) == pytest.approx(1)


def test_an_answer_out_of_form_keeps_its_text() -> None:
    engine = scripted.ScriptedEngine(answers={"n_staging": "I would not know."})
    assistant = scripted.assistant(engine)
    answer = assistant.finish(assistant.plan(ask("n_staging", mode=Mode.ZERO_SHOT)), constrained=False)
    assert (answer.output, answer.parsed, answer.text) == (None, "", "I would not know.")
    assert answer.parse_error


def test_a_loose_answer_is_read_leniently() -> None:
    engine = scripted.ScriptedEngine(answers={"m_staging": "The stage is M1."})
    assistant = scripted.assistant(engine)
    answer = assistant.finish(assistant.plan(ask("m_staging", mode=Mode.ZERO_SHOT)), constrained=False)
    assert answer.parsed == "lenient"
    assert isinstance(answer.output, LabelOutput)
    assert answer.output.label == "M1"


def test_the_stamp_names_the_adapter_only_where_it_answered() -> None:
    assistant = scripted.assistant()
    assert assistant.ask(ask("m_staging", mode=Mode.FINE_TUNED)).model.adapter_sha256 == "a" * 64
    assert assistant.ask(ask("m_staging", mode=Mode.FEW_SHOT)).model.adapter_sha256 is None


def test_a_cancelled_answer_keeps_its_text() -> None:
    engine = scripted.ScriptedEngine(answers={"impression_generation": "one two three four"})
    engine.step = lambda index: engine.cancel() if index == 2 else None
    answer = scripted.assistant(engine).ask(ask("impression_generation"))
    assert (answer.finish, answer.text) == ("cancelled", "one two ")


@pytest.mark.parametrize(
    ("failed", "error"),
    [
        (Failed("model", "The file is damaged."), ModelUnavailable),
        (Failed("worker", "The engine process ended."), RadliteError),
        (Failed("too_long", "", needed=3000, context=2048), BadInput),
    ],
)
def test_a_failure_reaches_the_front_end_with_its_text_before_it_is_raised(
    failed: Failed, error: type[RadliteError]
) -> None:
    assistant = scripted.assistant(scripted.ScriptedEngine({"chat": "half an"}, failed))
    seen: list[object] = []
    events = assistant.run(assistant.plan(ask("chat")))
    with pytest.raises(error) as raised:
        seen.extend(events)
    assert type(raised.value) is error
    assert isinstance(seen[-1], Failed)
    assert seen[-1].text == "half an"


def test_a_prompt_too_long_is_refused_with_counts() -> None:
    assistant = scripted.assistant(context=20)
    with pytest.raises(BadInput, match="can take 20"):
        assistant.ask(ask("n_staging"))


def test_count_gives_prompt_and_context() -> None:
    assistant = scripted.assistant(context=777)
    tokens, context = assistant.count(assistant.plan(ask("n_staging")))
    assert tokens > 10
    assert context == 777


@pytest.mark.parametrize("tag", ["n_staging", "rads_assignment", "abnormality_detection", "radiology_nli"])
def test_the_ensemble_asks_every_model_and_says_so(tag: str) -> None:
    engine = scripted.ScriptedEngine()
    assistant = scripted.assistant(engine)
    answer = assistant.ask(ask(tag, model="ensemble"))
    assert [request.model.weights for request in engine.requests] == [f"/models/{m}.gguf" for m in scripted.MODELS]
    assert answer.model.name == "ensemble"
    assert [member["name"] for member in answer.extra["members"]] == list(scripted.MODELS)
    assert isinstance(answer.output, (LabelOutput, RadsOutput, AbnormalityOutput))
    assert answer.output.probabilities


def test_the_ensemble_averages_probabilities() -> None:
    class Disagreeing(scripted.ScriptedEngine):
        def written(self, request):  # type: ignore[no-untyped-def]
            first = "qwen2" in request.model.weights
            return ("M1", ({"M0": 0.4, "M1": 0.6},)) if first else ("M0", ({"M0": 0.9, "M1": 0.1},))

    answer = scripted.assistant(Disagreeing()).ask(ask("m_staging", model="ensemble"))
    assert isinstance(answer.output, LabelOutput)
    assert answer.output.label == "M0"
    assert answer.output.probabilities == pytest.approx({"M0": 0.65, "M1": 0.35})


def test_an_ensemble_of_prose_is_the_routed_model_and_says_so() -> None:
    plan = scripted.assistant().plan(ask("impression_generation", model="ensemble"))
    assert plan.model == "radlite-nano-qwen2"
    assert "ensemble" in plan.model_reason


def test_a_comparison_runs_every_column_once() -> None:
    assistant = scripted.assistant()
    seen = {
        column: event
        for column, event in assistant.compare(ask("n_staging"), models=scripted.MODELS)
        if isinstance(event, Answer)
    }
    assert len(seen) == 6
    assert {(a.model.name, a.mode) for a in seen.values()} == {(c.model, c.mode) for c in seen}
    assert comparison.agreement(list(seen.values())) == 1.0


def test_one_failing_column_does_not_end_the_others() -> None:
    class HalfBroken(scripted.ScriptedEngine):
        def generate(self, request):  # type: ignore[no-untyped-def]
            self.failed = Failed("worker", "It died.") if request.model.adapter is None else None
            return super().generate(request)

    last = {}
    for column, event in scripted.assistant(HalfBroken()).compare(ask("chat")):
        last[column.mode] = event
    assert isinstance(last[Mode.ZERO_SHOT], Failed)
    assert isinstance(last[Mode.FINE_TUNED], Answer)


def test_agreement_is_the_share_of_equal_pairs() -> None:
    assistant = scripted.assistant(scripted.ScriptedEngine({"m_staging": "M0"}))
    other = scripted.assistant(scripted.ScriptedEngine({"m_staging": "M1"}))
    zeros = [assistant.ask(ask("m_staging")) for _ in range(2)]
    assert comparison.agreement([*zeros, other.ask(ask("m_staging"))]) == pytest.approx(1 / 3)
    assert comparison.agreement(zeros[:1]) is None


def test_the_expected_answer_is_read_leniently() -> None:
    answer = scripted.assistant(scripted.ScriptedEngine({"rads_assignment": "BI-RADS 2"})).ask(ask("rads_assignment"))
    assert comparison.expected("rads_assignment", "birads 2", REPORT, [answer]).matches == (True,)
    with pytest.raises(BadInput, match="nonsense"):
        comparison.expected("rads_assignment", "nonsense", REPORT, [answer])


def test_close_ends_the_engine() -> None:
    engine = scripted.ScriptedEngine()
    scripted.assistant(engine).close()
    assert engine.closed


def test_a_stop_while_checksums_are_computed_ends_the_request_before_it_reaches_the_engine() -> None:
    engine = scripted.ScriptedEngine()
    computed: list[int] = []

    class Slow(scripted.ScriptedStore):
        def checking(self, name: str, mode: Mode) -> Iterator[tuple[str, int, int]]:
            for done in range(10):
                computed.append(done)
                yield "base.gguf", done, 10

    assistant = Assistant(engine, Slow(), scripted.ScriptedRoutes())
    events = []
    for event in assistant.run(assistant.plan(ask("n_staging"))):
        events.append(event)
        if isinstance(event, Loading) and event.done == 3:
            assistant.cancel()
    assert Loading("base.gguf (checksum)", 3, 10) in events
    assert isinstance(events[-1], Answer)
    assert events[-1].finish == "cancelled"
    assert computed == [0, 1, 2, 3]
    assert not engine.requests
