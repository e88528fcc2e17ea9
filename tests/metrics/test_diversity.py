import numpy as np
import pytest
import torch
from torchmetrics.image import MultiScaleStructuralSimilarityIndexMeasure, StructuralSimilarityIndexMeasure

from leukgan.data.sources.smears import render_smears
from leukgan.metrics.diversity import pairwise_ms_ssim, pairwise_ssim, scale_weights


@pytest.fixture(scope="module")
def cells():
    return render_smears(image_size=64, count=12, seed=0).images


def test_similarities_are_torchmetrics_means_over_all_pairs(cells):
    images = cells[:4]
    pairs = [(i, j) for i in range(4) for j in range(i)]
    first, second = (torch.from_numpy(images[[pair[side] for pair in pairs]]).float() / 255 for side in (0, 1))
    single = StructuralSimilarityIndexMeasure(data_range=1.0)(first, second)
    multi = MultiScaleStructuralSimilarityIndexMeasure(data_range=1.0, betas=scale_weights(64))(first, second)
    assert pairwise_ssim(images, seed=0).value == pytest.approx(float(single), abs=1e-6)
    assert pairwise_ms_ssim(images, seed=0).value == pytest.approx(float(multi), abs=1e-6)


def test_one_image_many_times_is_as_much_alike_as_can_be(cells):
    same = cells[:1].repeat(5, 0)
    assert [similarity(same, seed=0).value for similarity in (pairwise_ssim, pairwise_ms_ssim)] == pytest.approx([1, 1])
    varied = pairwise_ssim(cells, seed=0)
    assert varied.value < 0.8
    assert varied.low < varied.value < varied.high


def test_noise_is_not_alike():
    noise = np.random.default_rng(0).integers(0, 256, (6, 3, 32, 32), dtype=np.uint8)
    assert pairwise_ssim(noise, seed=0).value == pytest.approx(0, abs=0.05)


def test_only_the_first_images_count(cells, monkeypatch):
    monkeypatch.setattr("leukgan.metrics.diversity.IMAGES", 4)
    assert pairwise_ssim(cells, seed=0) == pairwise_ssim(cells[:4], seed=0) != pairwise_ssim(cells[1:5], seed=0)


def test_scales_are_as_many_as_the_size_allows():
    assert [len(scale_weights(size)) for size in (32, 64, 128, 256)] == [2, 3, 4, 5]
    for size in (32, 64, 128, 256):
        assert sum(scale_weights(size)) == pytest.approx(1)
        pairwise_ms_ssim(np.random.default_rng(0).integers(0, 256, (2, 3, size, size), dtype=np.uint8), seed=0)
