"""The model that is measured: a GGUF file given by the user, or one of the embedded models, as a store of its own.

May import the models, the routing and the assistant. The store holds this one model and nothing else, so that nothing
is routed elsewhere and no setting of the user's plays a part.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.wiring import MeasuredRoutes, Shelf
from radlite_tui.engine import probed
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.probes import Probes
from radlite_tui.engine.protocol import Engine, ModelFiles
from radlite_tui.errors import ModelUnavailable
from radlite_tui.models import manifest as manifests
from radlite_tui.models import verify
from radlite_tui.models.manifest import Manifest, ModelFile
from radlite_tui.models.store import Store
from radlite_tui.routing import models as routing
from radlite_tui.tasks.base import Mode

CONTEXT = 2048
OPTIONS = EngineOptions(speculate=False)
"""Our engine as it comes, but for guessing tokens by looking them up in the prompt: how often that succeeds depends on
what a model writes, and a model of random weights repeats itself, which would flatter us."""
ROUTED_AS = "impression_generation"
"""The embedded model that is measured is the one this task is routed to."""


@dataclass(frozen=True)
class Subject:
    """One model in a folder of its own. label: what it is called in the results; sha256: of its base weights."""

    label: str
    folder: Path
    manifest: Manifest

    def files(self, mode: Mode) -> ModelFiles:
        return self.shelf().files(self.manifest.name, mode)

    def shelf(self) -> Shelf:
        return shelf(self.folder)

    def assistant(self, engine: Engine) -> Assistant:
        """An assistant over this model alone."""
        own = self.shelf()
        return Assistant(engine, own, MeasuredRoutes(own))

    @property
    def weights(self) -> Path:
        return self.manifest.files[0].path

    @property
    def bytes(self) -> int:
        return self.manifest.files[0].size

    def settings(self) -> str:
        """In words, what our engine was told by a probe of this file on this machine, and what it uses without one."""
        found = Probes().known(self.weights)
        return str(found.settings) + " (probed)" if found is not None else f"{probed.USUAL} (not probed)"

    @property
    def repack(self) -> bool:
        """Whether our engine keeps llama.cpp's second copy of these weights here."""
        found = Probes().known(self.weights)
        return (probed.USUAL if found is None else found.settings).repack

    @property
    def sha256(self) -> str:
        return self.manifest.files[0].sha256


def shelf(folder: Path) -> Shelf:
    """The store in a subject's folder."""
    return Shelf(Store(folder / "models", folder / "none", folder / "verified.json"))


def of_file(path: Path, folder: Path) -> Subject:
    """A model file for every mode: the same weights stand for a base and for tuned ones.

    Computes its SHA-256. Raises ModelUnavailable with one sentence when it is missing or no GGUF file.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise ModelUnavailable(
            f"The model file {path} cannot be read ({error.strerror}); check --model-file."
        ) from error
    base = ModelFile("base", path.resolve(), "0" * 64, size, "")
    verify.quick(base)
    base = replace(base, sha256=verify.sha256(base))
    manifest = Manifest(
        name="measured",
        title=path.name,
        architecture="as in the file",
        context=CONTEXT,
        files=(base, replace(base, role="merged")),
    )
    return _put(manifest, path.name, folder)


def embedded(folder: Path) -> Subject:
    """The embedded model that writes impressions best."""
    store = Store(folder / "none")
    named = routing.read(routing.PACKAGED).get(ROUTED_AS)
    models = {model.name: model for model in store.list() if model.embedded}
    if not models:
        raise ModelUnavailable("The embedded models are missing; install RadLite again.")
    model = models.get(named.model if named is not None else "", next(iter(models.values())))
    return _put(replace(model, embedded=False), model.name, folder)


def _put(manifest: Manifest, label: str, folder: Path) -> Subject:
    place = folder / "models" / manifest.name / manifests.FILE_NAME
    place.parent.mkdir(parents=True)
    place.write_text(manifests.dump(replace(manifest, source=place)), encoding="utf-8")
    memory = verify.Memory(folder / "verified.json")
    for file in manifest.files:
        verify.full(file, memory)
    return Subject(label, folder, manifests.read(place))
