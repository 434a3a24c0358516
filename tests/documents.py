"""Report files of every format, written by the formats' own libraries. No patient is in them."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import docx
import highdicom
import pypdf
from fhir.resources.R4B.diagnosticreport import DiagnosticReport
from highdicom.sr import CodedConcept
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import BasicTextSRStorage, ExplicitVRLittleEndian, generate_uid
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

FINDINGS = "18 mm irregular mass, left breast."
IMPRESSION = "BI-RADS 4."
NAME = "EXAMPLE^NOBODY"
"""Stands in headers, and must not come out in a text."""


def pdf(*pages: str, password: str = "", attachment: bytes | None = None) -> bytes:
    """A PDF with a text a page; a page without text is blank."""
    writer = pypdf.PdfWriter()
    for text in pages:
        page = writer.add_blank_page(300, 300)
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
        if text:
            stream = DecodedStreamObject()
            lines = " T* ".join(f"({line}) Tj" for line in text.split("\n"))
            stream.set_data(f"BT /F1 12 Tf 14 TL 20 250 Td {lines} ET".encode("latin-1"))
            page[NameObject("/Contents")] = writer._add_object(stream)
    if attachment is not None:
        writer.add_attachment("more.bin", attachment)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    return written(writer.write)


def written(write: Any) -> bytes:
    out = io.BytesIO()
    write(out)
    return out.getvalue()


def word(document: Any = None) -> bytes:
    """A Word document with a header, a paragraph, a table and a conclusion; or the one given."""
    if document is None:
        document = docx.Document()
        document.sections[0].header.paragraphs[0].text = NAME
        document.add_paragraph(f"FINDINGS: {FINDINGS}")
        table = document.add_table(1, 2)
        table.cell(0, 0).text, table.cell(0, 1).text = "Side", "left"
        document.add_paragraph(f"IMPRESSION: {IMPRESSION}")
    return written(document.save)


def hl7(*segments: str, header: str = "MSH|^~\\&|RIS|H|||20240101||ORU^R01|1|P|2.5", patient: str = "1") -> bytes:
    """A result message with these segments after MSH and PID."""
    return "\r".join([header, f"PID|1||{patient}^^^H||{NAME}", *segments, ""]).encode()


def usual_hl7() -> bytes:
    return hl7(
        "OBR|1||A1|71250^CT CHEST^L|||20240101",
        f"OBX|1|FT|18782-3^Findings^LN||{FINDINGS}\\.br\\Size 3 \\T\\ 4 mm\\.br\\path C:\\temp~last",
        f"OBX|2|TX|&IMP||IMPRESSION: {IMPRESSION}",
        "OBX|3|NM|x^Diameter||18|mm",
        "OBX|4|ED|p^PDF||^application^pdf^Base64^AAAA",
        "OBX|5|TX|&IMP||withdrawn words||||||D",
        "NTE|1||a comment",
    )


def fhir_report(**more: Any) -> dict[str, Any]:
    """A DiagnosticReport with text, a conclusion and one contained Observation."""
    size = {
        "resourceType": "Observation",
        "id": "size",
        "status": "final",
        "code": {"text": "Diameter"},
        "bodySite": {"text": "left breast"},
        "valueQuantity": {"value": 18, "unit": "mm"},
    }
    return {
        "resourceType": "DiagnosticReport",
        "id": "1",
        "status": "final",
        "code": {"text": "Mammography"},
        "subject": {"reference": "Patient/1", "display": NAME},
        "effectiveDateTime": "2024-02-01",
        "presentedForm": [form("text/plain", f"FINDINGS: {FINDINGS}".encode())],
        "conclusion": IMPRESSION,
        "contained": [size],
        "result": [{"reference": "#size"}],
        **more,
    }


def form(kind: str, data: bytes) -> dict[str, str]:
    return {"contentType": kind, "data": base64.b64encode(data).decode()}


def fhir(resource: dict[str, Any]) -> bytes:
    return json.dumps(resource).encode()


def fhir_xml() -> bytes:
    found: bytes = DiagnosticReport.model_validate(fhir_report()).model_dump_xml()
    return found


def bundle(*resources: dict[str, Any]) -> bytes:
    return fhir({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]})


# DICOM. Codes are from DCM and SNOMED CT as the standard's own templates use them.

FINDINGS_SECTION = CodedConcept("121070", "DCM", "Findings")
FINDING = CodedConcept("121071", "DCM", "Finding")
IMPRESSIONS_SECTION = CodedConcept("121072", "DCM", "Impressions")
IMPRESSION_TEXT = CodedConcept("121073", "DCM", "Impression")
OBSERVER = CodedConcept("121008", "DCM", "Person Observer Name")
REPORT = CodedConcept("18748-4", "LN", "Diagnostic imaging report")
LATERALITY = CodedConcept("272741003", "SCT", "Laterality")
LEFT = CodedConcept("7771000", "SCT", "Left")
LENGTH = CodedConcept("410668003", "SCT", "Length")
MM = CodedConcept("mm", "UCUM", "millimeter")
RELATES = highdicom.sr.RelationshipTypeValues


def content() -> highdicom.sr.ContainerContentItem:
    """A report with an observer, findings with a measurement and its side, and an impression."""
    top = highdicom.sr.ContainerContentItem(name=REPORT)
    observer = highdicom.sr.PnameContentItem(OBSERVER, "OBSERVER^NOBODY", RELATES.HAS_OBS_CONTEXT)
    findings = highdicom.sr.ContainerContentItem(FINDINGS_SECTION, relationship_type=RELATES.CONTAINS)
    size = highdicom.sr.NumContentItem(LENGTH, 18, MM, relationship_type=RELATES.CONTAINS)
    size.ContentSequence = [highdicom.sr.CodeContentItem(LATERALITY, LEFT, RELATES.HAS_CONCEPT_MOD)]
    findings.ContentSequence = [highdicom.sr.TextContentItem(FINDING, FINDINGS, RELATES.CONTAINS), size]
    impressions = highdicom.sr.ContainerContentItem(IMPRESSIONS_SECTION, relationship_type=RELATES.CONTAINS)
    impressions.ContentSequence = [highdicom.sr.TextContentItem(IMPRESSION_TEXT, IMPRESSION, RELATES.CONTAINS)]
    top.ContentSequence = [observer, findings, impressions]
    return top


def evidence() -> Dataset:
    """The image a report refers to."""
    image = Dataset()
    image.SOPClassUID, image.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1", generate_uid()
    image.StudyInstanceUID, image.SeriesInstanceUID = generate_uid(), generate_uid()
    image.PatientID, image.PatientName, image.PatientBirthDate, image.PatientSex = "1", NAME, "", ""
    image.StudyID = image.StudyDate = image.StudyTime = image.AccessionNumber = image.ReferringPhysicianName = ""
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return image


def structured(kind: str) -> bytes:
    """A DICOM structured report as highdicom writes it: "Enhanced", "Comprehensive" or "Comprehensive3D"."""
    make = getattr(highdicom.sr, f"{kind}SR")
    report = make(
        evidence=[evidence()],
        content=content(),
        series_instance_uid=generate_uid(),
        series_number=1,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="test",
        record_evidence=False,
    )
    return written(report.save_as)


def basic_text(top: Dataset | None = None, sop_class: str = BasicTextSRStorage) -> bytes:
    """A Basic Text SR, which highdicom does not write, with pydicom."""
    report = Dataset()
    report.SOPClassUID, report.SOPInstanceUID = sop_class, generate_uid()
    report.PatientName, report.Modality, report.SpecificCharacterSet = NAME, "SR", "ISO_IR 100"
    report.CompletionFlag, report.VerificationFlag = "PARTIAL", "UNVERIFIED"
    for element in top if top is not None else content():
        report.add(element)
    report.file_meta = FileMetaDataset()
    report.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return written(lambda out: report.save_as(out, enforce_file_format=True))
