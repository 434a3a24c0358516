"""RADS reports: each system's rule on worked examples, every category produced, and few reports that name their own."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from finetune.corpus import rads
from finetune.corpus.bank import Bank
from finetune.corpus.case import Split
from finetune.corpus.rads_abdomen import GallbladderScene, LiverScene, categorise_gallbladder, categorise_liver
from finetune.corpus.rads_breast import BreastScene
from finetune.corpus.rads_breast import categorise as categorise_breast
from finetune.corpus.rads_chest import (
    CoronaryScene,
    LungScene,
    categorise_coronary,
    categorise_lung,
    coronary_modifiers,
)
from finetune.corpus.rads_neck import NeckScene, ThyroidScene, categorise_neck, categorise_thyroid, points
from finetune.corpus.rads_ovary import AdnexaScene
from finetune.corpus.rads_ovary import categorise as categorise_adnexa
from finetune.corpus.rads_pelvis import BladderScene, ProstateScene, categorise_bladder, categorise_prostate
from radlite_tui.tasks.rads import LABELS, NONE_APPLIES, System
from radlite_tui.tasks.rads import system as system_called
from radlite_tui.tasks.rads_wording import mentions

NAMED = re.compile(r"RADS|\bLR-|\bTR ?\d|\bcategory \d", re.IGNORECASE)
SPLITS: tuple[Split, ...] = ("train", "test")


def find_system(name: str) -> System:
    found = system_called(name)
    assert found is not None
    return found


@pytest.mark.parametrize("split", ["train", "test"])
def test_every_label_of_every_system_is_produced(split: str) -> None:
    rng = random.Random(1)
    made = {rads.case_of(rng, "test" if split == "test" else "train", NONE_APPLIES).tags[0]}
    for system in rads.SYSTEMS:
        for code in system.codes:
            label = f"{system.name} {code}"
            for _ in range(20):
                assert rads.case_of(rng, "test" if split == "test" else "train", system.name, code).tags == (label,)
            made.add(label)
    assert made == set(LABELS)


def test_few_reports_name_a_category_and_then_it_is_their_own() -> None:
    named = 0
    for seed in range(1500):
        for case in rads.generate(random.Random(seed), "test" if seed % 2 else "train"):
            text = case.report.text
            if NAMED.search(text):
                named += 1
                assert {label for label, _ in mentions(text, text)} == {case.tags[0]}, text
            assert "{" not in text
            assert "  " not in text
    assert 60 <= named <= 180


def test_categories_of_a_system_are_about_equally_frequent() -> None:
    rng = random.Random(5)
    counts = Counter(case.tags[0] for _ in range(6000) for case in rads.generate(rng, "train"))
    for system in rads.SYSTEMS:
        shares = [counts[f"{system.name} {code}"] for code in system.codes]
        assert min(shares) > 0.5 * max(shares), (system.name, shares)


def test_the_worst_of_two_lesions_decides() -> None:
    for system in rads.SYSTEMS:
        order = {c.code: c.order for c in find_system(system.name).categories}
        for code, lesser in system.lesser.items():
            for less in lesser:
                assert (order[less] or 0) <= (order[code] or 0), (system.name, code, less)


def test_recommendations_are_of_known_categories() -> None:
    for key in Bank.load("rads_advice", "train")._phrases:
        name, _, code = key.partition(".")
        assert find_system(name).category(code) is not None, key


@pytest.mark.parametrize("system", [system.name for system in rads.SYSTEMS])
def test_descriptors_have_many_wordings_and_the_splits_differ(system: str) -> None:
    name = next(s.bank for s in rads.SYSTEMS if s.name == system)
    train, test = Bank.load(name, "train"), Bank.load(name, "test")
    for key in train._phrases:
        if key.startswith("tell."):
            assert len(train.phrases(key)) >= 5, key
            assert len(test.phrases(key)) >= 2, key
    texts = {split: {rads.case_of(random.Random(n), split, system).report.text for n in range(60)} for split in SPLITS}
    assert not texts["train"] & texts["test"]
    assert min(map(len, texts.values())) >= 58


def test_reports_are_of_a_size_the_small_models_read() -> None:
    lengths = sorted(len(rads.generate(random.Random(n), "train")[0].report.text.split()) for n in range(400))
    assert lengths[40] >= 18
    assert lengths[-1] <= 200


@pytest.mark.parametrize(
    ("scene", "code"),
    [
        (BreastScene("mammography", "incomplete"), "0"),
        (BreastScene("ultrasound", "none"), "1"),
        (BreastScene("MRI", "stable"), "2"),
        (BreastScene("mammography", "calcification", morphology="round"), "3"),
        (BreastScene("ultrasound", "mass"), "3"),
        (BreastScene("ultrasound", "mass", enlarging=True), "4A"),
        (BreastScene("mammography", "calcification", morphology="amorphous"), "4B"),
        (BreastScene("mammography", "calcification", morphology="linear"), "4C"),
        (BreastScene("mammography", "mass", "irregular", "indistinct"), "4C"),
        (BreastScene("MRI", "mass", "irregular", "indistinct"), "4"),
        (BreastScene("mammography", "mass", "irregular", "spiculated", secondary=True), "5"),
        (BreastScene("mammography", "calcification", morphology="linear", distribution="segmental"), "5"),
        (BreastScene("mammography", "calcification", morphology="coarse"), "4B"),
        (BreastScene("mammography", "calcification", morphology="pleomorphic", distribution="segmental"), "4C"),
        (BreastScene("ultrasound", "complicated"), "4A"),
        (BreastScene("ultrasound", "mass", "oval", "microlobulated"), "4B"),
        (BreastScene("ultrasound", "mass", "oval", "microlobulated", secondary=True), "4C"),
        (BreastScene("mammography", "developing"), "4B"),
        (BreastScene("MRI", "nonmass"), "4"),
        (BreastScene("mammography", "mass", "irregular", "spiculated", proven=True), "6"),
    ],
)
def test_bi_rads(scene: BreastScene, code: str) -> None:
    assert categorise_breast(scene) == code


@pytest.mark.parametrize(
    ("features", "total", "code"),
    [
        (("spongiform", "hypoechoic", "wider", "smooth", "none"), 0, "1"),
        (("mixed", "isoechoic", "wider", "smooth", "none"), 2, "2"),
        (("solid", "isoechoic", "wider", "ill-defined", "comet"), 3, "3"),
        (("solid", "hypoechoic", "wider", "lobulated", "none"), 6, "4"),
        (("solid", "isoechoic", "taller", "smooth", "macrocalcification"), 7, "5"),
        (("solid", "very hypoechoic", "taller", "extrathyroidal", "punctate"), 14, "5"),
    ],
)
def test_ti_rads_points(features: tuple[str, str, str, str, str], total: int, code: str) -> None:
    scene = ThyroidScene(*features)
    assert points(scene) == total
    assert categorise_thyroid(scene) == code


@pytest.mark.parametrize(
    ("scene", "code"),
    [
        (LiverScene("benign"), "1"),
        (LiverScene("major", 15), "3"),
        (LiverScene("major", 22, washout=True), "4"),
        (LiverScene("major", 8, aphe=True, washout=True), "4"),
        (LiverScene("major", 14, aphe=True), "3"),
        (LiverScene("major", 14, aphe=True, capsule=True), "4"),
        (LiverScene("major", 14, aphe=True, washout=True), "5"),
        (LiverScene("major", 14, aphe=True, growth=True), "5"),
        (LiverScene("major", 25, aphe=True), "4"),
        (LiverScene("major", 25, aphe=True, capsule=True), "5"),
        (LiverScene("vein"), "TIV"),
        (LiverScene("viable"), "TR Viable"),
    ],
)
def test_li_rads_table(scene: LiverScene, code: str) -> None:
    assert categorise_liver(scene) == code


@pytest.mark.parametrize(
    ("scene", "code"),
    [
        (ProstateScene("peripheral", "none", "circumscribed", 8), "1"),
        (ProstateScene("peripheral", "mild", "circumscribed", 8), "3"),
        (ProstateScene("peripheral", "mild", "circumscribed", 8, dce=True), "4"),
        (ProstateScene("peripheral", "marked", "obscured", 14), "4"),
        (ProstateScene("peripheral", "marked", "obscured", 15), "5"),
        (ProstateScene("peripheral", "marked", "obscured", 9, extension=True), "5"),
        (ProstateScene("transition", "marked", "circumscribed", 10), "3"),
        (ProstateScene("transition", "marked", "obscured", 10), "3"),
        (ProstateScene("transition", "marked", "obscured", 16), "4"),
        (ProstateScene("transition", "marked", "lenticular", 16), "5"),
    ],
)
def test_pi_rads(scene: ProstateScene, code: str) -> None:
    assert categorise_prostate(scene) == code


@pytest.mark.parametrize(
    ("scores", "code"), [((1, 1, 1), "1"), ((3, 2, 2), "2"), ((3, 2, 3), "3"), ((3, 4, 4), "4"), ((5, 4, 5), "5")]
)
def test_vi_rads(scores: tuple[int, int, int], code: str) -> None:
    assert categorise_bladder(BladderScene(*scores)) == code


@pytest.mark.parametrize(
    ("scene", "code"),
    [
        (AdnexaScene("incomplete"), "0"),
        (AdnexaScene("follicle", 22), "1"),
        (AdnexaScene("simple", 60), "2"),
        (AdnexaScene("dermoid", 120), "3"),
        (AdnexaScene("hydrosalpinx", 120), "2"),
        (AdnexaScene("bilocular", 120), "3"),
        (AdnexaScene("multilocular", 120), "4"),
        (AdnexaScene("solid", 60, color=4), "5"),
        (AdnexaScene("solid", 60, color=1), "3"),
        (AdnexaScene("MRI4", 60), "4"),
        (AdnexaScene("simple", 110), "3"),
        (AdnexaScene("unilocular", 60, irregular=True), "3"),
        (AdnexaScene("multilocular", 60, color=3), "3"),
        (AdnexaScene("multilocular", 60, color=4), "4"),
        (AdnexaScene("bilocular", 60, irregular=True), "4"),
        (AdnexaScene("unilocular", 60, papillae=3), "4"),
        (AdnexaScene("unilocular", 60, papillae=4), "5"),
        (AdnexaScene("multilocular", 60, papillae=1, color=3), "5"),
        (AdnexaScene("solid", 60, color=2, shadowing=True), "3"),
        (AdnexaScene("solid", 60, color=2), "4"),
        (AdnexaScene("solid", 60, irregular=True), "5"),
    ],
)
def test_o_rads(scene: AdnexaScene, code: str) -> None:
    assert categorise_adnexa(scene) == code


@pytest.mark.parametrize(
    ("scene", "code", "modifiers"),
    [
        (CoronaryScene((0, 0, 0, 0)), "0", ()),
        (CoronaryScene((0, 10, 24, 0)), "1", ()),
        (CoronaryScene((0, 49, 0, 0), calcium=85), "2", ("P1",)),
        (CoronaryScene((0, 50, 0, 0), vulnerable=True), "3", ("HRP",)),
        (CoronaryScene((0, 70, 75, 0), stent=True), "4A", ("S",)),
        (CoronaryScene((0, 70, 75, 80)), "4B", ()),
        (CoronaryScene((50, 0, 0, 0)), "4B", ()),
        (CoronaryScene((0, 100, 0, 0), calcium=1250), "5", ("P4",)),
        (CoronaryScene((0, 30, 0, 0), nondiagnostic=True), "N", ()),
        (CoronaryScene((0, 60, 0, 0), nondiagnostic=True), "3", ("N",)),
    ],
)
def test_cad_rads(scene: CoronaryScene, code: str, modifiers: tuple[str, ...]) -> None:
    assert categorise_coronary(scene) == code
    assert coronary_modifiers(scene) == modifiers


@pytest.mark.parametrize(
    ("scene", "code"),
    [
        (LungScene("infection"), "0"),
        (LungScene("benign"), "1"),
        (LungScene("solid", 5), "2"),
        (LungScene("solid", 7), "3"),
        (LungScene("solid", 8), "4A"),
        (LungScene("solid", 15), "4B"),
        (LungScene("solid", 5, status="new"), "3"),
        (LungScene("solid", 8, status="growing"), "4B"),
        (LungScene("solid", 7, suspicious=True), "4X"),
        (LungScene("part", 12, 5), "3"),
        (LungScene("part", 12, 7), "4A"),
        (LungScene("part", 12, 4, status="new"), "4B"),
        (LungScene("ground", 29), "2"),
        (LungScene("ground", 30), "3"),
        (LungScene("juxtapleural", 8), "2"),
        (LungScene("segmental", 8), "4A"),
        (LungScene("segmental", 8, status="growing"), "4B"),
        (LungScene("cyst", 18), "4A"),
        (LungScene("solid", 3, status="new"), "2"),
        (LungScene("solid", 6, status="new"), "4A"),
        (LungScene("part", 5, 2, "new"), "3"),
    ],
)
def test_lung_rads(scene: LungScene, code: str) -> None:
    assert categorise_lung(scene) == code


@pytest.mark.parametrize(
    ("scene", "code"),
    [
        (NeckScene("normal", "normal"), "1"),
        (NeckScene("normal", "equivocal"), "2"),
        (NeckScene("mucosal", "normal"), "2A"),
        (NeckScene("deep", "normal"), "2B"),
        (NeckScene("normal", "suspicious"), "3"),
        (NeckScene("proven", "suspicious"), "4"),
        (NeckScene("deep", "suspicious"), "3"),
        (NeckScene("mass", "equivocal"), "3"),
        (NeckScene("deep", "normal", unavailable=True), "0"),
    ],
)
def test_ni_rads(scene: NeckScene, code: str) -> None:
    assert categorise_neck(scene) == code


@pytest.mark.parametrize(
    ("scene", "code"),
    [
        (GallbladderScene(adequate=False), "0"),
        (GallbladderScene(thickness=3), "1"),
        (GallbladderScene(thickness=7, layered=True), "2"),
        (GallbladderScene(thickness=7, extent="focal", intramural=True), "3"),
        (GallbladderScene(thickness=7, extent="asymmetric"), "4"),
        (GallbladderScene(thickness=12, extent="focal", interface=False, invasion=True), "5"),
    ],
)
def test_gb_rads(scene: GallbladderScene, code: str) -> None:
    assert categorise_gallbladder(scene) == code
