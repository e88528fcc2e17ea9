"""Laws of the curves over numbers of generated images, and of real ones, each of which is a run of its own."""

import json

import pandas as pd
import pytest
from report.synthetic_runs import CONTEXT, edit_provenance, predicted_images, wrong_images

from leukgan.errors import InputError
from leukgan.report.comparisons import compare
from leukgan.report.number_curves import compare_numbers, compare_sizes, numbers_figures, numbers_table
from leukgan.report.reading import read_run
from leukgan.report.report import write_report
from leukgan.statistics.paired_tests import corrected_resampled_t_test
from leukgan.study.audit import LeakError

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
    assert [*numbers_figures(single, compare_numbers(single))] == []


@pytest.fixture
def runs(make_run):
    """Runs of three numbers of training images, in which fewer of them leave more for generated images to repair."""

    def of_size(train, repaired):
        sets = {("svm", "real+gen"): wrong_images(8 - repaired, 2), ("svm", "real"): wrong_images(8, 2)}
        folder = make_run(wrong=[sets] * 3)
        counts = {"healthy": train // 2, "leukemia": train // 2}
        for split in folder.glob("split-*"):
            edit_provenance(split, lambda provenance: provenance["data"]["counts"].update(train=counts))
        return folder

    return [of_size(*made) for made in ((100, 1), (20, 6), (50, 3))]


def test_each_point_is_the_answer_of_its_run(runs):
    rows = compare_sizes([*map(read_run, runs)])
    assert rows["n_train"].tolist() == [20, 50, 100]
    for size, folder in ((100, runs[0]), (20, runs[1]), (50, runs[2])):
        answer = compare(read_run(folder))
        pd.testing.assert_frame_equal(
            rows[rows["n_train"] == size].drop(columns="n_train").reset_index(drop=True), answer
        )
    assert rows["difference"].tolist() == pytest.approx([6 / 52, 3 / 52, 1 / 52])


def test_the_report_shows_the_curve_beside_the_answer(runs):
    text = write_report(runs[0], curve=runs[1:]).read_text()
    assert "How many real images?" in text
    assert pd.read_csv(runs[0] / "tables" / "training_images.csv")["n_train"].tolist() == [20, 50, 100]
    assert (runs[0] / "figures" / "training_images.png").exists()
    assert "How many real images?" not in write_report(runs[0]).read_text()


def test_a_run_of_the_curve_whose_chain_is_broken_is_refused(runs):
    split = runs[1] / "split-00"
    edit_provenance(split, lambda provenance: provenance["chain"].update(scores="0" * 64))
    with pytest.raises(LeakError, match=r"scores\.csv is not the file that the chain of hashes names"):
        write_report(runs[0], curve=runs[1:])
    edit_provenance(split, lambda provenance: provenance["chain"].pop("scores"))


def test_runs_that_are_no_curve_are_refused(runs, make_run):
    with pytest.raises(InputError, match="both have 100 training images; name one of them"):
        compare_sizes([read_run(runs[0]), read_run(runs[0])])
    other = make_run(metrics={"primary": "auroc"})
    with pytest.raises(InputError, match="differ in their images, classes or primary metric"):
        compare_sizes([read_run(runs[0]), read_run(other)])
