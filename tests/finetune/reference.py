"""What llama.cpp's own converter writes from the checkpoints of `tests.finetune.checkpoints`, as digests in a file.

    python -m tests.finetune.reference SOURCE

SOURCE is the unpacked source distribution of llama-cpp-python, which has the converter in vendor/llama.cpp;
docs/export.md goes through it step by step. The converter knows tokenizers by a digest of what they make of a text;
ours are in no table, so it is told "qwen2". Nothing else is changed.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.finetune import checkpoints

DIGESTS = Path(__file__).parent / "reference.json"
CONVERT = """
import runpy, sys
vendor = sys.argv[1] + "/vendor/llama.cpp"
sys.path[:0] = [vendor, vendor + "/gguf-py"]
import conversion.base
conversion.base.TextModel.get_vocab_base_pre = lambda self, tokenizer: "qwen2"
sys.argv = sys.argv[2:]
runpy.run_path(vendor + "/" + sys.argv[0], run_name="__main__")
"""


def folders(where: Path) -> dict[str, Path]:
    """All checkpoints and adapters, made under `where`; the folders' names count, as general.name comes from them."""
    made = {"qwen2": checkpoints.qwen2(where / "tiny-qwen2"), "qwen3": checkpoints.qwen3(where / "tiny-qwen3")}
    made["qwen2-lora"] = checkpoints.adapter(where / "tiny-qwen2-lora", made["qwen2"])
    made["qwen3-lora"] = checkpoints.adapter(where / "tiny-qwen3-lora", made["qwen3"], rank=16, dtype="bfloat16")
    ranks = {"rank_pattern": {"mlp.up_proj": 64}}
    made["qwen2-ranks"] = checkpoints.adapter(where / "tiny-qwen2-ranks", made["qwen2"], **ranks)
    return made


CASES = (
    *((model, kind) for model in ("qwen2", "qwen3") for kind in ("F32", "F16", "BF16")),
    *((lora, kind) for lora in ("qwen2-lora", "qwen3-lora") for kind in ("F32", "F16", "BF16", "Q8_0")),
    ("qwen2-ranks", "F16"),
)


def digest(path: Path) -> dict[str, Any]:
    """A GGUF file's keys with their types and values, and its tensors with type, shape and SHA-256 of their bytes."""
    import gguf

    reader = gguf.GGUFReader(path)
    keys: dict[str, Any] = {}
    for name, field in reader.fields.items():
        if not name.startswith("GGUF."):
            value, kinds = field.contents(), "/".join(kind.name for kind in field.types)
            short = value if not isinstance(value, list) else _sha256(json.dumps(value).encode())
            keys[name] = [kinds, short]
    tensors = {
        tensor.name: [tensor.tensor_type.name, [int(side) for side in tensor.shape], _sha256(tensor.data.tobytes())]
        for tensor in reader.tensors
    }
    return {"sha256": _sha256(path.read_bytes()), "keys": keys, "tensors": tensors}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def main(source: Path) -> None:
    """Convert everything with llama.cpp's converter and store the digests."""
    made = {}
    with tempfile.TemporaryDirectory() as scratch:
        places = folders(Path(scratch))
        for name, kind in CASES:
            out = Path(scratch) / f"{name}-{kind}.gguf"
            script, more = "convert_hf_to_gguf.py", []
            if "-" in name:
                script, more = "convert_lora_to_gguf.py", ["--base", str(places[name.partition("-")[0]])]
            given = [script, str(places[name]), *more, "--outfile", str(out), "--outtype", kind.lower()]
            subprocess.run([sys.executable, "-c", CONVERT, str(source), *given], check=True)
            made[f"{name}-{kind}"] = digest(out)
    stored = {"converter": f"llama.cpp as in {source.name}", "files": made}
    DIGESTS.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
