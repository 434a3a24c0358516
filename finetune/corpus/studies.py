"""Cases about studies other than RADS ones: impressions, entities, statements, changes and questions.

May import `finetune.corpus` modules and `radlite_tui.tasks`; must never read gold out of a text.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from finetune.corpus import chest_text, remarks
from finetune.corpus.bank import Bank
from finetune.corpus.case import Case, Split
from finetune.corpus.chest import named
from finetune.corpus.remarks import Remark
from finetune.corpus.study import Seen, Study, name, plural
from finetune.corpus.text import Passage, british, draw_style, size
from radlite_tui.tasks.outputs import STATUSES, Change, ImpressionOutput, LabelOutput, TemporalOutput, TextOutput
from radlite_tui.tasks.report import Report

LABELS = ("entailment", "contradiction", "neutral")
Draft = tuple[list[str], str]
"""The report's sentences on the matter, and the statement."""


def generate(rng: random.Random, split: Split) -> list[Case]:
    """Several tasks' cases, each about a study of its own."""
    cases: list[Case] = []
    for write in (_reported, _named, _compared, _asked):
        cases += write(Study(rng, split, draw_style(rng)), split)
    return cases + [_stated(Study(rng, split, draw_style(rng)), label) for label in LABELS]


def _scene(study: Study, least: int = 0) -> tuple[list[Seen], list[str], str]:
    """Findings, all sentences in the report's order, and the doubtful finding's name or nothing."""
    rng = study.rng
    chosen = rng.sample(study.findings, max(least, rng.choice((0, 1, 1, 2, 2))))
    told = [study.tell(r) for r in chosen]
    rest = [r for r in study.findings if r not in chosen and not _alike(r, chosen)]
    denied = rng.sample(rest, min(len(rest), rng.choice((0, 1, 1, 2))))
    sentences = [s.text for s in told] + [study.deny(r) for r in denied]
    doubtful = ""
    left = [r for r in rest if r not in denied]
    if left and rng.random() < 0.15:
        sentences.append(study.doubt(left[0]))
        doubtful = name(left[0])
        chosen.append(left[0])
    sentences += study.normals(rng.randint(1, 5), [*chosen, *denied])
    rng.shuffle(sentences)
    return told, sentences, doubtful


def _alike(r: Remark, others: list[Remark]) -> bool:
    """Whether denying the finding would seem to deny one of the others: no fracture beside a rib fracture."""
    words = str(r.more["none"]).split()
    return any(words[-1] in str(o.more["np"]) or words[-1] in str(o.more["broader"]) for o in others)


def _concluded(study: Study, told: list[Seen], doubtful: str) -> str:
    said = [study.writer.agreeing(s.remark, s.slots, s.text) for s in told]
    if doubtful:
        said.append(study.writer.plain(f"Possible {doubtful}", {}))
    said = [part for part in said if part] or [study.normal()]
    if len(said) > 1 and study.rng.random() < 0.3:
        return " ".join(f"{number}. {part}." for number, part in enumerate(said, 1))
    return " ".join(f"{part}." for part in said)


def _reported(study: Study, split: Split) -> list[Case]:
    told, sentences, doubtful = _scene(study)
    report = Report(study.report(sentences, study.exam()))
    gold = ImpressionOutput(_concluded(study, told, doubtful))
    return [Case("", "impression_generation", report, gold, subset=study.region)]


def _named(study: Study, split: Split) -> list[Case]:
    return named(study.passage(_scene(study)[1]))


def _compared(study: Study, split: Split) -> list[Case]:
    """A pair of studies with one to three changes."""
    rng, words = study.rng, Bank.load("temporal", split)
    before, now = Passage(study.style), Passage(study.style)
    changes: list[Change] = []
    for r in rng.sample(study.findings, min(len(study.findings), rng.choice((1, 2, 2, 3)))):
        status = rng.choice(("unchanged", "new")) if r.more.get("still") else rng.choice(STATUSES)
        seen = study.tell(r)
        device = bool(r.more.get("device"))
        if device and status in ("worsened", "improved"):
            continue
        remarks.write(before, study.deny(r) if status == "new" else seen.text)
        core, many = seen.core, plural(name(r))
        key = f"device.{status}" if device else status
        verb = rng.choice([v for v in words.terms(f"cue.{status}") if v not in BY_SIZE])
        carrier = words.pick(rng, key)
        if verb == "no longer seen":
            carrier = carrier.replace("{has}", "{is}")
        text = carrier.format(
            np=f"*{core}*",
            a_np=f"*{core}*" if many or not str(r.more["np"]).startswith("a") else f"a *{core}*",
            verb=verb,
            since=words.pick(rng, "since").replace("radiograph", "study").replace("film", "study"),
            **{"is": "are" if many else "is", "has": "have" if many else "has"},
        )
        span = remarks.write(now, remarks.articled(text.replace("this film", "this study")))
        found = core if study.style.usage == "US" else british(core)
        changes.append(Change(status, found, (span.start, span.end)))
    for sentence in study.normals(rng.choice((0, 1, 2)), study.findings):
        remarks.write(rng.choice((before, now)), sentence)
    if not changes or not before.text:
        return []
    report = Report(now.text, prior=before.text)
    return [Case("", "temporal_comparison", report, TemporalOutput(tuple(changes)), subset=study.region)]


BY_SIZE = ("larger", "smaller", "partly cleared")


def _asked(study: Study, split: Split) -> list[Case]:
    """A question or two about one report."""
    rng, words = study.rng, Bank.load("qa", split)
    told, sentences, doubtful = _scene(study)
    exam = study.exam()
    report = study.report(sentences, exam)
    main = f"{_concluded(study, told[:1], '' if told else doubtful)}"
    pairs = [(words.pick(rng, "main"), main if not main.startswith("1. ") else main[3:])]
    if exam in report:
        pairs.append((words.pick(rng, "study"), f"{exam}."))
    for s in told:
        noun = str(s.remark.more["none"])
        if not plural(noun):
            yes = study.writer.agreeing(s.remark, s.slots, s.text)
            pairs.append((words.fill(rng, "exists", np=noun, a_np=chest_text.articled(noun)), f"Yes: {yes}."))
        if "side" in s.slots and not plural(noun):
            pairs.append((words.fill(rng, "side", np=noun), f"{s.slots['side'].capitalize()}."))
        if "size" in s.slots and s.remark.more.get("measured") and not plural(noun):
            pairs.append((words.fill(rng, "size", np=noun).replace("film", "study"), f"{s.slots['size']}."))
    for r in study.findings:
        noun = str(r.more["none"])
        if plural(noun) or r in [s.remark for s in told] or name(r) == doubtful or _alike(r, [s.remark for s in told]):
            continue
        denied = noun in " ".join(remarks.bare(s) for s in sentences)
        question = words.fill(rng, "exists", np=noun, a_np=chest_text.articled(noun))
        pairs.append((question, words.pick(rng, "answer.no" if denied else "answer.unsaid")))
    if study.style.usage != "US":
        pairs = [(british(q), british(a)) for q, a in pairs]
    chosen = rng.sample(pairs, min(2, len(pairs)))
    return [Case("", "radiology_qa", Report(report), TextOutput(a), words=q, subset=study.region) for q, a in chosen]


def _stated(study: Study, label: str) -> Case:
    """A short report and a statement with this answer."""
    rng = study.rng
    topic = rng.choice(tuple(TOPICS))
    r = rng.choice(study.findings)
    if topic in ("size", "side", "change"):
        fit = [f for f in study.findings if _fits(f, topic)]
        topic, r = (topic, rng.choice(fit)) if fit else ("exists", r)
    matter, statement = TOPICS[topic](study, r, label)
    beside = [] if topic == "healthy" else study.normals(rng.choice((0, 1, 1, 2, 3)), [r])
    if topic == "broad" and label == "contradiction":
        beside = []
    sentences = matter + (beside or ([] if matter else study.normals(2, [r])))
    rng.shuffle(sentences)
    text = study.passage(sentences).text
    if rng.random() < 0.25:
        text = f"{study.exam()}. {text}"
    return Case("", "radiology_nli", Report(text), LabelOutput(label), words=statement, subset=topic)


def _fits(r: Remark, topic: str) -> bool:
    """Whether the finding has the detail, and its name can be a subject in the singular."""
    if plural(str(r.more["none"])):
        return False
    if topic == "change":
        return not r.more.get("still") and not r.more.get("device")
    return bool(r.more.get("measured" if topic == "size" else "sided"))


def _open(study: Study, r: Remark) -> list[str]:
    """Nothing on the matter, or only that it may be so."""
    return [study.doubt(r)] if study.rng.random() < 0.4 else []


def _exists(study: Study, r: Remark, label: str) -> Draft:
    rng = study.rng
    np = rng.choice((str(r.more["np"]), *r.more["also"])) if rng.random() < 0.6 else str(r.more["np"])
    statement = study.statement("exists", r, np=np)
    return _matter(study, r, label), statement


def _matter(study: Study, r: Remark, label: str) -> list[str]:
    """The finding told, denied or left open, as a statement that it exists has it."""
    if label == "entailment":
        return [study.tell(r).text]
    return [study.deny(r)] if label == "contradiction" else _open(study, r)


def _absent(study: Study, r: Remark, label: str) -> Draft:
    other = {"entailment": "contradiction", "contradiction": "entailment"}.get(label, label)
    return _matter(study, r, other), study.statement("absent", r)


def _narrow(study: Study, r: Remark, label: str) -> Draft:
    """The kind entails the finding; the finding leaves open what kind it is."""
    if not r.more.get("narrower"):
        return _exists(study, r, label)
    kind = study.rng.choice(r.more["narrower"])
    if label == "entailment":
        return [f"There is *{kind}*".replace("*a ", "a *").replace("*an ", "an *")], study.statement("exists", r)
    statement = study.put("exists", r, np=kind)
    while kind not in statement:
        statement = study.put("exists", r, np=kind)
    text = f"{statement[0].upper()}{statement[1:]}."
    shown = study.deny(r) if label == "contradiction" else study.tell(r).text
    return [shown], text if study.style.usage == "US" else british(text)


def _broad(study: Study, r: Remark, label: str) -> Draft:
    """The finding entails what it is a kind of; a normal study rules that out."""
    wide = study.rng.choice(r.more["broader"])
    text = study.put("exists", r, np=wide)
    while wide not in text:
        text = study.put("exists", r, np=wide)
    statement = f"{text[0].upper()}{text[1:]}."
    if label == "contradiction":
        shown = [study.writer.fill(study.rng.choice(study.bank.lists["whole"]), {})]
    else:
        shown = [study.tell(r).text] if label == "entailment" else _open(study, r)
    return shown, statement if study.style.usage == "US" else british(statement)


def _possible(study: Study, r: Remark, label: str) -> Draft:
    statement = study.statement("possible", r)
    if label == "entailment":
        return [study.doubt(r)], statement
    return ([study.deny(r)] if label == "contradiction" else []), statement


def _told_with(study: Study, r: Remark, slot: str) -> Seen:
    seen = study.tell(r)
    while slot not in seen.slots:
        seen = study.tell(r)
    return seen


def _side(study: Study, r: Remark, label: str) -> Draft:
    seen = _told_with(study, r, "side")
    other = "left" if seen.slots["side"] == "right" else "right"
    side = other if label == "contradiction" else seen.slots["side"]
    shown = _open(study, r) if label == "neutral" else [seen.text]
    return shown, study.statement("sided", r, side=side)


def _size(study: Study, r: Remark, label: str) -> Draft:
    """More or less than a limit; open where the report gives no measure."""
    seen = _told_with(study, r, "size")
    number, unit = seen.slots["size"].split()
    mm = round(float(number) * (10 if unit == "cm" else 1))
    above = study.rng.random() < 0.5
    lower = above == (label != "contradiction")
    limit = max(1, mm - study.rng.randint(2, 9)) if lower else mm + study.rng.randint(2, 9)
    statement = study.statement("above" if above else "below", r, limit=size(study.rng, study.style, limit))
    return (_open(study, r) if label == "neutral" else [seen.text]), statement


def _change(study: Study, r: Remark, label: str) -> Draft:
    rng = study.rng
    split: Split = "test" if study.bank is remarks.load("studies", "test") else "train"
    words = Bank.load("temporal", split)
    said, opposite = rng.sample(("worsened", "improved"), 2)
    statement = study.statement("compare", r, verb=rng.choice(study.bank.lists[f"turned.{said}"]))
    if label == "neutral":
        return [study.tell(r).text], statement
    status = said if label == "entailment" else rng.choice((opposite, opposite, "unchanged"))
    verb = rng.choice([v for v in words.terms(f"cue.{status}") if v not in BY_SIZE])
    since = words.pick(rng, "since").replace("radiograph", "study").replace("film", "study")
    noun = f"*{r.more['none']}*"
    told = words.pick(rng, status).format(np=noun, a_np=noun, verb=verb, since=since, **{"is": "is", "has": "has"})
    return [told], statement


def _healthy(study: Study, r: Remark, label: str) -> Draft:
    statement = study.statement("healthy", r)
    if label == "entailment":
        return [study.writer.fill(study.rng.choice(study.bank.lists["whole"]), {})], statement
    return [study.tell(r).text if label == "contradiction" else study.doubt(r)], statement


def _clinical(study: Study, r: Remark, label: str) -> Draft:
    symptom = study.rng.choice(study.bank.lists["symptoms"])
    statement = study.statement("clinical", r, symptom=symptom)
    if label == "neutral":
        return [study.tell(r).text], statement
    key = "asked" if label == "entailment" else "unasked"
    return [study.rng.choice(study.bank.lists[key]).format(symptom=symptom)], statement


TOPICS: dict[str, Callable[[Study, Remark, str], Draft]] = {
    "exists": _exists,
    "absent": _absent,
    "narrow": _narrow,
    "broad": _broad,
    "possible": _possible,
    "side": _side,
    "size": _size,
    "change": _change,
    "healthy": _healthy,
    "clinical": _clinical,
}
