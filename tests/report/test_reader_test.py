"""Laws of the report on a blind reader test: known answers give known images, tables and words."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from leukgan.report import reader_test
from leukgan.report.answers import ReaderTest
from leukgan.run_folder.paths import ReviewFolder
from leukgan.statistics.multi_reader import multi_reader_t_test

RUN = SimpleNamespace(classes=("healthy", "leukemia"), stamp="", stamped=str)


def answered(folder, **called):
    """A test of four real and four generated images by readers who called each r or g, and knew each class."""
    key = pd.DataFrame({"test": "t", "item": [str(i) for i in range(1, 9)], "origin": ["real"] * 4 + ["generated"] * 4})
    key = key.assign(**{"class": ["healthy", "leukemia"] * 4, "image": key["item"]})
    words = {"r": "real", "g": "generated"}
    answers = {
        reader: key.assign(origin=[words[letter] for letter in letters], confidence=3, seconds=2.0)
        for reader, letters in called.items()
    }
    return ReaderTest(key, answers, ReviewFolder(folder))


def test_images_that_fooled_all_and_none_are_shown(tmp_path, monkeypatch):
    test = answered(tmp_path, A="rrggrrgg", B="rgrgrgrg")
    for item in range(1, 9):
        test.folder.image(item).parent.mkdir(exist_ok=True)
        Image.new("RGB", (8, 8), (item, 0, 0)).save(test.folder.image(item))
    monkeypatch.setattr(reader_test, "images_figure", lambda name, title, caption, rows, *_, stamp: (caption, rows))
    ((caption, rows),) = reader_test.fooled_figures(RUN, test)
    assert {label: np.unique(images[..., 0]).tolist() for label, images in rows} == {
        "fooled all": [5],
        "fooled none": [8],
        "doubted by all": [4],
    }
    assert "fooled all: 1 image; fooled none: 1 image; doubted by all: 1 image" in caption


@pytest.mark.parametrize(
    ("called", "said"),
    [
        ({"A": "rrrrgggg"}, "1 reader told real from generated in 100.0% of 8 images (95% interval 63.1 to 100.0, m"),
        ({"A": "ggggrrrr"}, "in 0.0% of 8 images (95% interval 0.0 to 36.9, less often than by guessing)"),
        ({"A": "rrggrrgg"}, "in 50.0% of 8 images (95% interval 15.7 to 84.3, so that guessing is not ruled out)"),
        ({"A": "rrrrgggg", "B": "rrrrgggg"}, "2 readers told real from generated in 100.0% of 8 images (all readers"),
        ({"A": "rrrrgggg"}, "With 8 images one reader's accuracy is known to ±34.3 points at worst; ±5.0 points need"),
    ],
)
def test_the_sentence_is_of_the_interval_and_of_the_images_needed(tmp_path, called, said):
    assert said in str(reader_test.reader_statement(answered(tmp_path, **called)))


def test_several_readers_have_the_multi_reader_interval_about_chance(tmp_path):
    correct = np.random.default_rng(0).random((4, 60)) < 0.7
    found, plain = reader_test.accuracy_over_readers(correct), multi_reader_t_test(correct.astype(float))
    assert found.value == pytest.approx(correct.mean())
    assert found.interval == pytest.approx(plain.interval)
    assert plain.p < found.p < 0.05


@pytest.mark.parametrize(("readers", "kind"), [(2, "Cohen"), (3, "Fleiss")])
def test_kappa_is_named(tmp_path, readers, kind):
    test = answered(tmp_path, **dict.fromkeys("ABC"[:readers], "rrggrrgg"))
    table = {table.name: table.numbers for table in reader_test.reader_tables(RUN, test)}["reader_agreement"]
    assert set(table["of"]) == {kind}
    assert set(table["kappa"]) == {1}
