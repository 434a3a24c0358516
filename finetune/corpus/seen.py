"""Which files a set was made from: size and SHA-256 of each, against what is publicly known and what was seen before.

Standard library and `source` only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from finetune.corpus.files import reading
from finetune.corpus.source import Library, Source
from radlite_tui.errors import BadInput

Seen = dict[str, dict[str, object]]
"""Path below the library -> {"bytes", "sha256"}."""


def look(library: Library, source: Source) -> Seen:
    """Size and checksum of every file of a source that is there, all of those a pattern matches."""
    found: Seen = {}
    folder = library.folder(source.name)
    for expected in source.files:
        for path in sorted(folder.glob(expected.path)):
            if path.is_file():
                found[path.relative_to(library.root).as_posix()] = {
                    "bytes": path.stat().st_size,
                    "sha256": digest(path),
                }
    return found


def digest(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    state = hashlib.sha256()
    with reading(path), path.open("rb") as file:
        while piece := file.read(1 << 20):
            state.update(piece)
    return state.hexdigest()


def check(library: Library, source: Source, found: Seen, before: Mapping[str, object]) -> None:
    """Raises BadInput when a file is not the published one, or not the one a set was made from before."""
    known = {
        path.relative_to(library.root).as_posix(): expected.sha256
        for expected in source.files
        if expected.sha256 and (path := library.find(source, expected)) is not None
    }
    for name, facts in found.items():
        if name in known and facts["sha256"] != known[name]:
            raise BadInput(
                f"{library.root / name} is not the published file (its SHA-256 begins {str(facts['sha256'])[:12]}, "
                f"not {known[name][:12]}); get it again, or take it as it is with --accept-changes."
            )
        was = before.get(name)
        if isinstance(was, Mapping) and was.get("sha256") != facts["sha256"]:
            raise BadInput(
                f"{library.root / name} has changed since the set was built (its SHA-256 began "
                f"{str(was.get('sha256'))[:12]}, now {str(facts['sha256'])[:12]}); put the file back, build into "
                f"another folder, or take it as it is with --accept-changes."
            )
    own = f"{source.name}/"
    for name in before:
        if name.startswith(own) and name not in found:
            raise BadInput(
                f"{library.root / name} is gone since the set was built; put the file back, build into another "
                f"folder, or go on without it with --accept-changes."
            )
