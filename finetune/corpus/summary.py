"""What a set of rows holds: counts, lengths, label balance and duplicates, as lines to print. Standard library only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from radlite_tui.tasks import CHAT, TAGS
from radlite_tui.tasks.rads import SYSTEMS


@dataclass
class Summary:
    """Filled row by row with `add`."""

    rows: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    lengths: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    labels: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    golds: dict[bytes, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    asked: dict[str, Counter[bytes]] = field(default_factory=lambda: defaultdict(Counter))
    groups: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, row: Mapping[str, str]) -> None:
        """Count one row."""
        task = row["task"]
        self.rows[row["source"], task, row["split"]] += 1
        self.lengths[task].append((len(f"{row['report']} {row['prior']}".split()), len(row["gold"].split())))
        self.labels[task].update(balance(task, row["gold"]))
        key = _digest(*(row[c] for c in ("task", "report", "prior", "words")))
        self.asked[task][key] += 1
        self.golds[key].add(_digest(row["gold"]))
        self.groups[row["split"]].add(row["group"])

    def lines(self) -> Iterable[str]:
        """The summary, a table after another."""
        yield f"{'source':<14} {'task':<22} {'train':>8} {'valid.':>8} {'test':>8}"
        for source, task in sorted({key[:2] for key in self.rows}):
            counts = [self.rows[source, task, split] for split in ("train", "validation", "test")]
            yield f"{source:<14} {task:<22} {counts[0]:>8,} {counts[1]:>8,} {counts[2]:>8,}"
        yield ""
        yield f"{'words of':<22} {'report':>6} {'':>6} {'':>6}  {'answer':>6} {'':>6}  {'asked':>7} {'and not':>8}"
        yield f"{'':<22} {'half':>6} {'95 %':>6} {'all':>6}  {'half':>6} {'all':>6}  {'twice':>7} {'answered':>8}"
        yield f"{'':<22} {'up to':>6} {'':>6} {'':>6}  {'up to':>6} {'':>6}  {'':>7} {'alike':>8}"
        for task in (tag for tag in (*TAGS, CHAT) if tag in self.lengths):
            report, answer = (sorted(n) for n in zip(*self.lengths[task], strict=True))
            again = sum(self.asked[task].values()) - len(self.asked[task])
            torn = sum(len(self.golds[key]) > 1 for key in self.asked[task])
            yield (
                f"{task:<22} {_at(report, 0.5):>6} {_at(report, 0.95):>6} {report[-1]:>6}  "
                f"{_at(answer, 0.5):>6} {answer[-1]:>6}  {again:>7,} {torn:>8,}"
            )
        yield ""
        for task in (tag for tag in (*TAGS, CHAT) if self.labels.get(tag)):
            total = self.labels[task].total()
            shares = (f"{label} {100 * n / total:.1f} %" for label, n in sorted(self.labels[task].items()))
            yield f"{task}: {', '.join(shares)}"

    def json(self) -> dict[str, int]:
        """Rows by source, task and split, for the manifest."""
        return {"/".join(key): count for key, count in sorted(self.rows.items())}


def balance(task: str, gold: str) -> list[str]:
    """What a gold answer counts as: its label, its RADS system, its marks or statuses; nothing for free text."""
    if task == "rads_assignment":
        return [next((system.name for system in SYSTEMS if gold.startswith(f"{system.name} ")), gold)]
    if task in ("n_staging", "m_staging", "radiology_nli"):
        return [gold]
    if task == "abnormality_detection":
        return [line.rpartition(": ")[2] for line in gold.splitlines()]
    if task == "temporal_comparison":
        return [line[3:].partition("]")[0] for line in gold.splitlines() if line.startswith("- [")] or [gold]
    if task == "radiology_ner":
        return [line.partition(": ")[0] for line in gold.splitlines() for _ in line.split("; ") if ": none" not in line]
    return []


def _at(ordered: list[int], share: float) -> int:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _digest(*parts: str) -> bytes:
    return blake2b("\0".join(parts).encode(), digest_size=8).digest()
