"""Formulas of the GANs: pure functions of networks' outputs."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def wasserstein_estimate(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """The critic's estimate of the distance between real and fake (Arjovsky et al., 2017, eq. 2).

    Args:
        real_scores: Scores (B,) of real images; the critic is high on real.
        fake_scores: Scores (B,) of fake images.
    """
    return real_scores.mean() - fake_scores.mean()


def gradient_penalty(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor) -> Tensor:
    """Mean squared distance of the critic's gradient norm from one (Gulrajani et al., 2017, eq. 3).

    The norm is one image's, and so is the mixing weight, uniform in [0, 1].

    Args:
        critic: Maps (B, C, H, W) to scores (B,).
        real: Images (B, C, H, W) in [-1, 1].
        fake: Images of the same shape, without gradient.
    """
    weight = torch.rand(len(real), 1, 1, 1, device=real.device, dtype=real.dtype)
    mixed = (fake + weight * (real - fake)).requires_grad_()
    (gradient,) = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)
    # The small constant keeps the square root's derivative finite where the gradient is exactly zero.
    norm = (gradient.float().flatten(1).square().sum(1) + 1e-12).sqrt()  # (B,)
    return (norm - 1).square().mean()
