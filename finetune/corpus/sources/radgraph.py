"""RadGraph: entities of chest X-ray reports; and what its relations say has changed since the report before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from finetune.corpus import files, mimic
from finetune.corpus.changes import changes
from finetune.corpus.source import Expected, Item, Library, Skipped, Source
from finetune.corpus.sources import mimic_cxr
from radlite_tui.tasks.outputs import Entity, NerOutput, TemporalOutput

ANNOTATED = {"train.json": "train", "dev.json": "dev", "test.json": "test"}
GRAPHS = "MIMIC-CXR_graphs.json"
CLASSES = {
    "ANAT-DP": "anatomy",
    "OBS-DP": "observation_present",
    "OBS-DA": "observation_absent",
    "OBS-U": "observation_uncertain",
}
CLOSING, OPENING = frozenset(".,;:?!)"), frozenset("(")
"""Signs that stand close to the word before, and to the word after."""


def read(library: Library) -> Iterator[Item]:
    """Entities that radiologists marked; entities and changes that the owner's model marked, where that file is."""
    by_people = set()
    for name, split in ANNOTATED.items():
        path = library.path(SOURCE, name)
        for key, row in files.json_object(path).items():
            by_people.add(key)
            found = entities(row, key, path)
            yield _marked(key, row["text"], found, group_of(key), split)
    graphs = library.optional(SOURCE, GRAPHS)
    if graphs:
        yield from _by_model(library, graphs, by_people)


def _by_model(library: Library, path: Path, by_people: set[str]) -> Iterator[Item]:
    """Rows of the 220,763 reports that a model marked, but for those that people did too; the splits are MIMIC's."""
    wanted = (mimic.REPORTS, mimic.SPLIT, mimic.METADATA)
    at_hand = [library.optional(mimic_cxr.SOURCE, name) for name in wanted]
    reports = mimic.Reports.of(at_hand[0]) if at_hand[0] else None
    by_study = mimic.splits(at_hand[1])[0] if at_hand[1] else {}
    before = mimic.priors(at_hand[2]) if at_hand[2] else {}
    for key, row in files.json_items(path):
        found = entities(row, key, path)
        place = mimic.study_of(key)
        if place is None:
            raise files.changed(path, f"{key} does not name a patient and a study")
        split = by_study.get(place.study, "train")
        if key not in by_people:
            yield _marked(f"model/{place.study}", row["text"], found, place.group, split)
        earlier = before.get(place.study)
        changed = changes(found) if reports and earlier else ()
        if reports and earlier and changed:
            yield SOURCE.case(
                place.study,
                "temporal_comparison",
                reports.shown(place.study),
                TemporalOutput(changed),
                prior=reports.shown(earlier),
                group=place.group,
                split=split,
            )


def entities(row: Any, key: str, path: Path) -> Mapping[str, Mapping[str, Any]]:
    """The entities of a report by their number; where two people marked it, those of the first."""
    row = files.checked(row, ("text",), path, key)
    marked = files.checked(row.get("labeler_1", row), ("entities",), path, key)["entities"]
    for number, entity in marked.items():
        files.checked(entity, ("tokens", "label", "start_ix", "end_ix", "relations"), path, f"{key}, entity {number}")
        if entity["label"] not in CLASSES:
            raise files.changed(path, f"{key}, entity {number}: the label {entity['label']!r} is unknown")
    return marked  # type: ignore[no-any-return]


def _marked(key: str, text: str, marked: Mapping[str, Mapping[str, Any]], group: str, split: str) -> Item:
    """A case of entities; passed over where an entity is not the text at its place."""
    words = text.split()
    report, spans = joined(words)
    gold = classes(words, report, spans, marked)
    if gold is None:
        return Skipped(f"{SOURCE.name}/{key}", "radiology_ner", SOURCE.name, "an entity is not the text at its place")
    return SOURCE.case(key, "radiology_ner", report, gold, group=group, split=split)


def joined(words: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """The text without the owner's blanks around punctuation, as reports are written, and where each word stands."""
    text, spans = "", []
    for word in words:
        if text and word not in CLOSING and text[-1] not in OPENING:
            text += " "
        spans.append((len(text), len(text) + len(word)))
        text += word
    return text, spans


def classes(
    words: Sequence[str], report: str, spans: Sequence[tuple[int, int]], marked: Mapping[str, Mapping[str, Any]]
) -> NerOutput | None:
    """Entities as spans of the report: start_ix and end_ix count words, the last included.

    None where the words at that place are not the entity's.
    """
    found: dict[str, list[Entity]] = {name: [] for name in CLASSES.values()}
    for entity in marked.values():
        first, last = int(entity["start_ix"]), int(entity["end_ix"])
        if not 0 <= first <= last < len(words) or words[first : last + 1] != str(entity["tokens"]).split():
            return None
        start, end = spans[first][0], spans[last][1]
        found[CLASSES[entity["label"]]].append(Entity(report[start:end], start, end))
    return NerOutput(**{name: in_order(those) for name, those in found.items()})


def in_order(found: Iterable[Entity]) -> tuple[Entity, ...]:
    """Sorted by place in the report."""
    return tuple(sorted(found, key=lambda entity: (entity.start, entity.end)))


def group_of(key: str) -> str:
    """The patient of a MIMIC or CheXpert path; the key itself where it names neither."""
    from finetune.corpus.sources.chexpert_plus import STUDY

    place = mimic.study_of(key)
    match = STUDY.search(key)
    return place.group if place else f"chexpert-{match[1]}" if match else f"radgraph-{key}"


SOURCE = Source(
    name="radgraph",
    title="RadGraph",
    home="https://physionet.org/content/radgraph/",
    licence="PhysioNet Credentialed Health Data License 1.5.0",
    access="credentialed",
    files=(
        Expected("train.json", "425 MIMIC-CXR reports marked by radiologists"),
        Expected("dev.json", "75 more"),
        Expected("test.json", "50 of MIMIC-CXR and 50 of CheXpert, marked by two each"),
        Expected(GRAPHS, "220,763 MIMIC-CXR reports marked by the owner's model", needed=False),
    ),
    tasks={
        "radiology_ner": "ANAT-DP, OBS-DP, OBS-DA and OBS-U as anatomy, present, absent and uncertain",
        "temporal_comparison": "words of change that modify a finding in the model's graphs; the prior is the "
        "preceding study of mimic_cxr",
    },
    rows={"radiology_ner": 221_363, "temporal_comparison": 220_763},
    read=read,
)
