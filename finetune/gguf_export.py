"""Qwen2 and Qwen3 decoders, and LoRA adapters on them, as GGUF files equal to those of llama.cpp's own converter.

May import numpy, torch and gguf (inside functions) and its siblings. Names and shapes only, no arithmetic but casts and
one factor: tensors come from a `Source` one at a time and go to the file one at a time. What GGUF cannot represent
faithfully is refused instead of written wrong. docs/export.md says how the equality was checked.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finetune import vocabulary
from finetune.adapter import Adapter
from finetune.checkpoint import Source
from finetune.progress import Progress
from radlite_tui.errors import BadInput

KINDS = ("F32", "F16", "BF16")
"""What models are written as; everything smaller is made from such a file by `quantize`."""
ADAPTER_KINDS = (*KINDS, "Q8_0")

_FILE_TYPES = {"F32": "ALL_F32", "F16": "MOSTLY_F16", "BF16": "MOSTLY_BF16", "Q8_0": "MOSTLY_Q8_0"}
_WHOLE = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
_MODULES = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_LAYER = re.compile(r"model\.layers\.(\d+)\.(.+)\.(weight|bias)$")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Decoder:
    """What GGUF must know of a decoder, read from its config.json. head: None where it is width / heads, unsaid."""

    architecture: str
    layers: int
    context: int
    width: int
    feed_forward: int
    heads: int
    kv_heads: int
    head: int | None
    epsilon: float
    rope: Mapping[str, Any]
    vocabulary: int
    tied: bool

    @staticmethod
    def of(config: Mapping[str, Any]) -> Decoder:
        """From the mapping of a config.json. Raises BadInput for any other architecture, and what is not exported."""
        kind = config.get("model_type")
        if kind not in ("qwen2", "qwen3"):
            raise BadInput(f"Only qwen2 and qwen3 models can be exported, not {kind!r}.")
        if config.get("quantization_config"):
            raise BadInput("A checkpoint with quantization_config cannot be exported; export the unquantised one.")
        rope = dict(config.get("rope_parameters") or config.get("rope_scaling") or {})
        if "rope_theta" in config:
            rope.setdefault("rope_theta", config["rope_theta"])
        if (scaling := rope.get("rope_type", rope.get("type", "default"))) not in ("default", "yarn", "linear"):
            raise BadInput(f"config.json: rotary scaling {scaling!r} cannot be exported; known are yarn and linear.")
        try:
            return Decoder(
                architecture=kind,
                layers=int(config["num_hidden_layers"]),
                context=int(config["max_position_embeddings"]),
                width=int(config["hidden_size"]),
                feed_forward=int(config["intermediate_size"]),
                heads=int(config["num_attention_heads"]),
                kv_heads=int(config["num_key_value_heads"]),
                head=None if config.get("head_dim") is None else int(config["head_dim"]),
                epsilon=float(config["rms_norm_eps"]),
                rope=rope,
                vocabulary=int(config["vocab_size"]),
                tied=bool(config.get("tie_word_embeddings", False)),
            )
        except KeyError as error:
            raise BadInput(f"config.json lacks {error.args[0]}; copy it again.") from None


def tensor_name(name: str) -> str:
    """GGUF's name of a transformers tensor. Raises BadInput for one it has no place for."""
    if name in _WHOLE:
        return _WHOLE[name]
    found = _LAYER.match(name)
    if found is None or found[2] not in _MODULES:
        raise BadInput(f"The tensor {name} has no place in a Qwen GGUF file.")
    return f"blk.{found[1]}.{_MODULES[found[2]]}.{found[3]}"


def write_model(
    path: Path, source: Source, tokenizer: Path, name: str | None = None, kind: str = "F16", say: Say = lambda _: None
) -> None:
    """Write a whole model. tokenizer: the folder of tokenizer.json. name: as general.name, without the model card's
    entries; without one all of it is read from the `tokenizer` folder as llama.cpp does. kind: one of KINDS.

    Norms and biases stay F32, as llama.cpp wants them. Raises BadInput, also for a weight beyond F16.
    """
    if kind not in KINDS:
        raise BadInput(f"Models are written as {', '.join(KINDS)}, not {kind!r}; quantise the file for anything else.")
    decoder = Decoder.of(source.config)
    shapes = {
        tensor_name(given): shape
        for given, shape in source.shapes.items()
        if not (decoder.tied and given == "lm_head.weight")
    }
    _whole(decoder, shapes)
    with _Writing(path, decoder.architecture) as file:
        for target, shape in shapes.items():
            file.announce(target, shape, "F32" if len(shape) == 1 else kind)
        _described(file.writer, tokenizer, name)
        _add_decoder(file.writer, decoder, kind)
        vocabulary.add(file.writer, tokenizer, source.config)
        progress = Progress(f"writing {path.name}", say)
        done = 0
        for given, tensor in source.each():
            if (target := tensor_name(given)) in shapes:
                file.put(target, tensor.float().numpy())
                done += 1
                progress.at(done, len(shapes), None)


def write_adapter(path: Path, adapter: Adapter, base: Source, name: str | None = None, kind: str = "Q8_0") -> None:
    """Write a LoRA adapter. GGUF has one alpha and divides it by each pair's rank, so rsLoRA's root is folded into
    alpha, and what patterns set otherwise into that module's B. A rank that is no multiple of 32 keeps B as F16 in a
    Q8_0 file, as with llama.cpp. Raises BadInput for an adapter of another base.
    """
    if kind not in ADAPTER_KINDS:
        raise BadInput(f"Adapters are written as {', '.join(ADAPTER_KINDS)}, not {kind!r}.")
    adapter.fit(base)
    halves: dict[str, tuple[Any, float, str]] = {}
    for module, pair in adapter.pairs.items():
        target = tensor_name(f"{module}.weight")
        factor = pair.scale * pair.rank / adapter.alpha
        if math.isclose(factor, 1.0, rel_tol=1e-9):
            factor = 1.0
        for half, tensor, times in (("a", pair.a, 1.0), ("b", pair.b, factor)):
            fits = kind != "Q8_0" or tensor.shape[-1] % 32 == 0
            halves[f"{target}.lora_{half}"] = (tensor, times, kind if fits else "F16")
    with _Writing(path, Decoder.of(base.config).architecture) as file:
        for target, (tensor, _, stored) in halves.items():
            file.announce(target, tuple(tensor.shape), stored)
        _described(file.writer, adapter.folder, name, "adapter")
        file.writer.add_float32("adapter.lora.alpha", adapter.alpha)
        file.writer.add_quantization_version(2)
        for target, (tensor, times, _) in halves.items():
            array = tensor.float().numpy()
            file.put(target, array if times == 1.0 else array * np.float32(times))


def _whole(decoder: Decoder, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raises BadInput when a tensor that llama.cpp needs is not there, or the embedding has another size."""
    wanted = {"token_embd.weight", "output_norm.weight"} | (set() if decoder.tied else {"output.weight"})
    parts = [
        part for part in _MODULES.values() if decoder.architecture == "qwen3" or part[-6:] not in ("q_norm", "k_norm")
    ]
    wanted |= {f"blk.{layer}.{part}.weight" for layer in range(decoder.layers) for part in parts}
    if lost := sorted(wanted - shapes.keys()):
        raise BadInput(f"The checkpoint has no tensor for {lost[0]}; it is not whole, copy it again.")
    if shapes["token_embd.weight"] != (decoder.vocabulary, decoder.width):
        rows, columns = shapes["token_embd.weight"]
        raise BadInput(
            f"The embedding is {rows} x {columns}, but config.json says {decoder.vocabulary} x {decoder.width}; they "
            "do not belong together."
        )


def _described(writer: Any, folder: Path, name: str | None, kind: str = "model") -> None:
    """general.*: names, size and sampling defaults, by the library's own reader of the folder."""
    import gguf

    parameters = writer.get_total_parameter_count()[0]
    card = gguf.Metadata.load(None, folder, None, parameters)
    defaults = gguf.Metadata.load_generation_config(folder) or {}
    if card.sampling_penalty_repeat is None:
        card.sampling_penalty_repeat = defaults.get("repetition_penalty")  # the released gguf package does not know it
    if name is not None:
        sampling = {key: value for key, value in vars(card).items() if key.startswith("sampling_")}
        card = gguf.Metadata(**sampling, name=name)
    if card.size_label is None and parameters > 0:
        card.size_label = gguf.size_label(*writer.get_total_parameter_count())
    writer.add_type(kind)
    if kind == "adapter":
        writer.add_string("adapter.type", "lora")
    card.set_gguf_meta_model(writer)


def _add_decoder(writer: Any, decoder: Decoder, kind: str) -> None:
    import gguf

    writer.add_block_count(decoder.layers)
    writer.add_context_length(decoder.context)
    writer.add_embedding_length(decoder.width)
    writer.add_feed_forward_length(decoder.feed_forward)
    writer.add_head_count(decoder.heads)
    writer.add_head_count_kv(decoder.kv_heads)
    _add_rope(writer, decoder)
    writer.add_layer_norm_rms_eps(decoder.epsilon)
    if decoder.head is not None:
        writer.add_key_length(decoder.head)
        writer.add_value_length(decoder.head)
    writer.add_file_type(gguf.LlamaFileType[_FILE_TYPES[kind]])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def _add_rope(writer: Any, decoder: Decoder) -> None:
    """Rotary embedding: its base, and the scaling where the configuration has one."""
    import gguf

    rope = decoder.rope
    kind, factor = rope.get("rope_type", rope.get("type", "default")), rope.get("factor")
    if kind != "default" and factor is not None:
        writer.add_rope_scaling_type(gguf.RopeScalingType[kind.upper()])
        writer.add_rope_scaling_factor(factor)
        if kind == "yarn":
            writer.add_rope_scaling_orig_ctx_len(rope.get("original_max_position_embeddings", decoder.context))
    if "rope_theta" in rope:
        writer.add_rope_freq_base(rope["rope_theta"])


class _Writing:
    """A GGUF file in the making: announce all tensors, add the keys to `writer`, then put the tensors in that order.

    The file gets its name only when it is whole.
    """

    def __init__(self, path: Path, architecture: str) -> None:
        import gguf

        self._path, self._part = path, path.with_name(path.name + ".part")
        self._types: dict[str, Any] = {}
        self._begun = False
        self.writer = gguf.GGUFWriter(None, architecture)

    def __enter__(self) -> _Writing:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return self

    def announce(self, name: str, shape: tuple[int, ...], kind: str) -> None:
        import gguf

        stored = gguf.GGMLQuantizationType[kind]
        self._types[name] = stored
        size = gguf.quant_shape_to_byte_shape(shape, stored)
        if kind in ("F32", "F16"):
            dtype: Any = np.dtype(np.float32 if kind == "F32" else np.float16)
            self.writer.add_tensor_info(name, shape, dtype, math.prod(size))
        else:
            self.writer.add_tensor_info(name, size, np.dtype(np.uint8), math.prod(size), raw_dtype=stored)

    def put(self, name: str, array: NDArray[np.float32]) -> None:
        import gguf

        if not self._begun:
            self._begun = True
            self.writer.write_header_to_file(self._part)
            self.writer.write_kv_data_to_file()
            self.writer.write_ti_data_to_file()
        with np.errstate(over="ignore"):
            stored = gguf.quants.quantize(array, self._types[name])
        if self._types[name] == gguf.GGMLQuantizationType.F16 and not np.isfinite(stored).all():
            raise BadInput(f"{name} holds a value that F16 cannot hold; export as BF16 or F32.")
        self.writer.write_tensor_data(stored)

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.writer.close()
        if error is None:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)
