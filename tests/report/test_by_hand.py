"""The answer, its interval and its test, recomputed from predictions.csv with nothing but arithmetic."""

import csv
import math
import re
from statistics import fmean, stdev

from synthetic_runs import write_run

from leukgan.report.report import write_report

T_975 = {4: 2.7764451, 9: 2.2621572}  # Student's t, 97.5%, by degrees of freedom: from a printed table
TEST_TO_TRAIN = 52 / 208


def predictions(folder):
    for path in sorted(folder.glob("split-*/predictions.csv")):
        with path.open() as file:
            yield list(csv.DictReader(file))


def accuracies(folder, training_set):
    """Of the SVM on real test images, one a split."""
    for rows in predictions(folder):
        ours = [row for row in rows if (row["training_set"], row["test_set"]) == (training_set, "real")]
        yield fmean(row["label"] == row["predicted"] for row in ours)


def test_several_splits(tmp_path):
    base = set(range(12))
    wrong = [
        {("svm", "real+aug"): base, ("svm", "real+aug+gen"): (base - set(range(lost))) | set(range(30, 30 + new))}
        for lost, new in ((5, 1), (2, 3), (6, 2), (4, 0), (1, 1))
    ]
    write_run(tmp_path / "toy", wrong=wrong, images=False)
    page = write_report(tmp_path / "toy").read_text()

    pairs = zip(*(accuracies(tmp_path / "toy", name) for name in ("real+aug+gen", "real+aug")), strict=True)
    differences = [with_it - without for with_it, without in pairs]
    mean, k = fmean(differences), len(differences)
    error = stdev(differences) * math.sqrt(1 / k + TEST_TO_TRAIN)  # Nadeau and Bengio (2003)
    low, high = (100 * (mean + sign * T_975[k - 1] * error) for sign in (-1, 1))

    said = re.search(r"changed by ([+−\d.]+) points for the SVM \(95% interval ([+−\d.]+) to ([+−\d.]+)\)", page)
    numbers = [float(text.replace("−", "-")) for text in said.groups()]
    assert numbers == [round(100 * mean, 1), round(low, 1), round(high, 1)]
    with (tmp_path / "toy" / "tables" / "tests.csv").open() as file:
        row = next(csv.DictReader(file))
    assert math.isclose(float(row["spread"]), stdev(differences), rel_tol=1e-5)
    assert (float(row["p"]) < 0.05) == (abs(mean) > T_975[k - 1] * error)


def test_one_split(tmp_path):
    wrong = [{("svm", "real+aug"): set(range(9)), ("svm", "real+aug+gen"): {8, 40}}]
    write_run(tmp_path / "toy", wrong=wrong, images=False)
    page = write_report(tmp_path / "toy").read_text()

    (rows,) = predictions(tmp_path / "toy")
    right = {
        (row["training_set"], row["image"]): row["label"] == row["predicted"]
        for row in rows
        if row["test_set"] == "real"
    }
    images = {image for _, image in right}
    gained = sum(right["real+aug+gen", i] and not right["real+aug", i] for i in images)
    lost = sum(right["real+aug", i] and not right["real+aug+gen", i] for i in images)
    discordant = gained + lost
    tail = sum(math.comb(discordant, j) for j in range(max(gained, lost), discordant + 1)) / 2**discordant
    p = min(1.0, 2 * tail)  # exact McNemar

    assert (gained, lost) == (8, 1)
    assert f"{gained - lost} more of the {len(images)} test images" in page
    assert f"p = {p:.3f}" in page
