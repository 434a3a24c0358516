"""Distant metastasis stage (M0 or M1) from a report. May import its siblings in `tasks` only; pure."""

from __future__ import annotations

import re

from radlite_tui.tasks.base import Example
from radlite_tui.tasks.label import LabelTask
from radlite_tui.tasks.report import Report

_STAGE = re.compile(
    r"(?:(?<![A-Za-z])|(?<=N[0-3x])|(?<=N[0-3][a-d]))[cpyr]{0,2}M[\s-]?([01])(?:[a-d])?(?![0-9A-Za-z])", re.IGNORECASE
)
_SPELT = re.compile(
    r"\b(?:M|metastasis)[\s-]*(?:stage|staging|category|classification)\s*(?:is|of|:|=)?\s*([01])\b", re.IGNORECASE
)
_ABSENT = re.compile(
    r"^negative\b|\bno (?:evidence of )?(?:distant )?metasta|\bmetastas[ei]s(?: is| are)? absent", re.IGNORECASE
)
_PRESENT = re.compile(
    r"^positive\b|(?<!no )\bdistant metastas[ei]s (?:is |are )?(?:present|identified|seen)", re.IGNORECASE
)


class MStaging(LabelTask):
    """M stage as in TNM (UICC/AJCC 8th edition); sub-stages such as M1b count as M1."""

    tag = "m_staging"
    title = "M staging"
    help = "Distant metastasis, M0 or M1"
    instruction = "Give the distant metastasis stage (M) that this report supports."
    answer_format = "Answer with one label only: M0 or M1."
    max_tokens = 10
    labels = ("M0", "M1")

    def mentions(self, text: str) -> list[str]:
        found = [f"M{digit}" for pattern in (_STAGE, _SPELT) for digit in pattern.findall(text)]
        if not found:
            found = ["M0"] * bool(_ABSENT.search(text)) + ["M1"] * bool(_PRESENT.search(text))
        return found

    examples = (
        Example(
            Report(
                "CT abdomen and pelvis. Sigmoid wall thickening over 5 cm. Three hypoattenuating lesions in the "
                "right hepatic lobe up to 22 mm with rim enhancement, in keeping with metastases. No ascites."
            ),
            "M1",
        ),
        Example(
            Report(
                "CT chest, abdomen and pelvis. Pancreatic head mass of 28 mm. Liver shows a simple cyst only. Lungs "
                "are clear. No peritoneal nodules, no suspicious bone lesion."
            ),
            "M0",
        ),
        Example(
            Report(
                "Staging CT for renal carcinoma. Left renal mass 6 cm. Multiple bilateral pulmonary nodules, new, "
                "and a lytic lesion of the L2 vertebral body with soft tissue component."
            ),
            "M1",
        ),
    )
    demonstrations = (
        Example(
            Report(
                "CT ABDOMEN AND PELVIS WITH CONTRAST\n\nINDICATION: Newly diagnosed carcinoma of the ascending "
                "colon.\n\nFINDINGS: Irregular wall thickening of the ascending colon over 6 cm with stranding of "
                "the adjacent fat. Several pericolic nodes, the largest 11 mm. The liver contains at least four "
                "ill-defined hypodense lesions in segments V, VI and VIII, the largest 31 mm, showing peripheral "
                "enhancement. Spleen, pancreas and kidneys are unremarkable. No free fluid. No destructive bone "
                "lesion.\n\nIMPRESSION: Ascending colon tumour with multiple liver lesions consistent with "
                "metastatic disease."
            ),
            "M1",
        ),
    )


TASK = MStaging()
