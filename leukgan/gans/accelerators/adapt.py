"""What a GAN becomes on the device that trains it: its layers, its step, and its metrics on the way to a logger."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from leukgan.gans.accelerators import distributed, xla
from leukgan.gans.accelerators.cuda_graph import GraphedStep
from leukgan.gans.layers import OutputNorm


class SharedBatchNorm(nn.BatchNorm2d):
    """Batch normalisation over the whole batch, which several processes share, of (B, C) or (B, C, H, W).

    Torch's SyncBatchNorm does so on GPUs only, and XLA's keeps the variance of a batch where torch's keeps its estimate
    for all images. Values of other precision are normalised in the weights' precision.
    """

    momentum: float
    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            mean, variance = self.running_mean, self.running_var
            return F.batch_norm(x, mean, variance, self.weight, self.bias, training=False, eps=self.eps)

        # Mean and variance over processes too, through which gradients flow.
        axes, shape = [0, *range(2, x.dim())], [1, -1] + [1] * (x.dim() - 2)
        values = x.to(self.weight.dtype)
        mean = distributed.mean_with_gradient(values.mean(axes))  # (C,)
        centred = values - mean.view(shape)
        variance = distributed.mean_with_gradient(centred.square().mean(axes))  # (C,)

        # Running statistics, with the unbiased estimate of the variance.
        count = distributed.world_size() * x.numel() // x.shape[1]
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean.detach(), self.momentum)
        self.running_var.lerp_(variance.detach() * (count / (count - 1)), self.momentum)

        scale = self.weight * (variance + self.eps).rsqrt()
        return (centred * scale.view(shape) + self.bias.view(shape)).to(x.dtype)


class SharedOutputNorm(OutputNorm, SharedBatchNorm):
    """`OutputNorm`'s memory layout around `SharedBatchNorm`'s statistics."""


class ExpandingUpsample(nn.Upsample):
    """Nearest-neighbour upsampling by two whose derivative XLA does not compute on the host."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, :, None, :, None].expand(-1, -1, -1, 2, -1, 2).flatten(4).flatten(2, 3)


ADAPTED: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm1d: SharedBatchNorm,
    nn.BatchNorm2d: SharedBatchNorm,
    OutputNorm: SharedOutputNorm,
    nn.Upsample: ExpandingUpsample,
}


def adapt_layers(network: nn.Module, device: torch.device) -> None:
    """Give layers the form that XLA, or a batch shared by several processes, needs; otherwise they stay as they are.

    A layer changes its class and nothing else: optimisers, copies and checkpoints keep their parameters and names.
    """
    if device.type == "xla" or distributed.world_size() > 1:
        for layer in network.modules():
            layer.__class__ = ADAPTED.get(type(layer), type(layer))


def accelerate_step(
    step: Callable[..., dict[str, Tensor]],
    optimizers: tuple[Optimizer, Optimizer],
    device: torch.device,
    *,
    one_graph: bool,
) -> Callable[[Any], dict[str, Tensor]]:
    """A GAN's generator step as the device runs it fastest: compiled by XLA, as one CUDA graph, or as it is.

    Several GPUs run it as it is: messages between processes in a CUDA graph have not been tried.
    """
    critic_optimizer, generator_optimizer = optimizers
    run = partial(step, critic_optimizer=critic_optimizer, generator_optimizer=generator_optimizer)
    if device.type == "xla":
        whole = run if one_graph else partial(run, end_update=xla.end_graph)
        return xla.compiled_step(whole, optimizers, one_graph=one_graph)
    return GraphedStep(run) if device.type == "cuda" and distributed.world_size() == 1 else run


def fetch_scalars(numbers: dict[str, Tensor]) -> dict[str, Tensor]:
    """Scalars that a logger may read: XLA's in one transfer, since it would compile and await each reading."""
    if next(iter(numbers.values())).device.type != "xla":
        return numbers
    return dict(zip(numbers, torch.stack(list(numbers.values())).cpu(), strict=True))
