"""An adapter on somebody else's base: where the base is, how it is loaded, and its rows from a built set and a mix.

May import torch and transformers (inside functions), numpy and its siblings. Nothing is fetched unless the recipe names
a model on the hub.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from finetune import lora, mix
from finetune.corpus import arrow
from finetune.corpus.case import Case
from finetune.corpus.row import case_of
from finetune.ragged import Ragged
from finetune.recipe import FromBase, FromNothing
from finetune.rows import TASKS, encode, layout_of
from finetune.tokenizer import Tokenizer
from radlite_tui.errors import BadInput

Say = Callable[[str], None]
WANTED = ("*.safetensors", "*.json", "*.txt")
"""Files of a model on the hub."""


def given(recipe: FromNothing | FromBase, base: str | None, rows: Path | None) -> FromBase:
    """The recipe with the user's base model and built set in place of its own. Raises BadInput."""
    if not isinstance(recipe, FromBase):
        raise BadInput(f"The recipe {recipe.name} makes its own base and rows; leave --base and --set out.")
    own = replace(recipe.pretrained, model=base or recipe.pretrained.model)
    return replace(recipe, pretrained=own, rows=replace(recipe.rows, set=str(rows or recipe.rows.set)))


def folder(recipe: FromBase) -> Path:
    """The folder of the base model, fetched from the hub where the recipe names no folder. Raises BadInput."""
    name = recipe.pretrained.model
    place = Path(name).expanduser()
    if not place.is_dir():
        from huggingface_hub import snapshot_download

        try:
            place = Path(snapshot_download(name, allow_patterns=list(WANTED)))
        except Exception as error:  # the hub's errors have no common class
            raise BadInput(
                f"The base model {name} is no folder here and cannot be had from the hub ({type(error).__name__}); "
                "give --base the folder of a copy."
            ) from error
    for needed in ("config.json", "tokenizer.json"):
        if not (place / needed).is_file():
            raise BadInput(f"The base model {name} has no {needed}; give --base a folder as transformers saves it.")
    kind = json.loads((place / "config.json").read_text(encoding="utf-8")).get("model_type")
    if kind not in recipe.architectures:
        raise BadInput(f"The base model {name} is a {kind}; the recipe {recipe.name} is for {recipe.architectures[0]}.")
    return place


def model(recipe: FromBase, place: Path) -> Any:
    """The base model in bfloat16, or in 4 bits, ready for an adapter."""
    import torch
    from transformers import AutoModelForCausalLM

    more: dict[str, Any] = {}
    if recipe.pretrained.quantization == "4bit":
        more["quantization_config"] = four_bits()
        more["device_map"] = {"": torch.cuda.current_device()}
    return AutoModelForCausalLM.from_pretrained(
        str(place), dtype=torch.bfloat16, attn_implementation=attention(recipe.pretrained.attention), **more
    )


def attention(wanted: str) -> str:
    """transformers' name of an attention that keeps packed rows apart: the wanted one, or the best there is."""
    from transformers.utils import is_flash_attn_2_available

    if wanted != "auto":
        return wanted
    return "flash_attention_2" if is_flash_attn_2_available() else "sdpa"


def four_bits() -> Any:
    """QLoRA's quantisation: 4-bit NormalFloat, double quantisation, bfloat16 arithmetic. Raises BadInput."""
    import torch

    try:
        import bitsandbytes  # noqa: F401
    except ImportError:
        raise BadInput(
            'quantization = "4bit" needs bitsandbytes; run `pip install -e ".[qlora]"`, or set it to "none".'
        ) from None
    if not torch.cuda.is_available():
        raise BadInput('quantization = "4bit" needs a CUDA GPU and there is none here; set it to "none".')
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def data(recipe: FromBase, place: Path, say: Say) -> None:
    """The order of the mix and its rows as tokens into `place`: index, adapter.npz, validation.npz and data.json."""
    base, built = folder(recipe), Path(recipe.rows.set)
    architecture, epochs = recipe.architectures[0], recipe.adapter.epochs
    if (longest := mix.load(recipe.rows.mix).context) > recipe.adapter.context:
        raise BadInput(
            f"The mix {recipe.rows.mix} takes rows of {longest:,} tokens and [adapter] context of {recipe.name} is "
            f"{recipe.adapter.context:,}; change one of them."
        )
    facts = mix.index(place / "index", built, recipe.rows.mix, base, architecture, say, epochs)
    tokenizer = Tokenizer.load(base)
    layout = layout_of(architecture, tokenizer)
    numbers = np.unique(np.concatenate([mix.read_epoch(place / "index", epoch) for epoch in range(epochs)]))
    train = arrow.load(built)["train"]
    say(f"data: {len(numbers):,} rows as tokens")
    made, _ = encode((case_of(train[int(n)]) for n in numbers), tokenizer, recipe.adapter.context, layout)
    Ragged(made.tokens, made.offsets, {**made.marks, "number": numbers.astype(np.int64)}).save(place / "adapter.npz")
    held, too_long = encode(_held_out(recipe, built), tokenizer, recipe.adapter.context, layout)
    held.save(place / "validation.npz")
    counts = {
        "rows": {tag: int((made.marks["task"] == i).sum()) for i, tag in enumerate(TASKS)},
        "tokens": int(made.offsets[-1]),
        "rows_too_long": facts["left_out"],
        "validation_rows": len(held),
        "validation_rows_too_long": dict(too_long),
    }
    (place / "data.json").write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")
    say(f"data: {counts}")


def _held_out(recipe: FromBase, built: Path) -> Iterator[Case]:
    """The first validation rows of each task of the mix."""
    left = Counter(dict.fromkeys(mix.load(recipe.rows.mix).tasks, recipe.adapter.validation))
    for row in arrow.load(built)["validation"]:
        if left[row["task"]] > 0:
            left[row["task"]] -= 1
            yield case_of(row)


def stages(recipe: FromBase, place: Path, minutes: float | None) -> list[lora.Stage]:
    """The one stage: the epochs of the index, batched by like length unless they are packed."""
    from finetune.feeding import alike

    rows = Ragged.load(place / "adapter.npz")
    epochs = []
    for number in range(recipe.adapter.epochs):
        chosen = np.searchsorted(rows.marks["number"], mix.read_epoch(place / "index", number)).tolist()
        packing = recipe.adapter.packing
        epochs.append(chosen if packing else alike(chosen, rows.lengths(), recipe.adapter.batch, recipe.seed + number))
    return [lora.Stage(recipe.adapter, recipe.adapter.rate, epochs, recipe.seed, minutes)]


def made_of(recipe: FromBase, place: Path) -> dict[str, Any]:
    """The hashes of the built set, by split, and of the mix's epochs."""
    facts = json.loads((place / "index" / mix.INDEX).read_text(encoding="utf-8"))
    return {"set": facts["set"], "vocabulary": facts["vocabulary"], "epochs": [e["sha256"] for e in facts["epochs"]]}
