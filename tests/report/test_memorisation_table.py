from synthetic_measures import write_copies

from leukgan.report.memorisation_table import copy_alarms, copying_table
from leukgan.report.reading import read_run
from leukgan.report.report import write_report


def test_a_copying_gan_raises_the_alarm_and_the_other_does_not(make_run):
    folder = make_run(images=False)
    write_copies(folder / "split-00", {"leukemia": 3})
    run = read_run(folder)
    assert [*map(str, copy_alarms(run))] == [
        "Copies: 3 generated images of leukemia (split-00) are training images over again; a gain from them would be "
        "no gain from new images."
    ]
    table = copying_table(run)
    cells = [(row.group, row.cells[0], row.cells[1], row.look) for row in table.rows]
    assert cells == [("leukemia", "ALARM", "3", "leaky"), ("healthy", "none found", "0", "ours")]


def test_the_alarm_stands_on_the_page_before_any_result(make_run):
    folder = make_run(images=False)
    write_copies(folder / "split-00", {"leukemia": 3})
    page = write_report(folder).read_text()
    assert page.index("training images over again") < page.index("What was done")
    assert (folder / "figures" / "closest_pairs_leukemia.png").exists()
    write_copies(folder / "split-00", {})
    assert "training images over again" not in write_report(folder).read_text()


def test_a_run_that_did_not_look_says_so(make_run):
    run = read_run(make_run(images=False))
    assert copy_alarms(run) == []
    assert copying_table(run).notes == ("This run did not look for copies.",)
