"""GGUF files against the PyTorch originals, on tiny random models of both architectures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from finetune import base, gguf_export, quantize, verify
from finetune.recipe import FromNothing
from finetune.tokenizer import Tokenizer
from radlite_tui.errors import BadInput

PAIR = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"


@pytest.fixture(scope="module", params=["qwen2", "qwen3"])
def exported(
    request: pytest.FixtureRequest, tiny: FromNothing, tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with a random base, a random adapter and their GGUF files."""
    import torch
    from peft import LoraConfig, get_peft_model
    from safetensors.numpy import load_file

    folder = tmp_path_factory.mktemp(request.param)
    model = base.fresh(base.configuration(request.param, tiny.shape, tokenizer.size), 1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    model.save_pretrained(str(folder / "base"))
    settings = LoraConfig(
        r=32, lora_alpha=16, use_rslora=True, init_lora_weights=False, target_modules=["q_proj", "o_proj", "down_proj"]
    )
    get_peft_model(model, settings).save_pretrained(str(folder / "adapter"))
    config = json.loads((folder / "base" / "config.json").read_text())
    weights = load_file(folder / "base" / "model.safetensors")
    decoder = gguf_export.Decoder.of(config)
    gguf_export.write_model(folder / "base-f16.gguf", weights, decoder, tokenizer, "random")
    gguf_export.write_model(folder / "base-f32.gguf", weights, decoder, tokenizer, "random", "F32")
    quantize.quantize(folder / "base-f16.gguf", folder / "base.gguf", "Q8_0", threads=1)
    pairs = load_file(folder / "adapter" / "adapter_model.safetensors")
    config = json.loads((folder / "adapter" / "adapter_config.json").read_text())
    gguf_export.write_adapter(folder / "adapter-f16.gguf", pairs, config, request.param, "random", "F16")
    gguf_export.write_adapter(folder / "adapter.gguf", pairs, config, request.param, "random", "Q8_0")
    return folder


@pytest.mark.parametrize(
    ("model", "adapter", "bound"),
    [
        ("base-f16.gguf", "adapter-f16.gguf", verify.F16_TOLERANCE),
        ("base.gguf", "adapter.gguf", verify.QUANTISED_TOLERANCE),
    ],
)
def test_an_exported_adapter_on_its_base_gives_the_logits_pytorch_gives(
    exported: Path, model: str, adapter: str, bound: float
) -> None:
    reference = verify.torch_logits(exported / "base", exported / "adapter")
    given = verify.llama_logits(exported / model, exported / adapter)
    bare = verify.llama_logits(exported / model, None)
    generator = np.random.default_rng(1)
    for length in (1, 17, 300):
        ids = generator.integers(0, 1000, length).tolist()
        wanted = reference(ids)
        assert verify.deviation(wanted, given(ids)) < bound
        assert verify.deviation(wanted, bare(ids)) > 2 * bound


def test_llama_cpp_and_our_tokenizer_split_every_text_alike(exported: Path, tokenizer: Tokenizer) -> None:
    assert (
        verify.disagreements(tokenizer, exported / "base.gguf", verify.odd_texts(1000, 5, ["No effusion. 12 mm."]))
        == []
    )


def test_the_vocabulary_is_padded_to_the_model(tiny: FromNothing, tokenizer: Tokenizer, tmp_path: Path) -> None:
    import gguf

    size = tokenizer.size + 5
    model = base.fresh(base.configuration("qwen2", tiny.shape, size), 1)
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    decoder = gguf_export.Decoder.of(model.config.to_dict())
    gguf_export.write_model(tmp_path / "m.gguf", weights, decoder, tokenizer, "padded")
    fields = gguf.GGUFReader(tmp_path / "m.gguf").fields
    assert fields["tokenizer.ggml.tokens"].contents()[-1] == f"[PAD{size - 1}]"
    assert fields["tokenizer.ggml.token_type"].contents()[-1] == gguf.TokenType.UNUSED
    assert fields["tokenizer.ggml.pre"].contents() == "qwen2"


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"use_dora": True}, "DoRA"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"alpha_pattern": {"q_proj": 3}}, "alpha_pattern"),
        ({"r": 8}, "multiple of 32"),
    ],
)
def test_adapters_gguf_cannot_hold_are_refused(tmp_path: Path, settings: dict[str, object], word: str) -> None:
    given = {"r": 32, "lora_alpha": 64} | settings
    with pytest.raises(BadInput, match=word):
        gguf_export.write_adapter(tmp_path / "a.gguf", {PAIR: np.zeros((32, 64))}, given, "qwen2", "refused")


def test_a_tensor_without_a_place_is_refused() -> None:
    with pytest.raises(BadInput, match="rotary"):
        gguf_export.tensor_name("model.layers.0.self_attn.rotary.weight")


def test_other_architectures_are_refused() -> None:
    with pytest.raises(BadInput, match="llama"):
        gguf_export.Decoder.of({"model_type": "llama"})


def test_an_unknown_quantisation_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Q3_X"):
        quantize.quantize(tmp_path / "a", tmp_path / "b", "Q3_X")
