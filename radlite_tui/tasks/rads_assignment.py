"""The RADS category a report supports, in any of the ten systems. May import its siblings in `tasks` only; pure.

Categories and managements are data in `rads.toml`; the looser ways of writing them are read by `rads_wording`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from radlite_tui.errors import ParseError
from radlite_tui.tasks import rads, rads_wording
from radlite_tui.tasks.base import Example, Task
from radlite_tui.tasks.outputs import Output, RadsOutput
from radlite_tui.tasks.reading import answer_text, expect
from radlite_tui.tasks.report import Report


def output(label: str, modifiers: Sequence[str] = ()) -> RadsOutput:
    """The whole output of a canonical label. Raises KeyError for a label or a modifier the system does not have."""
    category = rads.find(label)
    if category is None:
        raise KeyError(label)
    system = rads.system(category.system)
    for modifier in modifiers:
        if system is None or modifier not in system.modifiers:
            raise KeyError(modifier)
    return RadsOutput(label, category.system, category.code, tuple(modifiers), category.management)


class RadsAssignment(Task):
    """A category is the task's whole answer; modifiers follow after slashes and are not part of the label."""

    tag = "rads_assignment"
    title = "RADS"
    help = "The RADS category a report supports, in ten reporting systems"
    instruction = "Give the RADS category that this report supports: the system, then the category."
    answer_format = (
        "Answer with one label only, written as BI-RADS 4A, TI-RADS 3, LI-RADS M, LI-RADS TR Viable, PI-RADS 4, "
        "VI-RADS 2, O-RADS 3, CAD-RADS 4A, Lung-RADS 4X, NI-RADS 2B or GB-RADS 5, or No applicable RADS."
    )
    metric = "accuracy"
    max_tokens = 30
    labels = rads.LABELS

    def render(self, output: Output) -> str:
        answer = expect(output, RadsOutput)
        return "/".join((answer.label, *answer.modifiers))

    def parse(self, text: str, report: Report, *, lenient: bool = False) -> RadsOutput:
        """Strict takes the label, and modifiers after slashes; lenient whatever names one category beyond doubt."""
        text = answer_text(text, lenient=lenient)
        try:
            return output(*self._split(text))
        except KeyError:
            if not lenient:
                raise ParseError("Expected a system and a category, such as 'BI-RADS 4A'.") from None
        for part in (text, text.splitlines()[0]):
            found = rads_wording.mentions(part, report.text)
            if len({label for label, _ in found}) == 1:
                label, modifiers = max(found, key=lambda pair: len(pair[1]))
                return output(label, modifiers)
        raise ParseError("The answer does not name one RADS category.")

    @staticmethod
    def _split(text: str) -> tuple[str, tuple[str, ...]]:
        """ "CAD-RADS 4A/S/P2" into label and modifiers; the slash of "I+/-" belongs to the modifier."""
        label, *modifiers = text.replace("I+/-", "I+\0-").split("/")
        return label, tuple(modifier.replace("\0", "/") for modifier in modifiers)

    def weigh(self, output: Output, choices: Sequence[Mapping[str, float]]) -> RadsOutput:
        return replace(expect(output, RadsOutput), probabilities=dict(choices[0]))

    examples = (
        Example(
            Report(
                "Screening mammogram. Scattered fibroglandular tissue. Oval circumscribed mass in the left breast "
                "with popcorn calcification, typical of a degenerated fibroadenoma, unchanged for years. No "
                "suspicious finding."
            ),
            "BI-RADS 2",
        ),
        Example(
            Report(
                "Thyroid ultrasound. Right mid pole: solid, markedly hypoechoic nodule of 14 mm, taller than wide, "
                "with lobulated margin and punctate echogenic foci. Left lobe normal."
            ),
            "TI-RADS 5",
        ),
        Example(
            Report(
                "MRI liver, cirrhosis. Segment VII: 24 mm observation with nonrim arterial phase hyperenhancement, "
                "nonperipheral washout and an enhancing capsule. No tumour in vein."
            ),
            "LI-RADS 5",
        ),
        Example(
            Report(
                "Knee MRI after a twisting injury. Complete tear of the anterior cruciate ligament. Joint effusion. "
                "Menisci intact."
            ),
            "No applicable RADS",
        ),
    )
    demonstrations = (
        Example(
            Report(
                "DIAGNOSTIC MAMMOGRAM AND ULTRASOUND, RIGHT BREAST\n\nINDICATION: 54-year-old woman with a palpable "
                "lump.\n\nFINDINGS: Heterogeneously dense tissue. At 10 o'clock, 5 cm from the nipple, there is an "
                "irregular mass with spiculated margins measuring 19 x 16 mm, with associated fine pleomorphic "
                "calcifications in a segmental distribution. On ultrasound the mass is hypoechoic, not parallel, "
                "with posterior shadowing and internal vascularity. One right axillary node shows cortical "
                "thickening of 6 mm.\n\nIMPRESSION: Findings highly suggestive of malignancy. Core biopsy is advised."
            ),
            "BI-RADS 5",
        ),
        Example(
            Report(
                "CORONARY CT ANGIOGRAPHY\n\nINDICATION: Stable chest pain.\n\nFINDINGS: Good image quality. Proximal "
                "left anterior descending artery: mixed plaque with 80 % stenosis. Patent stent in the mid right "
                "coronary artery. Circumflex: calcified plaque, 30 % stenosis. Left main without stenosis. Moderate "
                "overall plaque burden (P2).\n\nIMPRESSION: Severe stenosis of the proximal left anterior descending "
                "artery."
            ),
            "CAD-RADS 4A/P2/S",
        ),
    )


TASK = RadsAssignment()
