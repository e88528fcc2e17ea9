"""Laws of the quality table: real images reach its floor, worthless ones its ceilings."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from leukgan.data.images import CellImages
from leukgan.data.sources.smears import render_smears
from leukgan.data.split import split_images
from leukgan.features import ModuleFeatures
from leukgan.metrics.degradation import DEGRADATIONS, blur
from leukgan.metrics.image_quality import COLUMNS, METRIC_COLUMNS, measure_quality
from leukgan.metrics.registry import METRICS, register_metric
from leukgan.statistics.intervals import Estimate

SPLIT = split_images(render_smears(image_size=32, count=100, seed=0), index=0, seed=0, test_fraction=0.3)
FEATURES = ModuleFeatures(torch.nn.Sequential(torch.nn.AvgPool2d(4), torch.nn.Flatten()), "pixels")


@pytest.fixture(scope="module", autouse=True)
def few_pairs():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("leukgan.metrics.diversity.IMAGES", 8)
        yield


def measured(generated, unselected=None, requested=()):
    parts = {"train": SPLIT.train, "test": SPLIT.test, "generated": generated, "unselected": unselected}
    table = measure_quality(**parts, features=FEATURES, seed=0, requested=requested)
    return table.set_index(["class", "measure"])


def other_cells(seed=1):
    return render_smears(image_size=32, count=40, seed=seed)


@pytest.fixture(scope="module")
def ideal():
    return measured(other_cells(), requested=["fid"])


def test_every_class_has_every_measure_named_after_its_features(ideal):
    names = ("kid", "precision", "recall", "density", "coverage")
    told = ["told_pixels", "told_spectrum", "told_thumbnail"]
    expected = [*told, *(f"{name}_pixels" for name in names), "ssim", "ms_ssim", "fid_pixels"]
    assert ideal.loc["healthy"].index.tolist() == ideal.loc["leukemia"].index.tolist() == expected
    assert [*ideal.index.names, *ideal.columns] == [*COLUMNS, *METRIC_COLUMNS, *DEGRADATIONS]


def test_progress_counts_the_sets_of_images_of_both_classes(monkeypatch):
    monkeypatch.setattr("leukgan.metrics.image_quality.METRICS", {})
    told = []
    measure_quality(
        train=SPLIT.train,
        test=SPLIT.test,
        generated=other_cells(),
        unselected=other_cells(seed=2),
        features=FEATURES,
        seed=0,
        on_progress=lambda _, *count: told.append(count) if count else None,  # features of a class are not counted
    )
    total = 2 * (5 + len(DEGRADATIONS))
    assert told == [(done, total) for done in range(total)]


def test_an_ideal_generator_is_as_good_as_real_training_images(ideal):
    for name in ("healthy", "leukemia"):
        kid = ideal.loc[(name, "kid_pixels")]
        assert kid["floor_low"] < kid["value"] < kid["floor_high"] + (kid["high"] - kid["low"])
        assert kid["value"] < 0.2 * kid["noise"]
        precision = ideal.loc[(name, "precision_pixels")]
        assert precision["value"] == pytest.approx(precision["floor"], abs=0.3)
        assert precision["noise"] == 0


def test_images_of_a_blurring_generator_are_told_from_real_ones_and_ideal_ones_are_not(ideal):
    """Kernel distances and manifolds of these features hardly notice it."""
    blurred = other_cells()
    table = measured(replace(blurred, images=blur(blurred.images)))
    for name in ("healthy", "leukemia"):
        found = table.loc[(name, "told_spectrum")]
        assert ideal.loc[(name, "told_spectrum"), "value"] < 0.75
        assert found["value"] > 0.9
        assert found["blurred"] > 0.9
        assert found["floor"] == ideal.loc[(name, "told_spectrum"), "floor"] < 0.75


def test_noise_is_as_bad_as_the_ceiling_and_the_other_class_is_as_bad_as_its_own():
    """The generator of healthy cells draws noise, the other one healthy cells."""
    cells = other_cells().of_class(0).images
    noise = np.random.default_rng(5).integers(0, 256, (60, 3, 32, 32), dtype=np.uint8)
    labels = np.repeat([0, 1], [len(noise), len(cells)])
    names = tuple(map(str, range(len(labels))))
    table = measured(CellImages(np.concatenate([noise, cells]), labels, names, names, SPLIT.train.classes))
    kid = table.loc[("healthy", "kid_pixels")]
    assert kid["value"] == pytest.approx(kid["noise"], rel=0.05)
    kid = table.loc[("leukemia", "kid_pixels")]
    assert kid["value"] > 2 * abs(kid["floor"])
    assert kid["other_class"] > 2 * abs(kid["floor"])


def test_unselected_images_are_measured_as_the_selected_ones_are_and_fid_only_on_request(ideal):
    table = measured(other_cells(seed=2), unselected=other_cells())
    assert "fid_pixels" not in table.loc["healthy"].index
    for measure in ("kid_pixels", "recall_pixels", "ssim"):
        assert table.loc[("healthy", measure), "unselected"] == ideal.loc[("healthy", measure), "value"]


def test_a_metric_needs_one_registration_and_names_its_own_features(monkeypatch):
    monkeypatch.setattr("leukgan.metrics.registry.METRICS", registry := {"kid": METRICS["kid"]})
    monkeypatch.setattr("leukgan.metrics.image_quality.METRICS", registry)
    brightness = lambda c: Estimate(float(c.candidate_pixels.mean() - c.real.pixels.mean()))  # noqa: E731
    register_metric("brightness_score", "Brightness", "as real", brightness, needs_features=False)
    table = measured(other_cells())
    assert registry["brightness_score"].title == "Brightness ="
    assert table.loc[("healthy", "brightness_score"), "features"] == ""
    assert table.loc[("healthy", "kid_pixels"), ["metric", "features"]].tolist() == ["kid", "pixels"]
    assert abs(table.loc[("healthy", "brightness_score"), "value"]) < 10
    assert table.loc[("healthy", "brightness_score"), "noise"] < -20
