"""All that a results folder says, computed once and laid out in sections. Imports what computes; writes nothing.

Parts are computed when first asked for, so that whoever wants the rows alone waits for nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from evals import calibrating, ensemble, findings, intents, preferences, samples, severity, sizes
from evals import ratings as rating_files
from evals.cells import Cell, Key
from evals.further import gathered, labels
from evals.further.measure import Measure
from evals.gathering import Samples
from evals.learned import measuring
from evals.predictions import Prediction, read
from evals.report import further_tables, intent_tables, paper_tables, tables
from evals.report.published import paper
from evals.report.sections import SYNTHETIC, Picture, Section, Table
from evals.score import Row, cell_rows, cell_subset_rows
from radlite_tui.errors import BadInput
from radlite_tui.models.manifest import Manifest
from radlite_tui.models.store import Store

TITLE = "Scores of RadLite's models"
PARTS = (
    "rows", "subsets", "severity", "contests", "fits", "sized", "findings", "preferences", "further", "confusions",
)  # fmt: skip


@dataclass(frozen=True)
class Content:
    """samples: all of the results folder; ratings: files of readers' blind ratings, a reader each. folder, kept: where
    the predictions themselves are, for who wants to read them. asked: model-based metrics that are wanted too."""

    samples: Samples
    ratings: tuple[Path, ...] = ()
    folder: Path | None = None
    kept: Sequence[Prediction] = ()
    asked: Sequence[measuring.Asked] = ()

    @classmethod
    def of(cls, predictions: Sequence[Prediction]) -> Content:
        """The content of predictions at hand."""
        return cls(samples.gather(predictions), kept=tuple(predictions))

    @cached_property
    def predictions(self) -> Sequence[Prediction]:
        """Every prediction with its texts: much memory for many of them, so no report needs it."""
        return self.kept if self.folder is None else tuple(read(self.folder))

    @cached_property
    def rows(self) -> list[Row]:
        return cell_rows(self.cells)

    @cached_property
    def subsets(self) -> list[Row]:
        return cell_subset_rows(self.cells)

    @property
    def cells(self) -> Mapping[Key, Cell]:
        return self.samples.cells

    @cached_property
    def severity(self) -> list[severity.SeverityRow]:
        return severity.rows(self.cells.values())

    @cached_property
    def further(self) -> list[Measure]:
        return gathered.measures(self.cells)

    @cached_property
    def learned(self) -> measuring.Learned:
        predictions = self.kept if self.folder is None else read(self.folder)
        return measuring.measure(self.asked, self.cells, predictions)

    @cached_property
    def confusions(self) -> list[labels.Confusion]:
        return labels.confusions(self.cells.values())

    @cached_property
    def intents(self) -> intents.Routing:
        return intents.score()

    @cached_property
    def contests(self) -> list[ensemble.Contest]:
        return ensemble.contests(self.cells)

    @cached_property
    def fits(self) -> list[calibrating.Fit]:
        return calibrating.fits(cell for cell in self.cells.values() if cell.mode.startswith("fine-tuned"))

    @cached_property
    def manifests(self) -> Mapping[str, Manifest]:
        return {manifest.name: manifest for manifest in Store().list()}

    @cached_property
    def sized(self) -> list[sizes.Sized]:
        return sizes.sized(list(self.cells.values()), self.manifests)

    @cached_property
    def findings(self) -> list[findings.Finding]:
        return findings.findings(self.cells, self.contests, self.sized)

    @cached_property
    def preferences(self) -> list[preferences.Preference]:
        return preferences.preferences([rating_files.read([file]) for file in self.ratings])

    def json(self) -> dict[str, Any]:
        """Everything as one object; `rows` as the command contract has them."""
        found: dict[str, Any] = {part: [one.json() for one in getattr(self, part)] for part in PARTS}
        learned = [one.json() for one in self.learned.measures]
        return {**found, "intents": self.intents.json(), "learned": learned, "skipped": list(self.learned.skipped)}


def load(folder: Path, ratings: Sequence[Path] = (), asked: Sequence[measuring.Asked] = ()) -> Content:
    """The content of a results folder. Raises BadInput when it is empty or cannot be read."""
    found = samples.load(folder)
    if not found.n:
        raise BadInput(f"{folder} holds no predictions; run: python -m evals run --out {folder}")
    if not found.cells:
        raise BadInput(f"No case in {folder} has a gold answer, so there is nothing to score; see docs/evals.md.")
    return Content(found, tuple(ratings), folder, asked=asked)


def sections(content: Content, pictures: Sequence[Picture] = ()) -> list[Section]:
    """The report, the answer to "which model, which mode, how sure, is it safe" first."""
    published = paper()
    found = [
        Section("Scores", (SYNTHETIC, *provenance(content.samples)), tables=[tables.scores(content.rows)]),
        Section(
            "Findings",
            ("What the paper found, looked for in these scores. Differences are paired, with 95 % intervals by patient "
             "and p values corrected over the tasks (Holm); better and worse mean a corrected p below 0.05.",),
            items=[(f"{f.title}: {f.verdict}", f.sentence) for f in content.findings],
            tables=[tables.differences(content.findings), tables.detectable(content.findings)],
        ),
        Section(
            "The paper's tables",
            ("Its figures beside ours, in its layout. Models, cases and scale differ, so read across a row for the "
             "pattern, never for which number is larger.",),
            tables=[
                paper_tables.tasks(published, content.rows),
                paper_tables.systems(published, content.subsets),
                paper_tables.severity(published, content.severity),
                paper_tables.few_shot(published, content.cells),
                paper_tables.speed(published),
            ],
        ),
        Section("Severity of RADS errors", tables=[tables.severities(content.severity)] if content.severity else []),
        Section("Route, ensemble and oracle", (verdict(content.contests),), tables=[tables.contests(content.contests)]),
        Section("Label probabilities", tables=probabilities(content),
                text=() if content.fits else ("Too few answers with probabilities to fit a temperature.",)),
        Section("Further metrics", (further_tables.SAID,), tables=further_tables.by_task(content.further)),
        *([learned_section(content.learned)] if content.asked else ()),
        Section("By label and system", tables=further_tables.by_part(content.further, content.confusions)),
        intent_tables.section(content.intents),
        Section("Size and time", tables=[tables.sizes(content.sized)]),
    ]  # fmt: skip
    if content.ratings:
        found.append(Section("What readers prefer", tables=[tables.preferences(content.preferences)]))
    if content.subsets:
        found.append(Section("Scores by subset", tables=[tables.scores(content.subsets, subsets=True)]))
    if pictures:
        found.append(Section("Figures", pictures=pictures))
    return found


def probabilities(content: Content) -> list[Table]:
    """How well probabilities say how often an answer is right, before temperatures and with them."""
    return [
        *([further_tables.sureness(content.further)] if further_tables.sure(content.further) else ()),
        *([tables.fits(content.fits)] if content.fits else ()),
    ]


def learned_section(found: measuring.Learned) -> Section:
    """Metrics that are models, and why one is left out."""
    said = "Each is a model with errors of its own; docs/evals.md says what it reads and which weights it needs."
    return Section("Model-based metrics", (said, *found.skipped), tables=further_tables.by_task(found.measures))


def verdict(found: Sequence[ensemble.Contest]) -> str:
    """Which of ensemble and route wins, in a sentence."""
    judged = [c for c in found if c.gain is not None and c.mode == "fine-tuned"]
    if not judged:
        return "No two models answered the same closed task with probabilities, so there is no ensemble to judge."
    won = {who: [c.task for c in judged if c.winner == who] for who in ("ensemble", "route", "neither")}
    parts = [f"{who} on {len(tags)} ({', '.join(tags)})" for who, tags in won.items() if tags]
    return f"Fine-tuned, of {len(judged)} closed tasks: {'; '.join(parts)}. 'Neither': the interval holds 0."


def provenance(found: Samples, model: str = "") -> list[str]:
    """Which files, versions and prompts gave these answers, or those of one model."""
    stamps = [stamp for stamp in found.stamps if model in ("", stamp.model)]
    n = sum(len(cell.cases) for cell in found.cells.values() if cell.model == model) if model else found.n
    named = dict.fromkeys(
        f"{s.model} {s.quantization} {s.sha256[:12]}{' + ' + s.adapter_sha256[:12] if s.adapter_sha256 else ''}".strip()
        for s in stamps
        if s.sha256
    )
    versions = ", ".join(sorted({s.version for s in stamps}))
    prompts = ", ".join(sorted({s.prompt_version for s in stamps}))
    said = [f"Files (SHA-256, first 12): {'; '.join(named)}."] if named else []
    if found.unscored and not model:
        said.append(f"{found.unscored:,} predictions are of cases without a gold answer and are not scored.")
    return [*said, f"RadLite {versions}, prompts {prompts}, {n:,} predictions."]
