import csv
import io
import json

import pytest
from synthetic_runs import write_run

from leukgan.errors import InputError
from leukgan.report.leak import leak_table
from leukgan.report.reading import read_run
from leukgan.report.report import write_report
from leukgan.statistics.paired_tests import mcnemar_test


def svm(with_generated):
    return {("svm", "real+gen"): with_generated, ("svm", "real"): set(range(12))}


@pytest.fixture
def both(tmp_path):
    write_run(tmp_path / "clean", wrong=[svm(set(range(10)))], images=False)
    write_run(tmp_path / "paper", wrong=[svm({0, 40})], protocols=["paper"], images=False)
    return tmp_path / "clean", tmp_path / "paper"


def test_the_leak_s_worth_is_the_paired_difference_on_the_same_test_images(both):
    rows = list(csv.DictReader(io.StringIO(leak_table(read_run(*both)).csv())))
    assert [(row["classifier"], row["training_set"]) for row in rows] == [("svm", "real+gen")]
    expected = mcnemar_test(9, 1, 52)
    assert float(rows[0]["difference"]) == pytest.approx(8 / 52, abs=1e-5)
    assert float(rows[0]["p"]) == pytest.approx(expected.p, abs=1e-5)


def test_a_report_of_both_shows_it_and_answers_from_the_clean_one(both):
    page = write_report(*both).read_text()
    assert "What the leak was worth" in page
    assert "paper/split-00" in page
    assert "No detectable gain" in page
    assert (both[0] / "tables" / "leak.csv").exists()
    write_report(both[0])
    assert not (both[0] / "tables" / "leak.csv").exists()


def test_splits_of_other_test_images_are_not_compared(make_run):
    assert leak_table(read_run(make_run(images=False))) is None


def test_a_run_without_leaky_splits_is_refused(both):
    with pytest.raises(InputError, match="no finished split of protocol=paper"):
        read_run(both[1], both[0])


def test_other_images_are_refused(both):
    path = both[1] / "split-00" / "provenance.json"
    tree = json.loads(path.read_text())
    tree["data"]["fingerprint"] = "f" * 64
    path.write_text(json.dumps(tree))
    with pytest.raises(InputError, match="only runs on the same images compare"):
        read_run(*both)


def test_over_several_splits_a_leak_that_helps_is_worth_more_than_nothing(tmp_path):
    write_run(tmp_path / "clean", wrong=[svm(set(range(k))) for k in (9, 10, 12)], images=False)
    leaky = [svm(set(range(k))) for k in (2, 5, 3)]
    write_run(tmp_path / "paper", wrong=leaky, protocols=["paper"] * 3, images=False)
    table = leak_table(read_run(tmp_path / "clean", tmp_path / "paper"))
    row = next(csv.DictReader(io.StringIO(table.csv())))
    assert row["splits"] == "3"
    assert float(row["difference"]) == pytest.approx((7 + 5 + 9) / 3 / 52, abs=1e-5)
    assert float(row["low"]) < float(row["difference"]) < float(row["high"])
