"""What an adapter was made of, in `training.json` beside it: data, mixture, prompts, base, machine, losses.

May import `radlite_tui.tasks` and its siblings. Hashes are SHA-256, so two adapters can be told apart, or seen to be of
the same making.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from finetune import curves
from finetune.corpus.seen import digest
from finetune.recipe import Recipe
from radlite_tui import __version__
from radlite_tui.tasks import TAGS, Mode, get
from radlite_tui.tasks.prompt import PROMPT_VERSION, Layout, prompt

NAME = "training.json"
LIBRARIES = ("torch", "transformers", "trl", "peft", "datasets", "accelerate", "tokenizers", "numpy", "bitsandbytes")


def write(
    folder: Path, recipe: Recipe, base: Path, layout: Layout, data: Mapping[str, Any], logs: Sequence[Path], took: float
) -> None:
    """Write `folder`/training.json. data: the hashes of the rows, as the pipeline knows them; took: seconds trained."""
    facts = {
        "finished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "recipe": {"name": recipe.name, "sha256": digest(recipe.path), "seed": recipe.seed},
        "base": {"files": {path.name: digest(path) for path in sorted(base.iterdir()) if path.suffix in WEIGHTS}},
        "data": data,
        "prompts": {"version": PROMPT_VERSION, "sha256": prompts(layout)},
        "code": {"radlite": __version__, **revision()},
        "libraries": {"python": platform.python_version(), **libraries()},
        "hardware": hardware(),
        "seconds": round(took, 1),
        "losses": {log.parent.name: curves.last_losses(log) for log in logs},
    }
    (folder / NAME).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


WEIGHTS = (".safetensors", ".json")


def sha256_of(*arrays: Any) -> str:
    """Of numbers."""
    state = hashlib.sha256()
    for array in arrays:
        state.update(np.ascontiguousarray(array).tobytes())
    return state.hexdigest()


def prompts(layout: Layout) -> str:
    """Of the prompt of every task's first worked example, as this layout writes it."""
    state = hashlib.sha256()
    for tag in TAGS:
        task = get(tag)
        example = task.examples[0]
        state.update(repr(prompt(task, Mode.FINE_TUNED, example.report, example.words, layout)).encode())
    return state.hexdigest()


def revision() -> dict[str, Any]:
    """The git revision of this code and whether files differ from it; nulls outside a repository."""
    where = Path(__file__).parent

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(["git", "-C", str(where), *words], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return None
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no")
    return {"revision": git("rev-parse", "HEAD"), "dirty": None if changed is None else bool(changed)}


def libraries() -> dict[str, str]:
    """Versions of what training depends on, where installed."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def hardware() -> dict[str, Any]:
    """The machine, without its name."""
    import torch

    cards = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpus": cards,
        "processes": int(os.environ.get("WORLD_SIZE", "1")),
    }


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()
