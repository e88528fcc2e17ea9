"""The losses on a problem whose answer is known: eight Gaussians on a ring, and small networks without any option."""

import math

import pytest
import torch
from torch import nn

from leukgan.gans.losses import (
    gradient_penalty,
    relativistic_pairing_loss,
    wasserstein_estimate,
    zero_centred_penalty,
)

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


def wasserstein_losses(critic, real, fake, weight):
    return weight * gradient_penalty(critic, real, fake) - wasserstein_estimate(critic(real), critic(fake))


def relativistic_losses(critic, real, fake, weight):
    real, fake = real.requires_grad_(), fake.requires_grad_()
    real_scores, fake_scores = critic(real), critic(fake)
    penalties = zero_centred_penalty(real_scores, real) + zero_centred_penalty(fake_scores, fake)
    return relativistic_pairing_loss(real_scores, fake_scores) + weight / 2 * penalties


def train(losses, generator_loss, weight, *, n_critic, betas, steps):
    """Points from the trained generator."""
    torch.manual_seed(0)
    generator, critic = perceptron(4, 2), nn.Sequential(perceptron(2, 1), nn.Flatten(0))
    optimizers = [torch.optim.Adam(network.parameters(), lr=2e-3, betas=betas) for network in (generator, critic)]
    for _ in range(steps):
        for _ in range(n_critic):
            fake = generator(torch.randn(BATCH, 4)).detach()
            update(optimizers[1], losses(critic, mixture(BATCH), fake, weight))
        fake_scores = critic(generator(torch.randn(BATCH, 4)))
        update(optimizers[0], generator_loss(fake_scores, critic(mixture(BATCH)).detach()))
    with torch.no_grad():
        return generator(torch.randn(1000, 4))


def update(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def shares(points):
    """Of all points, those within four spreads of each centre."""
    return (torch.cdist(points, CENTRES) < 4 * SPREAD).double().mean(0)


WGAN_GP = (wasserstein_losses, lambda fake, real: -fake.mean())
R3GAN = (relativistic_losses, relativistic_pairing_loss)


@pytest.mark.parametrize(
    ("formulas", "weight", "recipe"),
    [
        (WGAN_GP, 1.0, {"n_critic": 5, "betas": (0.5, 0.9), "steps": 250}),
        (R3GAN, 0.1, {"n_critic": 1, "betas": (0.0, 0.99), "steps": 1000}),
    ],
    ids=["wgan_gp", "r3gan"],
)
def test_every_mode_gets_at_least_a_third_of_its_fair_share(formulas, weight, recipe):
    assert shares(mixture(1000)).sum() > 0.99
    assert shares(train(*formulas, weight, **recipe)).min() > 1 / 8 / 3


def test_wgan_gp_without_its_penalty_forgets_modes():
    points = train(*WGAN_GP, 0.0, n_critic=5, betas=(0.5, 0.9), steps=250)
    assert (shares(points) < 1 / 8 / 3).sum() >= 2
