"""The importance matrix: llama.cpp's figures, and what they do to a small quantised model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from finetune import gguf_export, importance, logits, quantize
from finetune.__main__ import main
from finetune.checkpoint import Checkpoint
from radlite_tui.errors import BadInput
from tests.finetune import checkpoints


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose inputs differ much from column to column, as those of trained models do, and its F32 file."""
    from safetensors.torch import load_file, save_file

    base = checkpoints.qwen2(tmp_path_factory.mktemp("importance") / "base")
    path = base / "model.safetensors"
    weights = load_file(str(path))
    spread = np.exp(1.5 * np.random.default_rng(4).standard_normal(checkpoints.WIDTH)).astype(np.float32)
    for name, tensor in weights.items():
        if name.endswith("layernorm.weight"):
            weights[name] = tensor * tensor.new_tensor(spread)
    save_file(weights, str(path), metadata={"format": "pt"})
    gguf_export.write_model(base / "whole.gguf", Checkpoint.open(base), base, kind="F32")
    return base


@pytest.fixture(scope="module")
def matrix(folder: Path) -> quantize.Importance:
    return importance.measure(folder, passages=18)


def test_every_matrix_of_every_layer_has_one_value_a_column(matrix: quantize.Importance) -> None:
    assert len(matrix) == checkpoints.LAYERS * len(checkpoints.PROJECTIONS)
    for name, values in matrix.items():
        width = checkpoints.FEED_FORWARD if "ffn_down" in name else checkpoints.WIDTH
        assert values.shape == (width,)
        assert values.dtype == np.float32
        assert (values >= 0).all()
        assert values.max() > 0


def test_values_are_the_mean_squares_of_the_inputs(folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(str(folder)).eval()
    rows = [[1, 2, 3], [4, 5, 6, 7, 8]]
    given = importance.of_model(model, rows)
    with torch.no_grad():
        first = [model.model.layers[0].input_layernorm(model.model.embed_tokens(torch.tensor(row))) for row in rows]
    wanted = torch.cat(first).square().mean(0).numpy()
    for part in ("q", "k", "v"):
        np.testing.assert_allclose(given[f"blk.0.attn_{part}.weight"], wanted, rtol=1e-4)


def test_it_changes_the_file_and_lowers_the_error_on_held_out_prompts(
    folder: Path, matrix: quantize.Importance, tmp_path: Path
) -> None:
    quantize.quantize(folder / "whole.gguf", tmp_path / "plain.gguf", "Q3_K_S", 1)
    quantize.quantize(folder / "whole.gguf", tmp_path / "aided.gguf", "Q3_K_S", 1, matrix)
    assert (tmp_path / "plain.gguf").read_bytes() != (tmp_path / "aided.gguf").read_bytes()
    wanted = logits.of_torch(folder, None)
    errors = {}
    rng = np.random.default_rng(9)
    prompts = [rng.integers(0, 270, 40).tolist() for _ in range(16)]
    for name in ("plain", "aided"):
        given = logits.of_llama(tmp_path / f"{name}.gguf", None)
        errors[name] = float(np.mean([np.square(wanted(ids) - given(ids)).mean() for ids in prompts]))
    assert errors["aided"] < 0.95 * errors["plain"]


def test_what_needs_a_matrix_can_be_made_with_one(folder: Path, tmp_path: Path) -> None:
    kept, small = tmp_path / "m.npz", tmp_path / "small.gguf"
    importance.save(kept, importance.measure(folder, passages=9))
    given = ["quantize", "--from", str(folder / "whole.gguf"), "--to", str(small), "--as", "IQ2_XS"]
    assert main([*given, "--importance", str(kept)]) == 0
    assert small.stat().st_size < (folder / "whole.gguf").stat().st_size / 5


def test_another_file_is_no_matrix(tmp_path: Path) -> None:
    (tmp_path / "m.npz").write_text("no matrix")
    with pytest.raises(BadInput, match="no importance matrix"):
        importance.load(tmp_path / "m.npz")
