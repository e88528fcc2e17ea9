"""What the options of a training do: LeCam's score averages, adaptive augmentation (ADA), the averaged generator.

Each function moves tensors in place, which are buffers of the GAN and so travel in its checkpoint. None reads a number
back to the host.
"""

from collections.abc import Iterator, Mapping
from itertools import chain

import torch
from torch import Tensor, nn

SCORE_DECAY = 0.99  # of the running averages of scores, per critic update


@torch.no_grad()
def update_score_ema(average_scores: Tensor, metrics: Mapping[str, Tensor]) -> None:
    """Move the running averages of real and fake scores (2,), which LeCam compares scores with."""
    scores = torch.stack([metrics["real_score"], metrics["fake_score"]])
    average_scores.lerp_(scores, 1 - SCORE_DECAY)


def overfitting_sign(real_scores: Tensor, average_scores: Tensor) -> Tensor:
    """Mean sign of the real scores (B,), from -1 to 1: near 1, the critic is sure of its training images.

    ADA's r_t (Karras et al., 2020, eq. 1) for any critic: a Wasserstein critic's zero is arbitrary, so the sign is
    taken from the middle between the running averages of real and fake scores.
    """
    return (real_scores.detach() - average_scores.mean()).sign().mean()


def update_ada_probability(probability: Tensor, overfitting: Tensor, *, target: float, step: float) -> None:
    """Raise the probability of augmentation by `step` if the critic overfits more than the target, else lower it."""
    probability.add_((overfitting - target).sign() * step).clamp_(0, 1)


@torch.no_grad()
def update_average(average: nn.Module, generator: nn.Module, updates: Tensor, decay: float, warmup: bool) -> None:
    """Move the averaged generator, batch statistics included, towards the trained one, and count the update.

    The average keeps a share `decay` of itself, in a warm-up at most (1 + t) / (10 + t) in update t.
    """
    weight = torch.full_like(updates, 1 - decay)
    if warmup:
        weight = torch.maximum(weight, 9 / (10 + updates))

    for averaged, current in zip(float_tensors(average), float_tensors(generator), strict=True):
        averaged.lerp_(current, weight)
    updates.add_(1)


def float_tensors(network: nn.Module) -> Iterator[Tensor]:
    """The floating-point parameters and buffers of a network."""
    return (t for t in chain(network.parameters(), network.buffers()) if t.is_floating_point())
