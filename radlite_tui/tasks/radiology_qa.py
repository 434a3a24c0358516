"""Answers a question about a report, or about radiology without one. May import its siblings in `tasks` only; pure."""

from __future__ import annotations

from radlite_tui.tasks.base import Example, Task
from radlite_tui.tasks.outputs import Output, TextOutput
from radlite_tui.tasks.reading import expect, free_text
from radlite_tui.tasks.report import Report


class RadiologyQa(Task):
    """The user's words are the question. With an empty report the question is closed-book."""

    tag = "radiology_qa"
    title = "Question"
    help = "Answer a question about the report, or about radiology"
    instruction = "Answer the question, from the report where there is one."
    answer_format = "Answer in one or two short sentences. If the report does not say, say so."
    metric = "rouge_l"
    max_tokens = 256
    uses_words = True
    words_heading = "Question"

    def render(self, output: Output) -> str:
        return expect(output, TextOutput).answer.strip()

    def parse(self, text: str, report: Report, *, lenient: bool = False) -> TextOutput:
        return TextOutput(free_text(text, "answer", lenient=lenient))

    examples = (
        Example(
            Report("CT chest. 9 mm solid nodule in the right upper lobe. No pleural effusion. Heart size is normal."),
            "The nodule measures 9 mm.",
            "How large is the nodule?",
        ),
        Example(
            Report(
                "MRI lumbar spine. Left paracentral disc protrusion at L4-L5 touching the left L5 root. Canal is wide."
            ),
            "The left L5 root.",
            "Which nerve root is affected?",
        ),
        Example(
            Report(""),
            "Probably benign: short-interval follow-up at 6 months is advised.",
            "What does BI-RADS 3 mean?",
        ),
        Example(
            Report("Chest radiograph. Lungs are clear. Cardiac silhouette is normal."),
            "The report does not say.",
            "Is there a liver lesion?",
        ),
    )
    demonstrations = (
        Example(
            Report(
                "CT PULMONARY ANGIOGRAM\n\nINDICATION: Sudden breathlessness.\n\nFINDINGS: Filling defects in the "
                "right main pulmonary artery extending into the lower lobe branches. The right ventricle is dilated "
                "with a right to left ventricular ratio of 1.3. Wedge-shaped opacity in the right lower lobe, in "
                "keeping with infarction. Small right pleural effusion. No aortic dissection.\n\nIMPRESSION: Acute "
                "right-sided pulmonary embolism with right heart strain."
            ),
            "Yes: the right ventricle is dilated, with a ventricular ratio of 1.3.",
            "Is there evidence of right heart strain?",
        ),
    )


TASK = RadiologyQa()
