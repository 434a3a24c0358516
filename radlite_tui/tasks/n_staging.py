"""Regional lymph node stage (N0 to N3) from a report. May import its siblings in `tasks` only; pure."""

from __future__ import annotations

import re

from radlite_tui.tasks.base import Example
from radlite_tui.tasks.label import LabelTask
from radlite_tui.tasks.report import Report

_STAGE = re.compile(
    r"(?<![A-Za-z])(?:[cpyr]{0,2}T(?:[0-4][a-d]?|is|x)\s*)?[cpyr]{0,2}N[\s-]?([0-3])(?:mi|[a-d])?(?=$|[^0-9A-Za-z]|M[0-1x])",
    re.IGNORECASE,
)
_SPELT = re.compile(
    r"\b(?:N|nodal|node)[\s-]*(?:stage|staging|category|classification)\s*(?:is|of|:|=)?\s*([0-3])\b", re.IGNORECASE
)
_NEGATIVE = re.compile(
    r"^(?:lymph node involvement:\s*)?negative\b|^no (?:regional |pathologic(?:al)? )*(?:lymph )?(?:node|nodal)",
    re.IGNORECASE,
)


class NStaging(LabelTask):
    """N stage as in TNM (UICC/AJCC 8th edition); sub-stages such as N2b count as their stage."""

    tag = "n_staging"
    title = "N staging"
    help = "Regional lymph node stage, N0 to N3"
    instruction = "Give the regional lymph node stage (N) that this report supports."
    answer_format = "Answer with one label only: N0, N1, N2 or N3."
    max_tokens = 64
    labels = ("N0", "N1", "N2", "N3")

    def mentions(self, text: str) -> list[str]:
        found = [f"N{digit}" for pattern in (_STAGE, _SPELT) for digit in pattern.findall(text)]
        if not found and _NEGATIVE.search(text):
            found = ["N0"]
        return found

    examples = (
        Example(
            Report(
                "CT chest with contrast. Spiculated 31 mm mass in the right upper lobe. Right hilar nodes up to 14 "
                "mm short axis are enlarged. No enlarged mediastinal or contralateral nodes. No supraclavicular "
                "adenopathy."
            ),
            "N1",
        ),
        Example(
            Report(
                "CT abdomen. Circumferential thickening of the gastric antrum. Perigastric and coeliac nodes all "
                "measure under 5 mm with preserved fatty hila. No regional lymphadenopathy."
            ),
            "N0",
        ),
        Example(
            Report(
                "CT thorax: left lower lobe tumour of 4.2 cm. Subcarinal node 18 mm and left lower paratracheal node "
                "13 mm, both enlarged. Right hilar nodes normal in size."
            ),
            "N2",
        ),
        Example(
            Report(
                "Chest CT for known left lung cancer. Enlarged right paratracheal nodes to 17 mm, contralateral to "
                "the tumour, and a 12 mm left supraclavicular node with loss of its fatty hilum."
            ),
            "N3",
        ),
    )
    demonstrations = (
        Example(
            Report(
                "CT CHEST WITH CONTRAST\n\nCLINICAL HISTORY: 67-year-old with biopsy-proven adenocarcinoma of the "
                "lung, staging.\n\nFINDINGS: There is a 3.8 x 3.1 cm spiculated mass in the left upper lobe abutting "
                "the pleura. Two enlarged ipsilateral mediastinal nodes are present: aortopulmonary window, 16 mm "
                "short axis, and subcarinal, 15 mm. A left hilar node measures 12 mm. No contralateral hilar, "
                "scalene or supraclavicular node is enlarged. The liver and adrenal glands are normal. No pleural "
                "effusion.\n\nIMPRESSION: Left upper lobe mass with enlarged ipsilateral mediastinal and subcarinal "
                "nodes."
            ),
            "N2",
        ),
    )


TASK = NStaging()
