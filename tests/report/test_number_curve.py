"""Laws of the curve over numbers of generated images."""

import json

import pandas as pd
import pytest
from report.synthetic_runs import CONTEXT, predicted_images, wrong_images

from leukgan.report.comparisons import compare
from leukgan.report.number_curve import compare_numbers, numbers_figures, numbers_table
from leukgan.report.reading import read_run
from leukgan.statistics.paired_tests import corrected_resampled_t_test

pytestmark = pytest.mark.usefixtures("undrawn")
WITHOUT = wrong_images(8, 2)


def write_curve(make_run, per_class=(0, 50, 100, 200)):
    """Three splits in which each further fifty generated images repair another wrong image."""
    most = [{("svm", "real+gen"): wrong_images(8 - 3 - k, 2), ("svm", "real"): WITHOUT} for k in range(3)]
    folder = make_run(wrong=most)
    for k in range(3):
        split = folder / f"split-{k:02d}"
        config = json.loads((split / "config.yaml").read_text())
        (split / "config.yaml").write_text(json.dumps(config | {"generation": {"per_class": list(per_class)}}))
        rows, scores = [], []
        for step, number in enumerate((50, 100), start=1):
            keys = {**CONTEXT, "control": f"{number} generated", "classifier": "svm", "training_set": "real+gen"}
            keys |= {"test_set": "real"}
            rows += predicted_images(keys, wrong_images(8 - step, 2 - (k == 0)))
            counts = {"tp": 20 + step, "fn": 8 - step, "tn": 22 + (k == 0), "fp": 2 - (k == 0)}
            scores.append({**keys, "n_train": 308, "n_test": 52, **counts})
        pd.DataFrame(rows).to_csv(split / "control_predictions.csv", index=False)
        pd.DataFrame(scores).to_csv(split / "controls.csv", index=False)
    return read_run(folder)


@pytest.fixture(scope="module")
def run(make_run):
    return write_curve(make_run)


def test_each_number_is_tested_as_the_answer_is(run):
    rows = compare_numbers(run).set_index("per_class")
    assert rows.index.tolist() == [0, 50, 100, 200]
    for number, gained in ((50, (2, 1, 1)), (100, (3, 2, 2))):
        expected = corrected_resampled_t_test([images / 52 for images in gained], 52 / 208)
        assert rows.loc[number, ["difference", "low", "high", "p"]].tolist() == pytest.approx(
            [*expected[:3], expected.p]
        )


def test_the_largest_number_is_the_answer_itself(run):
    last, answer = compare_numbers(run).iloc[-1], compare(run).iloc[0]
    for name in ("difference", "low", "high", "p", "value_with", "value_without"):
        assert last[name] == pytest.approx(answer[name])


def test_without_generated_images_nothing_differs(run):
    first = compare_numbers(run).iloc[0]
    assert (first["difference"], first["value_with"]) == (0, first["value_without"])


def test_table_and_figure_are_there_with_several_numbers_only(run, make_run):
    rows = compare_numbers(run)
    table = numbers_table(run, rows)
    assert [row.cells[0] for row in table.rows] == ["0", "50", "100", "200"]
    assert "The answer is about the largest number" in table.notes[0]
    assert [figure.name for figure in numbers_figures(run, rows)] == ["numbers"]

    single = read_run(make_run())
    assert numbers_table(single, compare_numbers(single)) is None
    assert numbers_figures(single, compare_numbers(single)) == []
