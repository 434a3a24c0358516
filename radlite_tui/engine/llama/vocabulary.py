"""Text to tokens and back, by the model's own vocabulary. Imports `library`, `faults`, `segments`.

Each `Text` segment is tokenised as a text of its own with special-token parsing off, each `Control` is looked up as
exactly one control token. So the tokens of a report do not depend on what stands around it, and nothing in it can
become a control token. Training must tokenise prompts and answers by the same segments.
"""

from __future__ import annotations

import codecs
import ctypes
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from radlite_tui.engine.llama.faults import Fault
from radlite_tui.segments import Control, Prompt


class Vocabulary:
    """The tokeniser of one model file. Safe to use from several threads while the model is loaded."""

    def __init__(self, llama: Any, model: Any, name: str) -> None:
        self._llama, self._name = llama, name
        self._vocab = llama.llama_model_get_vocab(model)
        self.size = int(llama.llama_vocab_n_tokens(self._vocab))
        self._pieces: dict[int, bytes] = {}
        self._controls: dict[str, int] = {}

    def encode(self, prompt: Prompt) -> list[int]:
        """The prompt's tokens. Raises Fault("request") for a control token the model does not have."""
        tokens: list[int] = []
        for segment in prompt:
            if isinstance(segment, Control):
                tokens.append(self.control(segment.token))
            else:
                tokens += self.tokenise(segment.text)
        return tokens

    def tokenise(self, text: str) -> list[int]:
        """Plain text's tokens, whatever the text spells; nothing is added before or after."""
        return self._tokenise(text, parse_special=False)

    def control(self, token: str) -> int:
        """The one control token with this name."""
        if token not in self._controls:
            found = self._tokenise(token, parse_special=True)
            marked = self._llama.LLAMA_TOKEN_ATTR_CONTROL | self._llama.LLAMA_TOKEN_ATTR_USER_DEFINED
            if len(found) != 1 or not self._llama.llama_vocab_get_attr(self._vocab, found[0]) & marked:
                raise Fault("request", f"The model {self._name} has no control token {token}; choose another model.")
            self._controls[token] = found[0]
        return self._controls[token]

    def ends(self, stop: Iterable[str]) -> frozenset[int]:
        """The control tokens in `stop` and every token the model file itself marks as an end of generation."""
        return self._marked_ends | {self.control(token) for token in stop}

    @cached_property
    def _marked_ends(self) -> frozenset[int]:
        """Asked of the whole vocabulary once, which takes a tenth of a second for 150,000 tokens."""
        return frozenset(t for t in range(self.size) if self._llama.llama_vocab_is_eog(self._vocab, t))

    def piece(self, token: int) -> bytes:
        """A token's bytes, possibly part of a character; nothing for a control token."""
        if token not in self._pieces:
            buffer = ctypes.create_string_buffer(64)
            size = self._llama.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
            if size < 0:
                buffer = ctypes.create_string_buffer(-size)
                size = self._llama.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
            self._pieces[token] = buffer.raw[:size]
        return self._pieces[token]

    def beginning(self, texts: Iterable[bytes]) -> set[int]:
        """Every token that begins one of these texts, or is one."""
        beginnings = {text[:size] for text in texts for size in range(1, len(text) + 1)}
        return {self._numbers[text] for text in beginnings if text in self._numbers}

    @cached_property
    def _numbers(self) -> dict[bytes, int]:
        """Token by its bytes; made when first needed, which takes some tenths of a second for 150,000 tokens."""
        return {self.piece(token): token for token in range(self.size - 1, -1, -1)}

    def spell(self, tokens: Sequence[int]) -> bytes:
        return b"".join(map(self.piece, tokens))

    def _tokenise(self, text: str, *, parse_special: bool) -> list[int]:
        data = text.encode("utf-8", "replace")
        if not data:
            return []
        room = len(data) + 8
        tokens = (self._llama.llama_token * room)()
        size = self._llama.llama_tokenize(self._vocab, data, len(data), tokens, room, False, parse_special)
        if size < 0:
            raise Fault("request", f"The model {self._name} could not read the text; it may be damaged.")
        return list(tokens[:size])


class Spelling:
    """Tokens to characters as they come: a character is given out once all its bytes are there."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def add(self, token: int) -> str:
        """The characters this token completes, often none or several."""
        return self._decoder.decode(self._vocabulary.piece(token))

    def finish(self) -> str:
        """What is left when no token follows: a replacement character for an unfinished one."""
        return self._decoder.decode(b"", final=True)
