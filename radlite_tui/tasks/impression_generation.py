"""Writes the impression of a report from its findings. May import its siblings in `tasks` only; pure."""

from __future__ import annotations

from radlite_tui.tasks.base import Example, Task
from radlite_tui.tasks.outputs import ImpressionOutput, Output
from radlite_tui.tasks.reading import expect, free_text
from radlite_tui.tasks.report import Report


class ImpressionGeneration(Task):
    """Free text: the conclusions alone, without the heading."""

    tag = "impression_generation"
    title = "Impression"
    help = "Write the impression from the findings"
    instruction = "Write the impression of this report, the most important conclusion first."
    answer_format = "Write one to four short sentences, without a heading. Add nothing that the findings do not say."
    metric = "rouge_l"
    max_tokens = 256

    def render(self, output: Output) -> str:
        return expect(output, ImpressionOutput).impression.strip()

    def parse(self, text: str, report: Report, *, lenient: bool = False) -> ImpressionOutput:
        return ImpressionOutput(free_text(text, "impression", lenient=lenient))

    examples = (
        Example(
            Report(
                "FINDINGS: Patchy consolidation in the left lower lobe with air bronchograms. Small left pleural "
                "effusion. Heart size is normal. No pneumothorax."
            ),
            "Left lower lobe pneumonia with a small left pleural effusion.",
        ),
        Example(
            Report(
                "FINDINGS: CT head without contrast. No haemorrhage, no mass effect. Ventricles and sulci are normal "
                "for age. Grey-white differentiation is preserved. Mucosal thickening of the left maxillary sinus."
            ),
            "No acute intracranial abnormality. Left maxillary sinus disease.",
        ),
        Example(
            Report(
                "FINDINGS: Ultrasound of the right leg. The popliteal vein does not compress and contains echogenic "
                "material. Femoral veins are patent and compressible. No Baker cyst."
            ),
            "Acute right popliteal deep vein thrombosis.",
        ),
    )
    demonstrations = (
        Example(
            Report(
                "CT ABDOMEN AND PELVIS WITH CONTRAST\n\nINDICATION: Right lower quadrant pain and "
                "fever.\n\nFINDINGS: The appendix is dilated to 13 mm with wall thickening and hyperenhancement, and "
                "contains an 8 mm appendicolith. There is stranding of the surrounding fat and a trace of free "
                "fluid, without a drainable collection and without free air. Liver, spleen, pancreas and kidneys are "
                "normal apart from a 2.1 cm simple cyst of the left kidney. No bowel obstruction."
            ),
            "Acute appendicitis with an appendicolith, without abscess or perforation. Simple left renal cyst.",
        ),
    )


TASK = ImpressionGeneration()
