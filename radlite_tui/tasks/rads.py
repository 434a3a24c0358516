"""The ten RADS systems as data: categories, managements, orders, and how wrong a wrong category is.

Reads `rads.toml` beside it, once, at import. May import the standard library only; must never hold a category,
management or guideline fact that is not in the TOML file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from radlite_tui.tasks.data import table

NONE_APPLIES = "No applicable RADS"

Severity = Literal["exact", "overcall", "undercall", "safe misclassification", "unparseable"]
SEVERITIES: tuple[Severity, ...] = ("exact", "overcall", "undercall", "safe misclassification", "unparseable")


@dataclass(frozen=True)
class Category:
    """One category of one system. system and code are empty for "No applicable RADS".

    order: place on the risk scale named by `scale`, or None where the category is not a degree of risk.
    action: how much is done for the patient, 0 to 4, comparable between systems.
    """

    system: str
    code: str
    management: str
    order: float | None
    action: int
    scale: str = ""

    @property
    def label(self) -> str:
        """The one spelling used in answers: "SYSTEM CODE"."""
        return f"{self.system} {self.code}" if self.system else NONE_APPLIES


@dataclass(frozen=True)
class System:
    """One reporting system in the edition named.

    modifiers: what may follow a category after a slash, if anything. shorthand: letters that stand for the name in
    "LR-5". anatomy: words that show what a report is about when an answer gives only a category.
    """

    name: str
    title: str
    edition: str
    source: str
    advice: str
    parts: str
    modifiers: tuple[str, ...]
    shorthand: str
    anatomy: tuple[str, ...]
    categories: tuple[Category, ...]

    def category(self, code: str) -> Category | None:
        """The category with this code, spelt as in the data, or None."""
        return next((category for category in self.categories if category.code == code), None)


def _system(entry: dict[str, Any]) -> System:
    name = entry["name"]
    return System(
        name=name,
        title=entry["title"],
        edition=entry["edition"],
        source=entry["source"],
        advice=entry["advice"],
        parts=entry["parts"],
        modifiers=tuple(entry.get("modifiers", ())),
        shorthand=entry.get("shorthand", ""),
        anatomy=tuple(entry["anatomy"]),
        categories=tuple(
            Category(
                system=name,
                code=row["code"],
                management=row["management"],
                order=row.get("order"),
                action=row["action"],
                scale=row.get("scale", ""),
            )
            for row in entry["category"]
        ),
    )


SYSTEMS: tuple[System, ...] = tuple(_system(entry) for entry in table("rads.toml")["system"])
NONE_CATEGORY = Category("", "", "No RADS category applies to this report.", None, 0)
_BY_LABEL = {category.label: category for system in SYSTEMS for category in system.categories} | {
    NONE_APPLIES: NONE_CATEGORY
}
LABELS: tuple[str, ...] = tuple(_BY_LABEL)
"""Every answer of `rads_assignment`, systems in display order, "No applicable RADS" last."""


def find(label: str) -> Category | None:
    """The category of a canonical label such as "BI-RADS 4B" or "No applicable RADS"; None for anything else."""
    return _BY_LABEL.get(label)


def system(name: str) -> System | None:
    """The system with this canonical name, such as "Lung-RADS", or None."""
    return next((system for system in SYSTEMS if system.name == name), None)


def severity(predicted: str | None, reference: str) -> Severity:
    """How a predicted label differs from the reference label: whether the patient would get more or less than needed.

    The same management in the same system is safe, whatever the category. On one risk scale the order decides;
    between systems, where a category is no degree of risk (0, NC), or where two share a step (LI-RADS 5 is treated, M
    needs tissue), the amount of action does. Overcall is the
    conservative error, undercall the dangerous one. predicted None or unknown is "unparseable".
    Raises KeyError when the reference is not a label.
    """
    truth = _BY_LABEL[reference]
    guess = find(predicted) if predicted is not None else None
    if guess is None:
        return "unparseable"
    if guess == truth:
        return "exact"
    same_system = guess.system == truth.system
    if same_system and guess.management == truth.management:
        return "safe misclassification"
    difference = 0.0
    if same_system and guess.scale == truth.scale and guess.order is not None and truth.order is not None:
        difference = guess.order - truth.order
    if difference == 0:
        difference = guess.action - truth.action
    if difference == 0:
        return "safe misclassification"
    return "overcall" if difference > 0 else "undercall"
