import pytest
from scipy.stats import binomtest
from synthetic_measures import write_controls

from leukgan.report.controls import controls_table, masked_evaluations, shortcut_warnings
from leukgan.report.reading import read_run
from leukgan.report.steps_table import steps_table

CLASSIFIERS = ("vgg16", "logistic_regression", "svm")


def background(fn, fp, classifiers=CLASSIFIERS):
    return {("background", classifier, "real"): (fn, fp) for classifier in classifiers}


def seen(folder):
    return masked_evaluations(read_run(folder))


def test_a_background_that_tells_the_class_is_said_first(make_run):
    folder = make_run(images=False)
    write_controls(folder / "split-00", background(2, 3))
    assert [*map(str, shortcut_warnings(seen(folder)))] == [
        "Shortcut: without its central cell, the background alone tells the class (90.4% with VGG16 with random "
        "features, 90.4% with logistic regression and 90.4% with the SVM; guessing gives 53.8%). Part of every "
        "accuracy here may be camera or stain, and not the cell."
    ]


def test_a_background_at_the_level_of_guessing_is_not(make_run):
    folder = make_run(images=False)
    write_controls(folder / "split-00", background(0, 24))
    found = seen(folder)
    assert shortcut_warnings(found) == []
    assert {view.result.value for view in found if view.control == "background"} == {0}


def test_p_is_the_binomial_test_against_the_larger_class_corrected_for_the_classifiers(make_run):
    folder = make_run(images=False)
    write_controls(folder / "split-00", background(10, 7, ["svm"]) | background(14, 12, ["vgg16"]))
    svm = next(v for v in seen(folder) if (v.control, v.classifier) == ("background", "svm"))
    p = binomtest(35, 52, 28 / 52, alternative="greater").pvalue
    assert svm.result.p == pytest.approx(p)
    assert svm.p_holm == pytest.approx(2 * p)


def test_several_splits_test_the_mean_above_guessing(make_run):
    folder = make_run(splits=4, images=False)
    for k, wrong in enumerate((2, 3, 4, 3)):
        write_controls(folder / f"split-{k:02d}", background(wrong, 0, ["svm"]))
    view = next(v for v in seen(folder) if v.control == "background")
    assert view.splits == 4
    assert view.result.value == pytest.approx((52 - 3) / 52 - 28 / 52)
    assert view.tells


def test_a_background_that_is_right_in_every_split_is_not_missed(make_run):
    folder = make_run(splits=3, images=False)
    for k in range(3):
        write_controls(folder / f"split-{k:02d}", background(0, 0, ["svm"]))
    view = next(v for v in seen(folder) if v.control == "background")
    assert view.result.p == pytest.approx((28 / 52) ** 52)
    assert view.tells


def test_the_whole_image_stands_beside_its_parts(make_run):
    folder = make_run(images=False)
    write_controls(folder / "split-00", background(2, 3) | {("cell", "svm", "real"): (1, 1)})
    rows = [row.cells[0] for row in controls_table(read_run(folder), seen(folder)).rows if row.group == "SVM"]
    assert rows == ["whole image", "cell alone", "background alone"]


def test_equal_steps_stand_beside_equal_epochs(make_run):
    folder = make_run(images=False)
    wrong = {("equal_steps", "vgg16", "real"): (1, 3), ("equal_steps", "vgg16", "real+gen"): (0, 1)}
    write_controls(folder / "split-00", wrong)
    table = steps_table(read_run(folder))
    rows = {row.cells[:2]: row.cells[2:] for row in table.rows}
    assert rows["real+gen vs real", "equal epochs"] == ("90.4", "98.1", "+7.7")  # 5 and 1 of 52 wrong, the paper's
    assert rows["real+gen vs real", "equal optimiser steps"] == ("92.3", "98.1", "+5.8")
    assert ("real+aug+gen vs real+aug", "equal optimiser steps") not in rows


def test_a_run_without_controls_says_so(make_run):
    run = read_run(make_run(images=False))
    assert controls_table(run, masked_evaluations(run)).notes == ("This run made no control.",)
