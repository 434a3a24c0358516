"""GGUF files against llama.cpp's own converter (stored digests) and against PyTorch, of both architectures."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from finetune import base, gguf_export, logits, quantize, verify
from finetune.__main__ import main
from finetune.adapter import Adapter, Merged
from finetune.checkpoint import Checkpoint
from finetune.merge import merge
from finetune.recipe import FromNothing
from finetune.tokenizer import Tokenizer
from radlite_tui.errors import BadInput
from tests.finetune import checkpoints, reference

KNOWN = json.loads(reference.DIGESTS.read_text(encoding="utf-8"))["files"]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The small checkpoints and adapters."""
    return reference.folders(tmp_path_factory.mktemp("small"))


def base_of(places: dict[str, Path], name: str) -> Checkpoint:
    return Checkpoint.open(places[name.partition("-")[0]])


@pytest.mark.parametrize(("name", "kind"), reference.CASES)
def test_files_equal_those_of_llama_cpps_converter(
    places: dict[str, Path], tmp_path: Path, name: str, kind: str
) -> None:
    path = tmp_path / "ours.gguf"
    if "-" in name:
        gguf_export.write_adapter(path, Adapter.open(places[name]), base_of(places, name), kind=kind)
    else:
        gguf_export.write_model(path, Checkpoint.open(places[name]), places[name], kind=kind)
    ours, theirs = reference.digest(path), KNOWN[f"{name}-{kind}"]
    assert ours["tensors"] == theirs["tensors"]
    assert ours["keys"] == theirs["keys"]
    assert ours["sha256"] == theirs["sha256"]


def test_a_name_of_ours_changes_nothing_but_names(places: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "named.gguf"
    gguf_export.write_model(path, Checkpoint.open(places["qwen3"]), places["qwen3"], "ours", "F16")
    ours, theirs = reference.digest(path), KNOWN["qwen3-F16"]
    assert ours["tensors"] == theirs["tensors"]
    different = {key for key in theirs["keys"] if ours["keys"].get(key) != theirs["keys"][key]}
    card = {"license", "tags", "languages"}
    assert {key.removeprefix("general.") for key in different} <= {"name", "basename", "size_label", *card}
    assert ours["keys"]["general.name"] == ["STRING", "ours"]


@pytest.fixture(scope="module", params=["qwen2", "qwen3"])
def exported(
    request: pytest.FixtureRequest, tiny: FromNothing, tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with a random base, a random adapter and their GGUF files."""
    import torch
    from peft import LoraConfig, get_peft_model

    folder = tmp_path_factory.mktemp(request.param)
    model = base.fresh(base.configuration(request.param, tiny.shape, tokenizer.size), 1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    model.save_pretrained(str(folder / "base"))
    tokenizer.save(folder / "base")
    settings = LoraConfig(
        r=32,
        lora_alpha=16,
        use_rslora=True,
        init_lora_weights=False,
        target_modules=["q_proj", "o_proj", "down_proj"],
        alpha_pattern={"down_proj": 24},
    )
    get_peft_model(model, settings).save_pretrained(str(folder / "adapter"))
    checkpoint, adapter = Checkpoint.open(folder / "base"), Adapter.open(folder / "adapter")
    for role, source in (("base", checkpoint), ("merged", Merged(checkpoint, adapter))):
        gguf_export.write_model(folder / f"{role}-f16.gguf", source, folder / "base", "random")
        quantize.quantize(folder / f"{role}-f16.gguf", folder / f"{role}.gguf", "Q8_0", threads=1)
    gguf_export.write_adapter(folder / "adapter-f16.gguf", adapter, checkpoint, "random", "F16")
    gguf_export.write_adapter(folder / "adapter.gguf", adapter, checkpoint, "random", "Q8_0")
    return folder


@pytest.mark.parametrize(
    ("model", "adapter", "bound"),
    [
        ("base-f16.gguf", "adapter-f16.gguf", verify.F16.largest),
        ("base.gguf", "adapter.gguf", verify.Q8_0.largest),
        ("merged-f16.gguf", None, verify.F16.largest),
        ("merged.gguf", None, verify.Q8_0.largest),
    ],
)
def test_exported_files_give_the_logits_pytorch_gives(
    exported: Path, model: str, adapter: str | None, bound: float
) -> None:
    wanted_of = logits.of_torch(exported / "base", exported / "adapter")
    given = logits.of_llama(exported / model, exported / adapter if adapter else None)
    bare = logits.of_llama(exported / "base-f16.gguf", None)
    generator = np.random.default_rng(1)
    for length in (1, 17, 300):
        ids = generator.integers(0, 1000, length).tolist()
        wanted = wanted_of(ids)
        assert logits.deviation(wanted, given(ids)) < bound
        assert logits.deviation(wanted, bare(ids)) > 2 * bound


def test_llama_cpp_and_our_tokenizer_split_every_text_alike(exported: Path, tokenizer: Tokenizer) -> None:
    odd = verify.odd_texts(1000, 5, ["No effusion. 12 mm."])
    assert verify.disagreements(tokenizer, exported / "base.gguf", odd) == []


def test_a_merge_equals_peft(exported: Path, tmp_path: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    merge(exported / "base", exported / "adapter", tmp_path / "merged")
    ours = AutoModelForCausalLM.from_pretrained(str(tmp_path / "merged")).state_dict()
    model = AutoModelForCausalLM.from_pretrained(str(exported / "base"))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    theirs = PeftModel.from_pretrained(model, str(exported / "adapter")).merge_and_unload().state_dict()
    assert ours.keys() == theirs.keys()
    changed = 0
    for name, tensor in theirs.items():
        assert (ours[name] - tensor).abs().max() <= 1e-5 * tensor.abs().max(), name
        changed += bool((ours[name] != before[name]).any())
    assert changed == 3 * model.config.num_hidden_layers


@pytest.mark.parametrize(
    "settings",
    [
        {"use_rslora": True},
        {"rank_pattern": {"mlp.up_proj": 8}},
        {"alpha_pattern": {"k_proj": 5, r"layers\.1\..*down_proj": 9}},
        {"use_rslora": True, "rank_pattern": {"q_proj": 8}, "alpha_pattern": {"q_proj": 40}},
    ],
)
def test_scales_and_patterns_are_pefts(places: dict[str, Path], tmp_path: Path, settings: dict[str, object]) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    folder = checkpoints.adapter(tmp_path / "adapter", places["qwen2"], rank=16, **settings)
    merge(places["qwen2"], folder, tmp_path / "merged")
    model = AutoModelForCausalLM.from_pretrained(str(places["qwen2"]))
    theirs = PeftModel.from_pretrained(model, str(folder)).merge_and_unload().state_dict()
    ours = AutoModelForCausalLM.from_pretrained(str(tmp_path / "merged")).state_dict()
    for name, tensor in theirs.items():
        assert (ours[name] - tensor).abs().max() <= 1e-5 * tensor.abs().max(), name


def test_a_bf16_base_keeps_its_type_and_its_files(places: dict[str, Path], tmp_path: Path) -> None:
    before = Checkpoint.open(places["qwen3"])
    after = Checkpoint.open(merge(places["qwen3"], places["qwen3-lora"], tmp_path / "merged"))
    assert [shard.name for shard in after.shards] == [shard.name for shard in before.shards]
    assert after.dtypes == before.dtypes
    assert after.size == pytest.approx(before.size, rel=0.01)
    exact = Merged(before, Adapter.open(places["qwen3-lora"]))
    for (name, wanted), (_, given) in zip(exact.each(), after.each(), strict=True):
        assert (wanted.float().to(given.dtype) == given).all(), name
    assert (tmp_path / "merged" / "tokenizer.json").is_file()


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"use_dora": True}, "DoRA"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"fan_in_fan_out": True}, "fan_in_fan_out"),
        ({"bias": "all"}, "biases"),
        ({"init_lora_weights": "pissa"}, "pissa"),
        ({"peft_type": "LOHA"}, "LOHA"),
        ({"r": 8}, "says 8"),
    ],
)
def test_adapters_that_cannot_be_added_are_refused(
    places: dict[str, Path], tmp_path: Path, settings: dict[str, object], word: str
) -> None:
    folder = checkpoints.adapter(tmp_path / "adapter", places["qwen2"], **settings)
    with pytest.raises(BadInput, match=word):
        Adapter.open(folder)


def test_trained_embeddings_and_other_bases_are_refused(places: dict[str, Path], tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    with pytest.raises(BadInput, match=r"another base.*192 x 256, the base's 128"):
        Adapter.open(places["qwen3-lora"]).fit(Checkpoint.open(places["qwen2"]))
    folder = checkpoints.adapter(tmp_path / "a", places["qwen2"])
    name = "base_model.model.model.embed_tokens.lora_embedding_A"
    save_file({name: np.zeros((4, 4), np.float32)}, str(folder / "adapter_model.safetensors"))
    with pytest.raises(BadInput, match="embedding"):
        Adapter.open(folder)


@pytest.mark.parametrize(
    ("lost", "word"),
    [
        ("config.json", "no Hugging Face checkpoint"),
        ("tokenizer.json", "copy it from the base"),
        ("model-00002-of-00002.safetensors", "is missing"),
    ],
)
def test_a_missing_file_is_one_sentence(
    places: dict[str, Path], tmp_path: Path, lost: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "base"
    shutil.copytree(places["qwen3"], folder)
    (folder / lost).unlink()
    assert main(["export", "--base", str(folder), "--out", str(tmp_path / "out")]) == 2
    shown = capsys.readouterr().err
    assert lost in shown
    assert word in shown
    assert not list((tmp_path / "out").glob("*"))


def test_a_cut_off_file_is_one_sentence(places: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(places["qwen2"], tmp_path / "base")
    path = tmp_path / "base" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadInput, match="copy it again"):
        Checkpoint.open(tmp_path / "base")


def test_a_weight_beyond_f16_is_refused_and_leaves_no_file(places: dict[str, Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    shutil.copytree(places["qwen2"], tmp_path / "base")
    path = tmp_path / "base" / "model.safetensors"
    weights = load_file(str(path))
    weights["model.layers.1.mlp.up_proj.weight"][0, 0] = 1e6
    save_file(weights, str(path), metadata={"format": "pt"})
    checkpoint = Checkpoint.open(tmp_path / "base")
    with pytest.raises(BadInput, match="BF16"):
        gguf_export.write_model(tmp_path / "m.gguf", checkpoint, tmp_path / "base")
    assert not list(tmp_path.glob("m.gguf*"))


def test_plain_folders_are_merged_exported_and_quantised(places: dict[str, Path], tmp_path: Path) -> None:
    base, adapter, out = str(places["qwen2"]), str(places["qwen2-lora"]), tmp_path / "out"
    assert main(["merge", "--base", base, "--adapter", adapter, "--out", str(tmp_path / "merged")]) == 0
    assert main(["export", "--base", base, "--adapter", adapter, "--out", str(out), "--as", "F32"]) == 0
    assert {path.name for path in out.iterdir()} == {"base.gguf", "adapter.gguf", "merged.gguf"}
    small = out / "small.gguf"
    assert main(["quantize", "--from", str(out / "merged.gguf"), "--to", str(small), "--as", "Q4_K_M"]) == 0
    assert 0 < small.stat().st_size < (out / "merged.gguf").stat().st_size / 4
    gguf_export.write_model(tmp_path / "m.gguf", Checkpoint.open(tmp_path / "merged"), tmp_path / "merged", kind="F32")
    folded, direct = reference.digest(tmp_path / "m.gguf"), reference.digest(out / "merged.gguf")
    assert folded["tensors"] == direct["tensors"]


def test_a_tensor_without_a_place_is_refused() -> None:
    with pytest.raises(BadInput, match="rotary"):
        gguf_export.tensor_name("model.layers.0.self_attn.rotary.weight")


def test_other_architectures_are_refused() -> None:
    with pytest.raises(BadInput, match="llama"):
        gguf_export.Decoder.of({"model_type": "llama"})


@pytest.mark.parametrize(("kind", "word"), [("Q3_X", "Q3_X"), ("IQ2_XS", "importance")])
def test_a_quantisation_that_cannot_be_made_is_named(tmp_path: Path, kind: str, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        quantize.quantize(tmp_path / "a", tmp_path / "b", kind)


def test_what_is_no_gguf_file_is_not_quantised(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("no model")
    with pytest.raises(BadInput, match="no GGUF"):
        quantize.quantize(tmp_path / "a", tmp_path / "b", "Q8_0")
