"""Tokens the base never read get the embedding of the same word after a space, and no other token changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from finetune import base, unseen
from finetune.ragged import Ragged
from finetune.recipe import FromNothing
from finetune.tokenizer import Tokenizer


def test_an_unread_word_borrows_from_the_word_after_a_space(tiny: FromNothing, tokenizer: Tokenizer) -> None:
    ids = tokenizer.raw.get_vocab()
    spaced = {text[1:]: token for text, token in ids.items() if text.startswith(unseen.SPACE) and text[1:] in ids}
    word = sorted(spaced)[0]
    everything_else = [token for text, token in ids.items() if text != word]
    pairs = unseen.lenders(Ragged.of([everything_else]), tokenizer)
    assert pairs == {ids[word]: spaced[word]}

    model: Any = base.fresh(base.configuration("qwen2", tiny.shape, tokenizer.size), 1)
    before = model.get_input_embeddings().weight.detach().clone()
    unseen.lend(model, pairs)
    after = model.get_input_embeddings().weight
    assert (after[ids[word]] == before[spaced[word]]).all()
    changed = (after != before).any(dim=1).nonzero().flatten().tolist()
    assert changed == [ids[word]]


def test_a_word_whose_spaced_form_was_not_read_either_stays_as_it_is(tokenizer: Tokenizer, tmp_path: Path) -> None:
    assert unseen.lenders(Ragged.of([[0]]), tokenizer) == {}
