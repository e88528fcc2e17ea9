import numpy as np
import pytest
import torch

from leukgan.data.sources.smears import render_smears
from leukgan.errors import InputError
from leukgan.features import ModuleFeatures, PooledVGG16, vgg16_base


def test_features_are_averages_over_places_of_one_length():
    cells = render_smears(image_size=64, count=4, seed=0).images
    extract = PooledVGG16("random")
    features = extract(cells)
    x = torch.from_numpy(cells).float() / 255
    x = (x - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    pooled = torch.nn.functional.adaptive_avg_pool2d(vgg16_base("random")(x), 1).flatten(1)
    expected = torch.nn.functional.normalize(pooled) * 512**0.5
    np.testing.assert_allclose(features, expected, rtol=1e-3, atol=1e-4)
    assert extract.name == "vgg16_random"


@pytest.mark.parametrize("ends", [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Identity()])
def test_any_module_gives_features_averaged_over_places(ends):
    cells = render_smears(image_size=32, count=40, seed=0).images  # more than a batch
    network = torch.nn.Conv2d(3, 6, 3)
    features = ModuleFeatures(torch.nn.Sequential(network, torch.nn.Dropout(), ends), "own")
    with torch.no_grad():
        pooled = network(torch.from_numpy(cells).float() / 255).mean((2, 3))
    expected = torch.nn.functional.normalize(pooled) * 6**0.5
    np.testing.assert_allclose(features(cells), expected, rtol=1e-5)
    assert features.name == "own"


def test_weights_that_are_not_there_are_named():
    with pytest.raises(InputError, match=r"^weights=absent\.pth"):
        PooledVGG16("absent.pth")
