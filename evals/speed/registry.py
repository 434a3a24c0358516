"""Every row by name, in the order of the table. Importing it starts nothing."""

from __future__ import annotations

from evals.speed.busy import busy_core
from evals.speed.closed import closed_label_steps
from evals.speed.decode import decode_3b, decode_4b, decode_embedded
from evals.speed.memory import pss_second_user, rss_3b, rss_both
from evals.speed.parallel import compare_columns, parallel_16
from evals.speed.prefill import prefill_512, second_question
from evals.speed.reading import few_shot_warm, paste_prefill
from evals.speed.rows import Spec
from evals.speed.throughput import evals_vs_llama_class, evals_vs_llama_server
from evals.speed.training import train_3b, train_4b, train_nano
from radlite_tui.errors import BadInput

SPECS: tuple[Spec, ...] = (
    Spec(
        "decode_3b",
        "decode, one stream, the app in a terminal",
        "plain llama.cpp loop, same threads",
        "tok/s",
        "more",
        0.97,
        decode_3b,
        model_file=True,
    ),
    Spec(
        "decode_4b",
        "decode with the second model, the app in a terminal",
        "plain llama.cpp loop, same threads",
        "tok/s",
        "more",
        0.97,
        decode_4b,
        model_file=True,
        second=True,
    ),
    Spec(
        "decode_embedded",
        "decode with an embedded model, the app in a terminal",
        "plain llama.cpp loop, same threads",
        "tok/s",
        "more",
        0.80,
        decode_embedded,
        embedded=True,
    ),
    Spec(
        "prefill_512",
        "prefill of 512 tokens",
        "`Llama` with its defaults",
        "tok/s",
        "more",
        1.35,
        prefill_512,
    ),
    Spec(
        "second_question",
        "first token of a second question about a 500-token report",
        "`Llama` as the notebook calls it",
        "s",
        "less",
        10.0,
        second_question,
    ),
    Spec(
        "few_shot_warm",
        "first token about a new report, worked examples read before",
        "the same without worked examples",
        "s",
        "less",
        1 / 1.15,
        few_shot_warm,
    ),
    Spec(
        "paste_prefill",
        "first token after a paste and 5 s of typing, 300-token report",
        "the same without reading ahead",
        "s",
        "less",
        5.0,
        paste_prefill,
    ),
    Spec(
        "closed_label_steps",
        "decode steps of closed answers",
        "the same answers written freely",
        "steps",
        "less",
        3.0,
        closed_label_steps,
    ),
    Spec(
        "parallel_16",
        "16 sequences together",
        "1 sequence",
        "tok/s",
        "more",
        2.3,
        parallel_16,
    ),
    Spec(
        "compare_columns",
        "three columns of a comparison",
        "three runs one after another",
        "s",
        "less",
        1 / 0.75,
        compare_columns,
    ),
    Spec(
        "busy_core",
        "decode beside a core that is busy with something else",
        "the best fixed number of threads",
        "tok/s",
        "more",
        0.9,
        busy_core,
    ),
    Spec(
        "rss_3b",
        "memory of the engine's process after a short answer",
        "`Llama` with its defaults",
        "MiB",
        "less",
        1 / 0.65,
        rss_3b,
        model_file=True,
    ),
    Spec(
        "rss_both",
        "memory of the engine's process with a second model loaded too",
        "6 GB",
        "MiB",
        "less",
        1.0,
        rss_both,
        model_file=True,
    ),
    Spec(
        "pss_second_user",
        "memory that a second user's process adds (PSS)",
        "what it holds by itself (RSS)",
        "MiB",
        "less",
        5.0,
        pss_second_user,
        model_file=True,
    ),
    Spec(
        "evals_vs_llama_class",
        "evaluation cases, many in flight",
        "`Llama`, case by case",
        "cases/s",
        "more",
        2.0,
        evals_vs_llama_class,
    ),
    Spec(
        "evals_vs_llama_server",
        "evaluation cases, many in flight",
        "llama-cpp-python's server, as many threads",
        "cases/s",
        "more",
        1.0,
        evals_vs_llama_server,
    ),
    Spec(
        "train_nano",
        "training of both adapters",
        "a plain TRL script",
        "tok/s",
        "more",
        1.5,
        train_nano,
        about="nano recipe, random weights",
    ),
    Spec(
        "train_3b",
        "LoRA on the published samples",
        "the paper's 26 h on one GPU of 48 GB",
        "h",
        "less",
        2.0,
        train_3b,
        about="Qwen2.5-3B's shape, random weights",
    ),
    Spec(
        "train_4b",
        "LoRA on the published samples",
        "the paper's 26 h on one GPU of 48 GB",
        "h",
        "less",
        2.0,
        train_4b,
        about="Qwen3-4B's shape, random weights",
    ),
)
NAMES = tuple(spec.name for spec in SPECS)
TRAINING = tuple(name for name in NAMES if name.startswith("train_"))


def chosen(only: str | None, *, training: bool = False) -> tuple[Spec, ...]:
    """The rows of a comma-separated list of names, those about training, or all. Raises BadInput for an unknown name,
    or where both are asked."""
    if training and only is not None:
        raise BadInput("--train chooses the rows about training and --only others; leave one of the two out.")
    if training:
        return tuple(spec for spec in SPECS if spec.name in TRAINING)
    if only is None:
        return SPECS
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    for name in wanted:
        if name not in NAMES:
            raise BadInput(f"Unknown row {name!r}; the rows are {', '.join(NAMES)}.")
    if not wanted:
        raise BadInput(f"--only names no row; the rows are {', '.join(NAMES)}.")
    return tuple(spec for spec in SPECS if spec.name in wanted)
