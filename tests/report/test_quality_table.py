import math

import pytest
from report.synthetic_runs import write_quality

from leukgan.report.quality_table import describe_realism, quality_table
from leukgan.report.reading import read_run

MEASURES = {"kid_vgg16_random": 2.0, "ssim": 0.5, "ms_ssim": 0.4}


def table_of(folder):
    return quality_table(read_run(folder))


def test_every_measure_stands_between_floor_and_ceilings(make_run):
    folder = make_run()
    write_quality(folder / "split-00", MEASURES)
    table = table_of(folder)
    assert [row.group for row in table.rows] == ["leukemia"] * 3 + ["healthy"] * 3
    kid = dict(zip(table.labels, table.rows[0].cells, strict=True))
    assert kid == {
        "Measure": "KID ↓", "Generated": "2.00", "95% interval": "1.90 to 2.10",
        "Real training images": "0.010", "Other class": "4.00", "Noise": "9.00",
    }  # fmt: skip
    assert "vgg16_random" in table.notes[0]
    assert "12 generated images a class against 24 real test images" in table.markdown()


def test_several_splits_give_mean_and_deviation(make_run):
    folder = make_run(splits=2)
    for k, value in enumerate((1.0, 3.0)):
        write_quality(folder / f"split-{k:02d}", {"kid_vgg16_random": value})
    row = table_of(folder).numbers.iloc[0]
    assert row["value"] == 2
    assert row["value_sd"] == pytest.approx(2**0.5)
    assert math.isnan(row["low"])
    assert "± 1.41" in table_of(folder).rows[0].cells


def test_the_bias_of_a_selection_is_shown_where_one_was_made(make_run):
    folder = make_run()
    write_quality(folder / "split-00", MEASURES, unselected=5.0)
    table = table_of(folder)
    assert table.labels[-1] == "Not selected"
    assert table.rows[0].cells[-1] == "5.00"
    assert table.numbers["selection_bias"].iloc[0] == -3


def test_fid_is_called_what_it_is(make_run):
    folder = make_run()
    write_quality(folder / "split-00", {"fid_vgg16_random": 20.0})
    assert "not comparable" in table_of(folder).rows[0].cells[0]
    assert "FID of so few images is biased" in table_of(folder).markdown()


def test_leaky_measures_are_stamped_and_apart(make_run):
    folder = make_run(splits=2, protocols=["clean", "paper"])
    for k in range(2):
        write_quality(folder / f"split-{k:02d}", {"ssim": 0.5})
    table = table_of(folder)
    assert "LEAKY" in table.title
    rows = table.numbers[["protocol", "splits"]].drop_duplicates()
    assert rows.to_numpy().tolist() == [["clean", 1], ["LEAKY", 1]]


def test_a_run_without_measures_says_so(make_run):
    assert table_of(make_run()).notes == ("This run has no measures of quality.",)


def cells_of(table, label):
    return [dict(zip(table.labels, row.cells, strict=True)).get(label) for row in table.rows]


@pytest.mark.parametrize(
    ("measure", "seen"),
    [
        ("kid_vgg16_random", "blurred, gridded"),  # small is good: beyond 0.02, the upper end of real images
        ("precision_vgg16_random", "half resolution"),  # large is good: below 0
        ("ssim", "blurred, half resolution, gridded"),  # as real images have it
    ],
)
def test_a_measure_sees_the_faults_that_lie_beyond_real_images_on_the_worse_side(make_run, measure, seen):
    folder = make_run()
    write_quality(folder / "split-00", {measure: 1.0}, degraded={"blurred": 0.5, "half_resolution": -0.1, "gridded": 2})
    assert cells_of(table_of(folder), "Faults seen") == [seen] * 2


def test_a_measure_that_sees_no_fault_says_so_and_older_runs_have_no_such_column(make_run):
    folder = make_run()
    write_quality(folder / "split-00", {"ssim": 1.0}, degraded=dict.fromkeys(("blurred", "half_resolution"), 0.01))
    assert cells_of(table_of(folder), "Faults seen") == ["none"] * 2
    write_quality(folder / "split-00", MEASURES)
    assert cells_of(table_of(folder), "Faults seen") == [None] * 6


@pytest.mark.parametrize(
    ("auroc", "lead"), [(0.973, "easily told from"), (0.82, "often told from"), (0.55, "hard to tell from")]
)
def test_realism_is_said_by_the_inputs_that_give_images_away_most(make_run, auroc, lead):
    folder = make_run()
    write_quality(folder / "split-00", {"told_spectrum": auroc, "told_thumbnail": 0.5})
    statement = describe_realism(read_run(folder))
    assert lead in statement.lead
    assert "a classifier of power spectra" in statement.text
    assert f"{100 * auroc:.1f}% (leukemia) and {100 * auroc:.1f}% (healthy) of pairs" in statement.text


def test_without_two_sample_tests_nothing_is_said_of_realism(make_run):
    folder = make_run()
    write_quality(folder / "split-00", MEASURES)
    assert describe_realism(read_run(folder)) is None
