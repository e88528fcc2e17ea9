import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from torchvision.models import VGG16_Weights
from torchvision.transforms.v2 import functional as transforms

from leukgan.classification import vgg16
from leukgan.errors import InputError
from leukgan.features.vgg16 import BATCH_SIZE, VGG16Features


@pytest.fixture(scope="module")
def features():
    return VGG16Features("random").fit()


def direct(features, images, enlarge_to=None):
    """The base's flattened output with torchvision's own preprocessing, image by image."""
    recipe = VGG16_Weights.IMAGENET1K_V1.transforms()
    rows = []
    for image in torch.from_numpy(images):
        x = transforms.to_dtype(image, torch.float32, scale=True)
        if enlarge_to:
            x = transforms.resize(x, [enlarge_to, enlarge_to], antialias=False)
        x = transforms.normalize(x, recipe.mean, recipe.std)
        rows.append(features.network_(x[None]).flatten())
    return torch.stack(rows).numpy()


@pytest.mark.parametrize("size", [64, 96])
def test_features_agree_with_torchvisions_forward_at_the_images_own_size(features, cells, size):
    images = cells(2, size).images
    found = features.transform(images)
    assert found.dtype == np.float32
    assert found.shape == (2, 512 * (size // 32) ** 2)
    np.testing.assert_allclose(found, direct(features, images), rtol=1e-4, atol=1e-5)


def test_images_below_64_px_are_enlarged_to_64(features, cells):
    images = cells(2, 32).images
    found = features.transform(images)
    assert found.shape == (2, 512 * 4)
    np.testing.assert_allclose(found, direct(features, images, enlarge_to=64), rtol=1e-4, atol=1e-5)


def test_features_of_an_image_do_not_depend_on_its_batch(features, cells):
    images = cells(BATCH_SIZE + 2).images
    last = features.transform(images[-3:])
    np.testing.assert_allclose(features.transform(images)[-3:], last, rtol=1e-4, atol=1e-5)


def test_clone_loads_the_same_base_again_and_is_empty_before(features, cells):
    images = cells(2).images
    copy = clone(features)
    with pytest.raises(NotFittedError):
        copy.transform(images)
    np.testing.assert_array_equal(copy.fit_transform(images), features.transform(images))


def test_fit_trains_the_logistic_head_and_leaves_the_base_alone(cells, global_randomness_untouched):
    train = cells(6)
    with global_randomness_untouched():
        pipeline = vgg16(weights="random", epochs=2, learning_rate=1e-3, batch_size=4)
        before = {name: tensor.clone() for name, tensor in pipeline[0].network_.state_dict().items()}
        pipeline.fit(train.images, train.labels)
        pipeline.decision_function(train.images)
    assert len(pipeline[-1].loss_curve_) == 2
    assert pipeline[-1].n_steps_ == 2
    assert not any(parameter.requires_grad for parameter in pipeline[0].network_.parameters())
    for name, tensor in pipeline[0].network_.state_dict().items():
        assert torch.equal(tensor, before[name])


@pytest.mark.parametrize(("name", "value"), [("epochs", 0), ("learning_rate", 0.0), ("batch_size", 0)])
def test_number_out_of_range_is_an_error_before_any_work(name, value):
    with pytest.raises(InputError, match=rf"classifier\.vgg16\.{name} must be .*, got {value};"):
        vgg16(weights="random", **{name: value})
