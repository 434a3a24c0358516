"""The report in a FHIR DiagnosticReport (R4 or R5, JSON or XML), alone or in a Bundle, validated by `fhir.resources`.

Taken are the presented form (text, HTML or PDF), the conclusion and the observations; of subject and patient it is only
asked whether they stay the same. What has an address instead of data is left out: nothing is ever fetched.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from radlite_tui.assistant.intake import text as plain
from radlite_tui.assistant.intake.html import to_text
from radlite_tui.assistant.intake.taken import Found, Taken, counted, newest
from radlite_tui.errors import BadInput

Resource = Mapping[str, Any]
WITHDRAWN = ("entered-in-error", "cancelled")
UNFINISHED = ("registered", "partial", "preliminary", "unknown")
FORMS = ("text/plain", "text/html", "application/xhtml+xml", "application/pdf")


def read(data: bytes) -> Taken:
    """The newest report of a resource or Bundle, with the one before as the prior. Raises BadInput."""
    content, _ = plain.decode(data, "It")
    top = from_xml(content) if content.lstrip("\ufeff \t\r\n").startswith("<") else from_json(content)
    kind = top.get("resourceType")
    if kind == "Bundle":
        entries = [one.get("resource") for one in listed(top.get("entry")) if isinstance(one, dict)]
        resources = {address(one): one for one in entries if isinstance(one, dict)}
        given = [one for one in entries if isinstance(one, dict) and one.get("resourceType") == "DiagnosticReport"]
    elif kind == "DiagnosticReport":
        resources, given = {}, [dict(top)]
    else:
        raise BadInput(f"is a FHIR {str(kind)[:40]} and no DiagnosticReport; give the report or a Bundle with it.")
    took: list[str] = []
    left_out: list[str] = []
    found = [one for one in (found_in(report, resources, took, left_out) for report in given) if one is not None]
    others = len(resources) - len(given) if kind == "Bundle" else 0
    if others > 0:
        left_out.append(f"{counted(others, 'other resource')} of the Bundle, patients among them")
    form = "FHIR DiagnosticReport" if kind != "Bundle" else "FHIR Bundle"
    taken = Taken("", form, took=tuple(dict.fromkeys(took)), left_out=tuple(dict.fromkeys(left_out)))
    if not found and given:
        raise BadInput("has a DiagnosticReport without text (only links or nothing at all); export it with its text.")
    return newest(found, taken)


def from_json(content: str) -> Resource:
    """The resource as an object. Raises BadInput."""
    try:
        top = json.loads(content)
    except ValueError as error:
        raise BadInput(f"looks like a FHIR resource and is not JSON ({error}); export it again.") from error
    if not isinstance(top, dict):
        raise BadInput("is no FHIR resource; export it again.")
    return top


def from_xml(content: str) -> Resource:
    """The resource as an object. Document types and entities have no place in FHIR."""
    if "<!DOCTYPE" in content or "<!ENTITY" in content:
        raise BadInput("declares XML entities, which no FHIR resource does; it may be made to do harm.")
    root = re.search(r"<(\w+)[\s>]", re.sub(r"<[?!][^>]*>", "", content))
    name = root[1] if root else ""
    if name not in ("DiagnosticReport", "Bundle"):
        raise BadInput(f"is a FHIR {name[:40]} and no DiagnosticReport; give the report or a Bundle with it.")
    if name == "Bundle":
        from fhir.resources.R4B.bundle import Bundle as Model
    else:
        from fhir.resources.R4B.diagnosticreport import DiagnosticReport as Model
    found: Resource = json.loads(valid(lambda: Model.model_validate_xml(content.encode()), name).model_dump_json())
    return {"resourceType": name, **found}


def valid(read_it: Callable[[], Any], name: str) -> Any:
    """The validated resource, or BadInput with the first thing that is wrong with it."""
    try:
        return read_it()
    except Exception as error:
        raise BadInput(f"has a {name} that is not valid FHIR ({first_fault(error)}); export it again.") from error


def first_fault(error: Exception) -> str:
    """The element and what is wrong with it, without the value: values may be a patient's."""
    faults = getattr(error, "errors", None)
    if callable(faults):
        fault = faults()[0]
        return f"{'.'.join(str(part) for part in fault['loc'])[:60]}: {fault['msg'][:80].rstrip('.')}"
    return type(error).__name__


def check(resource: Resource, module: str, name: str) -> None:
    """Hold a resource to R4, then to R5. Raises BadInput with the first thing wrong with it in R4."""
    from importlib import import_module

    def as_release(release: str) -> Any:
        return getattr(import_module(f"fhir.resources.{release}{module}"), name).model_validate(resource)

    try:
        as_release("")
    except Exception:
        valid(lambda: as_release("R4B."), name)


def found_in(report: Resource, bundle: Mapping[str, Resource], took: list[str], left_out: list[str]) -> Found | None:
    """One report's text, or None where it has none."""
    contained = [one for one in listed(report.get("contained")) if isinstance(one, dict)]
    check({key: value for key, value in report.items() if key != "contained"}, "diagnosticreport", "DiagnosticReport")
    status = str(report.get("status"))
    if status in WITHDRAWN:
        raise BadInput(f"has a report that is marked {status}; it must not be used.")
    if status in UNFINISHED:
        took.append(f"a report that is {status}, not final")
    parts = list(presented(listed(report.get("presentedForm")), took, left_out))
    conclusion = str(report.get("conclusion") or "").strip()
    if conclusion and squeezed(conclusion) not in squeezed(" ".join(parts)):
        parts.append(f"CONCLUSION:\n{conclusion}")
        took.append("the conclusion")
    known = {**bundle, **{f"#{one.get('id')}": one for one in contained}}
    lines = observations(report, known, left_out)
    if lines:
        parts.append("OBSERVATIONS:\n" + "\n".join(lines))
        took.append(counted(len(lines), "observation"))
    if not parts and isinstance(report.get("text"), dict):
        parts = [to_text(str(report["text"].get("div", "")))]
        took.append("the narrative (no other text is given)")
    unused = [one for one in contained if one.get("resourceType") != "Observation"]
    if unused:
        left_out.append(counted(len(unused), "contained resource"))
    text = "\n\n".join(part for part in parts if part.strip())
    code = report.get("code")
    title = concept(code) if isinstance(code, dict) else ""
    return Found(text, title, date(report), patient(report)) if text else None


def presented(forms: Sequence[Any], took: list[str], left_out: list[str]) -> Iterator[str]:
    """The presented form as text: the plainest of several, since they are the same report."""
    with_data = [form for form in forms if isinstance(form, dict) and form.get("data")]
    linked = sum(isinstance(form, dict) and not form.get("data") for form in forms)
    if linked:
        left_out.append(f"{counted(linked, 'document')} that is only linked (nothing is fetched)")
    readable = [form for form in with_data if media(form) in FORMS]
    readable.sort(key=lambda form: FORMS.index(media(form)))
    if len(with_data) > len(readable):
        left_out.append(counted(len(with_data) - len(readable), "attachment"))
    if len(readable) > 1:
        left_out.append(f"{counted(len(readable) - 1, 'other form')} of the same report")
    if readable:
        took.append(f"the presented form ({media(readable[0])})")
        yield attachment(readable[0], took, left_out)


def media(form: Resource) -> str:
    """The type of an attachment without its parameters; plain text where it names none."""
    return str(form.get("contentType") or "text/plain").split(";")[0].strip().lower()


def attachment(form: Resource, took: list[str], left_out: list[str]) -> str:
    """An attachment's text. Raises BadInput for damaged data."""
    try:
        data = base64.b64decode("".join(str(form["data"]).split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("has a presented form whose data is no base64; export it again.") from error
    if media(form) == "application/pdf":
        from radlite_tui.assistant.intake import pdf

        inner = pdf.read(data)
        took += inner.took
        left_out += inner.left_out
        return inner.text
    text, _ = plain.decode(data, "Its presented form")
    return text if media(form) == "text/plain" else to_text(text)


def observations(report: Resource, known: Mapping[str, Resource], left_out: list[str]) -> list[str]:
    """A line for each observation the report refers to, or contains."""
    wanted = [str(one.get("reference")) for one in listed(report.get("result")) if isinstance(one, dict)]
    wanted += [key for key in known if key.startswith("#") and key not in wanted]
    lines, absent = [], 0
    for reference in wanted:
        one = known.get(reference) or next((r for key, r in known.items() if key and reference.endswith(key)), None)
        if one is None:
            absent += 1
        elif one.get("resourceType") == "Observation":
            check(one, "observation", "Observation")
            lines += list(observed(one))
    if absent:
        left_out.append(f"{counted(absent, 'result')} that is not in the file")
    return lines


def observed(one: Resource) -> Iterator[str]:
    """An observation and its components as lines; an observation entered in error says nothing."""
    if one.get("status") in WITHDRAWN:
        return
    site = one.get("bodySite")
    where = f" ({concept(site)})" if isinstance(site, dict) and concept(site) else ""
    for each in (one, *(part for part in listed(one.get("component")) if isinstance(part, dict))):
        shown = value(each)
        name = concept(each["code"]) if isinstance(each.get("code"), dict) else ""
        if shown:
            yield f"{name}{where}: {shown}" if name else shown
    for note in listed(one.get("note")):
        if isinstance(note, dict) and note.get("text"):
            yield str(note["text"])


def value(one: Resource) -> str:
    """An observation's value in words."""
    for key, found in one.items():
        if not key.startswith("value") or found is None:
            continue
        if key == "valueQuantity":
            return " ".join(str(found[part]) for part in ("comparator", "value", "unit") if found.get(part) is not None)
        if key == "valueCodeableConcept":
            return concept(found)
        if key in ("valueString", "valueInteger", "valueBoolean", "valueDateTime", "valueTime"):
            return str(found).lower() if isinstance(found, bool) else str(found)
    return ""


def concept(code: Resource) -> str:
    """The words of a coded value: its text, else the display or code of its first coding."""
    codings = [one for one in listed(code.get("coding")) if isinstance(one, dict)]
    words = [code.get("text"), *(one.get("display") for one in codings), *(one.get("code") for one in codings)]
    return next((str(word).strip() for word in words if word), "")


def date(report: Resource) -> str:
    """Digits to sort by."""
    period = report.get("effectivePeriod")
    start = period.get("start") if isinstance(period, dict) else ""
    return re.sub(r"\D", "", str(report.get("effectiveDateTime") or start or report.get("issued") or ""))


def patient(report: Resource) -> str:
    subject = report.get("subject")
    return str(subject.get("reference") or "") if isinstance(subject, dict) else ""


def address(resource: Resource) -> str:
    """How other resources refer to this one."""
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def squeezed(text: str) -> str:
    return " ".join(text.split()).casefold()


def listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
