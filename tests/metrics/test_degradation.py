"""Laws of the faults put on real images, and of the measures and features that have to see them."""

import numpy as np
import pytest
import torch

from leukgan.data.sources.smears import render_smears
from leukgan.features import ModuleFeatures, PooledEfficientNet
from leukgan.metrics.degradation import DEGRADATIONS, blur, draw_grid, halve_resolution, kid_sees_faults
from leukgan.metrics.two_sample import power_spectra, two_sample_auroc


@pytest.fixture(scope="module")
def cells():
    return render_smears(image_size=64, count=120, seed=0).images


@pytest.mark.parametrize("degrade", [blur, halve_resolution])
@pytest.mark.parametrize("level", [0, 3, 255])
def test_even_images_stay_as_they_are(degrade, level):
    images = np.full((2, 3, 32, 32), level, dtype=np.uint8)
    np.testing.assert_array_equal(degrade(images), images)


def test_the_grid_changes_every_pixel_by_its_place_alone(cells):
    middle = np.clip(cells, 6, 249)
    change = draw_grid(middle).astype(int) - middle
    assert set(np.unique(change)) == {-6, 0, 6}
    np.testing.assert_array_equal(change, np.broadcast_to(change[:1, :1], change.shape))
    assert change.mean() == 0


def test_half_resolution_keeps_the_mean_of_inner_blocks_and_loses_alternation():
    stripes = np.tile(np.array([0, 200], dtype=np.uint8), 16)
    images = np.broadcast_to(stripes, (1, 3, 32, 32)).copy()
    np.testing.assert_array_equal(halve_resolution(images), np.full_like(images, 100))


def test_blur_keeps_the_brightness(cells):
    assert blur(cells).mean() == pytest.approx(cells.mean(), abs=0.1)


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_the_power_spectrum_tells_every_fault_from_real_images(cells, name):
    degraded = DEGRADATIONS[name](cells[60:])
    assert two_sample_auroc(power_spectra(cells[None, :60]), power_spectra(degraded[None]), seed=0).value > 0.95


class SeesTheGridAlone(torch.nn.Module):
    """Mean brightness, which no fault changes, and how far every second pixel along the diagonal is brighter."""

    def forward(self, x):
        grid = x[..., 1::2, 1::2].mean((2, 3)) - x[..., ::2, ::2].mean((2, 3))  # (B, 3)
        return torch.cat([x.mean((2, 3)), 100 * grid], 1)


def test_only_features_that_keep_fine_detail_have_the_power_to_choose_a_checkpoint(cells):
    coarse, grid = ModuleFeatures(torch.nn.AvgPool2d(16), "coarse"), ModuleFeatures(SeesTheGridAlone(), "grid")
    assert kid_sees_faults(PooledEfficientNet(), cells[:20], cells[20:])
    assert not kid_sees_faults(grid, cells[:20], cells[20:])
    assert not kid_sees_faults(coarse, cells[:20], cells[20:])
