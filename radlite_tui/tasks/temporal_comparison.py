"""What changed between a prior report and the current one. May import its siblings in `tasks` only; pure."""

from __future__ import annotations

import re

from radlite_tui.errors import ParseError
from radlite_tui.segments import Form
from radlite_tui.tasks.base import Example, Task
from radlite_tui.tasks.outputs import Change, Output, TemporalOutput
from radlite_tui.tasks.reading import answer_text, best_sentence, expect
from radlite_tui.tasks.report import Report

MARKS = {
    "new": "New Finding",
    "worsened": "Worsened",
    "improved": "Improved",
    "resolved": "Resolved",
    "unchanged": "No Change",
}
NOTHING = "none"

_STATUSES = {mark: status for status, mark in MARKS.items()}
_WORDINGS = {
    **{mark.lower(): status for status, mark in MARKS.items()},
    **{status: status for status in MARKS},
    **dict.fromkeys(("increased", "larger", "progressed", "worse", "worsening"), "worsened"),
    **dict.fromkeys(("decreased", "smaller", "better", "improving"), "improved"),
    **dict.fromkeys(("cleared", "gone", "removed"), "resolved"),
    **dict.fromkeys(("stable", "no significant change", "persistent"), "unchanged"),
    **dict.fromkeys(("appeared", "newly present"), "new"),
}
_LINE = rf"- \[(?:{'|'.join(MARKS.values())})\] [^\s\[\]()][^\n\[\]()]*"
_STRICT = re.compile(r"^- \[([A-Z][A-Za-z ]+)\] (\S.*)$")
_LOOSE = re.compile(r"^\s*(?:[-*•]|\d+[.)])?\s*(?:\[([^\]]+)\]\s*:?|([A-Za-z ]+?)\s*:)\s*(\S.*)$")
_RELATED = re.compile(r"\(related to:\s*([^)]+)\)", re.IGNORECASE)
_NOTHING = re.compile(r"^(?:none|no (?:interval )?changes?)\.?$", re.IGNORECASE)


class TemporalComparison(Task):
    """One line a change. Evidence is not written by the model: it is looked up in the current report when parsing."""

    tag = "temporal_comparison"
    title = "Comparison"
    help = "What is new, worse, better, resolved or unchanged since the prior report"
    instruction = "List what is new, worsened, improved, resolved or unchanged since the prior report."
    answer_format = (
        "Write one line for each finding, such as '- [Worsened] right pleural effusion'. "
        "The mark is [New Finding], [Worsened], [Improved], [Resolved] or [No Change]. "
        "Write 'none' when nothing can be compared."
    )
    metric = "jaccard"
    max_tokens = 256
    needs_prior = True
    pattern = rf"{NOTHING}|{_LINE}(?:\n{_LINE})*"

    def render(self, output: Output) -> str:
        changes = expect(output, TemporalOutput).changes
        return "\n".join(f"- [{MARKS[c.status]}] {' '.join(c.finding.split())}" for c in changes) or NOTHING

    def opening(self) -> Form:
        return "- [", tuple(MARKS.values()), "]"

    def parse(self, text: str, report: Report, *, lenient: bool = False) -> TemporalOutput:
        text = answer_text(text, lenient=lenient)
        if text == NOTHING or (lenient and _NOTHING.match(text)):
            return TemporalOutput(())
        read = [self._loose(line) if lenient else self._strict(line) for line in text.splitlines() if line.strip()]
        changes = tuple(
            Change(status, finding, best_sentence(report.text, finding)) for status, finding in filter(None, read)
        )
        if not changes:
            raise ParseError("Expected lines such as '- [Worsened] right pleural effusion'.")
        return TemporalOutput(changes)

    @staticmethod
    def _strict(line: str) -> tuple[str, str]:
        match = _STRICT.match(line.rstrip())
        if match is None or match[1] not in _STATUSES or _RELATED.search(match[2]):
            raise ParseError("Expected every line to be such as '- [Worsened] right pleural effusion'.")
        return _STATUSES[match[1]], match[2]

    @staticmethod
    def _loose(line: str) -> tuple[str, str] | None:
        """A mark in brackets or before a colon; of "new (related to: opacity)" the finding is "opacity"."""
        match = _LOOSE.match(line)
        status = _WORDINGS.get((match[1] or match[2]).strip().lower()) if match else None
        if match is None or status is None:
            return None
        related = _RELATED.search(match[3])
        return status, (related[1] if related else match[3]).strip().rstrip(".")

    examples = (
        Example(
            Report(
                "Right pleural effusion has increased and is now moderate. The heart remains enlarged. New left "
                "basal opacity.",
                prior="Small right pleural effusion. Enlarged heart. Left lung is clear.",
            ),
            "- [Worsened] right pleural effusion\n- [No Change] enlarged heart\n- [New Finding] left basal opacity",
        ),
        Example(
            Report(
                "The pneumothorax is no longer seen after chest tube placement. Right lower lobe consolidation is "
                "less dense.",
                prior="Apical left pneumothorax of 2 cm. Dense right lower lobe consolidation.",
            ),
            "- [Resolved] pneumothorax\n- [Improved] right lower lobe consolidation",
        ),
        Example(
            Report(
                "Nodule in the lingula, 7 mm, as before. Mediastinal nodes have decreased to 9 mm. No effusion.",
                prior="Lingular nodule 7 mm. Mediastinal nodes to 15 mm.",
            ),
            "- [No Change] nodule in the lingula\n- [Improved] mediastinal nodes",
        ),
    )
    demonstrations = (
        Example(
            Report(
                "CHEST RADIOGRAPH, day 5\n\nFINDINGS: The endotracheal tube has been removed. The right lower lobe "
                "consolidation has partly cleared. The left pleural effusion is larger, now reaching the mid zone. "
                "There is a new small apical pneumothorax on the right. Heart size is unchanged.\n\nIMPRESSION: "
                "Improving right pneumonia, increasing left effusion, new right apical pneumothorax.",
                prior="CHEST RADIOGRAPH, day 2\n\nFINDINGS: Endotracheal tube in good position. Extensive right lower "
                "lobe consolidation. Small left pleural effusion. Heart size at the upper limit of normal. "
                "No pneumothorax.",
            ),
            "- [Resolved] endotracheal tube\n- [Improved] right lower lobe consolidation\n"
            "- [Worsened] left pleural effusion\n- [New Finding] apical pneumothorax on the right\n"
            "- [No Change] heart size",
        ),
    )


TASK = TemporalComparison()
