"""Splits of disjoint training sets and the same test images are tested as crossed, wherever something is compared."""

import numpy as np
import pytest
from report.synthetic_runs import NEGATIVE, POSITIVE, edit_provenance, write_controls

from leukgan.report.comparison_table import metrics_table
from leukgan.report.comparison_table import tests_table as comparison_table
from leukgan.report.comparisons import compare, is_multi_reader, predictions_by_split
from leukgan.report.controls import masked_evaluations, steps_table
from leukgan.report.headline import headline
from leukgan.report.leak import leak_table
from leukgan.report.reading import read_run
from leukgan.report.report import write_report
from leukgan.statistics.metric_intervals import pseudovalues
from leukgan.statistics.multi_reader import multi_reader_t_test
from leukgan.statistics.paired_tests import corrected_resampled_t_test
from leukgan.statistics.power import minimum_detectable_effect

N = POSITIVE + NEGATIVE
BASE = set(range(12)) | set(range(30, 36))  # positive and negative images that are wrong without generated ones
LOST = ({0, 1, 2, 30}, {0, 1, 31}, {0, 2, 3, 4, 30}, {0, 1}, {0, 5, 30, 31}, {1, 2, 3})  # of them, right with them
NEW = (set(), {20}, {20, 45}, {21}, {45}, {20})  # wrong with generated images only


def outcomes(sets=("real+aug+gen", "real+aug"), splits=6, classifier="svm"):
    with_it, without = ((classifier, name) for name in sets)
    return [{with_it: BASE - LOST[k] | NEW[k], without: BASE} for k in range(splits)]


def changes(labels=range(N)):
    return np.array([[(i in LOST[k]) - float(i in NEW[k]) for i in labels] for k in range(6)])


@pytest.fixture(scope="module")
def crossed(make_crossed):
    return make_crossed(wrong=outcomes())


def only(folder, metric="accuracy"):
    (row,) = compare(read_run(folder), [metric]).to_dict("records")
    return row


def check(row, expected):
    for name, value in (("difference", expected.value), ("low", expected.low), ("high", expected.high)):
        assert row[name] == pytest.approx(value)
    assert "p" not in row or row["p"] == pytest.approx(expected.p)


def test_splits_with_their_own_training_images_are_tested_as_crossed(crossed):
    found, expected = only(crossed), multi_reader_t_test(changes())
    check(found, expected)
    smallest = minimum_detectable_effect(expected.standard_error, expected.df)
    assert found["smallest_detectable"] == pytest.approx(smallest)
    assert (found["crossed"], found["splits"], found["n"]) == (True, 6, N)


@pytest.mark.parametrize(("metric", "labels"), [("recall", range(POSITIVE)), ("specificity", range(POSITIVE, N))])
def test_recall_and_specificity_are_tested_on_the_images_of_their_class(crossed, metric, labels):
    found = only(crossed, metric)
    check(found, multi_reader_t_test(changes(labels)))
    assert found["n"] == len(labels)
    assert found["difference"] == pytest.approx(found["value_with"] - found["value_without"])


@pytest.mark.parametrize("metric", ["precision", "f1", "auroc", "mcc"])
def test_metrics_that_are_no_share_of_test_images_are_tested_on_their_pseudovalues(crossed, metric):
    run, rows = read_run(crossed), []
    trainings = [("", "svm", name) for name in ("real+aug+gen", "real+aug")]
    for _, (with_it, without) in predictions_by_split(run, run.splits, *trainings):
        rows.append(pseudovalues(metric, with_it) - pseudovalues(metric, without))
    found = only(crossed, metric)
    check(found, multi_reader_t_test(np.array(rows)))
    assert found["difference"] == pytest.approx(found["value_with"] - found["value_without"])


def test_sensitivity_at_fixed_specificity_has_a_difference_and_no_test_there(crossed):
    found = only(crossed, "sensitivity_at_specificity")
    assert np.isnan([found["low"], found["p"], found["smallest_detectable"]]).all()
    assert found["difference"] == pytest.approx(found["value_with"] - found["value_without"])


def test_splits_of_one_set_are_tested_as_resampled(make_run):
    found = only(make_run(wrong=outcomes()))
    check(found, corrected_resampled_t_test(changes().mean(axis=1).tolist(), N / 208))
    assert (found["crossed"], found["n"]) == (False, 6 * N)


def test_one_split_or_other_test_images_or_a_split_without_own_images_are_not_crossed(crossed, make_crossed):
    run = read_run(crossed)
    assert is_multi_reader(run, run.splits)
    assert not is_multi_reader(run, run.splits[:1])

    folder = make_crossed(wrong=outcomes(splits=2))
    predictions = folder / "split-01" / "predictions.csv"
    predictions.write_text(predictions.read_text().replace("Im000.tif", "other.tif"))
    run = read_run(folder)
    assert not is_multi_reader(run, run.splits)

    folder = make_crossed(wrong=outcomes(splits=2))
    edit_provenance(folder / "split-01", lambda provenance: provenance["data"].pop("own_training_images"))
    run = read_run(folder)
    assert not is_multi_reader(run, run.splits)


def test_the_leak_s_worth_is_tested_alike(make_crossed):
    leaky = make_crossed(wrong=outcomes(("real+gen", "real")), protocols=["paper"] * 6)
    clean = make_crossed(wrong=[{("svm", "real+gen"): BASE, ("svm", "real"): BASE}] * 6)
    (found,) = leak_table(read_run(clean, leaky)).numbers.to_dict("records")
    check(found, multi_reader_t_test(changes()))
    assert (found["splits"], found["clean"]) == (6, pytest.approx(1 - len(BASE) / N))
    assert found["leaky"] == pytest.approx(found["clean"] + changes().mean())


def test_equal_epochs_and_equal_steps_are_tested_alike(make_crossed):
    folder = make_crossed(wrong=outcomes(("real+gen", "real"), classifier="vgg16"))
    for k in range(6):
        counts = {("equal_steps", "vgg16", "real"): (9, 3), ("equal_steps", "vgg16", "real+gen"): (9 - k, 1)}
        write_controls(folder / f"split-{k:02d}", counts)
    epochs, steps = steps_table(read_run(folder)).numbers.to_dict("records")
    gained = np.array([[float(9 - k <= i < 9 or POSITIVE + 1 <= i < POSITIVE + 3) for i in range(N)] for k in range(6)])
    check(epochs, multi_reader_t_test(changes()))
    check(steps, multi_reader_t_test(gained))


def test_views_are_tested_alike_against_guessing(make_crossed):
    folder = make_crossed(wrong=[{("svm", "real"): BASE - LOST[k]} for k in range(6)])
    for k in range(6):
        write_controls(folder / f"split-{k:02d}", {("background", "svm", "real"): (k, 2)})
    views = masked_evaluations(read_run(folder)).to_dict("records")
    above = np.array([[float(not (i < k or POSITIVE <= i < POSITIVE + 2)) for i in range(N)] for k in range(6)])
    right = np.array([[float(i not in BASE - LOST[k]) for i in range(N)] for k in range(6)])
    for view, matrix in zip(views, (right, above), strict=True):
        check(view, multi_reader_t_test(matrix - POSITIVE / N))
        assert (view["n"], view["splits"]) == (N, 6)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            [{("svm", "real+aug"): BASE, ("svm", "real+aug+gen"): set(range(k))} for k in range(6)],
            "; this is a mean over 6 training sets, all tested on one set of 52 images.",
        ),
        (outcomes(splits=2), "; with 2 training sets and one set of 52 test images a gain under about "),
        (outcomes(splits=1) * 3, "the same in all 3 training sets, so that no interval"),
    ],
)
def test_the_answer_tells_training_sets_and_one_set_of_test_images(make_crossed, wrong, told):
    run = read_run(make_crossed(wrong=wrong))
    assert told in str(headline(run, compare(run)))


@pytest.mark.usefixtures("undrawn")
def test_tables_and_page_tell_the_design(crossed):
    run = read_run(crossed)
    table = comparison_table(run, compare(run))
    assert "52 by 6 training sets" in table.rows[0].cells
    notes = " ".join(table.notes)
    assert "6 training sets that share no image, one set of 52 test images: t test of the crossed design" in notes
    assert "resampled" not in notes
    assert "cautious" not in notes
    told = " ".join(metrics_table(run, compare(run, ["recall"])).notes)
    assert "the crossed design's t test takes jackknife pseudovalues" in told

    page = write_report(crossed).read_text()
    assert "6 training sets of 208 real images each, one set of 52 test images" in page
    assert "The 6 splits have training images of their own and the same test images" in page
    assert "draw from the same images" not in page


def test_the_interval_of_few_training_sets_is_called_cautious(make_crossed):
    run = read_run(make_crossed(wrong=outcomes(splits=3)))
    assert "with fewer than 5 training sets" in " ".join(comparison_table(run, compare(run)).notes)
