"""Variants of LoRA compared: on a tiny base that knows nothing, and the arithmetic of the table by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finetune import base, compare, recipe, rows
from finetune.compare import Budget, Result
from finetune.corpus.case import Case
from finetune.pipeline import Run
from finetune.ragged import Ragged
from finetune.recipe import FromNothing
from finetune.tokenizer import Tokenizer
from radlite_tui.errors import BadInput


@pytest.fixture(scope="module")
def run(
    tiny: FromNothing, tokenizer: Tokenizer, example_cases: list[Case], tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """A run's folder with rows and a random base."""
    made = Run(tiny, tmp_path_factory.mktemp("compare"), lambda line: None)
    tokenizer.save(made.folder / "tokenizer")
    held, _ = rows.encode(example_cases, tokenizer, tiny.adapter.context)
    held.save(made.data / "adapter.npz")
    held.save(made.data / "validation.npz")
    (made.data / "data.json").write_text("{}\n")
    model = base.fresh(base.configuration("qwen2", tiny.shape, tokenizer.size), 1)
    model.save_pretrained(str(made.base("qwen2")))
    return made


def test_every_variant_is_trained_once_and_the_table_goes_into_its_document(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "training.md"
    document.write_text(f"before\n{compare.BEGIN}\nold\n{compare.END}\nafter\n")
    assert compare.report(run, "qwen2", "lora, pissa", Budget(rows=4, seeds=2), document) == 0
    shown = capsys.readouterr().out
    assert document.read_text() == f"before\n{compare.BEGIN}\n{shown}{compare.END}\nafter\n"
    assert "4 rows, 2 seeds" in shown
    assert "| lora | none |" in shown
    assert '| pissa | `init = "pissa"` |' in shown
    results = sorted((run.folder / "compare").rglob("result.json"))
    assert [path.parent.name for path in results] == ["seed-1", "seed-2"] * 2
    before = [path.stat().st_mtime_ns for path in results]
    compare.report(run, "qwen2", "lora,pissa", Budget(rows=4, seeds=2))
    assert [path.stat().st_mtime_ns for path in results] == before
    assert capsys.readouterr().out == shown


def test_a_result_of_another_base_is_not_taken_for_this_one(run: Run) -> None:
    ground = compare.Ground.of(run, "qwen2", 4)
    settings = ground.adapter
    assert ground.made_of(settings) == compare.Ground.of(run, "qwen2", 4).made_of(settings)
    assert ground.made_of(settings) != ground.made_of(replace(settings, rank=64))
    assert ground.made_of(settings) != replace(ground, train=Ragged.of([[1]], answer=[0], task=[0])).made_of(settings)


def test_exactness_needs_every_token_of_an_answer_and_tasks_count_alike() -> None:
    """A model that always wants the token after the last one."""
    import torch

    class Successor(torch.nn.Module):
        def forward(self, input_ids: Any, use_cache: bool) -> Any:
            logits = 8.0 * torch.nn.functional.one_hot((input_ids + 1) % 50, 50).float()
            return type("Output", (), {"logits": logits})()

    held = Ragged.of([[1, 9, 10, 11], [5, 6, 7], [5, 6, 9], [3, 4]], answer=[2, 1, 1, 1], task=[0, 1, 1, 1])
    loss, exact = compare.scored(Successor(), held)
    assert exact == pytest.approx((1 + 2 / 3) / 2)
    right = float(np.log(1 + 49 * np.exp(-8.0)))
    wrong = right + 8.0
    assert loss == pytest.approx((right + (right + (right + wrong) / 2 + right) / 3) / 2, rel=1e-4)


def test_differences_are_taken_seed_by_seed() -> None:
    def result(variant: str, seed: int, loss: float) -> Result:
        return Result(variant, seed, loss, 0.5, 10, 1.0, "")

    plain = [result("lora", 1, 1.0), result("lora", 2, 3.0)]
    lines = compare.table([*plain, result("dora", 1, 1.1), result("dora", 2, 3.1)])
    spread = compare.quantile(2) * 2**0.5 / 2**0.5
    assert f"| 2.000 ± {spread:.3f} |" in lines[2]
    assert "| +0.100 ± 0.000 | +0.000 ± 0.000 |" in lines[3]
    assert compare.quantile(2) == pytest.approx(12.706, abs=1e-3)
    assert compare.interval([1.0, 2.0, 3.0]) == pytest.approx((2.0, 4.303 / 3**0.5), abs=1e-3)


@pytest.mark.parametrize(
    ("variants", "budget", "said"),
    [
        ("lora,qora", Budget(4, 2), "no variant 'qora'; the variants are lora, "),
        ("lora", Budget(4, 1), "--seeds is 1; it must be 2 or more"),
        ("lora", Budget(0, 2), "--rows is 0; it must be 1 or more"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(variants: str, budget: Budget, said: str, run: Run) -> None:
    with pytest.raises(BadInput, match=said):
        compare.report(run, "qwen2", variants, budget)


def test_a_recipe_without_a_trained_base_of_its_own_is_refused(run: Run, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="somebody else's"):
        compare.report(replace(run, recipe=recipe.load("qwen3-4b")), "qwen3", "", Budget(4, 2))
    with pytest.raises(BadInput, match="There is no base in"):
        compare.report(replace(run, folder=tmp_path), "qwen2", "", Budget(4, 2))
    (tmp_path / "x.md").write_text("no markers")
    with pytest.raises(BadInput, match="has no lines"):
        compare.report(run, "qwen2", "", Budget(4, 2), tmp_path / "x.md")


def test_variants_change_what_they_say(run: Run) -> None:
    ground = compare.Ground.of(run, "qwen2", 4)
    counts = {}
    for name in ("lora", "rank-128", "mlp", "attention", "dora"):
        counts[name] = compare.trained(replace(ground.adapter, **compare.VARIANTS[name]), ground.model())
    assert counts["mlp"] + counts["attention"] == counts["lora"]
    assert counts["rank-128"] == 4 * counts["lora"]  # the tiny recipe's rank is 32
    assert counts["dora"] > counts["lora"]
