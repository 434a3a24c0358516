"""What a probe of a host and model measures, and which settings follow from it. Pure arithmetic; imports nothing.

`engine.llama.probe` measures, in a process of its own; `engine.probes` starts it and remembers the results.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any, Literal, get_args

Flash = Literal["auto", "on", "off"]
Load = Literal["mmap", "mlock", "read"]
"""How weights come into memory: mapped, so that all processes share them; mapped and never paged out; or read into a
copy of this process's own."""

MARGIN = 0.05
"""Of the expected seconds, how much must be won before a setting other than the usual one is chosen."""
UBATCHES = (128, 256, 512)

WORK = ((344, 6), (306, 26), (360, 42), (287, 1), (274, 53), (427, 82), (353, 2), (299, 2), (300, 21))
"""(prompt tokens, answer tokens) of a request: for each of the nine tasks the median of its demonstration cases over
the four modes and both embedded models, counted with their own tokeniser; nothing cached. A test counts them anew."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a probe may choose. ubatch: prompt tokens computed at once; the rest as in `EngineOptions`."""

    repack: bool = False
    flash_attention: Flash = "auto"
    ubatch: int = 128
    load: Load = "mmap"

    def __str__(self) -> str:
        repack = "on" if self.repack else "off"
        text = f"repack {repack}, flash attention {self.flash_attention}, {self.ubatch} prompt tokens at once"
        return text + {"mmap": "", "mlock": ", weights locked in memory", "read": ", weights not shared"}[self.load]


USUAL = Settings()


@dataclass(frozen=True, slots=True)
class Measurement:
    """One configuration, measured. memory: bytes by which the process grew. Rates are tokens/s; 0 when `slower`.

    slower: given up before it was measured to the end, since it was clearly slower than the best one so far.
    """

    settings: Settings
    prefill_tok_s: float = 0.0
    decode_tok_s: float = 0.0
    load_s: float = 0.0
    memory: int = 0
    slower: bool = False

    @property
    def expected_s(self) -> float:
        """Seconds of an average request, loading apart; infinite when not measured to the end."""
        return expected(self.prefill_tok_s, self.decode_tok_s) if not self.slower else float("inf")


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """A probe of one model file on one host. seconds: what it took. date: ISO 8601, UTC. version: llama-cpp-python's.

    complete: False when the time ran out before every configuration had its turn. threads: used throughout.
    """

    settings: Settings
    measurements: tuple[Measurement, ...] = ()
    seconds: float = 0.0
    date: str = ""
    version: str = ""
    threads: int = 0
    complete: bool = True

    def measured(self, settings: Settings) -> Measurement | None:
        """The measurement of a configuration, if there is one."""
        return next((m for m in self.measurements if m.settings == settings), None)

    def json(self) -> dict[str, Any]:
        """As plain values; `read` takes them back."""
        measurements = [asdict(m) | {"expected_s": None if m.slower else m.expected_s} for m in self.measurements]
        return asdict(self) | {"measurements": measurements}


def read(values: Mapping[str, Any]) -> ProbeResult:
    """A result from what `ProbeResult.json` gave. Raises ValueError, KeyError or TypeError for anything else."""
    return ProbeResult(
        _settings(values["settings"]),
        tuple(read_measurement(measurement) for measurement in values["measurements"]),
        float(values["seconds"]),
        str(values["date"]),
        str(values["version"]),
        int(values["threads"]),
        bool(values["complete"]),
    )


def read_measurement(values: Mapping[str, Any]) -> Measurement:
    """One measurement from its plain values. Raises as `read` does."""
    return Measurement(
        _settings(values["settings"]),
        float(values["prefill_tok_s"]),
        float(values["decode_tok_s"]),
        float(values["load_s"]),
        int(values["memory"]),
        bool(values["slower"]),
    )


def _settings(values: Mapping[str, Any]) -> Settings:
    flash: Flash = values["flash_attention"]
    if flash not in get_args(Flash) or int(values["ubatch"]) not in UBATCHES:
        raise ValueError(f"unknown settings {values}")
    load: Load = values.get("load", "mmap")  # what was measured before this could be chosen
    if load not in get_args(Load):
        raise ValueError(f"unknown settings {values}")
    return Settings(bool(values["repack"]), flash, int(values["ubatch"]), load)


def expected(prefill_tok_s: float, decode_tok_s: float) -> float:
    """Seconds an average request of `WORK` takes at these rates, nothing cached."""
    if prefill_tok_s <= 0 or decode_tok_s <= 0:
        return float("inf")
    return fmean(prompt / prefill_tok_s + answer / decode_tok_s for prompt, answer in WORK)


def better(candidate: Measurement, best: Measurement) -> bool:
    """Whether a configuration is to be preferred to one that is more usual: it must win more than the margin.

    One that needs clearly more memory, or keeps it from other users, must win that much more again, for a second or two
    is not worth gigabytes.
    """
    selfish = candidate.settings.load == "read" != best.settings.load
    margin = MARGIN * (2 if selfish or candidate.memory > 1.2 * best.memory else 1)
    return candidate.expected_s < (1 - margin) * best.expected_s


def choose(measurements: Iterable[Measurement]) -> Settings:
    """The settings to use: the measurements in the order they were made, the usual settings first."""
    best: Measurement | None = None
    for measurement in measurements:
        if best is None or better(measurement, best):
            best = measurement
    return best.settings if best is not None else USUAL


def sentence(result: ProbeResult) -> str:
    """The choice and its figures, for people."""
    chosen = result.measured(result.settings)
    if chosen is None:
        return f"{result.settings} (not measured)"
    text = (
        f"{result.settings}: prefill {chosen.prefill_tok_s:.1f} tok/s, decode {chosen.decode_tok_s:.1f} tok/s, "
        f"loads in {chosen.load_s:.1f} s, {chosen.memory / 1e9:.1f} GB"
    )
    others = [m for m in result.measurements if m.settings.repack and not m.slower]
    plain = result.measured(USUAL)
    if others and plain is not None:
        text += (
            f"; repacking keeps a second copy of the weights ({others[0].memory / 1e9:.1f} GB instead of "
            f"{plain.memory / 1e9:.1f} GB)"
        )
    return text
