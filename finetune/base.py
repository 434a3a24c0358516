"""Base pre-training: a Qwen2 or Qwen3 decoder from random weights, on packed documents, in one compact loop.

May import torch and transformers (inside functions), numpy and its siblings. Hidden matrices are trained with Muon, all
else with AdamW. Documents share rows, so the model also meets long contexts. A killed run goes on from its last
checkpoint with the rows an unbroken run would have seen.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finetune import curves
from finetune.documents import ANSWER
from finetune.mixture import order
from finetune.progress import Progress
from finetune.ragged import Ragged
from finetune.recipe import Base, FromNothing, Shape
from finetune.unseen import lend

ARCHITECTURE_SEEDS = {"qwen2": 0, "qwen3": 1000}
"""Added to the recipe's seed, so that the two models see their rows in different orders."""

NEWTON_SCHULZ = 4
"""Muon's iterations; at our batch size they are a fifth of a step."""

OPEN_ROWS = 64
"""Rows being filled at once while packing; more pack tighter."""


@dataclass(frozen=True)
class Rows:
    """Packed rows [rows, length]: token ids (with the ANSWER flag), and the document each belongs to (0 is padding)."""

    tokens: NDArray[np.uint16]
    documents: NDArray[np.uint8]
    too_long: int


def configuration(architecture: str, shape: Shape, vocabulary: int) -> Any:
    """transformers' configuration of a decoder of this shape, embeddings tied."""
    from transformers import Qwen2Config, Qwen3Config

    common: dict[str, Any] = {
        "vocab_size": vocabulary,
        "hidden_size": shape.width,
        "intermediate_size": shape.feed_forward,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "max_position_embeddings": shape.context,
        "rope_parameters": {"rope_type": "default", "rope_theta": shape.rope_base},
        "tie_word_embeddings": True,
        "use_cache": False,
        "bos_token_id": None,
        "pad_token_id": vocabulary - 3,
        "eos_token_id": vocabulary - 1,
        "attn_implementation": "sdpa",
    }
    if architecture == "qwen3":
        return Qwen3Config(**common, head_dim=shape.head)
    return Qwen2Config(**common)


def fresh(configuration: Any, seed: int) -> Any:
    """A model with random weights; what writes into the residual stream starts smaller the deeper the model."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(configuration)
    with torch.no_grad():
        for layer in model.model.layers:
            for matrix in (layer.self_attn.o_proj, layer.mlp.down_proj):
                matrix.weight /= math.sqrt(2 * configuration.num_hidden_layers)
    return model


def pack(documents: Ragged, chosen: Sequence[int], length: int, rows: int) -> Rows:
    """Fill `rows` rows with the chosen documents in order, each whole and in the fullest open row it fits.

    Documents longer than a row are left out and counted. Raises ValueError when the documents run out.
    """
    filled: list[list[NDArray[np.uint16]]] = []
    open_rows: list[tuple[int, list[NDArray[np.uint16]]]] = []
    too_long = 0
    for index in chosen:
        document = documents[index]
        if len(document) > length:
            too_long += 1
            continue
        fits = [i for i, (used, _) in enumerate(open_rows) if used + len(document) <= length]
        if fits:
            best = max(fits, key=lambda i: open_rows[i][0])
            used, row = open_rows.pop(best)
        else:
            used, row = 0, []
            if len(open_rows) == OPEN_ROWS:
                fullest = max(range(OPEN_ROWS), key=lambda i: open_rows[i][0])
                filled.append(open_rows.pop(fullest)[1])
        open_rows.append((used + len(document), [*row, document]))
        if len(filled) == rows:
            break
    filled += [row for _, row in open_rows]
    if len(filled) < rows:
        raise ValueError(f"The documents fill {len(filled)} rows of the {rows} wanted.")
    tokens = np.zeros((rows, length), dtype=np.uint16)
    numbers = np.zeros((rows, length), dtype=np.uint8)
    for place, row in enumerate(filled[:rows]):
        start = 0
        for number, document in enumerate(row, 1):
            tokens[place, start : start + len(document)] = document
            numbers[place, start : start + len(document)] = number
            start += len(document)
    return Rows(tokens, numbers, too_long)


def rows_of(recipe: FromNothing, documents: Ragged, kinds: Sequence[str], seed: int) -> Rows:
    """The training rows of a recipe, in order: the mixture of document kinds, packed."""
    base = recipe.base
    steps = max(1, base.tokens // (base.batch * base.row))
    by_kind = {kind: np.flatnonzero(documents.marks["kind"] == i) for i, kind in enumerate(kinds)}
    mean = {k: max(1.0, float(documents.lengths()[items].mean())) for k, items in by_kind.items() if len(items)}
    weights = {kind: weight / mean[kind] for kind, weight in base.mixture.items() if kind in mean}
    share = sum(weights.values())
    expected = sum(weights[kind] * mean[kind] for kind in weights) / share
    needed = int(steps * base.batch * base.row / expected * 1.15) + 4 * OPEN_ROWS
    picks = order({k: len(v) for k, v in by_kind.items()}, weights, needed, seed)
    return pack(documents, [int(by_kind[kind][item]) for kind, item in picks], base.row, steps * base.batch)


def rate_factor(progress: float, base: Base) -> float:
    """Learning-rate factor at a share of the run: linear warm-up, flat, then linear to zero."""
    if progress < base.warmup:
        return min(1.0, max(progress, 1e-3) / base.warmup)
    return min(1.0, max(0.0, (1.0 - progress) / base.decay))


def optimizers(model: Any, base: Base) -> list[Any]:
    """Muon for the hidden matrices, AdamW for embeddings, norms and biases. Each group remembers its full rate.

    Queries and keys without a norm on them (Qwen2) learn slower: Muon's steps are as large as their rate whatever the
    gradient, so at the full rate their products grow until every head looks at one token only and learns no more.
    """
    import torch

    matrices = {name: p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name}
    others = {name: p for name, p in model.named_parameters() if name not in matrices}
    share = 1.0 if hasattr(model.model.layers[0].self_attn, "q_norm") else base.query_key_rate / base.matrix_rate
    muon = torch.optim.Muon(
        _groups(matrices, base.matrix_rate, share), weight_decay=base.weight_decay, ns_steps=NEWTON_SCHULZ
    )
    adam = torch.optim.AdamW(
        _groups(others, base.embedding_rate, share), betas=(0.9, 0.95), weight_decay=0.0, fused=True
    )
    return [muon, adam]


def _groups(parameters: Mapping[str, Any], rate: float, share: float) -> list[dict[str, Any]]:
    """Queries and keys at their share of the rate, all else at the rate."""
    rates: dict[float, list[Any]] = {}
    for name, parameter in parameters.items():
        own = rate * share if "q_proj" in name or "k_proj" in name else rate
        rates.setdefault(own, []).append(parameter)
    return [{"params": found, "lr": own, "full_rate": own} for own, found in rates.items()]


def train(
    recipe: FromNothing,
    architecture: str,
    folder: Path,
    rows: Rows,
    vocabulary: int,
    seed: int,
    minutes: float | None = None,
    lent: Mapping[int, int] | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Train and save the base into `folder`/final. Resumes from `folder`/checkpoint.pt.

    lent: token -> token whose embedding it gets at the end (see `unseen`). say: told how far it is, now and then.
    minutes: wall time after which the rate has decayed to zero, if that comes before the recipe's tokens.
    """
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    base, final, checkpoint = recipe.base, folder / "final", folder / "checkpoint.pt"
    if (final / "config.json").is_file():
        return final
    model = fresh(configuration(architecture, recipe.shape, vocabulary), seed)
    tools = optimizers(model, base)
    step, spent = _resume(checkpoint, model, tools) if checkpoint.is_file() else (0, 0.0)
    steps = len(rows.tokens) // base.batch
    begun = saved = time.monotonic() - spent
    loss_of = torch.compile(_loss) if base.compile else _loss
    progress_of = Progress(f"{architecture} base", say)
    curves.resume(folder / curves.LOG, step)
    board = curves.board(folder / "tensorboard", step)
    model.train()
    with (folder / curves.LOG).open("a", encoding="utf-8") as log:
        while step < steps:
            elapsed = time.monotonic() - begun
            progress = max(step / steps, elapsed / (60 * minutes) if minutes else 0.0)
            if progress >= 1.0:
                break
            for optimizer in tools:
                for group in optimizer.param_groups:
                    group["lr"] = group["full_rate"] * rate_factor(progress, base)
            here = slice(step * base.batch, (step + 1) * base.batch)
            loss = loss_of(model, *_tensors(rows, here, base.prompt_weight))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for optimizer in tools:
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
            step += 1
            if step % 10 == 0 or step == steps:
                curves.scalars(board, _log(log, step, base, float(loss.detach()), begun, progress), step)
                progress_of.at(step, steps, float(loss.detach()), max(step / steps, progress))
            if time.monotonic() - saved > base.checkpoint_seconds:
                _save(checkpoint, model, tools, step, time.monotonic() - begun)
                saved = time.monotonic()
    _save(checkpoint, model, tools, step, time.monotonic() - begun)
    curves.draw([folder / curves.LOG], folder / curves.PICTURE)
    lend(model, lent or {})
    part = folder / "final.part"
    model.save_pretrained(str(part))
    part.replace(final)
    return final


def _loss(model: Any, tokens: Any, labels: Any, weights: Any) -> Any:
    """Weighted mean next-token cross-entropy in bf16 matrix products and float32 sums."""
    import torch

    with torch.autocast("cpu", torch.bfloat16):
        hidden = model.model(input_ids=tokens).last_hidden_state
        logits = model.lm_head(hidden)
    each = torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), labels.flatten(), reduction="none")
    return (each * weights.flatten()).sum() / weights.sum()


def _tensors(rows: Rows, here: slice, prompt_weight: float) -> tuple[Any, Any, Any]:
    """Token ids, next tokens and their weights, [B, T] each.

    A token of an answer weighs 1, any other `prompt_weight`, padding and the first token of a document nothing.
    """
    import torch

    stored = torch.from_numpy(rows.tokens[here].astype(np.int64))
    documents = torch.from_numpy(rows.documents[here].astype(np.int64))
    tokens = stored & (ANSWER - 1)
    labels = torch.zeros_like(tokens)
    labels[:, :-1] = tokens[:, 1:]
    weights = torch.zeros(tokens.shape)
    inside = (documents[:, 1:] == documents[:, :-1]) & (documents[:, 1:] > 0)
    weights[:, :-1] = inside * torch.where((stored[:, 1:] & ANSWER) > 0, 1.0, prompt_weight)
    return tokens, labels, weights


def _log(log: Any, step: int, base: Base, loss: float, begun: float, progress: float) -> dict[str, Any]:
    elapsed, tokens = time.monotonic() - begun, step * base.batch * base.row
    line = {"step": step, "tokens": tokens, "loss": round(loss, 4), "seconds": round(elapsed, 1), "progress": progress}
    line["tokens_per_second"] = round(tokens / max(elapsed, 1e-9))
    log.write(json.dumps(line) + "\n")
    log.flush()
    return line


def _save(path: Path, model: Any, tools: Sequence[Any], step: int, spent: float) -> None:
    import torch

    state = {"model": model.state_dict(), "optimizers": [t.state_dict() for t in tools], "step": step, "spent": spent}
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)


def _resume(path: Path, model: Any, tools: Sequence[Any]) -> tuple[int, float]:
    import torch

    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    for optimizer, saved in zip(tools, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    return int(state["step"]), float(state["spent"])
