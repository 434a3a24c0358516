"""Are the files of a model the ones its manifest names? Size and magic before every use, SHA-256 when asked.

A passed SHA-256 is remembered by path, size and modification time in the cache folder, so that it is computed once.
May import its siblings and `errors`; must never load a file as a model, nor change it.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radlite_tui.errors import ModelUnavailable
from radlite_tui.models.manifest import ModelFile

MAGIC = b"GGUF"
BLOCK = 1 << 20

Progress = Callable[[ModelFile, int, int], None]
"""Called with the file, the bytes read so far and its size."""


@dataclass(frozen=True)
class Verified:
    """A file with the right checksum. remembered: the checksum was computed on an earlier occasion."""

    file: ModelFile
    remembered: bool


def quick(file: ModelFile) -> None:
    """Check presence, size and the GGUF magic. Raises ModelUnavailable with one sentence that says which is wrong."""
    try:
        status = file.path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise ModelUnavailable(f"The model file {file.path} cannot be read (it is {kind}); import the model again.")
        size = status.st_size
        with file.path.open("rb") as stream:
            magic = stream.read(len(MAGIC))
    except FileNotFoundError as error:
        raise ModelUnavailable(
            f"The model file {file.path} is missing; put it there or import the model again."
        ) from error
    except OSError as error:
        raise ModelUnavailable(
            f"The model file {file.path} cannot be read ({error.strerror}); check its rights."
        ) from error
    if size < file.size:
        raise ModelUnavailable(
            f"The model file {file.path} is truncated ({size:,} of {file.size:,} bytes); copy it again."
        )
    if size > file.size:
        raise ModelUnavailable(
            f"The model file {file.path} has {size:,} bytes, but its manifest says {file.size:,}; "
            "it is another file, so copy the right one."
        )
    if magic != MAGIC:
        raise ModelUnavailable(f"The model file {file.path} is not a GGUF file; copy it again.")


def full(file: ModelFile, memory: Memory, progress: Progress | None = None, *, again: bool = False) -> Verified:
    """Check everything, SHA-256 included, unless it is remembered and `again` is False.

    Raises ModelUnavailable with one sentence; a wrong checksum is forgotten if it was remembered as right.
    """
    computed = False
    for done in steps(file, memory, again=again):
        computed = True
        if progress is not None:
            progress(file, done, file.size)
    return Verified(file, not computed)


def steps(file: ModelFile, memory: Memory, *, again: bool = False) -> Iterator[int]:
    """`full` a block at a time: the bytes read so far, none when the checksum is remembered. Left before the end, it
    remembers nothing."""
    quick(file)
    if not again and memory.holds(file):
        return
    digest = hashlib.sha256()
    for done, block in blocks(file):
        digest.update(block)
        yield done
    found = digest.hexdigest()
    if found != file.sha256:
        memory.forget(file)
        raise ModelUnavailable(
            f"The model file {file.path} has the wrong checksum (SHA-256 {found[:12]}..., expected "
            f"{file.sha256[:12]}...); it was changed or damaged, so copy it again."
        )
    memory.keep(file)


def blocks(file: ModelFile) -> Iterator[tuple[int, bytes]]:
    """The file's bytes a block at a time, with how many there were so far. Raises ModelUnavailable."""
    done = 0
    try:
        with file.path.open("rb") as stream:
            while block := stream.read(BLOCK):
                done += len(block)
                yield done, block
    except OSError as error:
        raise ModelUnavailable(f"The model file {file.path} cannot be read ({error.strerror}).") from error


def sha256(file: ModelFile, progress: Progress | None = None) -> str:
    """The file's SHA-256 in hexadecimal, read a block at a time."""
    digest = hashlib.sha256()
    for done, block in blocks(file):
        digest.update(block)
        if progress is not None:
            progress(file, done, file.size)
    return digest.hexdigest()


@dataclass(frozen=True)
class Memory:
    """The checksums that were right, in a JSON file. A cache: when it cannot be read or written, it remembers less."""

    path: Path

    def holds(self, file: ModelFile) -> bool:
        return self._read().get(str(file.path)) == _mark(file)

    def keep(self, file: ModelFile) -> None:
        self._write({**self._read(), str(file.path): _mark(file)})

    def forget(self, file: ModelFile) -> None:
        known = self._read()
        if known.pop(str(file.path), None) is not None:
            self._write(known)

    def _read(self) -> dict[str, Any]:
        try:
            known = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def _write(self, known: dict[str, Any]) -> None:
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(known, stream, indent=1, sort_keys=True)
            Path(name).replace(self.path)


def _mark(file: ModelFile) -> dict[str, Any]:
    """What must be unchanged for a checksum to be believed."""
    try:
        status = file.path.stat()
    except OSError:
        return {}
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "sha256": file.sha256}
