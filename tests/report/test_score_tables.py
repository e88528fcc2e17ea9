import math
from statistics import fmean, stdev

import pytest
from report.synthetic_runs import paper_outcomes, wrong_images

from leukgan.report.comparison_table import tests_table as comparison_table
from leukgan.report.comparisons import compare
from leukgan.report.reading import read_run
from leukgan.report.score_tables import score_table
from leukgan.statistics.intervals import wilson_interval


@pytest.fixture(scope="module")
def run(make_run):
    return read_run(make_run())


@pytest.fixture(scope="module")
def table2(run):
    return score_table(run, "real")


def row_of(table, **keys):
    """The only row of this run with these values."""
    numbers = table.numbers[table.numbers["source"] == "this run"]
    for name, value in keys.items():
        numbers = numbers[numbers[name] == value]
    (row,) = numbers.to_dict("records")
    return row


def compared(folder):
    run = read_run(folder)
    return comparison_table(run, compare(run))


def test_a_run_with_the_papers_counts_shows_the_papers_percentages(table2):
    by_source = dict(iter(table2.numbers.groupby("source")))
    counts, accuracies = (
        [by_source[source][names].to_numpy() for source in ("this run", "paper (ALL-IDB2)")]
        for names in (["tp", "fn", "tn", "fp", "n"], "accuracy")
    )
    assert len(counts[0]) == 12
    assert (counts[0] == counts[1]).all()
    assert accuracies[0] == pytest.approx(accuracies[1], abs=6e-5)


def test_values_of_one_row_by_hand(table2):
    row = row_of(table2, classifier="svm", training_set="real+gen")
    values = [row[name] for name in ("accuracy", "precision", "recall", "f1", "specificity")]
    assert values == pytest.approx([36 / 52, 20 / 28, 20 / 28, 20 / 28, 16 / 24])
    assert (row["n_train"], row["splits"]) == (608, 1)


def test_one_split_has_wilson_s_interval_of_every_share(table2):
    row = row_of(table2, classifier="svm", training_set="real")
    for metric, part, whole in (
        ("accuracy", 40, 52), ("precision", 25, 34), ("recall", 25, 28), ("specificity", 15, 24)
    ):  # fmt: skip
        ends = [row[f"{metric}_{end}"] for end in ("low", "high")]
        assert ends == pytest.approx(wilson_interval(part, whole).interval)
    assert "f1_low" not in row


def test_several_splits_give_mean_deviation_and_summed_counts(make_run):
    table = score_table(read_run(make_run(wrong=[{("svm", "real"): wrong_images(k, 0)} for k in (2, 4, 9)])), "real")
    row, accuracies = row_of(table), [1 - k / 52 for k in (2, 4, 9)]
    assert (row["accuracy"], row["accuracy_sd"]) == pytest.approx((fmean(accuracies), stdev(accuracies)))
    assert (row["splits"], row["n"], row["fn"]) == (3, 156, 15)
    assert math.isnan(row["accuracy_low"])
    assert "sums over splits" in table.markdown()


def test_an_undefined_metric_is_empty_and_no_zero(make_run):
    table = score_table(read_run(make_run(wrong=[{("svm", "real"): wrong_images(28, 0)}])), "real")
    assert math.isnan(row_of(table)["precision"])
    assert table.rows[0].cells[table.labels.index("Precision")] == "–"


def test_typing_errors_are_shown_as_printed_and_noted(table2):
    text = table2.markdown()
    for printed, corrected in (("87.14", "82.14"), ("79.71", "79.17"), ("74.41", "79.41")):
        assert f"{printed}\\*" in text
        assert f"{printed} is a typing error for {corrected}" in text


def test_table1_is_tested_on_generated_images_and_says_what_it_cannot_show(run):
    table = score_table(run, "generated")
    assert set(table.numbers["test_set"]) == {"generated"}
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
    text = score_table(read_run(make_run(source=source, classes=classes)), "real").markdown()
    assert ("the numbers can be compared" in text) is comparable
    assert ("so the numbers are not comparable" in text) is not comparable


def test_names_are_escaped_in_latex(make_run):
    text = score_table(read_run(make_run(classes=("not_ill", "ill_1"))), "real").latex()
    assert r"ill\_1" in text
    assert r"95\% interval" in text
    assert "†" not in text


def test_vgg16_with_random_features_is_called_so_in_every_table(run, table2):
    for table in (score_table(run, "generated"), table2, comparison_table(run, compare(run))):
        assert "VGG16, random features" in table.markdown()


def test_leaky_splits_are_never_averaged_with_clean_ones(make_run):
    numbers = score_table(read_run(make_run(splits=3, protocols=["clean", "paper", "clean"])), "real").numbers
    ours = numbers[numbers["source"] == "this run"]
    assert {*zip(ours["protocol"], ours["splits"], strict=True)} == {("clean", 2), ("LEAKY", 1)}


def test_the_tests_pair_by_image(make_run):
    """Equal numbers of errors on different images are discordant."""
    wrong = [{("svm", "real+aug+gen"): {0, 1, 2}, ("svm", "real+aug"): {2, 3, 4}}]
    row = compared(make_run(wrong=wrong)).numbers.iloc[0]
    assert (row["only_with"], row["only_without"], row["difference"]) == (2, 2, 0)


def test_holm_covers_all_comparisons_of_the_table(make_run):
    wrong = {("svm", "real+aug"): set(range(10)), ("svm", "real+aug+gen"): set()}
    others = paper_outcomes(("vgg16", "logistic_regression"), ("real+aug", "real+aug+gen"))
    alone, among = (
        compared(make_run(wrong=[outcomes])).numbers.set_index("classifier").loc["svm"]
        for outcomes in (wrong, others | wrong)
    )
    assert (alone["p"], alone["p_holm"]) == pytest.approx((2**-9, 2**-9))
    assert among["p_holm"] == pytest.approx(3 * 2**-9)
