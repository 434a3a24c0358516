"""The intent classifier as shipped: what it routes, when it abstains, how fast, and that it is what was trained."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

import numpy as np
import pytest

from finetune import intent as training
from radlite_tui.errors import RadliteError
from radlite_tui.routing import intent, ngrams
from radlite_tui.routing.intent import MODEL_FILE, classify, load


@pytest.fixture(scope="module")
def phrases() -> tuple[training.Phrase, ...]:
    return training.training_phrases()


@pytest.fixture(scope="module")
def unseen(phrases: tuple[training.Phrase, ...]) -> list[training.Expected]:
    return training.held_out(training.INTENTS / "test.toml", phrases)


def chosen(words: str) -> str | None:
    ranked = classify(words)
    return None if ranked.abstained else ranked.tasks[0][0]


@pytest.mark.parametrize(
    ("words", "task"),
    [
        ("birads?", "rads_assignment"),
        ("what does BI-RADS 3 mean?", "radiology_qa"),
        ("bi rads", "rads_assignment"),
        ("4a or 4b?", "rads_assignment"),
        ("difference between 4a and 4b", "radiology_qa"),
        ("any ptx?", "radiology_qa"),
        ("any abnormality?", "abnormality_detection"),
        ("any mets?", "m_staging"),
        ("any nodes?", "n_staging"),
        ("n stage", "n_staging"),
        ("m stage", "m_staging"),
        ("what does N2 mean?", "radiology_qa"),
        ("compare w prior", "temporal_comparison"),
        ("impresion pls", "impression_generation"),
        ("explain the impression", "radiology_qa"),
        ("summarise the changes since the prior", "temporal_comparison"),
        ("entailment?", "radiology_nli"),
        ("what is entailment", "radiology_qa"),
        ("extract entities", "radiology_ner"),
        ("hello", "chat"),
        ("what can you do?", "chat"),
    ],
)
def test_close_requests_go_to_their_own_task(words: str, task: str) -> None:
    assert chosen(words) == task


@pytest.mark.parametrize(
    "words",
    ["stage it", "TNM stage?", "stage?", "staging pls", "N and M stage", "stage this lung cancer", "nodes and mets?"],
)
def test_staging_that_names_neither_n_nor_m_abstains_with_both(words: str) -> None:
    ranked = classify(words)
    assert ranked.abstained
    assert {task for task, _ in ranked.tasks[:2]} == {"n_staging", "m_staging"}
    assert ranked.tasks[1][1] > 0.1


def test_support_for_metastatic_disease_is_a_statement_check_or_m_staging() -> None:
    best = [task for task, _ in classify("does this support metastatic disease?").tasks[:2]]
    assert set(best) == {"radiology_nli", "m_staging"}


@pytest.mark.parametrize(
    "words",
    [
        "",
        "   ",
        "\n\t",
        "🙂",
        "🩻🩻🩻",
        "...",
        "क्या",
        "\x00\x01PK\x03\x04\xff",
        "MZ\x90\x00\x03",
        "\x1b\x02\x03x",
        "asdf",
        "do it",
        "report",
        "T stage?",
    ],
)
def test_words_that_ask_for_nothing_abstain(words: str) -> None:
    ranked = classify(words)
    assert ranked.abstained
    assert ranked.why


def test_a_report_pasted_after_the_request_changes_nothing() -> None:
    report = "Findings: 14 mm spiculated mass at 2 o'clock. No axillary adenopathy. Stable since 2021."
    assert chosen(f"summarise this: {report}") == "impression_generation"
    assert chosen(f"birads?\n{report}") == "rads_assignment"


def test_a_report_pasted_where_words_belong_abstains() -> None:
    report = (
        "CT HEAD. History: seizure. Findings: No mass effect. Grey-white differentiation is preserved. "
        "The ventricles are of normal size. Impression: normal study."
    )
    assert classify(report).abstained


def test_unseen_phrases_are_routed_right(unseen: list[training.Expected], capsys: pytest.CaptureFixture[str]) -> None:
    figures = training.measure(load(), unseen)
    with capsys.disabled():
        print("\nintent, unseen phrases:", ", ".join(f"{k} {v:.3f}" for k, v in figures.items()))
    assert len(unseen) >= 200
    assert figures["accuracy"] >= 0.95
    assert figures["coverage"] >= 0.90
    assert figures["top1"] >= 0.93
    assert figures["abstained"] >= 0.85
    assert figures["ece"] <= 0.06


def test_every_task_is_found_in_unseen_phrases(unseen: list[training.Expected]) -> None:
    for task in (*training.TAGS, training.CHAT):
        own = [e for e in unseen if e.accepted == (task,)]
        found = sum(chosen(e.words) == task for e in own)
        assert found >= 0.75 * len(own), f"{task}: {found} of {len(own)}"


def test_the_decision_in_training_is_the_decision_in_the_app(unseen: list[training.Expected]) -> None:
    model = load()
    for e in unseen:
        if ngrams.tokens(e.words):
            assert training.decide(model, e.words) == chosen(e.words)


def test_numpy_gives_the_probabilities_of_scikit_learn(unseen: list[training.Expected]) -> None:
    pytest.importorskip("sklearn")
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    model = load()
    vectorizer = TfidfVectorizer(analyzer=training.analyse, binary=True, dtype=np.float64, vocabulary=model.vocabulary)
    vectorizer.idf_ = model.idf
    regression = LogisticRegression()
    regression.classes_ = np.arange(len(model.classes))
    regression.coef_ = model.weights.T / model.temperature
    regression.intercept_ = model.bias / model.temperature
    words = [e.words for e in unseen] + ["birads? " * 200, "Über-große Läsion? 12,5 mm"]
    theirs = regression.predict_proba(vectorizer.transform(words))
    ours = np.stack([model.probabilities(w) for w in words])
    np.testing.assert_allclose(ours, theirs, atol=1e-6, rtol=0)


def test_a_fresh_training_gives_what_its_scikit_learn_objects_say(phrases: tuple[training.Phrase, ...]) -> None:
    pytest.importorskip("sklearn")
    some = phrases[::12]
    vectorizer, regression = training.fit(some)
    model = training.linear(vectorizer, regression, temperature=1.0, threshold=0.6)
    words = [phrase.words for phrase in some[::20]]
    theirs = regression.predict_proba(vectorizer.transform(words))
    np.testing.assert_allclose(np.stack([model.probabilities(w) for w in words]), theirs, atol=1e-6, rtol=0)


def test_the_shipped_model_was_trained_on_the_phrases_as_they_are(phrases: tuple[training.Phrase, ...]) -> None:
    about = json.loads(MODEL_FILE.with_suffix(".json").read_text(encoding="utf-8"))
    assert about["training_sha256"] == training.digest(phrases), "run python -m finetune.intent"
    assert MODEL_FILE.stat().st_size < 1_000_000


def test_training_phrases_are_many_and_the_same_every_time(phrases: tuple[training.Phrase, ...]) -> None:
    assert phrases == training.training_phrases()
    for task in training.CLASSES:
        assert sum(phrase.task == task for phrase in phrases) >= 400, task


def test_held_out_phrases_are_not_in_training(
    phrases: tuple[training.Phrase, ...], unseen: list[training.Expected]
) -> None:
    known = {training.spelling(phrase.words) for phrase in phrases}
    assert not known & {training.spelling(e.words) for e in unseen}


def test_a_call_takes_under_a_millisecond(unseen: list[training.Expected]) -> None:
    load()
    took = []
    for e in unseen:
        start = time.thread_time()
        classify(e.words)
        took.append(time.thread_time() - start)
    assert statistics.median(took) < 0.001


@pytest.mark.parametrize(
    "words", ["word " * 20_000, "x" * 100_000, "ﷺ" * 100_000, "🙂" * 100_000, "\x00" * 100_000, "? " * 50_000]
)
def test_very_long_words_stay_fast(words: str) -> None:
    load()
    start = time.thread_time()
    classify(words)
    assert time.thread_time() - start < 0.05


def test_a_request_at_either_end_of_long_words_is_seen() -> None:
    filler = "The lungs are clear and the heart is of normal size. " * 2_000
    assert "birads" in ngrams.tokens(f"birads? {filler}")
    assert "birads" in ngrams.tokens(f"{filler} birads?")


def test_the_reason_names_the_words_that_decided() -> None:
    assert "birads" in classify("pls give me the birads for this").evidence
    assert "'compare'" in classify("compare with old ct").why


def test_a_damaged_model_file_gives_one_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "intent.npz"
    broken.write_bytes(MODEL_FILE.read_bytes()[:5000])
    with pytest.raises(RadliteError, match=r"intent\.npz cannot be read"):
        intent.load(broken)
