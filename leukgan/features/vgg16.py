"""VGG16's frozen convolutional base as features of images: torchvision's download, a file, or a fixed random draw."""

import warnings
from collections.abc import Mapping
from pickle import UnpicklingError

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import VGG16_Weights
from torchvision.models import vgg16 as torchvision_vgg16

from leukgan.errors import InputError
from leukgan.home import expand_home

SMALLEST_SIZE = 64
BATCH_SIZE = 32
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
RANDOM_BASE_SEED = 16


class VGG16Features(TransformerMixin, BaseEstimator):
    """Flattened output of VGG16's frozen convolutional base.

    Attributes:
        network_: The base; scikit-learn's `clone` leaves it out and `fit` loads it again.
    """

    def __init__(self, weights: str) -> None:
        self.weights = weights

    def fit(self, images: object = None, labels: object = None) -> "VGG16Features":
        """Itself with the base loaded; it learns nothing from images."""
        self.network_ = vgg16_base(self.weights).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return self

    @torch.inference_mode()
    def transform(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Features float32 (N, 512 * H/32 * W/32) of images uint8 (N, 3, H, W); smaller ones are enlarged to 64 px."""
        check_is_fitted(self, "network_")
        mean, std = (torch.tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
        size = [max(side, SMALLEST_SIZE) for side in images.shape[2:]]

        features = []
        for batch in torch.from_numpy(images).split(BATCH_SIZE):
            x = (batch.contiguous(memory_format=torch.channels_last).float() / 255 - mean) / std
            if size != list(x.shape[2:]):
                x = F.interpolate(x, size=size, mode="bilinear")
            features.append(self.network_(x).flatten(1).numpy())  # (B, 512 * H/32 * W/32)
        return np.concatenate(features)


def vgg16_base(weights: str) -> nn.Sequential:
    """VGG16's convolutional base, frozen and in evaluation mode, for RGB in [0, 1] normalised as for ImageNet.

    Its weights are "imagenet", "random", or the path of a state dict.

    Raises:
        InputError: The weights cannot be had or are not VGG16's.
    """
    # On the meta device the 124 million weights of the unused dense layers are never made, nor is randomness used.
    with torch.device("meta"):
        base: nn.Sequential = torchvision_vgg16(init_weights=False).features

    if weights == "random":
        base = base.to_empty(device="cpu")
        _randomise(base)
    else:
        state = _download() if weights == "imagenet" else _read(weights)
        base.load_state_dict(_checked(state, base.state_dict(), weights), assign=True)
    return base.eval().requires_grad_(False)


def _randomise(base: nn.Sequential) -> None:
    generator = torch.Generator().manual_seed(RANDOM_BASE_SEED)
    for layer in base:
        if isinstance(layer, nn.Conv2d) and layer.bias is not None:
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu", generator=generator)
            nn.init.zeros_(layer.bias)


def _download() -> object:
    # Not IMAGENET1K_FEATURES: those weights expect another normalisation.
    source = VGG16_Weights.IMAGENET1K_V1
    try:
        return source.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (OSError, RuntimeError, UnpicklingError, EOFError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        problem = f"could not be downloaded from {source.url} ({reason})"
        raise _refusal("imagenet", problem, "without a network give {setting}=<file> or {setting}=random") from error


def _read(weights: str) -> object:
    path = expand_home(weights)
    if not path.is_file():
        raise _refusal(weights, "is not a file", "give imagenet, random, or the path of VGG16's state dict")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # torch's remark on a pickle that is not its own
            return torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, UnpicklingError, EOFError, ValueError, LookupError, AttributeError) as error:
        remedy = "give a state dict of torchvision's vgg16 written by torch.save"
        raise _refusal(weights, "cannot be read as a file of PyTorch weights", remedy) from error


def _checked(state: object, expected: Mapping[str, Tensor], weights: str) -> dict[str, Tensor]:
    """The base's weights as float32, taken from a state dict of the base or of the whole network."""
    found = dict(state) if isinstance(state, Mapping) else {}
    whole = {name.removeprefix("features."): found[name] for name in map(str, found) if name.startswith("features.")}
    found = whole or found

    remedy = "give a state dict of torchvision's vgg16 or of its features"
    for name, tensor in expected.items():
        given = found.get(name)
        shape = tuple(given.shape) if isinstance(given, Tensor) else "none"
        if shape != tuple(tensor.shape):
            problem = f"is not VGG16's: its layer {name} must have the shape {tuple(tensor.shape)}, found {shape}"
            raise _refusal(weights, problem, remedy)

    surplus = [name for name in found if name not in expected]
    if surplus:
        problem = f"is not VGG16's: it has a layer {surplus[0]} that VGG16's base has not"
        raise _refusal(weights, problem, remedy)
    if not all(found[name].isfinite().all() for name in expected):
        raise _refusal(weights, "holds values that are not finite", "give an undamaged file")
    return {name: found[name].float() for name in expected}


def _refusal(weights: str, problem: str, remedy: str) -> InputError:
    return InputError(f"{{setting}}={{value}} {problem}", setting="weights", value=weights, remedy=remedy)
