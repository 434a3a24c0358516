"""What was read from a file: the text, and what a user has to know of it before it is used. Pure data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from radlite_tui.errors import BadInput

UTF8 = "UTF-8"
TEXT = "plain text"


@dataclass(frozen=True)
class Taken:
    """A report taken out of a file.

    format: what the file is, for people. took and left_out: short phrases, each without a full stop. doubtful: a plain
    text whose encoding had to be guessed. source: the file's name, for display.
    """

    text: str
    format: str = TEXT
    prior: str | None = None
    took: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    doubtful: bool = False
    source: str = ""

    @property
    def to_confirm(self) -> bool:
        """Whether a user should look at it before it is used: it was taken out of something, or guessed."""
        return self.doubtful or not self.format.startswith(TEXT)

    def lines(self) -> tuple[str, ...]:
        """What was read, in sentences; none for plain UTF-8 text, of which there is nothing to say."""
        if self.format == TEXT:
            return ()
        name = f"{self.source}: " if self.source else ""
        words = len(self.text.split())
        said = [f"{name}{self.format}, {words:,} {'word' if words == 1 else 'words'} taken."]
        if self.doubtful:
            said.append("The encoding is a guess from the bytes; look at the letters with accents.")
        if self.took:
            said.append(f"Taken: {'; '.join(self.took)}.")
        if self.left_out:
            said.append(f"Left out: {'; '.join(self.left_out)}.")
        return tuple(said)


@dataclass(frozen=True)
class Found:
    """One report among those of a file. when: its date as the file writes it (YYYYMMDD...), to sort by; patient: to
    tell whether all are of one patient, and for nothing else. Neither is shown or kept."""

    text: str
    title: str = ""
    when: str = ""
    patient: str = ""


def newest(found: Sequence[Found], taken: Taken) -> Taken:
    """The newest of the reports as the report and the one before it as the prior, added to what is known so far.

    Reports without different dates cannot be put in order: the first one is taken. Raises BadInput for none at all
    and for reports of several patients.
    """
    if not found:
        raise BadInput("holds no report text; export the report itself.")
    if len({one.patient for one in found if one.patient}) > 1:
        raise BadInput("holds reports of several patients; give a file with one patient's report.")
    took, left_out = list(taken.took), list(taken.left_out)
    ordered = list(found)
    dated = all(one.when for one in found) and len({one.when[:8] for one in found}) == len(found)
    if dated:
        ordered.sort(key=lambda one: one.when, reverse=True)
    report, prior = ordered[0], ordered[1] if dated and len(ordered) > 1 else None
    if len(found) > 1:
        took.append(f"{'the newest' if dated else 'the first'} of {len(found)} reports{named(report)}")
    if prior is not None:
        took.append(f"the one before it as the earlier report{named(prior)}")
    rest = len(found) - 1 - (prior is not None)
    if rest:
        left_out.append(f"{rest} other {'report' if rest == 1 else 'reports'}")
    return replace(
        taken,
        text=report.text,
        prior=prior.text if prior is not None else None,
        took=tuple(took),
        left_out=tuple(left_out),
    )


def named(one: Found) -> str:
    """A report's title in brackets, if it has one."""
    return f" ({one.title})" if one.title else ""


def counted(number: int, one: str, many: str = "") -> str:
    """ "1 image", "2 images"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
