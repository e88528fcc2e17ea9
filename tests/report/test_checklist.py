"""Laws of the checklist: each item is answered or asked for, and the answers follow the run."""

import pytest
from report.synthetic_runs import edit_provenance, write_copies

from leukgan.report.checklist import checklist_items, checklist_table
from leukgan.report.reading import read_run
from leukgan.study.audit import Audit

AUDITS = {"split-00": Audit(("one link", "another"), ())}


def items(folder, audits=AUDITS):
    return {item.asked: item for item in checklist_items(read_run(folder), audits).itertuples()}


@pytest.fixture(scope="module")
def folder(make_run):
    return make_run()


def test_every_item_is_answered_or_asked_for_under_a_number_of_each_list(folder):
    for item in items(folder).values():
        assert item.known or item.you_must_say
        assert item.claim
        assert item.tripod
    topics = {"Data", "Partitions", "Leakage", "Model selection", "Metrics", "Intervals", "External test", "Code"}
    assert topics <= {item.topic for item in items(folder).values()}


def test_what_no_program_can_know_is_asked_for(folder):
    found = items(folder)
    for asked in ("De-identification and ethics", "What makes a label true", "Groups of patients"):
        assert (found[asked].known, bool(found[asked].you_must_say)) == ("", True)


def test_a_leak_is_said_and_a_walked_chain_too(folder, make_run):
    asked = "Whether training saw test images"
    assert items(folder)[asked].known == "no: 2 links of the chain of hashes hold"
    unchecked = {"split-00": Audit(("one link",), ("a file is gone",))}
    assert items(folder, unchecked)[asked].known.endswith("1 links of the chain of hashes hold, 1 could not be checked")
    assert items(make_run(protocols=["paper"]))[asked].known.startswith("LEAKY")


def test_an_external_test_set_is_named_or_its_absence_must_be_said(make_run):
    folder, asked = make_run(), "Test on data from elsewhere"
    assert items(folder)[asked].known == ""
    assert "that none was made" in items(folder)[asked].you_must_say
    for name in ("scores", "predictions"):
        path = folder / "split-00" / f"{name}.csv"
        header, *rows = path.read_text().splitlines()
        others = [row.replace(",real+gen,real,", ",real+gen,elsewhere,") for row in rows if ",real+gen,real," in row]
        path.write_text("\n".join([header, *rows, *others]) + "\n")
    assert items(folder)[asked].known == "tested on elsewhere"


@pytest.mark.parametrize(("groups", "wanted"), [(None, True), (52, True), (20, False)])
def test_patients_must_be_told_of_unless_the_data_has_groups(make_run, groups, wanted):
    folder = make_run()
    if groups is not None:
        counts = {"train": 200, "validation": 0, "test": groups}
        edit_provenance(folder / "split-00", lambda provenance: provenance["data"].update(groups=counts))
    assert bool(items(folder)["Level at which parts are disjoint"].you_must_say) is wanted


def test_the_primary_metric_the_test_and_alarms_are_those_of_the_run(make_run):
    folder = make_run(splits=2, metrics={"primary": "auroc"})
    write_copies(folder / "split-00", {"leukemia": 2})
    found = items(folder)
    assert found["Which metrics, and which one decides"].known.startswith("primary, named beforehand: AUROC;")
    assert found["Uncertainty and tests"].known.startswith("2 splits: corrected resampled t test")
    copies = found["Whether generated images are copies of real ones"].known
    assert copies == "1 of 2 comparisons of generated images with real ones raise the alarm"


def test_rendered_images_have_no_collectors(make_run):
    assert items(make_run(source="smears"))["Where the images are from"].you_must_say == ""


def test_the_table_shows_what_the_authors_must_say(folder):
    table = checklist_table(read_run(folder), AUDITS)
    assert table.labels[-1] == "You must say"
    assert len(table.rows) == len(items(folder))
