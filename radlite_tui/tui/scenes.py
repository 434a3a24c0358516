"""The pictures of the user guide: what is asked and pressed for each, in the real app on the embedded models.

May import the demonstration reports of the tasks. `python -m radlite_tui.tui.picture --all`
makes them all, so that no picture shows an app that is no more.
"""

from __future__ import annotations

from dataclasses import dataclass

from radlite_tui import tasks
from radlite_tui.assistant.intake import Taken
from radlite_tui.tasks.report import Report
from radlite_tui.tui.themes import DARK, LIGHT

SMALL = (80, 24)
WIDE = (120, 36)


@dataclass(frozen=True)
class Scene:
    """file: its name below `docs`. task: whose example report is open ("": none). asked: one request after the other.
    keys: pressed after that, one by one; words: typed before them and not sent. offered: shown at the start."""

    file: str
    size: tuple[int, int] = SMALL
    task: str = ""
    asked: tuple[str, ...] = ()
    words: str = ""
    keys: tuple[str, ...] = ()
    theme: str = DARK.name
    offered: Taken | None = None

    @property
    def report(self) -> Report | None:
        """The example report, as a file would bring it."""
        if not self.task:
            return None
        example = tasks.get(self.task).demonstrations[0].report
        return Report(example.text, example.prior, "example.txt")


MESSAGE = Taken(
    tasks.get("n_staging").demonstrations[0].report.text,
    "HL7 v2 ORU_R01",
    took=("the observations (OBX); patient and order headers stay out, names inside the text do not",),
    left_out=("1 attached document", "1 comment (NTE)"),
    source="result.hl7",
)

SCENES = (
    Scene("app.svg", WIDE, "n_staging", ("n stage?", "list the entities")),
    Scene("pictures/start.svg"),
    Scene("pictures/before.svg", task="rads_assignment", words="birads?"),
    Scene("pictures/answer.svg", task="rads_assignment", asked=("birads?",)),
    Scene("pictures/unsure.svg", task="n_staging", words="stage", keys=("enter",)),
    Scene("pictures/tasks.svg", task="rads_assignment", keys=("ctrl+k",)),
    Scene("pictures/entities.svg", WIDE, "radiology_ner", ("list the entities",)),
    Scene("pictures/changes.svg", WIDE, "temporal_comparison", ("what changed?",)),
    Scene("pictures/compare.svg", WIDE, "rads_assignment", words="birads?", keys=("ctrl+e",)),
    Scene("pictures/document.svg", offered=MESSAGE),
    Scene("pictures/light.svg", task="n_staging", asked=("n stage?",), theme=LIGHT.name),
)
