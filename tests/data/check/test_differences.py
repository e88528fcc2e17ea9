"""Laws of the differences between classes: known AUCs, no alarm without a difference, neighbours that are alike."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from leukgan.data.appearance import SURROUNDINGS
from leukgan.data.check.differences import class_differences, neighbours_alike


def table(count=60, seed=0, **columns):
    """A survey of `count` images of each class, with random surroundings."""
    rng = np.random.default_rng(seed)
    label = np.repeat([0, 1], count)
    random = {name: rng.normal(100, 10, 2 * count) for name in SURROUNDINGS}
    fixed = {"label": label, "width": 257, "height": 257, "format": "TIFF", "mode": "RGB", "problem": ""}
    return pd.DataFrame(fixed | random | columns)


def row(found, name):
    return found.set_index("property").loc[name]


def test_the_auc_is_that_of_scikit_learn():
    rows = table()
    found = class_differences(rows)
    for name in SURROUNDINGS:
        assert row(found, name)["auc"] == pytest.approx(roc_auc_score(rows["label"], rows[name]))


def test_what_does_not_vary_has_no_row():
    assert set(class_differences(table())["property"]) == set(SURROUNDINGS)
    assert len(class_differences(table(width=np.arange(120)))) == len(SURROUNDINGS) + 1


def test_another_format_for_each_class_is_told():
    found = row(class_differences(table(format=["TIFF"] * 60 + ["PNG"] * 60)), "format")
    assert (found["negative"], found["positive"]) == ("TIFF", "PNG")
    assert found["p"] < 1e-15
    mixed = row(class_differences(table(format=["TIFF", "PNG"] * 60)), "format")
    assert mixed["p"] == pytest.approx(1, abs=1e-6)


def test_p_is_below_5_percent_in_5_percent_of_tables_without_a_difference():
    p = [row(class_differences(table(30, seed)), "background_blue")["p"] for seed in range(200)]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.045)


def test_the_interval_holds_the_auc():
    for seed in range(20):
        found = class_differences(table(30, seed))
        assert ((found["low"] <= found["auc"]) & (found["auc"] <= found["high"])).all()
        assert (found["high"] - found["low"]).mean() == pytest.approx(0.29, abs=0.03)


def test_rows_with_a_problem_and_single_classes_are_left_out():
    rows = table()
    rows.loc[rows["label"] == 1, "problem"] = "is damaged"
    assert class_differences(rows).empty


def test_neighbours_from_one_photograph_are_noticed():
    rows = table()
    assert 0.01 < neighbours_alike(rows) <= 1
    photograph = np.arange(120) // 6
    for name in SURROUNDINGS[:3]:
        rows[name] += 10 * np.random.default_rng(5).normal(size=20)[photograph]
    assert neighbours_alike(rows) < 0.001
    shuffled = rows.groupby("label").sample(frac=1, random_state=0)
    assert neighbours_alike(shuffled) > 0.01


def test_nine_images_of_a_class_tell_nothing_of_neighbours():
    assert neighbours_alike(table(9)) is None
    assert neighbours_alike(table(10)) is not None
