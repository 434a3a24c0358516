"""From trained folders to installed files: merge, export and install, for recipes and for plain folders.

May import its siblings and `radlite_tui.models.manifest`. A recipe's outputs are under its run's folder; plain folders
go wherever they are told.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from finetune import gguf_export, importance, quantize
from finetune.adapter import Adapter, Merged
from finetune.checkpoint import TOKENIZER_FILES, Checkpoint
from finetune.merge import merge as merge_folders
from radlite_tui.errors import BadInput

if TYPE_CHECKING:
    from finetune.pipeline import Run


def merge(run: Run, architecture: str) -> Path:
    """Base plus adapter of a recipe as one Hugging Face folder, with the run's tokenizer."""
    folder = run.of(architecture)
    target = folder / "merged"
    if not (target / "config.json").is_file():
        merge_folders(there(run.base(architecture)), there(folder / "adapter" / "final"), target, say=run.say)
        run.say(f"{architecture}: merged into {target}")
    _with_tokenizer(run, target)
    return target


def export(run: Run, architecture: str) -> Path:
    """GGUF files of a recipe's model: base and merged, adapter, each as F16 and as the recipe quantises it."""
    folder, kinds = run.of(architecture), run.recipe.export
    run.tokenizer()
    target = folder / "gguf"
    name, words = f"{run.recipe.model}-{architecture}", run.vocabulary
    base = Checkpoint.open(there(run.base(architecture)))
    adapter = Adapter.open(there(folder / "adapter" / "final"))
    adapter.fit(base)
    for role, source, tuned in (("base", base, None), ("merged", Merged(base, adapter), adapter.folder)):
        gguf_export.write_model(target / f"{role}-f16.gguf", source, words, name)
        matrix = importance.measure(base.folder, tuned, words, say=run.say) if kinds.importance else None
        quantize.quantize(target / f"{role}-f16.gguf", target / f"{role}.gguf", kinds.base, importance=matrix)
    gguf_export.write_adapter(target / "adapter-f16.gguf", adapter, base, name, "F16")
    gguf_export.write_adapter(target / "adapter.gguf", adapter, base, name, kinds.adapter)
    run.say(f"{architecture}: GGUF files in {target}")
    return target


def export_folders(
    base: Path, adapter: Path | None, out: Path, kind: str, say: gguf_export.Say, name: str | None = None
) -> list[Path]:
    """Write base.gguf, and with an adapter adapter.gguf and merged.gguf, as `kind`, into `out`."""
    checkpoint = Checkpoint.open(base)
    tuned = None if adapter is None else Adapter.open(adapter)
    if tuned is not None:
        tuned.fit(checkpoint)
    written = [out / "base.gguf"]
    gguf_export.write_model(written[0], checkpoint, base, name, kind, say)
    if tuned is not None:
        gguf_export.write_adapter(out / "adapter.gguf", tuned, checkpoint, name, "F16" if kind == "F32" else kind)
        gguf_export.write_model(out / "merged.gguf", Merged(checkpoint, tuned), base, name, kind, say)
        written += [out / "adapter.gguf", out / "merged.gguf"]
    return written


def install(run: Run, architecture: str, where: Path) -> Path:
    """Copy base and adapter where the app finds them, with a manifest of their checksums."""
    from finetune.shipped import write

    source = run.of(architecture) / "gguf"
    target = where / f"{run.recipe.model}-{architecture}"
    target.mkdir(parents=True, exist_ok=True)
    for name in ("base.gguf", "adapter.gguf"):
        part = target / f"{name}.part"
        shutil.copyfile(there(source / name), part)
        part.replace(target / name)
    write(target, run.recipe, architecture)
    run.say(f"{architecture}: installed in {target}")
    return target


def there(path: Path) -> Path:
    """The path. Raises BadInput when training has not made it yet."""
    if not path.exists():
        raise BadInput(f"There is no {path} yet; run `python -m finetune train` first.")
    return path


def _with_tokenizer(run: Run, folder: Path) -> None:
    for name in TOKENIZER_FILES:
        if (source := run.vocabulary / name).is_file():
            shutil.copyfile(source, folder / name)
