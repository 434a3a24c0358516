"""Small files in the formats of the data sets, with made-up text: no patient, and no word of a data set, is in them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from radlite_tui.tasks.abnormality_detection import NAMES
from tests.documents import pdf

Rows = Sequence[Mapping[str, Any]]
PATIENT, STUDIES = "00000001", ("00000011", "00000012")
"""Numbers in MIMIC's form that MIMIC does not give; the second study is the later."""

MIMIC_REPORTS = {
    STUDIES[
        0
    ]: "FINAL REPORT\n EXAMINATION:  CHEST\n\n INDICATION:  Made-up cough.\n\n FINDINGS: \n \n Small left pleural "
    "effusion.  Heart\n size is normal.\n \n IMPRESSION: \n \n Small left effusion.\n",
    STUDIES[1]: "FINAL REPORT\n EXAMINATION:  CHEST\n\n COMPARISON:  Yesterday.\n\n FINDINGS: \n \n The left pleural "
    "effusion has increased. No edema.\n \n IMPRESSION: \n \n Larger left effusion.\n",
}


def table(path: Path, rows: Rows) -> None:
    """A CSV file, compressed where the name ends in .gz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    data = text.getvalue().encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def lines(path: Path, rows: Rows) -> None:
    """A JSON-lines file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


def whole(path: Path, value: Any) -> None:
    """A JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def rxl_radset(folder: Path) -> None:
    scores = {
        "R001_B_MG": "4A",
        "R002_Cor_CT": "3",
        "R_003_GB_US": "2",
        "R004_LRTR_CT": "Nonviable",
        "R005_NI_CT": "2a // 3",
        "R006_T_US": "NC",
        "R007_b_Us": "2",
    }
    modality = {"Modality": "US", "Profile": "1"}
    table(folder / "metadata.csv", [{"Report_Number": n, **modality, "RADS_score": s} for n, s in scores.items()])
    for place, number in enumerate(scores):
        text = f"Made-up report number {place}. An oval lesion of {place + 3} mm with a smooth margin."
        if place % 2:
            (folder / "US").mkdir(exist_ok=True)
            (folder / "US" / f"{number}.txt").write_text(text, encoding="utf-8")
        else:
            (folder / f"{number}.pdf").write_bytes(pdf(text))


def mimic_cxr(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "mimic-cxr-reports.zip", "w") as archive:
        for study, text in MIMIC_REPORTS.items():
            archive.writestr(f"files/p00/p{PATIENT}/s{study}.txt", text)
    ids = [{"dicom_id": f"image-{study}", "study_id": study, "subject_id": PATIENT} for study in STUDIES]
    table(folder / "mimic-cxr-2.0.0-split.csv.gz", [{**row, "split": "validate"} for row in ids])
    times = [{"StudyDate": 21800506, "StudyTime": 213014.531}, {"StudyDate": 21800507, "StudyTime": 13014.531}]
    table(folder / "mimic-cxr-2.0.0-metadata.csv.gz", [{**row, **time} for row, time in zip(ids, times, strict=True)])
    blank = dict.fromkeys(NAMES, "")
    labels = [{"Pleural Effusion": "1.0", "Cardiomegaly": "0.0"}, {"Pleural Effusion": "1.0", "Edema": "-1.0"}]
    table(
        folder / "mimic-cxr-2.0.0-chexpert.csv.gz",
        [
            {"subject_id": PATIENT, "study_id": study, **blank, **found}
            for study, found in zip(STUDIES, labels, strict=True)
        ],
    )


def chexpert_plus(folder: Path) -> None:
    columns = ("narrative", "clinical_history", "history", "comparison", "technique", "findings", "impression")
    row: dict[str, Any] = {
        "path_to_image": "train/patient99999/study1/view1_frontal.jpg",
        "report": "NARRATIVE: made up.",
        **{f"section_{name}": "" for name in columns},
        "section_history": "Made-up fever.",
        "section_findings": "Dense opacity at the\nright base.",
        "section_impression": "1. Right basal opacity, which may be pneumonia.",
        "split": "train",
    }
    second = {**row, "path_to_image": "train/patient99999/study1/view2_lateral.jpg"}
    other = {
        **row,
        "path_to_image": "valid/patient99998/study1/view1_frontal.jpg",
        "section_findings": "",
        "split": "valid",
    }
    table(folder / "df_chexpert_plus_240401.csv", [row, second, other])
    none = dict.fromkeys(NAMES)
    found = {"Lung Opacity": 1.0, "Pneumonia": -1.0}
    lines(
        folder / "chexbert_labels" / "report_fixed.json",
        [{"path_to_image": r["path_to_image"], **none, **found} for r in (row, second, other)],
    )


def open_i(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sections = {
        "COMPARISON": "None.",
        "INDICATION": "Made-up pain",
        "FINDINGS": "Lungs are clear.",
        "IMPRESSION": "Normal chest.",
    }
    with tarfile.open(folder / "NLMCXR_reports.tgz", "w:gz") as archive:
        for number, found in ((1, sections), (2, {**sections, "FINDINGS": ""})):
            body = "".join(f'<AbstractText Label="{name}">{text}</AbstractText>' for name, text in found.items())
            xml = f'<eCitation><uId id="CXR{number}"/><MedlineCitation><Article><Abstract>{body}</Abstract></Article>'
            data = f"{xml}</MedlineCitation></eCitation>".encode()
            member = tarfile.TarInfo(f"ecgen-radiology/{number}.xml")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


TOKENS = "The left pleural effusion has increased . No edema ."
ENTITIES = {
    "1": {"tokens": "left", "label": "ANAT-DP", "start_ix": 1, "end_ix": 1, "relations": [["modify", "2"]]},
    "2": {"tokens": "pleural", "label": "ANAT-DP", "start_ix": 2, "end_ix": 2, "relations": []},
    "3": {"tokens": "effusion", "label": "OBS-DP", "start_ix": 3, "end_ix": 3, "relations": [["located_at", "2"]]},
    "4": {"tokens": "increased", "label": "OBS-DP", "start_ix": 5, "end_ix": 5, "relations": [["modify", "3"]]},
    "5": {"tokens": "edema", "label": "OBS-DA", "start_ix": 8, "end_ix": 8, "relations": []},
}


def radgraph(folder: Path) -> None:
    marked = {"text": TOKENS, "entities": ENTITIES}
    whole(folder / "train.json", {f"p00/p{PATIENT}/s{STUDIES[1]}.txt": marked})
    rest = {"text": "Clear lungs .", "labeler_2": {"entities": {}}}
    lungs = {"tokens": "lungs", "label": "ANAT-DP", "start_ix": 1, "end_ix": 1, "relations": []}
    whole(folder / "test.json", {"patient99999_study1.txt": {**rest, "labeler_1": {"entities": {"1": lungs}}}})
    right = {**ENTITIES, "1": {**ENTITIES["1"], "tokens": "right"}}
    whole(
        folder / "dev.json",
        {"p00/p00000002/s00000021.txt": {"text": TOKENS.replace("left", "right"), "entities": right}},
    )
    whole(folder / "MIMIC-CXR_graphs.json", {f"p00/p{PATIENT}/s{STUDIES[1]}.txt": marked})


def ms_cxr_t(folder: Path) -> None:
    names = ("consolidation", "edema", "pleural_effusion", "pneumonia", "pneumothorax")
    judged = {f"{name}_progression": "" for name in names} | {"pleural_effusion_progression": "worsening"}
    ids = {"dicom_id": f"image-{STUDIES[1]}", "previous_dicom_id": f"image-{STUDIES[0]}"}
    rows = [{**ids, "study_id": STUDIES[1], "subject_id": PATIENT, **judged, "edema_progression": "stable"}]
    table(folder / "MS_CXR_T_temporal_image_classification_v1.0.0.csv", rows)


def radnli(folder: Path) -> None:
    one = {"sentence1": "There is a small effusion.", "sentence2": "The effusion is small.", "gold_label": "entailment"}
    swapped = {"sentence1": one["sentence2"], "sentence2": one["sentence1"], "gold_label": "neutral"}
    lines(folder / "radnli_dev_v1.jsonl", [{**one, "pair_id": "1"}, {**swapped, "pair_id": "2"}])
    test = {"sentence1": "No fracture is seen.", "sentence2": "A rib is broken.", "gold_label": "contradiction"}
    lines(folder / "radnli_test_v1.jsonl", [{**test, "pair_id": "1"}])


def merlin(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(folder / "reports_final.xlsx")) as book:
        sheet = book.add_worksheet()
        rows = [
            ("study id", "Findings", "Split", "Few Shot"),
            ("AC1", "Liver: Several made-up metastases. Spleen: Normal. IMPRESSION: Hepatic metastases.", "train", ""),
            (2, "Liver: Normal. No metastatic disease in this made-up text.", "test", ""),
            ("AC3", "Liver: Normal.", "val", ""),
        ]
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    stated = {"AC1": 1, "2": 0, "AC3": -1}
    labels = [{"study id": study, "ascites": -1, "metastatic_disease": value} for study, value in stated.items()]
    table(folder / "zero_shot_findings_disease_cls.csv", labels)


def radnlp(folder: Path) -> None:
    top = folder / "radnlp_2024_train_val_20240731"
    for split, number, stages in (("train", "101", ("T1b", "N0", "M0")), ("val", "102", ("T2a", "N2", "M1c"))):
        table(top / "ja" / "main_task" / split / "label.csv", [dict(zip("itnm", (number, *stages), strict=True))])
        path = top / "ja" / "main_task" / split / "label.csv"
        path.write_text(path.read_text().replace("i,t,n,m", "id,t,n,m"))
        report = top / "en" / "main_task" / split / f"{number}.txt"
        report.parent.mkdir(parents=True)
        report.write_text(
            f"A made-up nodule of the right upper lobe in case {number}, nodes as labelled.", encoding="utf-8"
        )


def pubmedqa(folder: Path) -> None:
    row = {
        "QUESTION": "Does made-up imaging help?",
        "CONTEXTS": ["To ask whether it does.", "Forty imagined scans were read."],
        "LABELS": ["AIMS", "METHODS"],
        "MESHES": ["Humans", "Tomography, X-Ray Computed"],
        "final_decision": "yes",
        "LONG_ANSWER": "It helps in this made-up case.",
    }
    other = {**row, "QUESTION": "Does a made-up drug help?", "MESHES": ["Aspirin"]}
    held = {
        **row,
        "QUESTION": "Is made-up ultrasound quick?",
        "CONTEXTS": ["Ten others."],
        "MESHES": ["Ultrasonography"],
    }
    whole(folder / "ori_pqal.json", {"99000001": row, "99000002": other, "99000003": held})
    whole(folder / "test_ground_truth.json", {"99000003": "yes"})


def radqa(folder: Path) -> None:
    for number, name in enumerate(("train", "dev", "test")):
        context = f"FINDINGS: A made-up nodule of {number + 4} mm in the left lung, in case {name}."
        answer = {"text": f"{number + 4} mm", "answer_start": context.index(f"{number + 4} mm")}
        asked = [
            {"id": "1", "question": "How large is it?", "answers": [answer], "is_impossible": False},
            {"id": "2", "question": "Is the liver normal?", "answers": [], "is_impossible": True},
        ]
        whole(
            folder / f"{name}.json",
            {"version": "1", "data": [{"title": name, "paragraphs": [{"context": context, "qas": asked}]}]},
        )


def medmcqa(folder: Path) -> None:
    options = {"opa": "Plain film", "opb": "Ultrasound", "opc": "MRI", "opd": "CT"}
    row = {"id": "a1", "question": "Which made-up test uses no rays and no magnet?", "cop": 2, **options}
    radiology = {**row, "choice_type": "single", "subject_name": "Radiology", "exp": None, "topic_name": None}
    lines(folder / "train.json", [radiology, {**radiology, "id": "a2", "subject_name": "Skin"}])
    lines(folder / "dev.json", [{**radiology, "id": "a3", "question": "Which uses a magnet?", "cop": 3}])


MAKERS: dict[str, Callable[[Path], None]] = {
    maker.__name__: maker
    for maker in (
        rxl_radset,
        mimic_cxr,
        chexpert_plus,
        open_i,
        radgraph,
        ms_cxr_t,
        radnli,
        merlin,
        radnlp,
        pubmedqa,
        radqa,
        medmcqa,
    )
}


def library(root: Path, *names: str) -> Path:
    """A folder with the files of these sources, or of all."""
    for name in names or MAKERS:
        (root / name).mkdir(parents=True)
        MAKERS[name](root / name)
    return root
