"""simulate.py as a user runs it."""

import pandas as pd
import pytest
from apps import refusal_of, run_app

from leukgan.tools.simulation import SCENARIOS
from leukgan.tools.simulation.showing import FOUND, SPREADS

SMALL = ("studies=3", "images=20", "splits=2", "extra=10", "population=140")


def test_table_has_a_line_for_each_scenario(tmp_path, capsys):
    assert run_app("simulate", tmp_path, *SMALL) == 0
    shown = capsys.readouterr().out.splitlines()
    for first, columns in ((0, FOUND), (3 + len(SCENARIOS), SPREADS)):
        assert all(column in shown[first] for column in columns)
        assert [line.split()[0] for line in shown[first + 2 : first + 2 + len(SCENARIOS)]] == list(SCENARIOS)
    assert shown[-1].startswith("3 studies of 20 images, 2 splits with 16 training and 4 test images")
    assert not list(tmp_path.iterdir())


def test_output_holds_the_rates_in_full(tmp_path, capsys):
    assert run_app("simulate", tmp_path, *SMALL, "scenarios=[halves,ideal_generator]", "output=here/rates.csv") == 0
    assert capsys.readouterr().out.endswith("The result is in here/rates.csv\n")
    table = pd.read_csv(tmp_path / "here" / "rates.csv")
    assert table["scenario"].tolist() == ["halves", "ideal_generator"]
    assert (table[["studies", "splits", "n_test", "n_train"]] == [3, 2, 4, 16]).all(axis=None)
    assert table["corrected"].between(table["corrected_low"], table["corrected_high"]).all()
    assert table["naive"].between(table["naive_low"], table["naive_high"]).all()
    assert table["promised"][0] == table["promised_by_design"][0] == 0.05
    assert not table.isna().any(axis=None)


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("studies=1", "studies must be at least 2, got 1."),
        ("images=31", "images must be even, half for each class, got 31."),
        ("seed=-1", "seed must be at least 0, got -1."),
        ("test_fraction=1", "test_fraction must lie between 0.1 and 0.9, got 1.0; the study used 0.2."),
        (
            "population=138",
            "population must be at least 140, images + 2 * extra + 100 to measure the truth on, got 138.",
        ),
        ("scenarios=[none]", "scenarios must be halves or equal_generators or"),
        ("scenarios=[]", "scenarios must name at least one and each once, got []."),
        ("scenarios=[halves,halves]", "scenarios must name at least one and each once, got ['halves', 'halves']."),
        ("output=.", "output must be a file, got the folder .; take rates.csv."),
        ("speed=1", "there is no setting 'speed'; --help lists all settings."),
        ("+speed=1", "there is no setting 'speed'; --help lists all settings."),
    ],
)
def test_wrong_settings_are_one_sentence(argument, words, tmp_path):
    assert refusal_of("simulate", tmp_path, *SMALL, argument).startswith(f"error: {words}")
