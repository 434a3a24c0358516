"""A model's manifest: which files, their checksums, how it wants to be asked, what it is.

May import `tasks` (for the prompt layout) and `errors`. Reads TOML; loads no weights.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from radlite_tui.tasks.prompt import Layout

Role = Literal["base", "adapter", "merged"]


@dataclass(frozen=True)
class ModelFile:
    """One file of a model. path is absolute; size in bytes; quantization such as "Q8_0" or "Q4_K_M"."""

    role: Role
    path: Path
    sha256: str
    size: int
    quantization: str


@dataclass(frozen=True)
class Manifest:
    """One model: a base with an adapter, a merged model, or a base alone.

    architecture: "qwen2" or "qwen3". context: tokens. demonstration: True for the embedded models, which are tiny,
    trained on synthetic text, and must say so wherever their answers are shown.
    """

    name: str
    title: str
    architecture: str
    context: int
    files: tuple[ModelFile, ...]
    layout: Layout = field(default_factory=Layout)
    demonstration: bool = False
    embedded: bool = False
    description: str = ""
    licence: str = ""
    maker: str = ""
    source: Path | None = None

    def file(self, role: Role) -> ModelFile | None:
        """The file with this role, if the model has one."""
        return next((f for f in self.files if f.role == role), None)
