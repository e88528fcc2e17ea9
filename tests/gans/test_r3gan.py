"""Laws of R3GAN: its losses, both penalties and when they are computed."""

import pytest
import torch
from torch.nn import functional as F

from leukgan.gans import R3GAN
from leukgan.gans.few_images import MinibatchStd
from leukgan.gans.layers import LeakyDropout
from leukgan.gans.losses import relativistic_pairing_loss, zero_centred_penalty

SMALL = {"image_size": 32, "latent_size": 8, "critic_width": 4, "generator_width": 16}


@pytest.fixture
def batch():
    source = torch.Generator().manual_seed(0)
    return [torch.rand(4, 3, 32, 32, generator=source) * 2 - 1 for _ in range(2)]


def penalised(gan, yes):
    gan.penalised = yes
    return gan


def test_the_losses_are_their_formulas(batch):
    gan = penalised(R3GAN(**SMALL, penalty_weight=3.0, penalty_every=4), True)
    real, fake = (x.clone().requires_grad_() for x in batch)
    real_scores, fake_scores = gan.critic(real), gan.critic(fake)
    norms = [
        torch.autograd.grad(scores.sum(), x)[0].square().sum((1, 2, 3)).mean()
        for scores, x in ((real_scores, real), (fake_scores, fake))
    ]

    loss, metrics = gan.critic_loss(*batch, torch.empty(4, 0))
    pairing = torch.log1p((fake_scores - real_scores).exp()).mean()
    torch.testing.assert_close(loss, pairing + 3.0 / 2 * 4 * sum(norms))
    torch.testing.assert_close([metrics["r1"], metrics["r2"]], norms)
    assert min(norms) > 0

    # The generator wants the opposite of each pair.
    found = gan.generator_loss(fake_scores, lambda: real_scores)
    torch.testing.assert_close(found, F.softplus(real_scores - fake_scores).mean())


def test_without_the_penalty_only_the_pairing_is_left(batch):
    gan = penalised(R3GAN(**SMALL), False)
    loss, metrics = gan.critic_loss(*batch, torch.empty(4, 0))
    torch.testing.assert_close(loss, relativistic_pairing_loss(gan.critic(batch[0]), gan.critic(batch[1])))
    assert not {"r1", "r2"} & set(metrics)


def test_the_generator_s_gradient_comes_from_its_own_images_alone(batch):
    gan = R3GAN(**SMALL)
    scores = torch.zeros(4, requires_grad=True)
    real_scores = torch.zeros(4, requires_grad=True)
    gan.generator_loss(scores, lambda: real_scores).backward()
    torch.testing.assert_close(scores.grad, torch.full((4,), -0.5 / 4))
    assert real_scores.grad is None


def test_both_penalties_have_the_gradients_of_finite_differences():
    """In double precision, through the critic's activation and its minibatch standard deviation, by its weights."""
    torch.manual_seed(0)
    convolution, unit = torch.nn.Conv2d(3, 4, 3, stride=2).double(), torch.nn.Linear(37, 1).double()
    activation, spread = LeakyDropout(0.0), MinibatchStd()
    real, fake = (torch.rand(4, 3, 7, 7, dtype=torch.float64) for _ in range(2))

    def penalties(kernel, weight):
        images = [x.clone().requires_grad_() for x in (real, fake)]
        total = torch.zeros((), dtype=torch.float64)
        for x in images:
            maps = activation(F.conv2d(x, kernel, convolution.bias, stride=2))
            total = total + zero_centred_penalty((spread(maps.flatten(1)) @ weight.T).squeeze(1), x)
        return total

    parameters = (convolution.weight.detach().requires_grad_(), unit.weight.detach().requires_grad_())
    assert torch.autograd.gradcheck(penalties, parameters, eps=1e-6, atol=1e-6)
