"""Laws of the metrics beside the paper's: values, intervals, and that only one is primary."""

import math

import numpy as np
import pandas as pd
import pytest
from report.synthetic_runs import NEGATIVE, POSITIVE
from sklearn.metrics import average_precision_score, roc_auc_score

from leukgan.report.classifier_curves import reliability_figures, roc_figures
from leukgan.report.comparison_table import metrics_table
from leukgan.report.comparison_table import tests_table as comparison_table
from leukgan.report.comparisons import compare, predictions_by_split
from leukgan.report.curves import differences_figures
from leukgan.report.further_metrics import further_table
from leukgan.report.headline import headline
from leukgan.report.reading import read_run
from leukgan.statistics.classifier_metrics import CLASSIFIER_METRICS
from leukgan.statistics.metric_intervals import metric_estimate
from leukgan.statistics.paired_tests import corrected_resampled_t_test

pytestmark = pytest.mark.usefixtures("undrawn")
BASE = set(range(12)) | set(range(30, 36))
FEWER = [BASE - set(range(k)) - {30} for k in (8, 9, 8, 9, 8)]


def outcomes(with_generated, classifier="logistic_regression"):
    return [{(classifier, "real+aug+gen"): wrong, (classifier, "real+aug"): BASE} for wrong in with_generated]


def draw_scores(folder, seed=0):
    """Give every prediction a score of its own, on the same side of zero as before."""
    rng = np.random.default_rng(seed)
    for path in sorted(folder.glob("split-*/predictions.csv")):
        table = pd.read_csv(path)
        table["score"] = (2 * table["predicted"] - 1) * rng.random(len(table))
        table.to_csv(path, index=False)
    return folder


def of_split(folder, training_set, index=0):
    table = pd.read_csv(folder / f"split-{index:02d}" / "predictions.csv")
    return table[(table["training_set"] == training_set) & (table["test_set"] == "real")]


def test_values_are_scikit_learns_of_the_predictions_with_the_interval_of_one_split(make_run):
    folder = draw_scores(make_run(wrong=outcomes([BASE])))
    run = read_run(folder)
    row = further_table(run).numbers.set_index("training_set").loc["real+aug"]
    rows = of_split(folder, "real+aug")
    assert row["auroc"] == pytest.approx(roc_auc_score(rows["label"], rows["score"]))
    assert row["average_precision"] == pytest.approx(average_precision_score(rows["label"], rows["score"]))
    assert row["brier"] == pytest.approx((0.4**2 * 34 + 0.6**2 * 18) / 52)  # 18 of 52 wrong
    ((_, tested),) = predictions_by_split(run, run.splits, ("", "logistic_regression", "real+aug"))
    expected = metric_estimate("auroc", *tested)
    assert (row["auroc_low"], row["auroc_high"]) == pytest.approx(expected.interval)


def test_several_splits_have_the_corrected_interval_of_the_mean(make_run):
    folder = draw_scores(make_run(wrong=outcomes(FEWER)))
    row = further_table(read_run(folder)).numbers.set_index("training_set").loc["real+aug+gen"]
    values = [
        roc_auc_score(rows["label"], rows["score"]) for rows in (of_split(folder, "real+aug+gen", k) for k in range(5))
    ]
    expected = corrected_resampled_t_test(values, 52 / 208)
    assert (row["auroc"], row["auroc_low"], row["auroc_high"]) == pytest.approx(expected[:3])


def test_an_interval_stays_within_the_metric_s_range(make_run):
    folder = draw_scores(make_run(wrong=outcomes([{0}])))
    numbers = further_table(read_run(folder)).numbers.set_index("training_set").loc["real+aug+gen"]
    assert numbers["balanced_accuracy_high"] == 1
    assert numbers["balanced_accuracy_low"] < numbers["balanced_accuracy"]


def test_a_classifier_without_probabilities_has_no_brier_score_and_the_note_says_so(make_run):
    both = outcomes([BASE])[0] | outcomes([BASE], "svm")[0]
    table = further_table(read_run(make_run(wrong=[both])))
    missing = table.numbers["brier"].isna()
    assert set(table.numbers.loc[missing, "classifier"]) == {"svm"}
    assert "No Brier score of the SVM, which gives no probabilities." in table.notes


def test_secondary_metrics_are_not_corrected_and_never_called_a_gain(make_run):
    run = read_run(make_run(wrong=outcomes(FEWER)))
    rows = compare(run, [name for name in CLASSIFIER_METRICS if name != "accuracy"])
    assert (rows["p"] < 0.001).any()
    assert rows["p_holm"].isna().all()
    assert set(rows["result"]) == {"secondary"}
    table = metrics_table(run, rows)
    assert "Secondary: the study was to answer by accuracy." in table.notes[0]
    assert [row.cells[0] for row in table.rows] == [CLASSIFIER_METRICS[name].label for name in rows["metric"]]


def test_the_answer_tests_and_figure_are_about_the_metric_that_was_named(make_run):
    folder = draw_scores(make_run(wrong=outcomes(FEWER), metrics={"primary": "auroc", "specificity": 0.9}))
    run = read_run(folder)
    rows = compare(run)
    told = str(headline(run, rows))
    assert told.startswith("Generated images helped logistic regression: ")
    assert "mean AUROC changed by +" in told
    assert rows["metric"].tolist() == ["auroc"]
    assert rows["result"].tolist() == ["gain"]
    values = [
        [
            roc_auc_score(r["label"], r["score"])
            for r in (of_split(folder, name, k) for name in ("real+aug+gen", "real+aug"))
        ]
        for k in range(5)
    ]
    expected = corrected_resampled_t_test([first - second for first, second in values], 52 / 208)
    assert rows.iloc[0][["difference", "low", "high", "p"]].tolist() == pytest.approx([*expected[:3], expected.p])

    table = comparison_table(run, rows)
    assert "AUROC without" in table.labels
    assert "AUROC in percent" in table.notes[0]
    (figure,) = differences_figures(run, rows)
    assert "change of AUROC" in figure.caption
    assert set(compare(run, ["accuracy"])["result"]) == {"secondary"}


def test_one_split_tells_auroc_with_delongs_interval(make_run):
    folder = draw_scores(make_run(wrong=outcomes([BASE - {0, 1}]), metrics={"primary": "auroc"}))
    run = read_run(folder)
    trainings = [("", "logistic_regression", name) for name in ("real+aug+gen", "real+aug")]
    ((_, pair),) = predictions_by_split(run, run.splits, *trainings)
    expected, (row,) = metric_estimate("auroc", *pair), compare(run).to_dict("records")
    assert (row["low"], row["high"], row["p"]) == pytest.approx((*expected.interval, expected.p))
    told = str(headline(run, compare(run)))
    assert "ones, AUROC changed by " in told
    assert "with one test set of 52 images a gain under about " in told
    assert "DeLong" in " ".join(comparison_table(run, compare(run)).notes)


def test_less_is_better_for_the_brier_score(make_run):
    run = read_run(make_run(wrong=outcomes(FEWER), metrics={"primary": "brier"}))
    (row,) = compare(run).to_dict("records")
    assert row["difference"] < 0
    assert row["result"] == "gain"
    assert "mean Brier score, of which less is better, changed by −" in str(headline(run, compare(run)))


@pytest.mark.parametrize(
    ("metric", "images"), [("recall", f"{POSITIVE} positive"), ("specificity", f"{NEGATIVE} negative")]
)
def test_a_share_of_one_class_is_told_of_its_images(make_run, metric, images):
    run = read_run(make_run(wrong=outcomes([set()]), metrics={"primary": metric}))
    assert f"of the {images} test images right" in str(headline(run, compare(run)))


def test_without_an_interval_nothing_is_said_to_be_the_same(make_run):
    perfect = [{("svm", name): set() for name in ("real+aug+gen", "real+aug")}]
    run = read_run(make_run(wrong=perfect, metrics={"primary": "auroc"}))
    assert math.isnan(compare(run)["low"].iloc[0])
    assert "(no interval can be given)" in str(headline(run, compare(run)))


def test_roc_curves_have_a_band_over_splits_only_if_there_are_several(make_run):
    captions = [next(roc_figures(read_run(make_run(wrong=outcomes([BASE] * splits))))).caption for splits in (1, 3)]
    assert "One split: no band" in captions[0]
    assert "range over 3 splits" in captions[1]


def test_only_classifiers_with_probabilities_have_a_reliability_figure(make_run):
    assert len(list(reliability_figures(read_run(make_run(wrong=outcomes([BASE] * 2)))))) == 1
    assert not list(reliability_figures(read_run(make_run(wrong=outcomes([BASE], "svm")))))


@pytest.mark.parametrize(("metric", "warned"), [("mcc", True), ("recall", True), ("auroc", False)])
def test_a_primary_metric_that_depends_on_the_cut_is_warned_of(make_run, metric, warned):
    run = read_run(make_run(wrong=outcomes(FEWER), metrics={"primary": metric}))
    notes = " ".join(comparison_table(run, compare(run)).notes)
    assert ("depend on the cut between the classes" in notes) is warned
