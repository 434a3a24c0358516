"""Adapters on somebody else's base: tiny random checkpoints of both architectures, a set of our own cases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finetune import base, feeding, lora, recipe, tuning
from finetune.__main__ import main
from finetune.corpus import assemble
from finetune.corpus.source import Library
from finetune.ragged import Ragged
from finetune.recipe import FromBase, FromNothing
from finetune.tokenizer import Tokenizer
from radlite_tui.errors import BadInput
from radlite_tui.tasks import TAGS

ROOT = Path(__file__).parents[2]
NAMES = {"qwen2": "qwen2.5-3b", "qwen3": "qwen3-4b"}
CONTEXT = 200
MIX = f"seed = 1\ncontext = {CONTEXT}\nlength = 24\nepochs = 2\n" + "".join(
    f"[tasks.{tag}]\nrows = 4\nweight = 1.0\n" for tag in TAGS
)
SMALL = {
    "rank = 64": "rank = 32",
    "batch = 16 ": "batch = 4 ",
    "epochs = 1": "epochs = 2",
    "context = 2048": f"context = {CONTEXT}",
    "dropout = 0.05": "dropout = 0.0",
    "rate = 1e-4": "rate = 1e-2",
    "evaluations = 10": "evaluations = 1",
    "validation = 64": "validation = 2",
}


@pytest.fixture(scope="module")
def checkpoints(tokenizer: Tokenizer, tiny: FromNothing, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A random checkpoint of each architecture, saved as transformers does; Qwen3's vocabulary knows thinking."""
    folders = {}
    for architecture in NAMES:
        folders[architecture] = folder = tmp_path_factory.mktemp(architecture)
        own = Tokenizer(type(tokenizer.raw).from_str(tokenizer.raw.to_str()))
        if architecture == "qwen3":
            own.raw.add_special_tokens(["<think>", "</think>"])
        own.raw.encode_special_tokens = True
        own.save(folder)
        base.fresh(base.configuration(architecture, tiny.shape, own.size), 1).save_pretrained(str(folder))
    return folders


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set built from generated cases, six a task."""
    folder = tmp_path_factory.mktemp("built")
    plan = assemble.Plan(Library(folder / "none"), (assemble.SYNTHETIC,), synthetic=6)
    assemble.build(plan, folder / "set", lambda line: None)
    return folder / "set"


def written(folder: Path, architecture: str, **changes: str) -> Path:
    """The shipped recipe of an architecture made small, with its mix beside it."""
    text = (recipe.RECIPES / f"{NAMES[architecture]}.toml").read_text(encoding="utf-8")
    (folder / "mix.toml").write_text(MIX, encoding="utf-8")
    for old, new in {**SMALL, 'mix = "paper"': f'mix = "{folder / "mix.toml"}"', **changes}.items():
        assert old in text
        text = text.replace(old, new)
    path = folder / "small.toml"
    path.write_text(text, encoding="utf-8")
    return path


def trained(folder: Path, architecture: str, checkpoint: Path, rows: Path, **changes: str) -> Path:
    """The folder of an adapter trained by the command line."""
    path = written(folder, architecture, **changes)
    words = ["--recipe", str(path), "--out", str(folder / "run"), "--base", str(checkpoint), "--set", str(rows)]
    assert main(["train", *words]) == 0
    return folder / "run" / architecture / "adapter" / "final"


@pytest.mark.parametrize("architecture", ["qwen2", "qwen3"])
def test_the_shipped_recipes_train_an_adapter_with_its_manifest(
    architecture: str, checkpoints: dict[str, Path], built: Path, tmp_path: Path
) -> None:
    final = trained(tmp_path, architecture, checkpoints[architecture], built)
    settings = json.loads((final / "adapter_config.json").read_text())
    assert (settings["r"], settings["lora_alpha"]) == (32, 128.0)
    assert sorted(settings["target_modules"]) == sorted(recipe.TARGETS["all"])
    facts = json.loads((final / "training.json").read_text())
    counted = json.loads((tmp_path / "run" / "data" / "data.json").read_text())
    assert sum(counted["rows_too_long"].values()) > 0
    assert set(facts["data"]["set"]) == {"train", "validation", "test"}
    assert len(facts["data"]["epochs"]) == 2
    assert facts["losses"]["stage-1"].keys() > {"train"}
    assert facts["code"]["revision"] is None or len(facts["code"]["revision"]) == 40
    assert (final / "losses.png").read_bytes()[:4] == b"\x89PNG"
    assert list((final.parent / "stage-1" / "tensorboard").glob("events*"))
    rows = Ragged.load(tmp_path / "run" / "data" / "adapter.npz")
    assert int(rows.lengths().max()) <= CONTEXT
    if architecture == "qwen3":
        assert_no_thinking(rows, Tokenizer.load(checkpoints[architecture]))


def assert_no_thinking(rows: Ragged, words: Tokenizer) -> None:
    """The empty block of thinking ends every prompt and is in no answer."""
    thought = [words.control("<think>"), *words.text("\n\n"), words.control("</think>"), *words.text("\n\n")]
    for number in range(len(rows)):
        start = int(rows.marks["answer"][number])
        assert rows[number][:start].tolist()[-len(thought) :] == thought
        assert words.control("<think>") not in rows[number][start:]


@pytest.mark.parametrize("architecture", ["qwen2", "qwen3"])
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_packed_rows_do_not_see_each_other(architecture: str, attention: str, checkpoints: dict[str, Path]) -> None:
    import torch
    from transformers import AutoModelForCausalLM
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    generator = np.random.default_rng(1)
    rows = Ragged.of(
        [generator.integers(0, 900, n).tolist() for n in (40, 23, 61, 9, 100)], answer=[4] * 5, task=[0] * 5
    )
    model = AutoModelForCausalLM.from_pretrained(str(checkpoints[architecture]), attn_implementation=attention)
    together = feeding.packed(rows, range(5), 128, 1)
    assert sorted(len(lengths) for lengths in together["seq_lengths"]) == [2, 3]
    batch = DataCollatorForLanguageModeling(pad_token_id=0, padding_free=True)(list(together))
    labels = batch.pop("labels")[0]
    alone = {tuple(rows[n].tolist()): n for n in range(5)}
    with torch.no_grad():
        logits = model(**batch).logits[0]
        start = 0
        for length in [n for lengths in together["seq_lengths"] for n in lengths]:
            ids = batch["input_ids"][0, start : start + length]
            assert tuple(ids.tolist()) in alone
            apart = model(input_ids=ids[None]).logits[0]
            assert torch.allclose(logits[start : start + length], apart, atol=1e-5)
            assert labels[start : start + 4].tolist() == [-100] * 4
            assert labels[start + 4 : start + length].tolist() == ids[4:].tolist()
            start += length
    assert start == 233


def test_packing_cuts_no_row() -> None:
    rows = Ragged.of([[1] * 20, [2] * 30], answer=[4, 4], task=[0, 0])
    with pytest.raises(BadInput, match="30 tokens does not fit the context of 29"):
        feeding.packed(rows, [0, 1], 29, 1)


def test_a_packed_step_has_the_loss_of_its_rows_apart(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    generator = np.random.default_rng(2)
    rows = Ragged.of([generator.integers(0, 900, 20 + n).tolist() for n in range(8)], answer=[9] * 8, task=[0] * 8)
    tokenizer = Tokenizer.load(checkpoints["qwen3"]).fast()
    losses = []
    for packing in (True, False):
        settings = replace(
            small("qwen3").adapter, packing=packing, batch=8, device_batch=8, gradient_checkpointing=False
        )
        model = AutoModelForCausalLM.from_pretrained(str(checkpoints["qwen3"]))
        stage = lora.Stage(settings, 1e-3, (range(8),), 1)
        run = lora.trainer(stage, model, tokenizer, lora.Rows(rows), tmp_path, print)
        batch = next(iter(run.get_train_dataloader()))
        losses.append(run.compute_loss(run.model, batch).item())
    assert abs(losses[0] - losses[1]) < 2e-3  # bfloat16 products of different shapes


def small(architecture: str) -> FromBase:
    found = recipe.load(NAMES[architecture])
    assert isinstance(found, FromBase)
    return found


def curve(folder: Path) -> list[float]:
    lines = (folder.parent / "stage-1" / "log.jsonl").read_text().splitlines()
    return [json.loads(line)["loss"] for line in lines if "loss" in json.loads(line)]


def test_two_processes_learn_as_one_does(checkpoints: dict[str, Path], built: Path, tmp_path: Path) -> None:
    """Over gloo, with the shipped configuration; the same batches, so the same losses but for the order of sums."""
    from safetensors.numpy import load_file

    (tmp_path / "one").mkdir()
    one = trained(tmp_path / "one", "qwen2", checkpoints["qwen2"], built)
    path = written(tmp_path, "qwen2")
    command = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", "finetune/launch/ddp.yaml"]
    command += ["--main_process_port", "0", "-m", "finetune", "train", "--recipe", str(path)]
    command += ["--out", str(tmp_path / "two"), "--base", str(checkpoints["qwen2"]), "--set", str(built)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr
    two = tmp_path / "two" / "qwen2" / "adapter" / "final"
    assert json.loads((two / "training.json").read_text())["hardware"]["processes"] == 2
    assert len(curve(one)) >= 5
    assert curve(two) == pytest.approx(curve(one), abs=2e-3)
    theirs = load_file(one / "adapter_model.safetensors")
    for name, weights in load_file(two / "adapter_model.safetensors").items():
        assert np.abs(weights - theirs[name]).mean() < 2e-3, name


def test_a_batch_is_shared_out_or_refused() -> None:
    settings = small("qwen2").adapter
    assert lora.shares(settings, 1) == (1, 16)
    assert lora.shares(settings, 8) == (1, 2)
    assert lora.shares(replace(settings, device_batch=0), 4) == (4, 1)
    with pytest.raises(BadInput, match="cannot be shared out over 3 processes"):
        lora.shares(settings, 3)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quantization": "8bit"}, "quantization is '8bit'; it must be one of none, 4bit"),
        ({"targets": "heads"}, "targets is 'heads'; it must be one of all, attention, mlp"),
        ({"schedule": "wave"}, "schedule is 'wave'"),
        ({"qlora": True}, "unknown key qlora"),
        ({"rank": 48}, "rank must be a multiple of 32"),
        ({"rank": "64"}, "rank is '64'; it must be a whole number"),
        ({"use_dora": 1}, "use_dora is 1; it must be true or false"),
        ({"alpha": True}, "alpha is True; it must be a number"),
        ({"init": "pizza"}, "init is 'pizza'; it must be one of default, gaussian"),
        ({"rate": 0}, "rate is 0; it must be above 0"),
        ({"dropout": 1.0}, "dropout is 1.0; it must be at least 0 and below 1"),
        ({"epochs": 0}, "epochs is 0; it must be above 0"),
        ({"device_batch": 3}, "batch must be at least 1 and a multiple of device_batch"),
        ({"attention": 3}, "attention is 3; it must be text in quotes"),
    ],
)
def test_a_value_that_is_none_is_named(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    section = "pretrained" if changes.keys() & {"quantization", "attention"} else "adapter"
    line = f"[{section}]"
    text = (recipe.RECIPES / "qwen3-4b.toml").read_text(encoding="utf-8")
    for key, value in changes.items():
        lines = [part for part in text.splitlines() if not part.startswith(f"{key} =")]
        text = "\n".join(lines).replace(line, f"{line}\n{key} = {json.dumps(value)}")
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"mine\.toml") as caught:
        recipe.load(str(path))
    assert said in str(caught.value)
    assert section in str(caught.value)


def test_a_base_that_is_not_the_recipes_is_refused(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    wanted = small("qwen3")
    with pytest.raises(BadInput, match="is a qwen2; the recipe qwen3-4b is for qwen3"):
        tuning.folder(tuning.given(wanted, str(checkpoints["qwen2"]), None))
    with pytest.raises(BadInput, match=r"has no config.json; give --base"):
        tuning.folder(tuning.given(wanted, str(tmp_path), None))
    with pytest.raises(BadInput, match="leave --base and --set out"):
        tuning.given(recipe.load("smoke"), str(tmp_path), None)


def test_a_base_that_cannot_be_had_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(BadInput, match=r"nobody/nothing is no folder here and cannot be had .*; give --base"):
        tuning.folder(tuning.given(small("qwen3"), "nobody/nothing", None))


def test_rows_that_are_not_there_or_too_long_are_a_sentence(
    checkpoints: dict[str, Path], built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, "qwen2")
    words = ["train", "--recipe", str(path), "--out", str(tmp_path / "run"), "--base", str(checkpoints["qwen2"])]
    assert main([*words, "--set", str(tmp_path / "none")]) == 2
    assert "There is no built set in" in capsys.readouterr().err
    path.write_text(path.read_text().replace(f"context = {CONTEXT}", f"context = {CONTEXT - 1}"))
    assert main([*words, "--set", str(built)]) == 2
    assert f"takes rows of {CONTEXT} tokens and [adapter] context of small is {CONTEXT - 1}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"targets": "mlp"}, recipe.MLP),
        ({"targets": "attention"}, recipe.ATTENTION),
        ({"use_rslora": True, "use_dora": True, "init": "pissa"}, recipe.TARGETS["all"]),
    ],
)
def test_options_reach_peft(settings: dict[str, Any], said: tuple[str, ...]) -> None:
    made = lora.config(replace(small("qwen2").adapter, **settings))
    assert made.target_modules == set(said)
    assert made.use_rslora == settings.get("use_rslora", False)
    assert made.use_dora == settings.get("use_dora", False)
    assert made.init_lora_weights == settings.get("init", True)
    assert made.lora_dropout == 0.05


def test_four_bits_need_a_gpu_and_say_so(checkpoints: dict[str, Path]) -> None:
    wanted = small("qwen2")
    quantised = replace(wanted, pretrained=replace(wanted.pretrained, quantization="4bit"))
    with pytest.raises(BadInput, match=r"needs bitsandbytes|needs a CUDA GPU"):
        tuning.model(quantised, checkpoints["qwen2"])
