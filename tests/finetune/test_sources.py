"""The readers of public data sets, on small files in their owners' formats: gold, splits, groups, refusals."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from finetune import data
from finetune.corpus import files, mimic
from finetune.corpus.case import Case
from finetune.corpus.changes import changes
from finetune.corpus.row import row_of
from finetune.corpus.source import Library, Skipped, any_of, lacking, sources, split_of
from radlite_tui.errors import BadInput
from radlite_tui.tasks import get
from tests.finetune import made

DOCS = Path(__file__).parents[2] / "docs" / "data"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """All data sets, made up."""
    return Library(made.library(tmp_path_factory.mktemp("library")))


def cases(library: Library, name: str) -> list[Case]:
    return [item for item in sources()[name].read(library) if isinstance(item, Case)]


def golds(library: Library, name: str, task: str) -> list[str]:
    """The canonical answers of a source's cases of a task, in order."""
    return [get(task).render(case.gold) for case in cases(library, name) if case.task == task]


def test_there_are_the_twelve_data_sets_and_each_has_a_page_and_a_test_file() -> None:
    assert set(sources()) == set(made.MAKERS)
    assert len(sources()) == 12
    for name, source in sources().items():
        page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
        for said in (source.licence, source.access, *source.tasks, *(e.path for e in source.files)):
            assert said in page, f"{name}.md does not say {said}"
        for expected in source.files:
            assert not expected.sha256 or expected.sha256 in page


@pytest.mark.parametrize("name", sorted(made.MAKERS))
def test_every_case_passes_its_own_tasks_parser(name: str, library: Library) -> None:
    source, found = sources()[name], cases(library, name)
    assert {case.task for case in found} == set(source.tasks)
    for case in found:
        row = row_of(case)
        assert (row["source"], row["licence"]) == (name, source.licence)
        assert row["group"]
        assert "<think>" not in row["gold"]
    assert len({case.id for case in found}) == len(found)


@pytest.mark.parametrize("name", sorted(made.MAKERS))
def test_a_missing_file_is_one_sentence_with_file_and_origin(name: str, library: Library, tmp_path: Path) -> None:
    source = sources()[name]
    bare = Library(made.library(tmp_path, name, *source.needs))
    assert not lacking(bare, source)
    first = next(expected for expected in source.files if expected.needed)
    for path in list(bare.folder(name).glob(first.path)):
        path.unlink()
    assert [expected.path for expected in lacking(bare, source)] == [first.path]
    with pytest.raises(BadInput) as caught:
        list(source.read(bare))
    sentence = str(caught.value)
    assert first.path in sentence
    assert f"docs/data/{name}.md" in sentence
    assert "\n" not in sentence


SPOILT: dict[str, tuple[str, str, str, str]] = {
    "rxl_radset": ("metadata.csv", "RADS_score", "score", "RADS_score"),
    "chexpert_plus": ("df_chexpert_plus_240401.csv", "section_findings", "findings", "section_findings"),
    "radgraph": ("train.json", "start_ix", "start", "entity 1 lacks start_ix"),
    "ms_cxr_t": ("MS_CXR_T_temporal_image_classification_v1.0.0.csv", "worsening", "odd", "odd"),
    "radnli": ("radnli_dev_v1.jsonl", "gold_label", "label", "line 1 lacks gold_label"),
    "merlin": ("zero_shot_findings_disease_cls.csv", "metastatic_disease", "x", "metastatic_disease"),
    "radnlp": ("radnlp_2024_train_val_20240731/ja/main_task/val/label.csv", "N2", "N9", "N9"),
    "pubmedqa": ("ori_pqal.json", "LONG_ANSWER", "long", "99000001 lacks LONG_ANSWER"),
    "radqa": ("dev.json", "paragraphs", "p", "paragraphs"),
    "medmcqa": ("dev.json", '"cop": 3', '"cop": 5', "cop is 5"),
}
"""A source's file, what is replaced in it, by what, and what the sentence must name."""


@pytest.mark.parametrize("name", sorted(SPOILT))
def test_a_file_in_another_format_is_one_sentence_with_file_and_place(name: str, tmp_path: Path) -> None:
    file, old, new, named = SPOILT[name]
    source = sources()[name]
    library = Library(made.library(tmp_path, name, *source.needs))
    path = library.folder(name) / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        list(source.read(library))
    assert str(path) in str(caught.value)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("mimic_cxr", "mimic-cxr-reports.zip"),
        ("mimic_cxr", "mimic-cxr-2.0.0-split.csv.gz"),
        ("open_i", "NLMCXR_reports.tgz"),
        ("merlin", "reports_final.xlsx"),
        ("radgraph", "MIMIC-CXR_graphs.json"),
        ("pubmedqa", "ori_pqal.json"),
        ("rxl_radset", "R001_B_MG.pdf"),
    ],
)
def test_a_file_cut_short_is_one_sentence(name: str, file: str, tmp_path: Path) -> None:
    library = Library(made.library(tmp_path, name))
    path = library.folder(name) / file
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadInput, match=file.replace(".", r"\.")):
        list(sources()[name].read(library))


def test_rads_scores_become_our_labels_and_those_we_lack_are_counted(library: Library) -> None:
    labels = golds(library, "rxl_radset", "rads_assignment")
    assert labels == ["BI-RADS 4A", "CAD-RADS 3", "GB-RADS 2", "LI-RADS TR Nonviable", "NI-RADS 3", "BI-RADS 2"]
    skipped = [item for item in sources()["rxl_radset"].read(library) if isinstance(item, Skipped)]
    assert [(item.id, item.reason) for item in skipped] == [
        ("rxl_radset/R006_T_US", "the score NC is no category we have")
    ]


def test_reports_are_read_from_pdf_and_text_alike(library: Library) -> None:
    texts = [case.report.text for case in cases(library, "rxl_radset")]
    assert [text[:24] for text in texts] == [f"Made-up report number {n}." for n in (0, 1, 2, 3, 4, 6)]


@pytest.mark.parametrize("name", ["mimic_cxr", "chexpert_plus", "open_i", "merlin"])
def test_an_impression_is_asked_for_without_showing_it(name: str, library: Library) -> None:
    for case in cases(library, name):
        if case.task == "impression_generation":
            answer = get(case.task).render(case.gold)
            assert answer not in case.report.text
            assert "IMPRESSION" not in case.report.text
            assert case.report.text.count("FINDINGS: ") == 1


def test_label_numbers_become_statuses(library: Library) -> None:
    first, second = golds(library, "mimic_cxr", "abnormality_detection")
    assert "- Pleural Effusion: positive\n" in first
    assert "- Cardiomegaly: negative\n" in first
    assert "- Edema: uncertain\n" in second
    assert "- Fracture: not mentioned\n" in second
    assert "- Pneumonia: uncertain\n" in golds(library, "chexpert_plus", "abnormality_detection")[0]


def test_images_of_one_study_give_its_report_once(library: Library) -> None:
    studies = [c.id.split("/")[1] for c in cases(library, "chexpert_plus") if c.task == "abnormality_detection"]
    assert studies == ["patient99999", "patient99998"]


def test_entities_stand_where_their_words_stand(library: Library) -> None:
    found = golds(library, "radgraph", "radiology_ner")
    assert found[0].splitlines() == [
        "Anatomy: left; pleural",
        "Observation (Present): effusion; increased",
        "Observation (Absent): edema",
        "Observation (Uncertain): none",
    ]
    assert found[2].splitlines()[0] == "Anatomy: lungs"
    text = cases(library, "radgraph")[0].report.text
    assert text == "The left pleural effusion has increased. No edema."


def test_a_report_whose_entities_stand_elsewhere_is_counted_and_passed_over(tmp_path: Path) -> None:
    library = Library(made.library(tmp_path, "radgraph"))
    path = library.folder("radgraph") / "train.json"
    moved = path.read_text().replace('"start_ix": 1, "end_ix": 1', '"start_ix": 0, "end_ix": 0')
    path.write_text(moved, encoding="utf-8")
    skipped = [item for item in sources()["radgraph"].read(library) if isinstance(item, Skipped)]
    assert [item.reason for item in skipped] == ["an entity is not the text at its place"]


def test_a_report_that_people_marked_is_not_taken_from_the_model_too(library: Library) -> None:
    assert not [case for case in cases(library, "radgraph") if case.id.startswith("radgraph/model/")]


def test_a_change_is_the_finding_its_word_modifies_with_where_it_is() -> None:
    (change,) = changes(made.ENTITIES)
    assert (change.status, change.finding) == ("worsened", "pleural effusion")


def test_a_finding_said_to_be_better_and_worse_is_left_out() -> None:
    better = {"tokens": "improved", "label": "OBS-DP", "start_ix": 9, "end_ix": 9, "relations": [["modify", "3"]]}
    assert changes({**made.ENTITIES, "6": better}) == ()


def test_a_change_that_is_denied_is_none() -> None:
    denied = {**made.ENTITIES["4"], "label": "OBS-DA"}
    assert changes({**made.ENTITIES, "4": denied}) == ()


def test_a_comparison_has_the_report_before_as_prior(library: Library) -> None:
    for name in ("radgraph", "ms_cxr_t"):
        (case,) = [case for case in cases(library, name) if case.task == "temporal_comparison"]
        assert "has increased" in case.report.text
        assert "Small left pleural effusion" in (case.report.prior or "")
    assert golds(library, "ms_cxr_t", "temporal_comparison") == ["- [No Change] edema\n- [Worsened] pleural effusion"]


def test_data_sets_built_on_the_same_patients_name_them_alike(library: Library) -> None:
    named = {name: {case.group for case in cases(library, name)} for name in ("mimic_cxr", "ms_cxr_t", "radgraph")}
    assert named["mimic_cxr"] == named["ms_cxr_t"] == {f"mimic-{made.PATIENT}"}
    assert f"mimic-{made.PATIENT}" in named["radgraph"]
    assert named["radgraph"] & {case.group for case in cases(library, "chexpert_plus")} == {"chexpert-patient99999"}


def test_a_pair_and_the_pair_swapped_are_one_group(library: Library) -> None:
    one, swapped, _ = cases(library, "radnli")
    assert one.group == swapped.group
    assert (one.report.text, one.words) == (swapped.words, swapped.report.text)


def test_stages_count_without_their_letters(library: Library) -> None:
    assert golds(library, "radnlp", "m_staging") == ["M0", "M1"]
    assert golds(library, "radnlp", "n_staging") == ["N0", "N2"]


def test_metastasis_that_is_not_mentioned_gives_no_stage(library: Library) -> None:
    assert golds(library, "merlin", "m_staging") == ["M1", "M0"]
    assert [case.split for case in cases(library, "merlin") if case.task == "m_staging"] == ["train", "test"]


def test_questions_that_are_not_about_imaging_are_passed_over(library: Library) -> None:
    assert [case.words for case in cases(library, "pubmedqa")] == [
        "Does made-up imaging help?",
        "Is made-up ultrasound quick?",
    ]
    assert cases(library, "pubmedqa")[1].split == "test"
    assert golds(library, "medmcqa", "radiology_qa") == ["Ultrasound", "MRI"]


def test_an_impossible_question_is_answered_as_our_task_does(library: Library) -> None:
    assert golds(library, "radqa", "radiology_qa")[:2] == ["4 mm", "The report does not say."]


def test_studies_follow_each_other_by_date_and_time(tmp_path: Path) -> None:
    when = {"a": ("21800506", "90000.5"), "b": ("21800506", "100000.0"), "c": ("21791231", "235959.0")}
    rows = [{"subject_id": "1", "study_id": s, "StudyDate": d, "StudyTime": t} for s, (d, t) in when.items()]
    made.table(tmp_path / "times.csv", rows)
    assert mimic.priors(tmp_path / "times.csv") == {"a": "c", "b": "a"}


def test_an_unknown_split_is_refused_and_a_missing_one_follows_from_the_group() -> None:
    with pytest.raises(BadInput, match="held out"):
        split_of("g", "held out")
    drawn = [split_of(f"group-{n}") for n in range(2000)]
    assert drawn == [split_of(f"group-{n}") for n in range(2000)]
    assert 1500 < drawn.count("train") < 1700
    assert min(drawn.count("validation"), drawn.count("test")) > 140


def test_the_list_says_what_is_there_and_what_each_adds(library: Library, tmp_path: Path) -> None:
    partly = Library(made.library(tmp_path, "radnli", "ms_cxr_t"))
    (partly.folder("radnli") / "radnli_test_v1.jsonl").unlink()
    text = "\n".join(data.listed(partly))
    states = {line.split()[0]: line[15:26].strip() for line in text.splitlines() if not line.startswith(" ")}
    assert states.pop("synthetic") == "there"
    assert states == dict.fromkeys(sources(), "not there") | {"radnli": "incomplete", "ms_cxr_t": "incomplete"}
    assert "put into" in text
    assert "needs mimic_cxr" in text
    assert any_of(partly, sources()["radnli"])
    counted = "\n".join(data.listed(library, ("radnli",), count=True))
    assert "holds radiology_nli test 1, radiology_nli train 2" in counted


def test_the_list_loads_no_training_library() -> None:
    program = "import sys\nfrom finetune.__main__ import main\nmain(['data', '--list'])\nprint(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert not set(done.stdout.split()) & {"torch", "transformers", "datasets", "sklearn", "numpy"}


@pytest.mark.parametrize(
    ("read", "content", "complaint"),
    [
        (lambda p: list(files.table(p, ("a",))), b"\xff\xfe\x00", "cannot be read"),
        (lambda p: list(files.json_lines(p, ("a",))), b'{"a": 1}\n[2]\n', "line 2 is not an object"),
        (lambda p: list(files.json_lines(p, ("a",))), b'{"a": 1}\n{"a":\n', "line 2 is not JSON"),
        (files.json_object, b"[1]", "one JSON object"),
        (lambda p: list(files.json_items(p)), b"[1]", "one JSON object with items"),
    ],
)
def test_unreadable_files_are_named(
    read: Callable[[Path], object], content: bytes, complaint: str, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=complaint):
        read(path)
