"""Layers that the networks share, with TensorFlow's sampling grid and Keras' constants."""

import math
from functools import partial

import torch
from torch import Tensor, nn

from leukgan.gans.accelerators.dropout import keep_mask

EPSILON, MOMENTUM = 1e-3, 0.01  # Keras' batch normalisation (its momentum is one minus torch's)

UnitNorm = partial(nn.BatchNorm1d, eps=EPSILON, momentum=MOMENTUM)  # of (B, F)
MapNorm = partial(nn.BatchNorm2d, eps=EPSILON, momentum=MOMENTUM)  # of (B, C, H, W)
Upsample = partial(nn.Upsample, scale_factor=2, mode="nearest")


class LeakyDropout(nn.Module):
    """LeakyReLU, then dropout, as one product with a multiplier that carries no gradient.

    Values and derivatives are those of the two stock layers, but the second derivative of LeakyReLU, zero everywhere,
    is no longer a tensor of zeros that the gradient penalty carries back through all convolutions.
    """

    def __init__(self, rate: float, slope: float = 0.2) -> None:
        super().__init__()
        self.rate = rate
        self.slope = slope

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            mask = keep_mask(x, self.rate) if self.training and self.rate > 0 else x.new_ones(()).expand_as(x)
            # mask where x > 0, else mask * slope
            multiplier = torch.ops.aten.leaky_relu_backward(mask, x, self.slope, False)
        return x * multiplier


class HalfTurn(nn.Module):
    """Images (B, C, H, W) turned by 180 degrees.

    TensorFlow's padding='same' pads a 5x5 convolution of stride 2 by (1, 2), which torch can't do without a copy of
    the maps. Padded by (2, 2), a convolution with turned kernels samples the turned image where TensorFlow's samples
    the image: one turn before all convolutions, or after all transposed ones, gives its networks exactly.
    """

    def forward(self, x: Tensor) -> Tensor:
        return x.flip(2, 3)


class OutputNorm(nn.BatchNorm2d):
    """Batch normalisation of images (B, 3, H, W), computed channel by channel in memory: far faster for so few."""

    def __init__(self) -> None:
        super().__init__(3, eps=EPSILON, momentum=MOMENTUM)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.contiguous()).contiguous(memory_format=torch.channels_last)


def initialise_like_keras(network: nn.Module) -> None:
    """Glorot-uniform kernels and zero biases."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def doublings(image_size: int) -> int:
    """How often 4 is doubled to reach the image size."""
    return int(math.log2(image_size)) - 2


def dense_start(latent_size: int, width: int, *, slope: float) -> list[nn.Module]:
    """The layers from latents (B, Z) to maps (B, width, 4, 4)."""
    return [
        nn.Linear(latent_size, width * 4 * 4, bias=False),
        UnitNorm(width * 4 * 4),
        nn.LeakyReLU(slope),
        nn.Unflatten(1, (width, 4, 4)),
    ]
