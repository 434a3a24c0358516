"""The model store: every model whose manifest lies in the package or in the user's models folder.

May import its siblings, `engine.protocol` (for the files the engine is given), `tasks` and `errors`. Reads manifests
and checks files; loads no weights and opens no socket. One bad manifest never hides the other models.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from radlite_tui.engine.protocol import ModelFiles
from radlite_tui.errors import BadInput, ModelUnavailable
from radlite_tui.models import manifest as manifests
from radlite_tui.models import verify
from radlite_tui.models.manifest import Manifest, ModelFile
from radlite_tui.tasks.base import Mode

EMBEDDED = Path(__file__).with_name("embedded")


def user_folder() -> Path:
    """Where the user's models are: RADLITE_MODELS, else `models` in the data folder. It need not exist."""
    named = os.environ.get("RADLITE_MODELS")
    return Path(named) if named else platformdirs.user_data_path("radlite-tui", appauthor=False) / "models"


def memory_file() -> Path:
    """Where passed checksums are remembered."""
    return platformdirs.user_cache_path("radlite-tui", appauthor=False) / "verified.json"


@dataclass(frozen=True)
class FileState:
    """What is known of a file without reading it. problem: a sentence, or empty; verified: a checksum is remembered."""

    file: ModelFile
    problem: str
    verified: bool


class Store:
    """The models of one machine and user. Reads the folders on every call, so that a new model is seen at once."""

    def __init__(self, folder: Path | None = None, embedded: Path = EMBEDDED, memory: Path | None = None) -> None:
        """folder, embedded: where user and packaged models are; memory: the file that remembers checksums."""
        self.folder = user_folder() if folder is None else folder
        self.embedded = embedded
        self.memory = verify.Memory(memory_file() if memory is None else memory)

    def list(self) -> tuple[Manifest, ...]:
        """Every readable manifest, the user's own models first, then the embedded ones, each by name."""
        return self._read()[0]

    def problems(self) -> tuple[str, ...]:
        """One sentence for each manifest that cannot be used."""
        return self._read()[1]

    def get(self, name: str) -> Manifest:
        """The model with this name. Raises BadInput that names the models there are."""
        found, problems = self._read()
        for manifest in found:
            if manifest.name == name:
                return manifest
        known = ", ".join(manifest.name for manifest in found) or "none"
        hint = next((f" ({problem})" for problem in problems if name in problem), "")
        raise BadInput(f"Unknown model {name!r}; the models are {known}{hint}.")

    def verify(
        self, name: str, progress: verify.Progress | None = None, *, again: bool = False
    ) -> Sequence[verify.Verified]:
        """Check every file of a model, checksums included: all sizes first, then the slow part.

        Raises BadInput (no such model) and ModelUnavailable (the first file that is not right).
        """
        manifest = self.get(name)
        for file in manifest.files:
            verify.quick(file)
        return [verify.full(file, self.memory, progress, again=again) for file in manifest.files]

    def states(self, name: str) -> Sequence[FileState]:
        """What is known of each file without reading it."""
        return [self._state(file) for file in self.get(name).files]

    def ready(self, name: str, mode: Mode) -> ModelFiles:
        """The files to give the engine, after the quick check of just those files.

        Raises BadInput (no such model, or it cannot be asked in this mode) and ModelUnavailable.
        """
        manifest = self.get(name)
        for file in files_used(manifest, mode):
            verify.quick(file)
        return engine_files(manifest, mode)

    def _state(self, file: ModelFile) -> FileState:
        try:
            verify.quick(file)
        except ModelUnavailable as error:
            return FileState(file, str(error), False)
        return FileState(file, "", self.memory.holds(file))

    def _read(self) -> tuple[tuple[Manifest, ...], tuple[str, ...]]:
        found: dict[str, Manifest] = {}
        problems = []
        for folder, embedded in ((self.embedded, True), (self.folder, False)):
            for path in sorted(folder.glob(f"*/{manifests.FILE_NAME}")):
                try:
                    manifest = manifests.read(path, embedded=embedded)
                except BadInput as error:
                    problems.append(str(error))
                    continue
                if manifest.name in found:
                    other = found[manifest.name].source
                    problems.append(f"In the model manifest {path}, name is already used by {other}; choose another.")
                    continue
                found[manifest.name] = manifest
        return tuple(sorted(found.values(), key=lambda m: (m.embedded, m.name))), tuple(problems)


def modes(manifest: Manifest) -> tuple[Mode, ...]:
    """The modes a model can be asked in."""
    roles = {file.role for file in manifest.files}
    tuned = "merged" in roles or {"base", "adapter"} <= roles
    return tuple(mode for mode in Mode if (tuned if mode.tuned else "base" in roles))


def files_used(manifest: Manifest, mode: Mode) -> tuple[ModelFile, ...]:
    """The files a mode needs: weights, then the adapter if there is one. Tuned: merged weights, else base and adapter.

    Raises BadInput in one sentence when the model has not got them.
    """
    base, adapter, merged = (manifest.file(role) for role in manifests.ROLES)
    if not mode.tuned:
        if base is None:
            raise BadInput(f"{manifest.name} has no base weights, so {mode} cannot be used; choose {Mode.FINE_TUNED}.")
        return (base,)
    if merged is not None:
        return (merged,)
    if base is None or adapter is None:
        raise BadInput(
            f"{manifest.name} has no fine-tuned files, so {mode} cannot be used; "
            f"choose {Mode.ZERO_SHOT} or {Mode.FEW_SHOT}."
        )
    return (base, adapter)


def engine_files(manifest: Manifest, mode: Mode) -> ModelFiles:
    """What the engine is given for a model and mode. Raises BadInput when the model cannot be asked in this mode."""
    weights, *adapter = files_used(manifest, mode)
    return ModelFiles(
        weights=str(weights.path),
        adapter=str(adapter[0].path) if adapter else None,
        context=manifest.context,
    )
