"""What was measured of the installed models on this machine, and measuring it now.

May import `models` and `engine.probes`, which runs native code only in processes of their own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from radlite_tui.engine import probed
from radlite_tui.engine.llama.threads import physical_cores
from radlite_tui.engine.probed import Measurement
from radlite_tui.engine.probes import Probes
from radlite_tui.models import verify
from radlite_tui.models.manifest import Manifest, ModelFile
from radlite_tui.models.store import Store

Progress = Callable[[str], None]
SMALL = "small, so the usual settings are used"
UNKNOWN = "not measured yet"


def weights_files(manifest: Manifest) -> tuple[ModelFile, ...]:
    """The files that hold weights, which are what is measured."""
    return tuple(file for file in manifest.files if file.role != "adapter")


def findings(manifest: Manifest, probes: Probes) -> list[dict[str, Any]]:
    """What is known of each weights file: its name, a state in words, and the result as plain values or None."""
    found = []
    for file in weights_files(manifest):
        result = probes.known(file.path)
        state = probed.sentence(result) if result else SMALL if file.size < probes.small_bytes else UNKNOWN
        found.append({"file": file.path.name, "state": state, "result": result.json() if result else None})
    return found


def measure(store: Store, names: tuple[str, ...], probes: Probes, progress: Progress) -> None:
    """Measure these models, or all when none is named, telling each figure as it is found.

    Raises BadInput (no such model) and ModelUnavailable (its file is missing or cannot be used).
    """
    manifests = [store.get(name) for name in names] or list(store.list())
    if (load := busy()) is not None:
        progress(f"Other work keeps this machine busy (load {load:.1f}); measure again when it is idle.")
    for manifest in manifests:
        for file in weights_files(manifest):
            verify.quick(file)
            if file.size < probes.small_bytes:
                progress(f"{manifest.name}: {SMALL}.")
                continue
            progress(f"{manifest.name}: measuring {file.path.name} ({file.size / 1e9:.1f} GB), half a minute or so.")
            title = manifest.name
            result = probes.measure(file.path, progress=lambda m, title=title: progress(f"{title}: {told(m)}"))  # type: ignore[misc]
            early = "" if result.complete else ", not all of them for want of time or memory"
            progress(f"{manifest.name}: measured in {result.seconds:.0f} s{early}; {probed.sentence(result)}.")


def busy() -> float | None:
    """The machine's load when it is more than it has cores for, else None."""
    try:
        load = os.getloadavg()[0]
    except (AttributeError, OSError):
        return None
    return load if load > physical_cores() else None


def told(measurement: Measurement) -> str:
    """A measurement in words."""
    if measurement.slower:
        return f"{measurement.settings}: clearly slower."
    return (
        f"{measurement.settings}: prefill {measurement.prefill_tok_s:.1f} tok/s, decode "
        f"{measurement.decode_tok_s:.1f} tok/s, {measurement.expected_s:.1f} s for an average request."
    )
