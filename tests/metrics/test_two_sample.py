"""Laws of the classifier two-sample test: what it must not tell apart, and what it must."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from leukgan.data.sources.smears import render_smears
from leukgan.metrics.two_sample import power_spectra, thumbnails, two_sample_auroc


def noise(views, count, seed, shift=0.0):
    return np.random.default_rng(seed).normal(shift, 1, (views, count, 8))


@pytest.fixture(scope="module")
def cells():
    return render_smears(image_size=32, count=160, seed=0).images


@pytest.mark.parametrize("views", [1, 4])
def test_sets_of_one_law_cannot_be_told_apart(views):
    """Over many draws the mean is a half, though a classifier always finds something in the images it has seen."""
    found = [two_sample_auroc(noise(views, 30, seed), noise(1, 40, 100 + seed), seed) for seed in range(20)]
    assert np.mean([estimate.value for estimate in found]) == pytest.approx(0.5, abs=0.05)
    assert sum(estimate.low <= 0.5 <= estimate.high for estimate in found) >= 15


def test_sets_far_apart_are_told_apart_in_every_pair():
    estimate = two_sample_auroc(noise(1, 30, 0), noise(2, 40, 1, shift=5), seed=0)
    assert estimate[:3] == (1, 1, 1)


def test_the_auroc_of_a_known_shift_is_found():
    """Two normal laws whose means are d apart in the direction that tells: AUROC is the normal law's at d / sqrt 2."""
    shift = np.zeros(8)
    shift[0] = 1.5
    estimate = two_sample_auroc(noise(1, 400, 0), noise(1, 400, 1) + shift, seed=0)
    assert estimate.value == pytest.approx(0.856, abs=0.03)
    assert estimate.low < 0.856 < estimate.high


def test_views_of_one_image_never_help_to_tell_another_view_of_it():
    """Each image has a mark of its own in all its views: it tells nothing about images not seen."""
    rng = np.random.default_rng(0)
    real, other = (np.tile(rng.normal(size=(1, 25, 60)), (8, 1, 1)) for _ in range(2))
    assert two_sample_auroc(real, other, seed=0).value == pytest.approx(0.5, abs=0.15)


def test_a_wave_lies_in_the_ring_of_its_frequency():
    place = np.arange(64)
    wave = 127 + 100 * np.sin(2 * np.pi * 10 * place / 64)
    images = np.broadcast_to(wave, (1, 1, 3, 64, 64)).astype(np.uint8)
    spectrum = power_spectra(images)[0, 0]
    assert spectrum.argmax() == 4  # rings are 31.5 / 16 periods wide and begin at 0.5
    assert spectrum[4] - np.delete(spectrum, 4).max() > 5


@pytest.mark.parametrize(("vectors", "blur"), [(power_spectra, 0.6), (thumbnails, 3.0)])
def test_blurred_cells_are_told_from_others(cells, vectors, blur):
    real, other = cells[None, :80], cells[None, 80:]
    blurred = gaussian_filter(other, (0, 0, 0, blur, blur))
    honest, seen = (two_sample_auroc(vectors(real), vectors(images), seed=0).value for images in (other, blurred))
    assert honest < 0.7
    assert seen > 0.9


def test_few_images_are_compared_in_as_many_folds_as_there_are_and_a_single_one_is_not():
    assert 0 <= two_sample_auroc(noise(16, 2, 0), noise(1, 6, 1), seed=0).value <= 1
    assert np.isnan(two_sample_auroc(noise(16, 1, 0), noise(1, 6, 1), seed=0).value)
