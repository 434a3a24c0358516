"""What the KV cache has no room for, kept on disk until it is asked for again. Off unless `spill_mib` says otherwise.

A report lies in these files. So they are encrypted with a key that is made when the worker starts and is kept nowhere
but in its memory; and they have no name, so that nobody can open them and nothing is left of them when the worker ends,
however it ends. Knows tokens and bytes only. Needs the `cryptography` package.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import platformdirs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from radlite_tui.engine.llama.prefixes import common

LEAST = 64
"""Tokens that are worth a file."""
PIECE = 4 * 2**20
"""Bytes encrypted at once, so that little is in memory twice."""
_SEAL = 16


def folder() -> Path:
    """Where the files are: in the user's own cache."""
    return platformdirs.user_cache_path("radlite-tui", appauthor=False) / "spill"


@dataclass(eq=False, frozen=True)
class Entry:
    """A sequence on disk. number: never used twice; owner: the context it can go back to; size: bytes of its state."""

    number: int
    owner: Hashable
    tokens: list[int]
    size: int
    file: IO[bytes]


class Spill:
    """The sequences on disk, those kept longest ago first out. One for all contexts of a worker."""

    def __init__(self, mib: int, place: Path | None = None) -> None:
        """mib: MiB on disk at most. place: the folder, made when the first sequence is kept."""
        self._cipher = AESGCM(AESGCM.generate_key(bit_length=256))
        self._most, self._place = mib * 2**20, folder() if place is None else place
        self._entries: list[Entry] = []
        self._numbers = 0

    @property
    def size(self) -> int:
        """Bytes of what is kept."""
        return sum(entry.size for entry in self._entries)

    def keep(self, owner: Hashable, tokens: list[int], state: memoryview) -> bool:
        """Put a sequence on disk. False when it is too short or too large, is there already, or cannot be written;
        the last is told in the log."""
        if len(tokens) < LEAST or len(state) > self._most or self.longest(owner, tokens, len(tokens) - 1):
            return False
        for entry in [one for one in self._entries if one.owner == owner and tokens[: len(one.tokens)] == one.tokens]:
            self._forget(entry)
        while self.size + len(state) > self._most:
            self._forget(self._entries[0])
        self._numbers += 1
        try:
            entry = Entry(self._numbers, owner, list(tokens), len(state), self._file())
            self._write(entry, state)
        except OSError as error:
            print(f"nothing can be kept in {self._place}: {error}", file=sys.stderr)
            return False
        self._entries.append(entry)
        return True

    def longest(self, owner: Hashable, prompt: list[int], more_than: int) -> Entry | None:
        """What shares the longest beginning with `prompt`, if that is more than so many tokens."""
        shared = [(common(entry.tokens, prompt), entry) for entry in self._entries if entry.owner == owner]
        most, best = max(shared, key=lambda pair: pair[0], default=(0, None))
        return best if most > more_than else None

    def take(self, entry: Entry) -> bytearray | None:
        """A sequence's state, which is then on disk no more. None when it went meanwhile or cannot be read as it was
        written."""
        if entry not in self._entries:
            return None
        try:
            return self._read(entry)
        except (OSError, InvalidTag) as error:
            print(f"what was kept in {self._place} is damaged ({error!r}) and is computed anew", file=sys.stderr)
            return None
        finally:
            self._forget(entry)

    def close(self) -> None:
        """Forget everything."""
        for entry in list(self._entries):
            self._forget(entry)

    def _file(self) -> IO[bytes]:
        """A file without a name, or one that goes when it is closed. Raises OSError."""
        self._place.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._place.chmod(0o700)
        return tempfile.TemporaryFile(dir=self._place)

    def _write(self, entry: Entry, state: memoryview) -> None:
        """Raises OSError, the file closed."""
        try:
            for piece, start in enumerate(range(0, entry.size, PIECE)):
                entry.file.write(
                    self._cipher.encrypt(_nonce(entry, piece), state[start : start + PIECE], _bound(entry))
                )
            entry.file.flush()
        except OSError:
            entry.file.close()
            raise

    def _read(self, entry: Entry) -> bytearray:
        """Raises OSError and InvalidTag."""
        state = bytearray()
        entry.file.seek(0)
        for piece, start in enumerate(range(0, entry.size, PIECE)):
            sealed = entry.file.read(min(PIECE, entry.size - start) + _SEAL)
            state += self._cipher.decrypt(_nonce(entry, piece), sealed, _bound(entry))
        return state

    def _forget(self, entry: Entry) -> None:
        self._entries.remove(entry)
        entry.file.close()


def _nonce(entry: Entry, piece: int) -> bytes:
    """Never the same for two pieces under one key, as AES-GCM demands."""
    return entry.number.to_bytes(8, "big") + piece.to_bytes(4, "big")


def _bound(entry: Entry) -> bytes:
    """What a piece is bound to besides its nonce: how much there is in all."""
    return entry.size.to_bytes(8, "big")
