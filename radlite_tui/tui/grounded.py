"""An answer drawn with what it rests on: places in the report for labels, warnings under the sentence they are about.

May import `drawing`, the assistant's types, `grounds` and `checks`. Pure: no widget, no I/O.
"""

from __future__ import annotations

from textual.content import Content

from radlite_tui.assistant import checks, grounds
from radlite_tui.assistant.passages import sentences
from radlite_tui.assistant.types import Answer, Warning
from radlite_tui.tasks.outputs import ImpressionOutput, LabelOutput, RadsOutput, TextOutput
from radlite_tui.tui.drawing import draw
from radlite_tui.tui.lines import MUTED, flow, hang, lines
from radlite_tui.tui.markdown import draw_markdown

MOST_SENTENCES = 3
MOST_WORDS = 8
STEP = "n/N steps through them in the report"


def draw_answer(answer: Answer, width: int) -> Content:
    """A parsed answer with its grounds or its warnings where they belong."""
    output, report = answer.output, answer.plan.ask.report
    assert output is not None
    if isinstance(output, ImpressionOutput):
        return with_warnings(answer, output.impression, width)
    if isinstance(output, TextOutput):
        return markdown_with_warnings(answer, output.answer, width)
    drawn = draw(output, report, width)
    if isinstance(output, (RadsOutput, LabelOutput)):
        return lines([drawn, *draw_grounds(answer, width)])
    return drawn


def left_over(answer: Answer) -> tuple[Warning, ...]:
    """The warnings that are not drawn beside a sentence of the answer."""
    prose = isinstance(answer.output, (ImpressionOutput, TextOutput))
    return () if prose and answer.finish != "cancelled" else answer.warnings


def draw_grounds(answer: Answer, width: int) -> list[Content]:
    """The words or sentences of the report that count for this label, and how they were found."""
    text, found = answer.plan.ask.report.text, grounds.grounds(answer)
    output = answer.output
    if isinstance(output, LabelOutput) and answer.task not in grounds.WHOLE_SENTENCES:
        return []
    if not found:
        about = "nothing in the report names what this label is about" if answer.task != "rads_assignment" else ""
        return [Content.styled(f"? {about}", "$text-warning")] if about else []
    head = Content.styled("In the report: ", "bold")
    if answer.task in grounds.WHOLE_SENTENCES:
        quoted = [" ".join(text[start:end].split()) for start, end in found[:MOST_SENTENCES]]
        later = Content(" " * head.cell_length)
        parts = [hang(later if number else head, f"“{said}”", width) for number, said in enumerate(quoted)]
        more = len(found) - len(quoted)
    else:
        texts = list(dict.fromkeys(" ".join(text[start:end].split()).lower() for start, end in found))
        parts = [hang(head, ", ".join(f"“{word}”" for word in texts[:MOST_WORDS]), width)]
        more = len(texts) - MOST_WORDS
    foot = [Content.styled(part, MUTED) for part in (*((f"{more} more",) if more > 0 else ()), STEP, grounds.SAID)]
    return [*parts, flow(foot, width)]


def with_warnings(answer: Answer, text: str, width: int) -> Content:
    """Sentences under each other as written; each warning right under the sentence that disagrees with the report."""
    source = answer.plan.ask.report.text
    drawn: list[Content] = []
    at, begun, shown = 0, 0, set[Warning]()
    for sentence in sentences(text):
        found = [w for w in dict.fromkeys(checks.prose(source, sentence)) if w in answer.warnings]
        end = sentence.start + len(sentence.text)
        end += len(text[end:]) - len(text[end:].lstrip(".;!? "))
        if not found:
            at = end
            continue
        if text[begun:at].strip():
            drawn.append(Content(text[begun:at].strip()))
        drawn.append(Content.styled(text[at:end].strip(), "underline"))
        drawn += [draw_warning(warning, width) for warning in found]
        shown |= set(found)
        begun = at = end
    if text[begun:].strip():
        drawn.append(Content(text[begun:].strip()))
    drawn += [draw_warning(warning, width) for warning in answer.warnings if warning not in shown]
    return lines(drawn)


def markdown_with_warnings(answer: Answer, text: str, width: int) -> Content:
    """Prose with its marks drawn; each warning under the paragraph, item or table that disagrees with the report, whose
    sentence is underlined."""
    source = answer.plan.ask.report.text
    shown: dict[Warning, None] = {}

    def remarks(said: str) -> tuple[list[tuple[int, int]], list[Content]]:
        places, below = [], []
        for sentence in sentences(said):
            found = [w for w in dict.fromkeys(checks.prose(source, sentence)) if w in answer.warnings]
            if found:
                places.append((sentence.start, sentence.start + len(sentence.text)))
            below += [draw_warning(warning, width) for warning in found if warning not in shown]
            shown.update(dict.fromkeys(found))
        return places, below

    drawn = draw_markdown(text, width, remarks if answer.warnings else None)
    return lines([drawn, *(draw_warning(warning, width) for warning in answer.warnings if warning not in shown)])


def draw_warning(warning: Warning, width: int) -> Content:
    """What disagrees, with its kind first."""
    kind = {"laterality": "side", "measurement": "size"}.get(warning.kind, warning.kind)
    return hang(Content.styled(f"  ⚠ {kind}: ", "bold $text-warning"), warning.message, width, "$text-warning")
