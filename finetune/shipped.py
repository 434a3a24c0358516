"""The manifest of a model we ship. May import `radlite_tui.models.manifest` and the recipe; hashes files, writes one.

Everything a user is told about an embedded model's origin is written here, from the recipe that built it.
"""

from __future__ import annotations

from pathlib import Path

from finetune.corpus.seen import digest
from finetune.recipe import FromNothing, Recipe
from radlite_tui.models.manifest import Manifest, ModelFile, Role, dump

LICENCE = "Apache-2.0"
MAKER = "The RadLite project"


def write(folder: Path, recipe: Recipe, architecture: str) -> Path:
    """Write `folder`/manifest.toml for the base.gguf and adapter.gguf in it. Prompts are report-first."""
    manifest = Manifest(
        name=f"{recipe.model}-{architecture}",
        title=f"{recipe.title} ({architecture.capitalize()} architecture)",
        architecture=architecture,
        context=recipe.shape.context if isinstance(recipe, FromNothing) else recipe.adapter.context,
        files=(
            model_file("base", folder / "base.gguf", recipe.export.base),
            model_file("adapter", folder / "adapter.gguf", recipe.export.adapter),
        ),
        demonstration=isinstance(recipe, FromNothing),
        embedded=isinstance(recipe, FromNothing),
        description=recipe.description,
        licence=LICENCE,
        maker=MAKER,
        source=folder / "manifest.toml",
    )
    path = folder / "manifest.toml"
    path.write_text(dump(manifest), encoding="utf-8")
    return path


def model_file(role: Role, path: Path, quantization: str) -> ModelFile:
    """The entry of a file, hashed."""
    return ModelFile(role, path.resolve(), digest(path), path.stat().st_size, quantization)
