"""Layers that the networks share, with TensorFlow's sampling grid and Keras' constants."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from leukgan.gans.accelerators import distributed

EPSILON, MOMENTUM = 1e-3, 0.01  # Keras' batch normalisation (its momentum is one minus torch's)


def keep_mask(x: Tensor, rate: float) -> Tensor:
    """Zeros and ones of the shape, memory layout and type of x; zero with probability `rate`.

    On the CPU the rate is rounded to 1/256 (0.3 becomes 77/256), since eight random bits a value come many times
    faster than one Bernoulli draw. Returns the mask scaled so that its mean is one.
    """
    if x.device.type == "xla":  # which has no strides
        kept = distributed.drawn(lambda count: x.new_empty(count, *x.shape[1:]).bernoulli_(1 - rate), len(x))
        return kept.div_(1 - rate)
    if x.device.type != "cpu":
        kept = distributed.drawn(lambda count: x.new_empty(count, x[0].numel()).bernoulli_(1 - rate), len(x))
        return kept.contiguous().as_strided(x.shape, x.stride()).div_(1 - rate)
    dropped = round(rate * 256)
    bits = distributed.drawn(lambda count: random_bytes(count, x[0].numel()), len(x))
    bits = bits.contiguous().as_strided(x.shape, x.stride())
    # Compared as floats and in place: the whole mask comes about twice as fast as through booleans.
    return bits.to(x.dtype).ge_(dropped).mul_(256 / (256 - dropped))


def random_bytes(rows: int, columns: int) -> Tensor:
    """Uniform random uint8 (rows, columns)."""
    words = torch.empty((rows * columns + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
    return words.view(torch.uint8)[: rows * columns].view(rows, columns)


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


class BatchNorm(nn.SyncBatchNorm):
    """Batch normalisation with Keras' constants over the whole batch, also where several processes share it.

    Torch's own does so on GPUs only, and XLA's keeps the variance of a batch where torch's keeps its estimate for all
    images. Values of other precision are normalised in the weights' precision.
    """

    def __init__(self, features: int) -> None:
        super().__init__(features, eps=EPSILON, momentum=MOMENTUM)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or (distributed.world_size() == 1 and x.device.type != "xla"):
            return super().forward(x)
        axes, shape = [0, *range(2, x.dim())], [1, -1] + [1] * (x.dim() - 2)
        values = x.to(self.weight.dtype)
        mean = distributed.mean(values.mean(axes))  # (C,)
        centred = values - mean.view(shape)
        variance = distributed.mean(centred.square().mean(axes))  # (C,)
        self.remember(mean.detach(), variance.detach(), distributed.world_size() * x.numel() // x.shape[1])
        scale = self.weight * (variance + EPSILON).rsqrt()
        return (centred * scale.view(shape) + self.bias.view(shape)).to(x.dtype)

    def remember(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Move the running statistics towards those (C,) of a batch of `count` values a feature."""
        assert self.num_batches_tracked is not None
        assert self.running_mean is not None
        assert self.running_var is not None
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean, MOMENTUM)
        self.running_var.lerp_(variance * (count / (count - 1)), MOMENTUM)


class OutputNorm(BatchNorm):
    """Batch normalisation of images (B, 3, H, W), done channel by channel in memory: far faster for so few."""

    def __init__(self) -> None:
        super().__init__(3)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.contiguous()).contiguous(memory_format=torch.channels_last)


class Upsample(nn.Module):
    """Each pixel twice on both axes (nearest neighbour), in a form that every backend lowers well."""

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != "xla":
            return F.interpolate(x, scale_factor=2, mode="nearest")
        # Its derivative would be computed on the host.
        return x[:, :, :, None, :, None].expand(-1, -1, -1, 2, -1, 2).flatten(4).flatten(2, 3)


def initialise_like_keras(network: nn.Module) -> None:
    """Glorot-uniform kernels and zero biases."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
