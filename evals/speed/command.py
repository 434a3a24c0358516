"""`python -m evals speed`: measures the rows and shows them. May import its siblings; narrates on stderr.

python -m evals speed --model-file qwen2.5-3b.gguf --out results/speed --write docs/performance.md
python -m evals speed --only decode_embedded,parallel_16 --json
python -m evals speed --train
python -m evals speed --profile
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from evals.speed import subject
from evals.speed.bench import Bench, narrate
from evals.speed.host import host, load
from evals.speed.registry import SPECS, chosen
from evals.speed.results import BEGIN, EMBEDDED, END, Results
from evals.speed.rows import LeftOut, Row, Spec
from evals.speed.sizes import FULL, QUICK, Sizes
from evals.speed.subject import Subject
from evals.table import require_markers
from radlite_tui.assistant.probing import told
from radlite_tui.engine.probes import Probes
from radlite_tui.errors import BadInput, RadliteError

QUIET = 0.5


def run(args: argparse.Namespace) -> int:
    """Measure and print; 1 when a row failed, 0 otherwise, floors reached or not."""
    specs = chosen(args.only, training=args.train)
    if args.repeat < 1:
        raise BadInput(f"--repeat is {args.repeat}; it must be 1 or more.")
    if args.quick and args.write:
        raise BadInput("--quick measures too little to be written into a document; leave one of the two out.")
    if args.profile and args.write:
        raise BadInput("--profile measures no rows that could be written; leave one of the two out.")
    if args.keep and not args.out:
        raise BadInput("--keep adds to the rows of an earlier run in --out; name its folder.")
    markers = (BEGIN, END) if args.model_file else EMBEDDED
    if args.write:
        require_markers(args.write, markers)
    sizes = QUICK if args.quick else FULL
    with tempfile.TemporaryDirectory(prefix="radlite-speed-") as folder:
        embedded = subject.embedded(Path(folder) / "embedded")
        given = subject.of_file(args.model_file, Path(folder) / "given") if args.model_file else None
        second = subject.of_file(args.second_model_file, Path(folder) / "second") if args.second_model_file else None
        tell_if_busy()
        if args.probe:
            probe(given or embedded)
        if args.profile:
            from evals.speed import profiling

            return profiling.show(given or embedded, sizes, args.repeat, as_json=args.json, out=args.out)
        results = measure(specs, given, embedded, sizes, args.repeat, command(args), second)
    if args.keep and args.out:
        results = results.after(args.out, SPECS)
    if args.out:
        results.save(args.out)
    if args.write:
        results.write(args.write, markers)
    print(json.dumps(results.json()) if args.json else results.table())
    return RadliteError.exit_code if results.failed else 0


def measure(
    specs: Sequence[Spec],
    given: Subject | None,
    embedded: Subject,
    sizes: Sizes,
    repeat: int,
    called: str,
    second: Subject | None = None,
) -> Results:
    """Every row that can be measured here; a row that fails is left out with its sentence and costs no other row."""
    here, rows = host(), []
    left_out: dict[str, str] = {}
    failed: list[str] = []
    for spec in specs:
        if spec.model_file and given is None:
            left_out[spec.name] = "no --model-file"
        else:
            try:
                rows.append(one(spec, given or embedded, embedded, sizes, repeat, second))
            except LeftOut as why:
                left_out[spec.name] = str(why)
            except RadliteError as error:
                left_out[spec.name] = f"failed: {error}"
                failed.append(spec.name)
        if spec.name in left_out:
            narrate(f"{spec.name}: left out: {left_out[spec.name]}")
    used = (given, embedded, second)
    models = {s.label: {"sha256": s.sha256, "settings": s.settings()} for s in used if s is not None}
    date = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return Results(here, date, called, repeat, models, tuple(rows), left_out, tuple(failed))


def one(
    spec: Spec, subject: Subject, embedded: Subject, sizes: Sizes, repeat: int, second: Subject | None = None
) -> Row:
    """Measure one row, with engines and peers of its own."""
    narrate(f"{spec.name}: {spec.what}, against {spec.against or 'nothing yet'}")
    with Bench(subject, embedded, sizes, repeat, spec.name, second) as bench:
        runs = spec.measure(bench)
    about = second if spec.second and second is not None else embedded if spec.embedded else subject
    row = Row(spec, runs, spec.about or about.label)
    narrate(f"{spec.name}: {row.ours:.4g} against {row.peer:.4g} {spec.unit}, ratio {row.ratio:.2f}")
    return row


def probe(subject: Subject) -> None:
    """Measure which settings make our engine fastest with this file here, and remember it, as `doctor --probe` does."""
    narrate(f"{subject.label}: measuring our engine's settings, half a minute or so")
    result = Probes().measure(subject.weights, progress=lambda measurement: narrate(f"  {told(measurement)}"))
    narrate(f"{subject.label}: {result.settings}")


def tell_if_busy() -> None:
    """Say that the figures will not be worth much, where other work keeps the machine from being quiet."""
    found = load()
    if found is not None and found > QUIET:
        narrate(f"The machine is busy (load {found}); these figures will say little. Measure when nothing else runs.")


def command(args: argparse.Namespace) -> str:
    """The command line that repeats this, with file names instead of this machine's paths."""
    parts = ["python -m evals speed"]
    if args.model_file:
        parts.append(f"--model-file {args.model_file.name}")
    if args.second_model_file:
        parts.append(f"--second-model-file {args.second_model_file.name}")
    if args.only:
        parts.append(f"--only {args.only}")
    if args.train:
        parts.append("--train")
    if args.repeat != 3:
        parts.append(f"--repeat {args.repeat}")
    parts += [flag for flag, given in (("--probe", args.probe), ("--quick", args.quick)) if given]
    return " ".join(parts)
