"""The answer, its interval and its test, recomputed from predictions.csv with nothing but arithmetic."""

import csv
import math
import re
from statistics import fmean, stdev

import pytest

from leukgan.report.report import write_report

pytestmark = pytest.mark.usefixtures("undrawn")

T_975 = {2: 4.3026527, 4: 2.7764451}  # Student's t, 97.5%, by degrees of freedom: from a printed table
TEST_TO_TRAIN = 52 / 208
BASE = set(range(12)) | set(range(30, 36))


def svm(with_generated, without=BASE):
    return {("svm", "real+aug"): without, ("svm", "real+aug+gen"): with_generated}


def changes(folder):
    """Of each split: for each real test image 1 if only the SVM with generated images is right, -1 the other way."""
    for path in sorted(folder.glob("split-*/predictions.csv")):
        with path.open() as file:
            rows = [row for row in csv.DictReader(file) if row["test_set"] == "real"]
        right = {(row["training_set"], row["image"]): row["label"] == row["predicted"] for row in rows}
        images = sorted({image for _, image in right})
        yield [right["real+aug+gen", i] - right["real+aug", i] for i in images]


def check_answer(page, mean, error, df):
    said = re.search(r"changed by ([+−\d.]+) points for the SVM \(95% interval ([+−\d.]+) to ([+−\d.]+)\)", page)
    numbers = [float(text.replace("−", "-")) for text in said.groups()]
    expected = (mean, mean - T_975[df] * error, mean + T_975[df] * error)
    assert numbers == [round(100 * value, 1) for value in expected]


def test_several_splits(make_run):
    base = set(range(12))
    pairs = ((5, 1), (2, 3), (6, 2), (4, 0), (1, 1))
    wrong = [svm((base - set(range(lost))) | set(range(30, 30 + new)), base) for lost, new in pairs]
    folder = make_run(wrong=wrong)
    page = write_report(folder).read_text()

    differences = [fmean(split) for split in changes(folder)]
    mean, k = fmean(differences), len(differences)
    error = stdev(differences) * math.sqrt(1 / k + TEST_TO_TRAIN)  # Nadeau and Bengio (2003)
    check_answer(page, mean, error, k - 1)
    with (folder / "tables" / "tests.csv").open() as file:
        row = next(csv.DictReader(file))
    assert math.isclose(float(row["spread"]), stdev(differences), rel_tol=1e-5)
    assert (float(row["p"]) < 0.05) == (abs(mean) > T_975[k - 1] * error)


def test_training_sets_that_share_no_image(make_crossed):
    lost_and_new = (({0, 1, 2, 30}, set()), ({0, 1, 31}, {20}), ({0, 2, 3, 4, 30}, {20, 45}))
    folder = make_crossed(wrong=[svm(BASE - lost | new) for lost, new in lost_and_new])
    page = write_report(folder).read_text()

    rows = list(changes(folder))
    (k, n), mean = (len(rows), len(rows[0])), fmean(map(fmean, rows))
    columns = [fmean(column) for column in zip(*rows, strict=True)]
    of_sets = n * sum((fmean(row) - mean) ** 2 for row in rows) / (k - 1)
    of_images = k * sum((column - mean) ** 2 for column in columns) / (n - 1)
    cells = [
        (value - fmean(row) - column + mean) ** 2 for row in rows for value, column in zip(row, columns, strict=True)
    ]
    beyond = of_images - sum(cells) / ((k - 1) * (n - 1))
    assert beyond > 0
    check_answer(page, mean, math.sqrt((of_sets + beyond) / (n * k)), k - 1)


def test_one_split(make_run):
    folder = make_run(wrong=[svm({8, 40}, set(range(9)))])
    page = write_report(folder).read_text()
    (split,) = changes(folder)
    gained, lost = split.count(1), split.count(-1)
    tail = sum(math.comb(gained + lost, j) for j in range(max(gained, lost), gained + lost + 1)) / 2 ** (gained + lost)
    assert (gained, lost) == (8, 1)
    assert f"{gained - lost} more of the {len(split)} test images" in page
    assert f"p = {min(1.0, 2 * tail):.3f}" in page  # exact McNemar
