"""Figure 7: what the embedded models were trained on, from the recipe that builds them. Imports `finetune.recipe`."""

from __future__ import annotations

from matplotlib.figure import Figure

from evals.figures.style import figure, finish, mark, title
from finetune.recipe import FromNothing
from radlite_tui import tasks


def draw(recipe: FromNothing) -> Figure:
    """Left: cases written a task; right: rows trained on a task, by the mixture's shares, a bar an architecture."""
    tags = [tag for tag in tasks.TAGS if tag in recipe.corpus.cases]
    drawn = figure(9.5, 4.4)
    left, right = drawn.subplots(1, 2, sharey=True)
    cases = [recipe.corpus.cases[tag] for tag in tags]
    left.barh(range(len(tags)), cases, color=mark(1).fill, hatch=mark(1).hatch, edgecolor=mark(1).edge, height=0.6)
    for place, count in enumerate(cases):
        left.text(count, place, f" {count:,}", va="center", fontsize=8)
    left.set_title(f"Synthetic cases written, {sum(cases):,} in all", loc="left")
    left.set_yticks(range(len(tags)), [title(tag) for tag in tags])
    left.invert_yaxis()
    left.set_xlim(0, max(cases) * 1.2)
    height = 0.8 / len(recipe.architectures)
    most = 0.0
    for place, architecture in enumerate(recipe.architectures):
        rows = rows_trained(recipe, architecture)
        look = mark(place * 2)
        at = [y + (place - (len(recipe.architectures) - 1) / 2) * height for y in range(len(tags))]
        right.barh(
            at, [rows[tag] for tag in tags], height * 0.92, color=look.fill, hatch=look.hatch, edgecolor=look.edge,
            linewidth=0.7, label=f"{architecture}, {sum(rows.values()):,.0f} rows",
        )  # fmt: skip
        for y, tag in zip(at, tags, strict=True):
            right.text(rows[tag], y, f" {rows[tag]:,.0f}", va="center", fontsize=7)
        most = max(most, *rows.values())
    right.set_title("Rows trained on, all stages of the adapter", loc="left")
    right.set_xlim(0, most * 1.2)
    right.legend(loc="lower right", frameon=False, fontsize=8)
    note = f"From the recipe {recipe.model}; counts, not estimates, so no intervals. Generated text, no patient's."
    return finish(drawn, "Training data", note)


def rows_trained(recipe: FromNothing, architecture: str) -> dict[str, float]:
    """Task -> rows of this architecture's adapter, over its stages."""
    rows = dict.fromkeys(recipe.corpus.cases, 0.0)
    for stage in recipe.adapter.stages(architecture):
        weight = sum(stage.mixture.values())
        for tag, share in stage.mixture.items():
            rows[tag] += stage.rows * share / weight
    return rows
