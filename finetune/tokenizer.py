"""Our own byte-level BPE vocabulary, made so that llama.cpp's `qwen2` pre-tokenizer splits text exactly as ours does.

May import `tokenizers`, `transformers` (inside functions) and `radlite_tui.segments`. Text is always encoded with
special-token parsing off, here as in the engine: only a `Control` segment becomes a control token.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from radlite_tui.errors import BadInput
from radlite_tui.segments import IM_END, IM_START, Control, Segment

END_OF_TEXT = "<|endoftext|>"
CONTROLS = (END_OF_TEXT, IM_START, IM_END)

SPLIT = (
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
    r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""The split of llama.cpp's `qwen2` pre-tokenizer: one digit a token, contractions apart. No Unicode normalisation,
because llama.cpp does none."""


@dataclass(frozen=True)
class Tokenizer:
    """A trained vocabulary. Control tokens are the last three ids."""

    raw: Any

    @staticmethod
    def train(texts: Iterable[str], size: int) -> Tokenizer:
        """Learn `size` tokens (controls included) from the texts."""
        from tokenizers import AddedToken, Regex, decoders, models, pre_tokenizers, trainers
        from tokenizers import Tokenizer as Raw

        raw = Raw(models.BPE())
        raw.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
        raw.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=size - len(CONTROLS),
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        )
        raw.train_from_iterator(texts, trainer)
        raw.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in CONTROLS])
        raw.encode_special_tokens = True
        return Tokenizer(raw)

    @staticmethod
    def load(folder: Path) -> Tokenizer:
        """The vocabulary saved in a folder. Raises BadInput when there is none."""
        from tokenizers import Tokenizer as Raw

        path = folder / "tokenizer.json"
        if not path.is_file():
            raise BadInput(f"There is no tokenizer in {folder}; run `python -m finetune data` first.")
        raw = Raw.from_file(str(path))
        raw.encode_special_tokens = True
        return Tokenizer(raw)

    @staticmethod
    def of_gguf(path: Path) -> Tokenizer:
        """The vocabulary of one of our own model files."""
        import json

        from gguf import GGUFReader
        from tokenizers import Tokenizer as Raw

        fields = GGUFReader(str(path)).fields
        tokens, merges = (list(fields[f"tokenizer.ggml.{name}"].contents()) for name in ("tokens", "merges"))
        described = json.loads(Tokenizer.train((), 256 + len(CONTROLS)).raw.to_str())
        described["model"]["vocab"] = {token: i for i, token in enumerate(tokens) if token not in CONTROLS}
        described["model"]["merges"] = [merge.split(" ") for merge in merges]
        for added in described["added_tokens"]:
            added["id"] = tokens.index(added["content"])
        raw = Raw.from_str(json.dumps(described))
        raw.encode_special_tokens = True
        return Tokenizer(raw)

    def save(self, folder: Path) -> None:
        """Write it as a Hugging Face tokenizer folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.fast().save_pretrained(str(folder))

    def fast(self) -> Any:
        """The same vocabulary as transformers' tokenizer class."""
        from transformers import PreTrainedTokenizerFast

        return PreTrainedTokenizerFast(tokenizer_object=self.raw, eos_token=IM_END, pad_token=END_OF_TEXT)

    @property
    def size(self) -> int:
        """Tokens in total, controls included."""
        return int(self.raw.get_vocab_size(with_added_tokens=True))

    def control(self, token: str) -> int:
        """The id of a control token. Raises BadInput when the vocabulary lacks it."""
        number = self.raw.token_to_id(token)
        if number is None:
            raise BadInput(f"The vocabulary has no control token {token}.")
        return int(number)

    def knows(self, token: str) -> bool:
        """Whether the vocabulary has this token."""
        return self.raw.token_to_id(token) is not None

    def text(self, text: str) -> list[int]:
        """The ids of plain text, whatever it spells."""
        return list(self.raw.encode(text, add_special_tokens=False).ids)

    def worn(self, text: str, share: float, rng: random.Random) -> list[int]:
        """The ids of plain text with that share of its words cut in two, so that rare pieces are met in training."""
        cuts = [0]
        for word in re.finditer(r"\w{2,}", text):
            if rng.random() < share:
                cuts.append(rng.randrange(word.start() + 1, word.end()))
        cuts.append(len(text))
        return [token for start, end in pairwise(cuts) for token in self.text(text[start:end])]

    def encode(self, segments: Iterable[Segment]) -> list[int]:
        """The ids of segments, each encoded by itself, as the engine does."""
        ids: list[int] = []
        for segment in segments:
            ids += [self.control(segment.token)] if isinstance(segment, Control) else self.text(segment.text)
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids; control tokens are left out."""
        return str(self.raw.decode(list(ids), skip_special_tokens=True))

    def tokens(self) -> list[str]:
        """Token strings in id order, in the byte-to-character alphabet GGUF shares with tokenizer.json."""
        vocabulary = self.raw.get_vocab(with_added_tokens=True)
        return sorted(vocabulary, key=vocabulary.__getitem__)

    def merges(self) -> list[str]:
        """The merges in rank order, "left right" each."""
        import json

        merges = json.loads(self.raw.to_str())["model"]["merges"]
        return [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]
