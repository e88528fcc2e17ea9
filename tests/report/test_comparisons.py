import json
import math
from statistics import fmean

import numpy as np
import pandas as pd
import pytest
from synthetic_measures import write_controls
from synthetic_runs import NEGATIVE, POSITIVE

from leukgan.report.comparison_table import metrics_table
from leukgan.report.comparison_table import tests_table as comparison_table
from leukgan.report.comparisons import compare, is_multi_reader
from leukgan.report.controls import masked_evaluations
from leukgan.report.headline import headline
from leukgan.report.leak import leak_table
from leukgan.report.reading import read_run
from leukgan.report.report import write_report
from leukgan.report.steps_table import steps_table
from leukgan.statistics.confusion_matrix import METRICS
from leukgan.statistics.multi_reader import multi_reader_t_test
from leukgan.statistics.paired_tests import corrected_resampled_t_test
from leukgan.statistics.power import minimum_detectable_effect

N = POSITIVE + NEGATIVE
BASE = set(range(12)) | set(range(30, 36))  # positive and negative images that are wrong without generated ones
LOST = ({0, 1, 2, 30}, {0, 1, 31}, {0, 2, 3, 4, 30}, {0, 1}, {0, 5, 30, 31}, {1, 2, 3})  # of them, right with them
NEW = (set(), {20}, {20, 45}, {21}, {45}, {20})  # wrong with generated images only

LARGE = [{("svm", "real+aug"): BASE}] * 6


def svm(sets=("real+aug+gen", "real+aug"), splits=6):
    with_it, without = sets
    return [{("svm", with_it): BASE - LOST[k] | NEW[k], ("svm", without): BASE} for k in range(splits)]


def changes(labels=range(N), splits=6):
    return np.array([[(i in LOST[k]) - float(i in NEW[k]) for i in labels] for k in range(splits)])


def only(folder, metric="accuracy"):
    (comparison,) = compare(read_run(folder), metric)
    return comparison


def write_control_predictions(folder):
    """Write what a study notes of each control's predictions, from controls' counts: the first images are wrong."""
    for split in sorted(folder.glob("split-*")):
        rows = []
        for row in pd.read_csv(split / "controls.csv").to_dict("records"):
            wrong = {*range(row["fn"]), *range(POSITIVE, POSITIVE + row["fp"])}
            keys = {name: row[name] for name in ("control", "classifier", "training_set", "test_set")}
            for i in range(N):
                label = int(i < POSITIVE)
                predicted = 1 - label if i in wrong else label
                rows.append({**keys, "image": f"Im{i:03d}.tif", "label": label, "predicted": predicted})
        pd.DataFrame(rows).to_csv(split / "control_predictions.csv", index=False)


def test_splits_with_their_own_training_images_are_tested_as_crossed(make_crossed):
    found, expected = only(make_crossed(wrong=svm())), multi_reader_t_test(changes())
    assert found.result == expected
    assert found.smallest == pytest.approx(minimum_detectable_effect(expected.standard_error, expected.df))
    assert (found.multi_reader, found.splits, found.n) == (True, 6, N)


@pytest.mark.parametrize(("metric", "labels"), [("recall", range(POSITIVE)), ("specificity", range(POSITIVE, N))])
def test_recall_and_specificity_are_tested_on_the_images_of_their_class(make_crossed, metric, labels):
    found, expected = only(make_crossed(wrong=svm()), metric), multi_reader_t_test(changes(labels))
    assert (found.result, found.n) == (expected, len(labels))
    assert found.result.value == pytest.approx(found.value_with - found.value_without)


@pytest.mark.parametrize("metric", ["precision", "f1"])
def test_what_is_no_share_of_test_images_has_a_difference_and_no_test(make_crossed, metric):
    found = only(make_crossed(wrong=svm()), metric)
    assert np.isnan([found.result.low, found.result.p]).all()
    assert found.smallest is None
    assert found.result.value == pytest.approx(found.value_with - found.value_without)


def test_splits_of_one_set_are_tested_as_before_and_older_runs_are_read(make_run):
    found = only(make_run(wrong=svm(), images=False))
    expected = corrected_resampled_t_test(changes().mean(axis=1).tolist(), N / 208)
    assert (found.result.low, found.result.high, found.result.p) == pytest.approx(
        (expected.low, expected.high, expected.p)
    )
    assert (found.multi_reader, found.n) == (False, 6 * N)


def test_one_split_or_other_test_images_or_a_split_without_own_images_are_not_crossed(make_crossed):
    run = read_run(make_crossed(wrong=svm()))
    assert is_multi_reader(run, run.splits)
    assert not is_multi_reader(run, run.splits[:1])
    folder = make_crossed(wrong=svm())
    predictions = folder / "split-01" / "predictions.csv"
    predictions.write_text(predictions.read_text().replace("Im000.tif", "other.tif"))
    run = read_run(folder)
    assert not is_multi_reader(run, run.splits)
    folder = make_crossed(wrong=svm())
    path = folder / "split-02" / "provenance.json"
    provenance = json.loads(path.read_text())
    del provenance["data"]["own_training_images"]
    path.write_text(json.dumps(provenance))
    run = read_run(folder)
    assert not is_multi_reader(run, run.splits)


def test_the_leak_s_worth_is_tested_alike(make_crossed):
    leaky = make_crossed(wrong=svm(("real+gen", "real")), protocols=["paper"] * 6)
    wrong = [{("svm", "real+gen"): BASE, ("svm", "real"): BASE}] * 6
    numbers = leak_table(read_run(make_crossed(wrong=wrong), leaky)).numbers.iloc[0]
    expected = multi_reader_t_test(changes())
    assert (numbers["difference"], numbers["low"], numbers["p"]) == (expected.value, expected.low, expected.p)


def test_equal_epochs_and_equal_steps_are_tested_alike(make_crossed):
    sets = ("real+gen", "real")
    wrong = [{("vgg16", name): images for (_, name), images in split.items()} for split in svm(sets)]
    folder = make_crossed(wrong=wrong)
    for k in range(6):
        counts = {("equal_steps", "vgg16", "real"): (9, 3), ("equal_steps", "vgg16", "real+gen"): (9 - k, 1)}
        write_controls(folder / f"split-{k:02d}", counts)
    write_control_predictions(folder)
    epochs, steps = (row for _, row in steps_table(read_run(folder)).numbers.iterrows())
    gained = np.array([[float(9 - k <= i < 9 or POSITIVE + 1 <= i < POSITIVE + 3) for i in range(N)] for k in range(6)])
    for row, matrix in ((epochs, changes()), (steps, gained)):
        expected = multi_reader_t_test(matrix)
        assert (row["difference"], row["low"], row["high"]) == (expected.value, expected.low, expected.high)


def test_views_are_tested_alike_against_guessing(make_crossed):
    folder = make_crossed(wrong=[{("svm", "real"): BASE - LOST[k]} for k in range(6)])
    for k in range(6):
        write_controls(folder / f"split-{k:02d}", {("background", "svm", "real"): (k, 2)})
    write_control_predictions(folder)
    whole, background = masked_evaluations(read_run(folder))
    above = np.array([[float(not (i < k or POSITIVE <= i < POSITIVE + 2)) for i in range(N)] for k in range(6)])
    right = np.array([[float(i not in BASE - LOST[k]) for i in range(N)] for k in range(6)])
    for view, matrix in ((whole, right), (background, above)):
        expected = multi_reader_t_test(matrix - POSITIVE / N)
        assert (view.result.value, view.result.low) == pytest.approx((expected.value, expected.low))
        assert (view.n, view.splits) == (N, 6)


def test_the_answer_tells_training_sets_and_one_set_of_test_images(make_crossed):
    run = read_run(make_crossed(wrong=[{("svm", "real+aug+gen"): set(range(k)), **one} for k, one in enumerate(LARGE)]))
    assert str(headline(run, compare(run))).endswith(
        "; this is a mean over 6 training sets, all tested on one set of 52 images."
    )
    run = read_run(make_crossed(wrong=svm(splits=2)))
    assert "; with 2 training sets and one set of 52 test images a gain under about " in str(
        headline(run, compare(run))
    )
    run = read_run(make_crossed(wrong=svm(splits=1) * 3))
    assert "the same in all 3 training sets, so that no interval" in str(headline(run, compare(run)))


def test_tables_and_page_tell_what_was_done(make_crossed):
    folder = make_crossed(wrong=svm())
    run = read_run(folder)
    table = comparison_table(run, compare(run))
    assert "52 by 6 training sets" in table.rows[0].cells
    notes = " ".join(table.notes)
    assert "6 training sets that share no image, one set of 52 test images: t test of the crossed design" in notes
    assert "resampled" not in notes
    assert "cautious" not in notes
    by_metric = [comparison for metric in METRICS[1:] for comparison in compare(run, metric)]
    assert metrics_table(run, by_metric).numbers["p"].notna().sum() == 2  # recall and specificity
    page = write_report(folder).read_text()
    assert "6 training sets of 208 real images each, one set of 52 test images" in page
    assert "The 6 splits have training images of their own and the same test images" in page
    assert "draw from the same images" not in page


def test_the_interval_of_few_training_sets_is_called_cautious(make_crossed):
    run = read_run(make_crossed(wrong=svm(splits=3)))
    assert "with fewer than 5 training sets" in " ".join(comparison_table(run, compare(run)).notes)


def test_the_answer_s_interval_is_that_of_the_predictions_by_arithmetic(make_crossed):
    """Three training sets, so that there are two degrees of freedom: t is 4.3026527 in a printed table."""
    folder = make_crossed(wrong=svm(splits=3))
    tables = [pd.read_csv(path) for path in sorted(folder.glob("split-*/predictions.csv"))]
    rows = []
    for table in tables:
        right = table.assign(right=table["label"] == table["predicted"])[table["test_set"] == "real"]
        by_set = {
            name: dict(zip(group["image"], group["right"], strict=True))
            for name, group in right.groupby("training_set")
        }
        rows.append([int(by_set["real+aug+gen"][i]) - int(by_set["real+aug"][i]) for i in sorted(by_set["real+aug"])])
    k, n = 3, 52
    mean = fmean(map(fmean, rows))
    columns = [fmean(column) for column in zip(*rows, strict=True)]
    of_sets = n * sum((fmean(row) - mean) ** 2 for row in rows) / (k - 1)
    of_images = k * sum((column - mean) ** 2 for column in columns) / (n - 1)
    cells = [
        (value - fmean(row) - column + mean) ** 2 for row in rows for value, column in zip(row, columns, strict=True)
    ]
    beyond = of_images - sum(cells) / ((k - 1) * (n - 1))
    assert beyond > 0
    error = math.sqrt((of_sets + beyond) / (n * k))
    low, high = (
        f"{'+' if end > 0 else '−'}{abs(100 * end):.1f}" for end in (mean - 4.3026527 * error, mean + 4.3026527 * error)
    )
    assert (
        f"changed by +{100 * mean:.1f} points for the SVM (95% interval {low} to {high})"
        in write_report(folder).read_text()
    )
