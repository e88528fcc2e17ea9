"""The losses on a problem whose answer is known: eight Gaussians on a ring, and small networks without any option."""

import math
from functools import cache

import pytest
import torch
from scipy.optimize import linear_sum_assignment
from torch import nn

from leukgan.gans.losses import gradient_penalty, wasserstein_estimate

SPREAD = 0.15  # of each Gaussian; neighbours are 1.5 apart
ANGLES = torch.arange(8) * math.pi / 4
CENTRES = 2 * torch.stack([ANGLES.cos(), ANGLES.sin()], 1)
BATCH = 128


def mixture(count):
    return CENTRES[torch.randint(8, (count,))] + SPREAD * torch.randn(count, 2)


def perceptron(inputs, outputs):
    return nn.Sequential(
        nn.Linear(inputs, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, outputs)
    )  # fmt: skip


@cache
def trained(penalty_weight, seed, steps=250):
    """Points from the trained generator, real ones, the critic's estimate of their distance, and its largest ever."""
    torch.manual_seed(seed)
    generator, critic = perceptron(4, 2), nn.Sequential(perceptron(2, 1), nn.Flatten(0))
    optimizers = [torch.optim.Adam(network.parameters(), lr=2e-3, betas=(0.5, 0.9)) for network in (generator, critic)]
    estimates = []
    for _ in range(steps):
        for _ in range(5):
            real, fake = mixture(BATCH), generator(torch.randn(BATCH, 4)).detach()
            estimate = wasserstein_estimate(critic(real), critic(fake))
            step(optimizers[1], penalty_weight * gradient_penalty(critic, real, fake) - estimate)
            estimates.append(abs(estimate.item()))
        step(optimizers[0], -critic(generator(torch.randn(BATCH, 4))).mean())
    with torch.no_grad():
        fake, real = generator(torch.randn(1000, 4)), mixture(1000)
        return fake, real, wasserstein_estimate(critic(real), critic(fake)).item(), max(estimates)


def step(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def true_distance(one, other):
    """The Wasserstein distance of two sets of as many points: the best assignment of each to another."""
    distances = torch.cdist(one, other).numpy()
    return distances[linear_sum_assignment(distances)].mean()


def shares(points):
    """Of all points, those within four spreads of each centre."""
    return (torch.cdist(points, CENTRES) < 4 * SPREAD).double().mean(0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_wgan_gp_covers_all_modes(seed):
    """Each has at least a third of its fair share, as it would not if one were forgotten."""
    fake, real, *_ = trained(1.0, seed)
    assert shares(real).sum() > 0.99
    assert shares(fake).min() > 1 / 8 / 3


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_the_penalised_critic_s_estimate_is_near_the_true_distance(seed):
    fake, real, estimate, largest = trained(1.0, seed)
    true = true_distance(fake, real)
    assert true < 0.6  # of the ring's radius of 2
    assert estimate == pytest.approx(true, rel=0.7)
    assert largest < 6


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_without_the_penalty_the_same_training_does_not_converge(seed):
    """Scores grow far beyond any distance there is, and modes are missing."""
    fake, real, _, largest = trained(0.0, seed)
    true = true_distance(fake, real)
    assert true > 1
    assert largest > 10 * true
    assert (shares(fake) < 1 / 8 / 3).sum() >= 2
