"""A comparison as Markdown and as JSON, with where each answer came from. May import its siblings; writes by `kept`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from radlite_tui import tasks
from radlite_tui.assistant import answers, kept
from radlite_tui.assistant.comparison import Expected, agreement
from radlite_tui.assistant.scoring import NAMES, score
from radlite_tui.assistant.types import Answer, Ask


@dataclass(frozen=True)
class Compared:
    """What a comparison showed. failed: (model, mode, sentence) of the columns without an answer."""

    ask: Ask
    answers: tuple[Answer, ...]
    expected: Expected | None = None
    failed: tuple[tuple[str, str, str], ...] = ()
    ratings: tuple[int | None, ...] = ()
    blind: bool = False


def keep(compared: Compared) -> tuple[Path, Path]:
    """Write both forms into the comparisons folder; gives (Markdown, JSON). Raises RadliteError."""
    now = datetime.now(timezone.utc)
    stem = kept.folder() / "comparisons" / f"{now:%Y%m%dT%H%M%S.%f}-{compared.ask.task or tasks.CHAT}"
    files = Path(f"{stem}.md"), Path(f"{stem}.json")
    kept.write_new(files[0], markdown(compared, now), within=stem.parent)
    kept.write_new(files[1], json.dumps(as_json(compared, now), indent=2, ensure_ascii=False) + "\n")
    return files


def as_json(compared: Compared, now: datetime) -> dict[str, Any]:
    """The object of `compare --json`, with report, words, time, scores and ratings added."""
    share = agreement(compared.answers)
    runs = []
    for number, answer in enumerate(compared.answers):
        run = answers.ask_json(answer)
        wanted = compared.expected
        if wanted is not None:
            found = score(answer, wanted.output, wanted.text)
            run["score"] = {"metric": found.metric, "value": round(found.value, 4)}
        run["rating"] = compared.ratings[number] if number < len(compared.ratings) else None
        runs.append(run)
    report = compared.ask.report
    return {
        "created": now.isoformat(timespec="seconds"),
        "task": compared.ask.task,
        "words": compared.ask.words,
        "report": {"text": report.text, "prior": report.prior, "source": report.source},
        "runs": [*runs, *({"model": {"name": m}, "mode": mode, "error": why} for m, mode, why in compared.failed)],
        "agreement": round(share, 4) if share is not None else None,
        "expected": compared.expected.json() if compared.expected is not None else None,
        "blind": compared.blind,
    }


def markdown(compared: Compared, now: datetime) -> str:
    """For people: the request, each answer with its figures and checksums, and the notice."""
    ask = compared.ask
    title = tasks.get(ask.task or tasks.CHAT).title
    parts = [f"# Comparison: {title}", "", f"{now:%Y-%m-%d %H:%M} UTC", ""]
    parts += [f"Words: {ask.words.strip() or '(none)'}", ""]
    share = agreement(compared.answers)
    if share is not None:
        parts += [f"Agreement: {answers.percent(share)} of pairs", ""]
    if compared.expected is not None:
        parts += [f"Expected: {compared.expected.text}", ""]
    for number, answer in enumerate(compared.answers):
        parts += [f"## {answer.model.name}, {answer.mode}", "", *fenced("\n".join(answers.lines(answer))), ""]
        parts += [f"- {line}" for line in provenance(compared, number)] + [""]
    for model, mode, why in compared.failed:
        parts += [f"## {model}, {mode}", "", f"Failed: {why}", ""]
    if ask.report.prior:
        parts += ["## Earlier report", "", *fenced(ask.report.prior), ""]
    parts += ["## Report", "", *fenced(ask.report.text), ""]
    notices = dict.fromkeys(answers.notice(answer) for answer in compared.answers)
    return "\n".join([*parts, *notices, ""])


def provenance(compared: Compared, number: int) -> list[str]:
    """Where an answer came from, how fast, how right, how rated."""
    answer = compared.answers[number]
    found = [f"model SHA-256 {answer.model.sha256}, {answer.model.quantization}"]
    if answer.model.adapter_sha256:
        found.append(f"adapter SHA-256 {answer.model.adapter_sha256}")
    found += [f"seed {answer.seed}, RadLite {answer.version}, finish {answer.finish}", answers.stats_line(answer.stats)]
    if compared.expected is not None:
        right = score(answer, compared.expected.output, compared.expected.text)
        found.append(f"score {right.value:.2f} ({NAMES[right.metric]})")
    if number < len(compared.ratings) and compared.ratings[number] is not None:
        found.append(f"rated {compared.ratings[number]} of 5{', blind' if compared.blind else ''}")
    return [line for line in found if line]


def fenced(text: str) -> list[str]:
    """Text in a fence that is longer than any it holds."""
    longest = max((len(run) for run in text.replace("\n", " ").split() if set(run) == {"`"}), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", text.rstrip("\n"), fence]
