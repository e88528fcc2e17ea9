from leukgan.report.paper import published
from leukgan.statistics.confusion_matrix import METRICS


def fits(printed: float, fraction: float) -> bool:
    return abs(printed - 100 * fraction) <= 0.005 + 1e-9


def test_counts_reproduce_all_printed_percentages_but_the_three_typing_errors():
    wrong = {
        (key, metric)
        for key, row in published().items()
        for metric in METRICS
        if not fits(row.printed[metric], row.counts.metrics()[metric])
    }
    assert wrong == {
        (("real", "logistic_regression", "real+aug"), "recall"),
        (("real", "logistic_regression", "real+aug+gen"), "specificity"),
        (("real", "svm", "real+aug+gen"), "precision"),
    }
    assert wrong == {(key, row.wrong) for key, row in published().items() if row.wrong}
    marked = [row for row in published().values() if row.wrong]
    assert all(fits(row.corrected, row.counts.metrics()[row.wrong]) for row in marked)


def test_the_paper_has_six_rows_of_203_and_twelve_of_52():
    sizes = [(key[0], row.counts.n) for key, row in published().items()]
    assert sizes.count(("generated", 203)) == 6
    assert sizes.count(("real", 52)) == 12
