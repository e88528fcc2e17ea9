import numpy as np
import pytest
import torch
from torchmetrics.image.fid import FrechetInceptionDistance

from leukgan.metrics.frechet_distance import frechet_distance


def draws(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


class Given(torch.nn.Module):
    num_features = 5

    def forward(self, x):
        return x


@pytest.mark.filterwarnings("ignore:Metric `FrechetInceptionDistance`")
def test_distance_is_that_of_torchmetrics():
    real, fake = draws(0, 40, 5), draws(1, 30, 5) * 1.5 + 0.3
    reference = FrechetInceptionDistance(feature=Given()).set_dtype(torch.float64)
    reference.update(torch.from_numpy(real), real=True)
    reference.update(torch.from_numpy(fake), real=False)
    assert frechet_distance(real, fake) == pytest.approx(float(reference.compute()), rel=1e-6)


def test_distance_stands_fewer_images_than_features():
    assert frechet_distance(draws(0, 5, 20), draws(0, 5, 20)) == pytest.approx(0, abs=1e-6)
