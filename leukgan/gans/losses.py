"""Formulas of the GANs: pure functions of networks' outputs."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F


def wasserstein_estimate(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """The critic's estimate of the distance between real and fake (Arjovsky et al., 2017, eq. 2), from scores (B,)."""
    return real_scores.mean() - fake_scores.mean()


def gradient_penalty(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor) -> Tensor:
    """Mean squared distance of the critic's gradient norm from one (Gulrajani et al., 2017, eq. 3).

    The norm is one image's, and so is the mixing weight, uniform in [0, 1].

    Args:
        critic: Maps (B, C, H, W) to scores (B,).
        real: Images (B, C, H, W) in [-1, 1].
        fake: Images of the same shape, without gradient.
    """
    ones = [1] * (real.dim() - 1)
    weight = torch.rand(len(real), *ones, device=real.device, dtype=real.dtype)
    mixed = (fake + weight * (real - fake)).requires_grad_()
    (gradient,) = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)

    # The small constant keeps the square root's derivative finite where the gradient is exactly zero.
    norm = (gradient.square().sum(tuple(range(1, gradient.dim()))) + 1e-12).sqrt()  # (B,)
    return (norm - 1).square().mean()


def cross_entropy(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """The critic's cross entropy where scores (B,) are logits of being real (Goodfellow et al., 2014, eq. 1)."""
    return F.softplus(-real_scores).mean() + F.softplus(fake_scores).mean()


def non_saturating_loss(fake_scores: Tensor) -> Tensor:
    """The generator's cross entropy of its images, of logits (B,), passing as real (Goodfellow et al., 2014, 3)."""
    return F.softplus(-fake_scores).mean()


def relativistic_pairing_loss(preferred_scores: Tensor, other_scores: Tensor) -> Tensor:
    """Cross entropy of one image of each pair scoring higher than the other (Jolicoeur-Martineau, 2019, section 4.1).

    Both are scores (B,). The critic prefers the real image of a pair, the generator its own.
    """
    return F.softplus(other_scores - preferred_scores).mean()


def zero_centred_penalty(scores: Tensor, images: Tensor) -> Tensor:
    """Mean squared norm of the gradient of scores (B,) by their images (Mescheder et al., 2018, eqs. 9 and 10).

    At real images it is R1, at fake ones R2; the images (B, C, H, W) carry gradients.
    """
    (gradient,) = torch.autograd.grad(scores.sum(), images, create_graph=True)
    return gradient.square().sum(tuple(range(1, gradient.dim()))).mean()


def hinge_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The critic's hinge loss of logits of any shape (Lim and Ye, 2017, eq. 2): zero beyond a margin of one."""
    return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()


def mutual_information_bound(codes: Tensor, predicted: Tensor, categories: int) -> Tensor:
    """Lower bound, in nats, on the information that images hold about their codes (Chen et al., 2016, eq. 4).

    H(c) + E[log Q(c | x)] for one categorical code, uniform, and continuous codes, uniform in (-1, 1), whose Q is a
    normal distribution of standard deviation one, as in the authors' code.

    Args:
        codes: One-hot categories, then continuous codes: (B, K + C).
        predicted: Logits of the categories, then means of the continuous codes: (B, K + C).
        categories: K.
    """
    category, continuous = codes[:, :categories], codes[:, categories:]
    logits, means = predicted[:, :categories], predicted[:, categories:]
    entropy = math.log(max(categories, 1)) + continuous.shape[1] * math.log(2)
    log_category = (category * logits.log_softmax(1)).sum(1)  # (B,)
    log_continuous = -0.5 * ((continuous - means).square() + math.log(2 * math.pi)).sum(1)  # (B,)
    return entropy + (log_category + log_continuous).mean()


def lecam_regularisation(
    real_scores: Tensor, fake_scores: Tensor, real_average: Tensor, fake_average: Tensor
) -> Tensor:
    """Squared distance of scores (B,) from the running average of the other side's (Tseng et al., 2021, eq. 5)."""
    return (real_scores - fake_average).square().mean() + (fake_scores - real_average).square().mean()
