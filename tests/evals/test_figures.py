"""Figures: all of them come, as SVG with text and as PNG that tells its marks apart in grey."""

from __future__ import annotations

import itertools
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from evals.__main__ import main
from evals.figures import training
from evals.figures.style import MARKS, svg
from finetune.recipe import load
from tests.evals import made

NAMES = {"radar", "gains", "severity", "rads-systems", "few-shot", "training", "reliability"}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = made.folder(tmp_path_factory.mktemp("results"), made.predictions(42))
    assert main(["figures", "--out", str(folder)]) == 0
    return folder / "figures"


def test_every_figure_is_there_as_svg_and_png(drawn: Path) -> None:
    assert {file.stem for file in drawn.glob("*.svg")} == {file.stem for file in drawn.glob("*.png")} == NAMES


def test_figures_say_their_n_and_that_they_are_synthetic(drawn: Path) -> None:
    for name in NAMES - {"training"}:
        text = (drawn / f"{name}.svg").read_text()
        assert "n 42" in text or "n 5" in text or ", n " in text, name
        assert "ynthetic" in text, name


def test_a_figure_is_the_same_bytes_every_time(drawn: Path) -> None:
    assert svg(training.draw(load("nano"))) == (drawn / "training.svg").read_text()


def test_no_picture_is_empty_or_cut_at_its_edge(drawn: Path) -> None:
    for name in NAMES:
        grey = matplotlib.image.imread(drawn / f"{name}.png")[..., :3].mean(axis=2)
        assert grey.min() < 0.2, name
        edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
        assert edge.min() > 0.98, f"{name} is cut"


def test_marks_differ_without_colour() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = to_rgb(colour)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for one, other in itertools.combinations(MARKS, 2):
        assert one.marker != other.marker
        assert abs(lightness(one.fill) - lightness(other.fill)) > 0.15 or one.hatch != other.hatch
