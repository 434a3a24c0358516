"""A Hugging Face tokenizer folder as the `tokenizer.*` keys of a GGUF file, as llama.cpp's converter writes them.

May import tokenizers and gguf (inside functions) and its siblings. The ids of special tokens, the merges and the chat
template are read by `gguf.SpecialVocab`, the library's own reader.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from finetune.checkpoint import read_json
from finetune.tokenizer import SPLIT
from radlite_tui.errors import BadInput

QWEN_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How the published Qwen2, Qwen2.5 and Qwen3 tokenizers split text."""


def add(writer: Any, folder: Path, config: Mapping[str, Any]) -> None:
    """Write the vocabulary of `folder`, padded with [PADn] to the model's size. config: of config.json.

    Raises BadInput for a missing tokenizer.json, one that splits text otherwise than Qwen's, and one that is too large.
    """
    described = read_json(folder / "tokenizer.json", "copy it from the base model, whose vocabulary stays the same")
    if not splits_as_qwen(described):
        raise BadInput(f"{folder / 'tokenizer.json'} splits text otherwise than Qwen's; it cannot be exported.")
    tokens, kinds = tokens_of(folder, int(config["vocab_size"]))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    _special(folder, config, described).add_to_gguf(writer, quiet=True)


def splits_as_qwen(described: Mapping[str, Any]) -> bool:
    """Whether llama.cpp's `qwen2` pre-tokenizer splits as this tokenizer.json does."""
    before = described.get("pre_tokenizer") or {}
    steps = before.get("pretokenizers", [before])
    patterns = [step.get("pattern", {}).get("Regex") for step in steps if step.get("type") == "Split"]
    return len(patterns) == 1 and patterns[0] in (SPLIT, QWEN_SPLIT)


def tokens_of(folder: Path, size: int) -> tuple[list[str], list[int]]:
    """Token strings and their kinds in id order, filled up to `size`."""
    import gguf
    from tokenizers import Tokenizer

    raw = Tokenizer.from_file(str(folder / "tokenizer.json"))
    names = {number: token for token, number in raw.get_vocab(with_added_tokens=True).items()}
    if names and max(names) >= size:
        raise BadInput(f"The tokenizer in {folder} has {max(names) + 1} tokens but the model only {size}.")
    added = raw.get_added_tokens_decoder()
    tokens, kinds = [], []
    for number in range(size):
        token, kind = names.get(number, f"[PAD{number}]"), gguf.TokenType.NORMAL
        if number not in names:
            kind = gguf.TokenType.UNUSED
        elif number in added:
            if not added[number].normalized:
                ids = raw.encode(token, add_special_tokens=False).ids
                token = raw.decode(ids, skip_special_tokens=False)
            control = added[number].special or (token.startswith("<|") and token.endswith("|>"))
            kind = gguf.TokenType.CONTROL if control else gguf.TokenType.USER_DEFINED
        tokens.append(token)
        kinds.append(int(kind))
    return tokens, kinds


def _special(folder: Path, config: Mapping[str, Any], described: Mapping[str, Any]) -> Any:
    """Special ids, merges and chat template; the ids of config.json fill what the tokenizer does not say."""
    import gguf

    logging.getLogger("gguf").setLevel(logging.ERROR)
    special = gguf.SpecialVocab(folder, load_merges=True)
    for kind in special.special_token_types:
        number = config.get(f"{kind}_token_id")
        if isinstance(number, int) and number >= 0:
            special.special_token_ids.setdefault(kind, number)
    after = described.get("post_processor") or {}
    if any(step.get("type") == "ByteLevel" for step in after.get("processors", [after])):
        # Newer than the released gguf package: a byte-level post-processor adds no token at either end.
        special.add_special_token |= {"bos": False, "eos": False}
    return special
