"""Laws of the curve over numbers of real training images, each of which is a run of its own."""

import pandas as pd
import pytest
from report.synthetic_runs import edit_provenance, wrong_images

from leukgan.errors import InputError
from leukgan.report.comparisons import compare
from leukgan.report.reading import read_run
from leukgan.report.report import write_report
from leukgan.report.training_curve import compare_sizes

pytestmark = pytest.mark.usefixtures("undrawn")


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


def test_runs_that_are_no_curve_are_refused(runs, make_run):
    with pytest.raises(InputError, match="both have 100 training images; name one of them"):
        compare_sizes([read_run(runs[0]), read_run(runs[0])])
    other = make_run(metrics={"primary": "auroc"})
    with pytest.raises(InputError, match="differ in their images, classes or primary metric"):
        compare_sizes([read_run(runs[0]), read_run(other)])
