"""The rows about training that need a GPU: what they count, on shapes small enough for a CPU."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evals.speed import gpu_training, subject, training
from evals.speed.bench import Bench
from evals.speed.gpu_training import Work
from evals.speed.rows import LeftOut
from evals.speed.sizes import QUICK
from finetune import recipe
from finetune.full_size import Shape
from finetune.recipe import FromBase
from finetune.tokenizer import Tokenizer
from radlite_tui.errors import RadliteError


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> subject.Subject:
    return subject.embedded(tmp_path_factory.mktemp("speed") / "embedded")


def test_what_a_token_costs_is_counted_by_hand() -> None:
    assert Work(weights=100, adapter=10, layers=2, width=8, keys=3.0).flops == 400 + 60 + 12 * 2 * 8 * 3
    assert gpu_training.keys([1]) == 1.0
    assert gpu_training.keys([3]) == 2.0
    assert gpu_training.keys([1, 3]) == (1 + 1 + 2 + 3) / 4


def test_utilisation_is_what_was_computed_of_what_the_device_can() -> None:
    work = Work(weights=3_000_000_000, adapter=0, layers=0, width=0, keys=0.0)
    found = gpu_training.told(work, tokens=100_000, seconds=10.0, device="NVIDIA A100-SXM4-80GB")
    assert found["utilisation"] == pytest.approx(10_000 * 12e9 / 312e12)
    assert gpu_training.told(work, 1, 1.0, "Another device")["utilisation"] is None
    assert gpu_training.peak("NVIDIA L40S") == 362.0
    assert gpu_training.peak("NVIDIA H100 PCIe") == 756.0


def test_the_hours_follow_from_the_samples_and_are_told_with_their_arithmetic() -> None:
    assert training.hours(tokens_a_sample=360.0, tokens_per_s=161_586.0) == pytest.approx(0.1)
    found = {"tokens_a_sample": 200.0, "tokens_per_s": 4000.0, "device": "NVIDIA H100", "memory_gib": 20.0}
    told = training.arithmetic({**found, "utilisation": 0.4, "peak_tflops": 728.0, "flops_a_token": 12e9})
    assert told.startswith("161,586 samples x 200 tokens / 4,000 tok/s / 3600 = 2.2 h on NVIDIA H100, 20.0 GiB")
    assert told.endswith("(RTX 6000 Ada, 48 GB) is 4.5 h")


def test_a_shape_is_trained_as_its_recipe_says_and_padding_does_not_count(model: subject.Subject) -> None:
    wanted = recipe.load("qwen3-4b")
    assert isinstance(wanted, FromBase)
    settings = replace(wanted.adapter, evaluations=0, context=256, batch=2, rank=32)
    lengths, mean = gpu_training.lengths_of(Tokenizer.of_gguf(model.weights), 8, settings.context)
    assert len(lengths) == 8
    assert 50 < mean < 256
    shape = Shape("qwen3", 64, 128, 2, 1, 32, 0.0, layers=1, vocabulary=1000)
    found = gpu_training.measure(shape, settings, lengths, warm=1)
    assert 0 < found["tokens"] < sum(lengths)
    assert found["adapter"] == 32 * sum((64 + 64, 64 + 32, 64 + 32, 64 + 64, 64 + 128, 64 + 128, 128 + 64))
    assert found["tokens_per_s"] == pytest.approx(found["tokens"] / found["seconds"])


def test_without_a_gpu_one_sentence_says_so(model: subject.Subject) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with Bench(model, model, QUICK, 1) as bench, pytest.raises(LeftOut, match="There is no GPU here"):
        training.train_3b(bench)


def test_sides_that_trained_otherwise_make_no_row() -> None:
    training.same_work([5], [5], [9], 9)
    with pytest.raises(RadliteError, match="did not train the same"):
        training.same_work([5], [6], [9], 9)
    with pytest.raises(RadliteError, match="did not train the same"):
        training.same_work([5], [5], [8], 9)


def test_a_vocabulary_is_read_back_from_a_model_file(model: subject.Subject, tmp_path: Path) -> None:
    words = Tokenizer.of_gguf(model.weights)
    words.save(tmp_path)
    text = "No pneumothorax; nodule 3.5 mm, don't biopsy.\n"
    assert words.decode(words.text(text)) == text
    assert Tokenizer.load(tmp_path).tokens() == words.tokens()
