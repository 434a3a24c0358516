"""`python -m evals card`: a model card for each model of a results folder, written from its manifest and its scores.

A card says what it was trained on, how, what it scores with what certainty, where it fails, and that it is not for
clinical use. Imports the report's content and, for models that a recipe builds, `finetune.recipe`.
"""

from __future__ import annotations

import argparse

from evals.figures.training import rows_trained
from evals.report import content as contents
from evals.report import markdown, tables
from evals.report.command import save
from evals.report.content import Content
from evals.report.published import paper
from evals.report.sections import SYNTHETIC, Section, Table
from finetune import recipe as recipes
from finetune.recipe import FromNothing
from radlite_tui.errors import BadInput
from radlite_tui.models.manifest import Manifest

LIMITS = (
    "Not for clinical use: no answer of it may decide anything about a patient.",
    "Trained and scored on generated English text. Its scores say how well it learnt that text's patterns, and nothing "
    "about reports as people write them.",
    "A label's probability is the model's own figure; `evals route` fits temperatures, and the app shows them applied.",
    "Reports longer than its context are refused, not cut.",
)


def run(args: argparse.Namespace) -> int:
    """Writes a card a model whose manifest is at hand. Raises BadInput when there is none."""
    content = contents.load(args.out)
    names = [name for name in dict.fromkeys(r.model for r in content.rows) if name in content.manifests]
    if not names:
        raise BadInput(f"No model of {args.out} is installed here; its manifest is needed for a card.")
    for name in names:
        save(args.to / f"{name}.md", card(content, content.manifests[name], built_by(name)))
    return 0


def built_by(name: str) -> FromNothing | None:
    """The recipe that builds a model of this name from nothing, if there is one."""
    for path in sorted(recipes.RECIPES.glob("*.toml")):
        recipe = recipes.load(path.stem)
        names = {f"{recipe.model}-{architecture}" for architecture in recipe.architectures}
        if isinstance(recipe, FromNothing) and name in names:
            return recipe
    return None


def card(content: Content, manifest: Manifest, recipe: FromNothing | None) -> str:
    """The card as Markdown."""
    name = manifest.name
    severity = [r for r in content.severity if r.model == name]
    systems = [r for r in content.subsets if r.model == name and r.task == "rads_assignment"]
    found = [f for f in content.findings if name in f.title]
    fits = [f for f in content.fits if f.model == name]
    said = contents.provenance(content.samples, name)
    sections = [Section("What it is", (manifest.description, SYNTHETIC), tables=[about(manifest)])]
    if recipe is not None:
        sections.append(Section("Data and method", method(recipe), tables=[training(recipe, manifest.architecture)]))
    scores = tables.scores([r for r in content.rows if r.model == name])
    sections.append(Section("Scores", tuple(said), tables=[scores]))
    if severity:
        lists = [tables.severities(severity), tables.scores(systems, subsets=True)]
        sections.append(Section("RADS answers", tables=lists))
    if fits:
        sections.append(Section("Label probabilities", tables=[tables.fits(fits)]))
    if found:
        sections.append(Section("Findings", items=[(f"{f.title}: {f.verdict}", f.sentence) for f in found]))
    sections.append(Section("Limits", LIMITS))
    sections.append(Section("The paper it follows", (f"{paper().citation}. Its weights are not in these files.",)))
    return markdown.write(f"Model card: {name}", sections)


def training(recipe: FromNothing, architecture: str) -> Table:
    """Cases written and rows trained on, a line a task."""
    rows = rows_trained(recipe, architecture)
    lines = [(tag, f"{count:,}", f"{rows[tag]:,.0f}") for tag, count in recipe.corpus.cases.items()]
    totals = ("all", f"{sum(recipe.corpus.cases.values()):,}", f"{sum(rows.values()):,.0f}")
    caption = f"Training data, from the recipe {recipe.name}: generated text only"
    return Table(caption, ("task", "cases written", "rows the adapter trained on"), [*lines, totals])


def about(manifest: Manifest) -> Table:
    """The manifest as a table."""
    lines = [
        ("title", manifest.title),
        ("architecture", manifest.architecture),
        ("context", f"{manifest.context:,} tokens"),
        ("licence", manifest.licence),
        ("maker", manifest.maker),
    ]
    lines += [
        (f"{file.role} file", f"{file.path.name}, {file.quantization}, {file.size:,} bytes, SHA-256 {file.sha256}")
        for file in manifest.files
    ]
    return Table("From its manifest", ("", "value"), lines)


def method(recipe: FromNothing) -> tuple[str, ...]:
    """How the recipe builds it, in its own figures."""
    shape, base, adapter = recipe.shape, recipe.base, recipe.adapter
    return (
        f"Built by `python -m finetune all --recipe {recipe.name}` from random weights: {shape.layers} layers of width "
        f"{shape.width}, {shape.heads} heads ({shape.kv_heads} for keys and values), a vocabulary of "
        f"{recipe.vocabulary.size:,} tokens.",
        f"The base saw {base.tokens:,} tokens of generated reports, drills and worked examples. The adapter is LoRA of "
        f"rank {adapter.rank} (alpha {adapter.alpha:g}) on all seven projections, trained on generated cases of the "
        "nine tasks. No text of a patient is in it.",
    )
