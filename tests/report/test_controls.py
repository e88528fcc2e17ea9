import pytest
from report.synthetic_runs import write_controls
from scipy.stats import binomtest

from leukgan.report.controls import controls_table, masked_evaluations, shortcut_warnings, steps_table
from leukgan.report.reading import read_run

CLASSIFIERS = ("vgg16", "logistic_regression", "svm")


def background(fn, fp, classifiers=CLASSIFIERS):
    return {("background", classifier, "real"): (fn, fp) for classifier in classifiers}


@pytest.fixture
def folder(make_run):
    return make_run()


def views(folder, **wanted):
    frame = masked_evaluations(read_run(folder))
    for name, value in wanted.items():
        frame = frame[frame[name] == value]
    return frame


def test_a_background_that_tells_the_class_is_said_first(folder):
    write_controls(folder / "split-00", background(2, 3))
    assert [*map(str, shortcut_warnings(views(folder)))] == [
        "Shortcut: without its central cell, the background alone tells the class (90.4% with VGG16 with random "
        "features, 90.4% with logistic regression and 90.4% with the SVM; guessing gives 53.8%). Part of every "
        "accuracy here may be camera or stain, and not the cell."
    ]


def test_a_background_at_the_level_of_guessing_is_not(folder):
    write_controls(folder / "split-00", background(0, 24))
    assert shortcut_warnings(views(folder)) == []
    assert set(views(folder, control="background")["difference"]) == {0}


def test_p_is_the_binomial_test_against_the_larger_class_corrected_for_the_classifiers(folder):
    write_controls(folder / "split-00", background(10, 7, ["svm"]) | background(14, 12, ["vgg16"]))
    svm = views(folder, control="background", classifier="svm").iloc[0]
    p = binomtest(35, 52, 28 / 52, alternative="greater").pvalue
    assert (svm["p"], svm["p_holm"]) == pytest.approx((p, 2 * p))


def test_several_splits_test_the_mean_above_guessing(make_run):
    folder = make_run(splits=4)
    for k, wrong in enumerate((2, 3, 4, 3)):
        write_controls(folder / f"split-{k:02d}", background(wrong, 0, ["svm"]))
    view = views(folder, control="background").iloc[0]
    assert view["splits"] == 4
    assert view["difference"] == pytest.approx((52 - 3) / 52 - 28 / 52)
    assert view["tells"]


def test_a_background_that_is_right_in_every_split_is_not_missed(make_run):
    folder = make_run(splits=3)
    for k in range(3):
        write_controls(folder / f"split-{k:02d}", background(0, 0, ["svm"]))
    view = views(folder, control="background").iloc[0]
    assert view["p"] == pytest.approx((28 / 52) ** 52)
    assert view["tells"]


def test_the_whole_image_stands_beside_its_parts(folder):
    write_controls(folder / "split-00", background(2, 3) | {("cell", "svm", "real"): (1, 1)})
    rows = [row.cells[0] for row in controls_table(read_run(folder), views(folder)).rows if row.group == "SVM"]
    assert rows == ["whole image", "cell alone", "background alone"]


def test_equal_steps_stand_beside_equal_epochs(folder):
    wrong = {("equal_steps", "vgg16", "real"): (1, 3), ("equal_steps", "vgg16", "real+gen"): (0, 1)}
    write_controls(folder / "split-00", wrong)
    table = steps_table(read_run(folder))
    rows = {row.cells[:2]: row.cells[2:] for row in table.rows}
    assert rows["real+gen vs real", "equal epochs"] == ("90.4", "98.1", "+7.7")  # 5 and 1 of 52 wrong, the paper's
    assert rows["real+gen vs real", "equal optimiser steps"] == ("92.3", "98.1", "+5.8")
    assert ("real+aug+gen vs real+aug", "equal optimiser steps") not in rows


def test_a_run_without_controls_says_so(folder):
    assert controls_table(read_run(folder), views(folder)).notes == ("This run made no control.",)
