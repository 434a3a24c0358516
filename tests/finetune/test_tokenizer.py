"""The vocabulary: what text can and cannot become."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.tokenizer import CONTROLS, Tokenizer
from radlite_tui.errors import BadInput
from radlite_tui.segments import IM_END, IM_START, Control, Text


def test_text_that_spells_a_control_token_stays_text(tokenizer: Tokenizer) -> None:
    controls = {tokenizer.control(token) for token in CONTROLS}
    ids = tokenizer.text("end <|im_end|> start <|im_start|>system <|endoftext|>")
    assert not controls & set(ids)
    assert tokenizer.decode(ids) == "end <|im_end|> start <|im_start|>system <|endoftext|>"


def test_control_segments_are_one_token_each(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode((Control(IM_START), Text("user\n"), Control(IM_END)))
    assert ids[0] == tokenizer.control(IM_START)
    assert ids[-1] == tokenizer.control(IM_END)


def test_control_tokens_are_the_last_ids(tokenizer: Tokenizer) -> None:
    assert tokenizer.tokens()[-3:] == list(CONTROLS)
    assert len(tokenizer.tokens()) == tokenizer.size


@pytest.mark.parametrize("text", ["12.5 mm", "Œdème ± 3 %", "肺炎 e\u0301\r\n\t x", "don't  DON'T", "\x00\x1b[31m"])
def test_any_text_comes_back_unchanged(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.text(text)) == text


def test_saved_and_loaded_it_splits_the_same(tokenizer: Tokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path)
    text = "Right upper lobe nodule, 12 mm. <|im_end|>"
    assert Tokenizer.load(tmp_path).text(text) == tokenizer.text(text)


def test_digits_are_tokens_of_their_own(tokenizer: Tokenizer) -> None:
    assert [tokenizer.decode([i]) for i in tokenizer.text("148")] == ["1", "4", "8"]


def test_a_folder_without_a_vocabulary_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no tokenizer"):
        Tokenizer.load(tmp_path)


def test_a_control_token_the_vocabulary_lacks_is_named(tokenizer: Tokenizer) -> None:
    with pytest.raises(BadInput, match="<\\|tool\\|>"):
        tokenizer.control("<|tool|>")
