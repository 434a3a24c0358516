"""Reports in documents: what is taken, what is left out and said, and what a hostile file can do (give a sentence)."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pydicom.dataset import Dataset

from radlite_tui.assistant import intake
from radlite_tui.assistant.intake import apart
from radlite_tui.assistant.intake.recognise import recognise
from radlite_tui.errors import BadInput
from tests import documents
from tests.documents import FINDINGS, IMPRESSION, NAME, bundle, fhir, fhir_report, form, hl7, pdf, structured, word


def taken(data: bytes, tmp_path: Path, name: str = "report.bin") -> intake.Taken:
    """What is read from a file with this content, whatever it is called."""
    (tmp_path / name).write_bytes(data)
    return intake.read(tmp_path / name)


WHOLE: dict[str, tuple[Callable[[], bytes], str]] = {
    "PDF": (lambda: pdf(f"FINDINGS: {FINDINGS}\nIMPRESSION: {IMPRESSION}"), "PDF, 1 page"),
    "Word": (word, "Word document"),
    "HL7": (documents.usual_hl7, "HL7 v2 ORU_R01"),
    "FHIR JSON": (lambda: fhir(fhir_report()), "FHIR DiagnosticReport"),
    "FHIR XML": (documents.fhir_xml, "FHIR DiagnosticReport"),
    "FHIR Bundle": (lambda: bundle(fhir_report()), "FHIR Bundle"),
    "Basic Text SR": (documents.basic_text, "Basic Text SR"),
    "Enhanced SR": (lambda: structured("Enhanced"), "Enhanced SR"),
    "Comprehensive SR": (lambda: structured("Comprehensive"), "Comprehensive SR"),
    "Comprehensive 3D SR": (lambda: structured("Comprehensive3D"), "Comprehensive 3D SR"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_every_format_is_recognised_by_its_content_and_gives_the_report_alone(name: str, tmp_path: Path) -> None:
    make, form = WHOLE[name]
    found = taken(make(), tmp_path)
    assert found.format == form
    assert FINDINGS in found.text
    assert IMPRESSION in found.text
    assert "NOBODY" not in found.text
    assert found.to_confirm
    assert found.lines()[0].startswith(f"report.bin: {form}")


def test_the_sections_of_a_structured_report_keep_sides_and_measurements(tmp_path: Path) -> None:
    found = taken(structured("Comprehensive"), tmp_path)
    assert found.text.split("\n\n") == [
        f"FINDINGS:\n{FINDINGS}\nLength: 18.0 mm (laterality: Left)",
        f"IMPRESSIONS:\n{IMPRESSION}",
    ]
    assert "1 item of observation context" in found.left_out


def test_hl7_escapes_repeats_and_sections_are_read_and_lone_backslashes_kept(tmp_path: Path) -> None:
    found = taken(documents.usual_hl7(), tmp_path)
    assert found.text.splitlines() == [
        "FINDINGS:",
        FINDINGS,
        "Size 3 & 4 mm",
        "path C:\\temp",
        "last",
        "",
        f"IMPRESSION: {IMPRESSION}",
        "",
        "Diameter: 18 mm",
    ]
    assert set(found.left_out) == {"1 attached document", "1 observation deleted", "1 comment (NTE)"}


def test_the_newest_of_several_reports_is_taken_and_the_one_before_is_the_prior(tmp_path: Path) -> None:
    message = hl7("OBR|1||A|1^CT|||20230101", "OBX|1|TX|||old", "OBR|2||B|1^CT|||20240101", "OBX|1|TX|||new")
    found = taken(message, tmp_path)
    assert (found.text, found.prior) == ("new", "old")
    assert "the newest of 2 reports (CT)" in found.took
    older = fhir_report(id="2", effectiveDateTime="2023-01-01", conclusion="older")
    oldest = fhir_report(id="3", effectiveDateTime="2022-01-01")
    in_bundle = taken(bundle(oldest, fhir_report(), older), tmp_path)
    assert IMPRESSION in in_bundle.text
    assert in_bundle.prior is not None
    assert "older" in in_bundle.prior
    assert "1 other report" in in_bundle.left_out


def test_reports_without_dates_are_not_put_in_an_order(tmp_path: Path) -> None:
    found = taken(hl7("OBR|1||A", "OBX|1|TX|||first", "OBR|2||B", "OBX|1|TX|||second"), tmp_path)
    assert (found.text, found.prior) == ("first", None)
    assert "1 other report" in found.left_out


def test_reports_of_several_patients_are_refused(tmp_path: Path) -> None:
    one, other = (hl7("OBR|1||A", "OBX|1|TX|||text", patient=patient) for patient in ("1", "2"))
    with pytest.raises(BadInput, match="several patients"):
        taken(one + other, tmp_path)
    with pytest.raises(BadInput, match="several patients"):
        taken(bundle(fhir_report(), fhir_report(id="2", subject={"reference": "Patient/2"})), tmp_path)


def test_a_report_that_came_as_an_attached_pdf_is_read_from_it(tmp_path: Path) -> None:
    attached = form("application/pdf", pdf(FINDINGS))
    message = hl7("OBR|1||A", f"OBX|1|ED|p^PDF||^application^pdf^Base64^{attached['data']}")
    assert taken(message, tmp_path).text == FINDINGS
    resource = fhir_report(presentedForm=[attached], conclusion=None, contained=None, result=None)
    assert taken(fhir({k: v for k, v in resource.items() if v is not None}), tmp_path).text == FINDINGS


def test_html_becomes_lines_and_links_are_left_out_unfetched(tmp_path: Path) -> None:
    markup = (
        b"<p>FINDINGS: 3&nbsp;mm &lt; 4&nbsp;mm</p><script>no()</script>"
        b"<table><tr><td>Side</td><td>left</td></tr></table>"
    )
    resource = fhir_report(presentedForm=[form("text/html", markup), {"url": "http://127.0.0.1:9/x.pdf"}])
    found = taken(fhir(resource), tmp_path)
    assert found.text.startswith("FINDINGS: 3 mm < 4 mm\n\nSide\tleft\n\nCONCLUSION:")
    assert "no()" not in found.text
    assert any("only linked" in one for one in found.left_out)


def test_word_text_in_changes_boxes_and_controls_is_not_lost_and_deleted_text_is(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("first")
    inner = "<w:r><w:t>{}</w:t></w:r>"
    for block in (
        f"<w:p {nsdecls('w')}><w:ins w:id='1' w:author='x'>{inner.format('inserted')}</w:ins>"
        "<w:del w:id='2' w:author='x'><w:r><w:delText>removed</w:delText></w:r></w:del></w:p>",
        f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p>{inner.format('controlled')}</w:p></w:sdtContent></w:sdt>",
        f"<w:p {nsdecls('w')}><w:r><w:pict><w:txbxContent><w:p>{inner.format('boxed')}</w:p></w:txbxContent>"
        "</w:pict></w:r></w:p>",
    ):
        document.element.body.insert(-1, parse_xml(block))
    found = taken(word(document), tmp_path)
    assert found.text.split() == ["first", "inserted", "controlled", "boxed"]
    assert "text that tracked changes delete" in found.left_out


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("Ödem bei Überwässerung.".encode("latin-1"), "Latin-1"),
        ("Size – 5 mm, “irregular” mass.".encode("cp1252"), "Windows-1252"),
        ("Ödem.".encode("utf-16-le") + "\n".encode("utf-16-le"), "UTF-16 without a byte order mark"),
        ("Ödem.".encode("utf-16"), "UTF-16"),
        ("Ödem.".encode("utf-8-sig"), "UTF-8 with a byte order mark"),
    ],
)
def test_encodings_of_plain_text_are_detected_and_said(data: bytes, encoding: str, tmp_path: Path) -> None:
    found = taken(data, tmp_path)
    assert found.format == f"plain text ({encoding})"
    assert encoding in found.lines()[0]
    assert found.to_confirm == (encoding.startswith(("Latin", "Windows")) or "without" in encoding)


def test_plain_utf8_is_nothing_to_speak_of(tmp_path: Path) -> None:
    found = taken("Ödem – 5 mm.".encode(), tmp_path)
    assert found.lines() == ()
    assert not found.to_confirm


# What a hostile or damaged file can do: give a sentence, soon.


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


def with_document(xml: bytes) -> bytes:
    """The usual Word document with another body."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word())) as source, zipfile.ZipFile(out, "w") as target:
        for member in source.infolist():
            target.writestr(member, xml if member.filename == "word/document.xml" else source.read(member))
    return out.getvalue()


def deep_report(depth: int) -> bytes:
    top = inner = Dataset()
    for _ in range(depth):
        inner.ValueType = "CONTAINER"
        inner.ContentSequence = [Dataset()]
        inner = inner.ContentSequence[0]
        inner.RelationshipType = "CONTAINS"
    inner.ValueType = "CONTAINER"
    return documents.basic_text(top)


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
LAUGHS = (
    b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
)
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "zip bomb": (lambda: zipped(word__document_xml=b" " * 100_000_000), "unpacks to 100,000,000 bytes"),
    "other ZIP": (lambda: zipped(readme=b"x"), "no Word document"),
    "damaged ZIP": (lambda: word()[:2000], "damaged ZIP"),
    "Word without text": (lambda: word(docx.Document()), "no text"),
    "Word with entities": (
        lambda: with_document(LAUGHS + f'<w:document xmlns:w="{W}"><w:body><w:p/></w:body></w:document>'.encode()),
        "entities",
    ),
    "Word nested deeply": (
        lambda: with_document(
            f'<w:document xmlns:w="{W}"><w:body>{"<w:sdt>" * 5000}{"</w:sdt>" * 5000}</w:body></w:document>'.encode()
        ),
        "cannot be read as Word document",
    ),
    "old Word": (lambda: b"\xd0\xcf\x11\xe0" + bytes(600), r"\.doc"),
    "RTF": (lambda: b"{\\rtf1 text}", "RTF"),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "picture"),
    "encrypted PDF": (lambda: pdf(FINDINGS, password="x"), "encrypted"),
    "scanned PDF": (lambda: pdf("", ""), "no text layer: 2 pages"),
    "damaged PDF": (lambda: b"%PDF-1.7\n" + b"x" * 1000, "cannot be read as PDF"),
    "long PDF": (lambda: pdf(*[""] * 201), "201 pages"),
    "wrong encoding characters": (lambda: hl7("OBX|1|TX|||x", header="MSH|^^^^|RIS|H|||2||ORU^R01"), "encoding char"),
    "no encoding characters": (lambda: b"MSH|\rOBX|1|TX|||x", "encoding characters"),
    "other HL7": (lambda: hl7("PV1|1", header="MSH|^~\\&|A|B|||1||ADT^A01"), "ADT"),
    "HL7 without text": (lambda: hl7("OBR|1||A"), "no report text"),
    "HL7 in an unknown character set": (
        lambda: hl7("OBX|1|TX|||x", header="MSH|^~\\&|A|B|||1||ORU^R01|1|P|2.5||||||ISO IR87") + b"\xe9",
        "ISO IR87",
    ),
    "FHIR of another type": (lambda: b'{"resourceType": "Patient", "id": "1"}', "FHIR Patient"),
    "invalid FHIR": (lambda: fhir(fhir_report(status=3)), "not valid FHIR .status"),
    "withdrawn FHIR": (lambda: fhir(fhir_report(status="entered-in-error")), "entered-in-error"),
    "broken FHIR": (lambda: b'{"resourceType": "DiagnosticReport", ', "not JSON"),
    "FHIR with damaged data": (lambda: fhir(fhir_report(presentedForm=[{"data": "%%%"}])), "base64"),
    "FHIR with a link only": (
        lambda: fhir({"resourceType": "DiagnosticReport", "status": "final", "code": {"text": "CT"},
                      "presentedForm": [{"url": "http://127.0.0.1:9/"}]}),
        "without text",
    ),
    "FHIR nested deeply": (
        lambda: b'{"resourceType": "DiagnosticReport", "a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        "nested too deeply",
    ),
    "FHIR XML with entities": (
        lambda: LAUGHS + b'<DiagnosticReport xmlns="http://hl7.org/fhir"><conclusion value="&c;"/></DiagnosticReport>',
        "entities",
    ),
    "SR nested deeply": (lambda: deep_report(100), "nested too deeply"),
    "SR without text": (lambda: deep_report(3), "without text"),
    "image": (lambda: documents.basic_text(Dataset(), "1.2.840.10008.5.1.4.1.1.2"), "no structured report .CT Image"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_and_damaged_files_are_one_sentence(name: str, tmp_path: Path) -> None:
    make, reason = HOSTILE[name]
    data = make()
    with pytest.raises(BadInput, match=reason) as raised:
        taken(data, tmp_path)
    said = str(raised.value)
    assert "report.bin" in said
    assert "\n" not in said
    assert NAME not in said


def test_a_document_of_50_mb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.pdf"
    with path.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(50_000_000)
    started = time.perf_counter()
    with pytest.raises(BadInput, match="50,000,000 bytes"):
        intake.read(path)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("kind", ["Enhanced", "basic"])
def test_a_dicom_file_cut_anywhere_is_refused_or_read_whole(kind: str) -> None:
    from radlite_tui.assistant.intake import dicom

    data = structured(kind) if kind != "basic" else documents.basic_text()
    whole = dicom.read(data).text
    for end in range(140, len(data) - 1, 7):
        try:
            assert dicom.read(data[:end]).text == whole, end
        except BadInput:
            continue


def test_a_parser_that_takes_too_long_is_given_up() -> None:
    started = time.perf_counter()
    with pytest.raises(BadInput, match="given up"):
        apart.read("pdf", pdf(FINDINGS), "slow.pdf", seconds=0.001)
    assert time.perf_counter() - started < 5


def test_a_parser_that_wants_too_much_memory_or_the_network_or_a_program_is_stopped() -> None:
    code = (
        "import sys, types, socket, subprocess\n"
        "from radlite_tui.assistant.intake import apart\n"
        "tried = {}\n"
        "def read(data): return tried[data]()\n"
        "module = types.ModuleType('evil'); module.read = read\n"
        "sys.modules['radlite_tui.assistant.intake.evil'] = module\n"
        "tried[b'memory'] = lambda: bytearray(1 << 33)\n"
        "tried[b'network'] = lambda: socket.create_connection(('127.0.0.1', 9))\n"
        "tried[b'program'] = lambda: subprocess.run(['true'])\n"
        "apart.limit()\n"
        "import json; print(json.dumps([apart.attempt('evil', data) for data in tried]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    memory, network, program = json.loads(done.stdout)
    assert "memory" in memory["refused"]
    assert network == program == {"broken": "PermissionError"}


def test_without_the_library_a_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = [folder for folder in sys.path if "site-packages" not in folder]
    monkeypatch.setattr(sys, "path", without)
    with pytest.raises(BadInput, match=r'pip install "radlite-tui\[formats\]"'):
        taken(pdf(FINDINGS), tmp_path)


@pytest.mark.parametrize("name", ["MSH report: mass", '{"text": 1}', "<p>FINDINGS</p>", "PKV 4 mm"])
def test_text_that_only_looks_like_a_format_is_text(name: str) -> None:
    assert recognise(name.encode()) == ""


def test_no_reader_is_imported_before_a_document_comes() -> None:
    code = (
        "import radlite_tui.assistant.intake, sys\n"
        "print([m for m in ('pypdf', 'docx', 'pydicom', 'hl7', 'fhir', 'lxml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_a_prior_of_its_own_file_wins_over_one_in_the_message(tmp_path: Path) -> None:
    message = hl7("OBR|1||A||||2023", "OBX|1|TX|||old", "OBR|2||B||||2024", "OBX|1|TX|||new")
    (tmp_path / "now.hl7").write_bytes(message)
    (tmp_path / "then.txt").write_text("earlier")
    opened = intake.open_report(str(tmp_path / "now.hl7"), str(tmp_path / "then.txt"))
    assert (opened.report.text, opened.report.prior, opened.report.source) == ("new", "earlier", "now.hl7")
    assert intake.read_report(str(tmp_path / "now.hl7")).prior == "old"
    assert any(line.startswith("now.hl7: HL7") for line in opened.lines)


def test_standard_input_is_recognised_too() -> None:
    opened = intake.open_report("-", None, io.BytesIO(pdf(FINDINGS)))
    assert opened.report.text == FINDINGS
    assert any("PDF" in line for line in opened.lines)
