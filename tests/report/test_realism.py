"""Laws of the headline on realism: blurred images, and blotches, are said to be easily told from real ones."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from leukgan.data.sources.smears import render_smears
from leukgan.data.split import split_images
from leukgan.features import ModuleFeatures
from leukgan.metrics.degradation import blur
from leukgan.metrics.image_quality import measure_quality
from leukgan.metrics.registry import METRICS
from leukgan.report.quality_table import describe_realism

CELLS = render_smears(image_size=32, count=140, seed=0)
SPLIT = split_images(CELLS, index=0, seed=0, test_fraction=0.4)
FEATURES = ModuleFeatures(torch.nn.Sequential(torch.nn.AvgPool2d(4), torch.nn.Flatten()), "pixels")


def blotches(images):
    """What a generator with few channels at full size draws: colours in their places and no detail."""
    coarse = images.reshape(*images.shape[:2], 8, 4, 8, 4).mean((3, 5))
    return np.kron(coarse, np.ones((1, 1, 4, 4))).astype(np.uint8)


@pytest.fixture(autouse=True)
def _two_sample_tests_alone(monkeypatch):
    told = {name: metric for name, metric in METRICS.items() if name.startswith("told")}
    monkeypatch.setattr("leukgan.metrics.image_quality.METRICS", told)


def told(change):
    """The statement on images of an ideal generator, changed."""
    drawn = render_smears(image_size=32, count=56, seed=1)
    generated = replace(drawn, images=change(drawn.images))
    table = measure_quality(
        train=SPLIT.train, test=SPLIT.test, generated=generated, unselected=None, features=FEATURES, seed=0
    )
    return describe_realism(SimpleNamespace(quality=table, classes=CELLS.classes))


@pytest.mark.parametrize("plant", [blur, blotches])
def test_planted_faults_are_easily_told(plant):
    assert told(plant).lead == "The generated images are easily told from real ones"


def test_an_ideal_generator_s_images_are_not_easily_told():
    assert told(lambda images: images).lead != "The generated images are easily told from real ones"
