"""Adapter rows and their order: what carries loss, what comes when, what is left out."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from finetune import base, documents, feeding, lora, mixture, rows
from finetune.corpus.case import Case
from finetune.ragged import Ragged
from finetune.recipe import FromNothing
from finetune.tokenizer import Tokenizer
from radlite_tui.segments import IM_END, Text
from radlite_tui.tasks import Mode, get
from radlite_tui.tasks.prompt import prompt


def test_only_answer_tokens_carry_loss(
    example_cases: list[Case], tokenizer: Tokenizer, tiny: FromNothing, tmp_path: Path
) -> None:
    answers, _ = rows.encode(example_cases, tokenizer, 2048)
    model = base.fresh(base.configuration("qwen3", tiny.shape, tokenizer.size), 1)
    order = feeding.sequence(answers, tiny.adapter, 1)
    stage = lora.Stage(tiny.adapter, 1e-3, (order,), 1)
    trainer = lora.trainer(stage, model, tokenizer.fast(), lora.Rows(answers), tmp_path, print)
    seen = 0
    for batch in trainer.get_train_dataloader():
        for ids, labels in zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True):
            index = order[seen]
            row, answer = answers[index].tolist(), int(answers.marks["answer"][index])
            assert ids[: len(row)] == row
            assert labels[: len(row)] == [-100] * answer + row[answer:]
            assert all(label == -100 for label in labels[len(row) :])
            seen += 1
    assert seen == tiny.adapter.rows


def test_a_row_is_the_live_prompt_and_the_canonical_answer(example_cases: list[Case], tokenizer: Tokenizer) -> None:
    for case in example_cases:
        task = get(case.task)
        row = rows.row(case, tokenizer)
        assert row.ids[: row.answer] == tokenizer.encode(prompt(task, Mode.FINE_TUNED, case.report, case.words))
        assert row.ids[-1] == tokenizer.control(IM_END)
        assert tokenizer.decode(row.ids[row.answer :]) == task.render(case.gold)


def test_rows_over_the_context_are_counted_and_left_out(example_cases: list[Case], tokenizer: Tokenizer) -> None:
    longest = max(len(rows.row(case, tokenizer).ids) for case in example_cases)
    kept, dropped = rows.encode(example_cases, tokenizer, longest - 1)
    assert len(kept) == len(example_cases) - 1
    assert sum(dropped.values()) == 1
    assert int(kept.lengths().max()) < longest


def test_the_mixture_depends_on_its_seed_alone() -> None:
    sizes, weights = {"a": 5, "b": 50}, {"a": 1.0, "b": 3.0, "absent": 9.0}
    assert mixture.order(sizes, weights, 40, 1) == mixture.order(sizes, weights, 40, 1)
    assert mixture.order(sizes, weights, 40, 1) != mixture.order(sizes, weights, 40, 2)


def test_the_mixture_keeps_weights_and_uses_every_item_before_one_comes_again() -> None:
    picks = mixture.order({"a": 5, "b": 50}, {"a": 1.0, "b": 3.0}, 40, 1)
    of_a = [item for name, item in picks if name == "a"]
    assert len(of_a) == 10
    assert sorted(of_a[:5]) == sorted(of_a[5:]) == [0, 1, 2, 3, 4]


def test_batches_hold_rows_of_like_length(tiny: FromNothing) -> None:
    made = Ragged.of([[1] * (5 + n % 40) for n in range(400)], answer=[4] * 400, task=[0] * 400)
    adapter = replace(tiny.adapter, rows=256, batch=8, mixture={rows.TASKS[0]: 1.0})
    order = feeding.sequence(made, adapter, 3)
    spans = [made.lengths()[order[i : i + 8]] for i in range(0, 256, 8)]
    assert max(int(span.max() - span.min()) for span in spans) < 10
    assert len(set(order)) == 256


def test_a_resumed_base_run_ends_where_an_unbroken_one_does(tiny: FromNothing, tmp_path: Path) -> None:
    import torch

    steady = replace(tiny, base=replace(tiny.base, warmup=1e-9, decay=1e-9, mixture={"chat": 1.0}))
    generator = np.random.default_rng(1)
    made = Ragged.of([generator.integers(0, 900, 60).tolist() for _ in range(500)], kind=[0] * 500)
    packed = base.rows_of(steady, made, ["chat"], 1)
    half = base.Rows(packed.tokens[: 4 * tiny.base.batch], packed.documents[: 4 * tiny.base.batch], 0)
    base.train(steady, "qwen2", tmp_path / "whole", packed, 1024, 1)
    base.train(steady, "qwen2", tmp_path / "broken", half, 1024, 1)
    shutil.rmtree(tmp_path / "broken" / "final")
    base.train(steady, "qwen2", tmp_path / "broken", packed, 1024, 1)
    ends = [torch.load(tmp_path / run / "checkpoint.pt", weights_only=True) for run in ("whole", "broken")]
    assert ends[0]["step"] == ends[1]["step"] == 8
    for name, weight in ends[0]["model"].items():
        assert torch.equal(weight, ends[1]["model"][name]), name


def test_queries_and_keys_without_a_norm_learn_slower(tiny: FromNothing) -> None:
    rates: dict[str, dict[str, float]] = {}
    for architecture in ("qwen2", "qwen3"):
        model = base.fresh(base.configuration(architecture, tiny.shape, 512), 1)
        names = {id(parameter): name for name, parameter in model.named_parameters()}
        groups = [group for tool in base.optimizers(model, tiny.base) for group in tool.param_groups]
        rates[architecture] = {names[id(p)]: group["lr"] for group in groups for p in group["params"]}
        assert len(rates[architecture]) == len(names)
    slow = {
        name for name, rate in rates["qwen2"].items() if rate not in (tiny.base.matrix_rate, tiny.base.embedding_rate)
    }
    assert slow == {name for name in rates["qwen2"] if "q_proj" in name or "k_proj" in name}
    assert set(rates["qwen3"].values()) == {tiny.base.matrix_rate, tiny.base.embedding_rate}


def test_no_document_is_predicted_from_the_one_before() -> None:
    rows_ = base.pack(Ragged.of([[1, 2, 3], [4, 5]]), [0, 1], 6, 1)
    tokens, labels, weights = base._tensors(rows_, slice(0, 1), 0.5)
    assert tokens.tolist() == [[1, 2, 3, 4, 5, 0]]
    assert weights.tolist() == [[0.5, 0.5, 0.0, 0.5, 0.0, 0.0]]
    assert labels[0, :2].tolist() == [2, 3]


def test_answers_weigh_more_than_reports(example_cases: list[Case], tokenizer: Tokenizer) -> None:
    written = list(documents.conversations(example_cases, 1))
    stored = documents.encode(written, tokenizer)
    for number, document in enumerate(written):
        row = stored[number]
        answers = "".join(part.text for part, answer in document.parts if answer and isinstance(part, Text))
        assert tokenizer.decode([int(t) & (documents.ANSWER - 1) for t in row if t & documents.ANSWER]) == answers


def test_the_base_never_reads_a_task_line(example_cases: list[Case]) -> None:
    for document in documents.conversations(example_cases, 1):
        assert "[TASK:" not in document.text()


def test_documents_longer_than_a_row_are_counted_and_left_out() -> None:
    packed = base.pack(Ragged.of([[1] * 9, [2] * 4]), [0, 1], 8, 1)
    assert packed.too_long == 1
    assert packed.tokens[0].tolist() == [2] * 4 + [0] * 4


def test_the_loss_is_the_one_trl_computes(
    example_cases: list[Case], tokenizer: Tokenizer, tiny: FromNothing, tmp_path: Path
) -> None:
    """The output layer on answers alone (ours, on a CPU) against TRL's own, which computes it everywhere."""
    from trl import SFTTrainer

    answers, _ = rows.encode(example_cases, tokenizer, 2048)
    model = base.fresh(base.configuration("qwen2", tiny.shape, tokenizer.size), 1)
    stage = lora.Stage(tiny.adapter, 1e-3, (range(8),), 1)
    trainer = lora.trainer(stage, model, tokenizer.fast(), lora.Rows(answers), tmp_path, print)
    for batch in trainer.get_train_dataloader():
        count = (batch["labels"] != -100).sum()
        ours = trainer.compute_loss(trainer.model, dict(batch), num_items_in_batch=count)
        theirs = SFTTrainer.compute_loss(trainer, trainer.model, dict(batch), num_items_in_batch=count)
        assert abs(ours.item() - theirs.item()) < 1e-5
