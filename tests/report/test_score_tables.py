import csv
import io
from statistics import fmean, stdev

import pytest
from synthetic_runs import paper_outcomes, wrong_images

from leukgan.report.comparison_table import tests_table as comparison_table
from leukgan.report.comparisons import compare
from leukgan.report.reading import read_run
from leukgan.report.score_tables import table1, table2
from leukgan.statistics.intervals import wilson_interval


def rows_of(table):
    return list(csv.DictReader(io.StringIO(table.csv())))


def test_a_run_with_the_papers_counts_shows_the_papers_percentages(make_run):
    table = table2(read_run(make_run(images=False)))
    ours = [row for row in rows_of(table) if row["source"] == "this run"]
    theirs = [row for row in rows_of(table) if row["source"] == "paper (ALL-IDB2)"]
    assert len(ours) == len(theirs) == 12
    for mine, printed in zip(ours, theirs, strict=True):
        assert [mine[c] for c in ("tp", "fn", "tn", "fp", "n")] == [printed[c] for c in ("tp", "fn", "tn", "fp", "n")]
        assert float(mine["accuracy"]) == pytest.approx(float(printed["accuracy"]), abs=6e-5)


def test_values_of_one_row_by_hand(make_run):
    table = table2(read_run(make_run(images=False)))
    row = next(r for r in rows_of(table) if r["classifier"] == "svm" and r["training_set"] == "real+gen")
    values = [float(row[name]) for name in ("accuracy", "precision", "recall", "f1", "specificity")]
    assert values == pytest.approx([36 / 52, 20 / 28, 20 / 28, 20 / 28, 16 / 24], abs=1e-6)
    assert (row["n_train"], row["splits"]) == ("608", "1")


def test_several_splits_give_mean_deviation_and_summed_counts(make_run):
    wrong = [{("svm", "real"): wrong_images(k, 0)} for k in (2, 4, 9)]
    table = table2(read_run(make_run(wrong=wrong, images=False)))
    row = rows_of(table)[0]
    accuracies = [1 - k / 52 for k in (2, 4, 9)]
    assert float(row["accuracy"]) == pytest.approx(fmean(accuracies), abs=1e-6)
    assert float(row["accuracy_sd"]) == pytest.approx(stdev(accuracies), abs=1e-6)
    assert (row["splits"], row["n"], row["fn"], row["accuracy_low"]) == ("3", "156", "15", "")
    assert "sums over splits" in table.markdown()


def test_an_undefined_metric_is_empty_and_no_zero(make_run):
    table = table2(read_run(make_run(wrong=[{("svm", "real"): wrong_images(28, 0)}], images=False)))
    assert rows_of(table)[0]["precision"] == ""
    assert table.rows[0].cells[table.labels.index("Precision")] == "–"


def test_typing_errors_are_shown_as_printed_and_noted(make_run):
    text = table2(read_run(make_run(images=False))).markdown()
    for printed, corrected in (("87.14", "82.14"), ("79.71", "79.17"), ("74.41", "79.41")):
        assert f"{printed}\\*" in text
        assert f"{printed} is a typing error for {corrected}" in text


def test_table1_is_tested_on_generated_images_and_says_what_it_cannot_show(make_run):
    table = table1(read_run(make_run(images=False)))
    assert {row["test_set"] for row in rows_of(table)} == {"generated"}
    assert "weak test" in table.markdown()


@pytest.mark.parametrize(
    ("source", "classes", "comparable"),
    [
        ("all_idb2", ("healthy", "leukemia"), True),
        ("all_idb2", ("lymphocyte", "monocyte"), False),
        ("smears", ("healthy", "leukemia"), False),
    ],
)
def test_numbers_are_called_comparable_only_on_the_same_data(make_run, source, classes, comparable):
    text = table2(read_run(make_run(source=source, classes=classes, images=False))).markdown()
    assert ("the numbers can be compared" in text) is comparable
    assert ("so the numbers are not comparable" in text) is not comparable


def test_the_tests_pair_by_image(make_run):
    """Equal numbers of errors on different images are discordant."""
    wrong = [{("svm", "real+aug+gen"): {0, 1, 2}, ("svm", "real+aug"): {2, 3, 4}}]
    row = rows_of(comparison_table(*_compared(make_run(wrong=wrong, images=False))))[0]
    assert (row["only_with"], row["only_without"], float(row["difference"])) == ("2", "2", 0.0)


def test_holm_covers_all_comparisons_of_the_table(make_run):
    wrong = [{("svm", "real+aug"): set(range(10)), ("svm", "real+aug+gen"): set()}]
    alone = rows_of(comparison_table(*_compared(make_run(wrong=wrong, images=False))))[0]
    family = [{**paper_outcomes(("vgg16", "logistic_regression"), ("real+aug", "real+aug+gen")), **wrong[0]}]
    among = rows_of(comparison_table(*_compared(make_run(wrong=family, images=False))))
    svm = next(row for row in among if row["classifier"] == "svm")
    assert float(alone["p"]) == float(alone["p_holm"]) == pytest.approx(2**-9, abs=1e-6)
    assert float(svm["p_holm"]) == pytest.approx(3 * 2**-9, abs=1e-5)


def test_several_splits_use_the_real_training_images_for_the_correction(make_run):
    wrong = [{("svm", "real+aug"): set(range(5)), ("svm", "real+aug+gen"): set(range(k))} for k in (4, 3, 2)]
    row = rows_of(comparison_table(*_compared(make_run(wrong=wrong, images=False))))[0]
    half = 4.302653 * (1 / 52) * (1 / 3 + 52 / 208) ** 0.5
    assert float(row["difference"]) == pytest.approx(2 / 52, abs=1e-6)
    assert float(row["high"]) - float(row["difference"]) == pytest.approx(half, abs=1e-5)


def test_names_are_escaped_in_latex(make_run):
    text = table2(read_run(make_run(classes=("not_ill", "ill_1"), images=False))).latex()
    assert r"ill\_1" in text
    assert r"95\% interval" in text
    assert "†" not in text


def test_vgg16_with_random_features_is_called_so_in_every_table(make_run):
    run, comparisons = _compared(make_run(images=False))
    for table in (table1(run), table2(run), comparison_table(run, comparisons)):
        assert "VGG16, random features" in table.markdown()


def test_leaky_splits_are_never_averaged_with_clean_ones(make_run):
    folder = make_run(splits=3, protocols=["clean", "paper", "clean"], images=False)
    rows = [row for row in rows_of(table2(read_run(folder))) if row["source"] == "this run"]
    assert {(row["protocol"], row["splits"]) for row in rows} == {("clean", "2"), ("LEAKY", "1")}


def _compared(folder):
    run = read_run(folder)
    return run, compare(run)


def test_one_split_has_wilson_s_interval_of_every_share(make_run):
    row = next(row for row in rows_of(table2(read_run(make_run(images=False)))) if row["classifier"] == "svm")
    for metric, part, whole in (
        ("accuracy", 40, 52), ("precision", 25, 34), ("recall", 25, 28), ("specificity", 15, 24)
    ):  # fmt: skip
        low, high = wilson_interval(part, whole).interval
        assert [float(row[f"{metric}_{end}"]) for end in ("low", "high")] == pytest.approx([low, high], abs=1e-6)
    assert "f1_low" not in row
