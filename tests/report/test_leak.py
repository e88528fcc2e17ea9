import pytest
from report.synthetic_runs import edit_provenance

from leukgan.errors import InputError
from leukgan.report.leak import leak_table
from leukgan.report.reading import read_run
from leukgan.report.report import write_report
from leukgan.statistics.paired_tests import mcnemar_test


def svm(with_generated):
    return {("svm", "real+gen"): with_generated, ("svm", "real"): set(range(12))}


@pytest.fixture
def both(make_run):
    return make_run(wrong=[svm(set(range(10)))]), make_run(wrong=[svm({0, 40})], protocols=["paper"])


def test_the_leak_s_worth_is_the_paired_difference_on_the_same_test_images(both):
    (row,) = leak_table(read_run(*both)).numbers.to_dict("records")
    assert (row["classifier"], row["training_set"]) == ("svm", "real+gen")
    assert (row["difference"], row["p"]) == pytest.approx((8 / 52, mcnemar_test(9, 1, 52).p))


@pytest.mark.usefixtures("undrawn")
def test_a_report_of_both_shows_it_and_answers_from_the_clean_one(both):
    page = write_report(*both).read_text()
    assert "What the leak was worth" in page
    assert "toy/split-00" in page
    assert "No detectable gain" in page
    assert (both[0] / "tables" / "leak.csv").exists()
    write_report(both[0])
    assert not (both[0] / "tables" / "leak.csv").exists()


def test_a_run_of_one_protocol_has_no_leak_to_tell(make_run):
    assert leak_table(read_run(make_run())) is None


def test_a_run_without_leaky_splits_is_refused(both):
    with pytest.raises(InputError, match="no finished split of protocol=paper"):
        read_run(both[1], both[0])


def test_other_images_are_refused(both):
    edit_provenance(both[1] / "split-00", lambda provenance: provenance["data"].update(fingerprint="f" * 64))
    with pytest.raises(InputError, match="only runs on the same images compare"):
        read_run(*both)
