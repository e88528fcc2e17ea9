"""Laws of the formulas."""

import pytest
import torch

from leukgan.gans.losses import gradient_penalty, wasserstein_estimate


@pytest.fixture
def batch():
    source = torch.Generator().manual_seed(0)
    return [torch.rand(5, 3, 4, 4, generator=source, dtype=torch.float64) * 2 - 1 for _ in range(2)]


def smooth_critic():
    """A critic whose gradient depends on image and parameters, in double precision."""
    torch.manual_seed(1)
    layers = (
        torch.nn.Conv2d(3, 4, 3),
        torch.nn.Tanh(),
        torch.nn.Flatten(),
        torch.nn.Linear(16, 1),
        torch.nn.Flatten(0),
    )
    return torch.nn.Sequential(*layers).double()


def penalty_at(critic, batch, seed=0):
    torch.manual_seed(seed)
    return gradient_penalty(critic, *batch)


def test_the_estimate_is_the_difference_of_means():
    estimate = wasserstein_estimate(torch.tensor([1.0, 2.0, 6.0]), torch.tensor([-1.0, 2.0]))
    assert estimate.item() == pytest.approx(3 - 0.5)


@pytest.mark.parametrize("norm", [0.25, 1.0, 7.0])
def test_penalty_of_a_linear_critic_is_known(batch, norm):
    slope = torch.randn(3, 4, 4, dtype=torch.float64)
    slope *= norm / slope.norm()
    penalty = gradient_penalty(lambda x: (x * slope).sum((1, 2, 3)), *batch)
    assert penalty.item() == pytest.approx((norm - 1) ** 2, abs=1e-9)


def test_the_norm_is_one_image_s(batch):
    """The critic of image i has slope i: the mean of (norm - 1)^2 over images is not that of the batch's norm."""
    norms = torch.arange(5, dtype=torch.float64)
    slope = torch.randn(3, 4, 4, dtype=torch.float64)
    slope /= slope.norm()
    penalty = gradient_penalty(lambda x: norms * (x * slope).sum((1, 2, 3)), *batch)
    assert penalty.item() == pytest.approx(((norms - 1) ** 2).mean().item(), abs=1e-6)


def test_the_penalty_is_taken_on_lines_between_real_and_fake_one_weight_an_image(batch):
    real, fake = batch
    seen = []

    def critic(x):
        seen.append(x.detach().clone())
        return x.sum((1, 2, 3))

    for _ in range(200):
        gradient_penalty(critic, real, fake)
    weights = torch.stack([(mixed - fake) / (real - fake) for mixed in seen]).flatten(2)  # (200, B, C*H*W)
    torch.testing.assert_close(weights, weights[..., :1].expand_as(weights), rtol=0, atol=1e-9)
    weights = weights[..., 0].flatten()
    assert len(weights.unique()) == 1000
    assert weights.min() >= 0
    assert weights.max() <= 1
    spread = weights.sort().values - torch.linspace(0, 1, 1000, dtype=torch.float64)
    assert spread.abs().max().item() == pytest.approx(0, abs=0.06)  # Kolmogorov-Smirnov at 0.001


def test_the_penalty_agrees_with_an_independent_reference(batch):
    critic = smooth_critic()
    torch.manual_seed(0)
    weights = torch.rand(5, 1, 1, 1, dtype=torch.float64)
    mixed = weights * batch[0] + (1 - weights) * batch[1]
    gradients = torch.func.vmap(torch.func.grad(lambda x: critic(x[None])[0]))(mixed)
    expected = ((torch.linalg.vector_norm(gradients.flatten(1), dim=1) - 1) ** 2).mean()
    torch.testing.assert_close(penalty_at(critic, batch).double(), expected, rtol=1e-6, atol=0)


def test_the_penalty_s_gradient_is_that_of_finite_differences(batch, monkeypatch):
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)  # losses are single precision otherwise
    critic = smooth_critic()
    parameters = [p for p in critic.parameters() if p is not critic[3].bias]  # the bias has no influence
    gradients = torch.autograd.grad(penalty_at(critic, batch), parameters)
    step = 1e-6
    for parameter, gradient in zip(parameters, gradients, strict=True):
        direction = torch.randn_like(parameter)
        values = []
        for sign in (1, -1):
            with torch.no_grad():
                parameter.add_(direction, alpha=sign * step)
            values.append(penalty_at(critic, batch).item())
            with torch.no_grad():
                parameter.sub_(direction, alpha=sign * step)
        slope = (values[0] - values[1]) / (2 * step)
        assert (gradient * direction).sum().item() == pytest.approx(slope, rel=1e-6)


def test_the_penalty_and_its_gradient_are_finite_where_the_gradient_is_zero(batch):
    scale = torch.zeros((), dtype=torch.float64, requires_grad=True)
    penalty = gradient_penalty(lambda x: scale * x.square().sum((1, 2, 3)), *batch)
    penalty.backward()
    assert penalty.item() == pytest.approx(1, abs=1e-5)
    assert scale.grad.isfinite()


def test_the_penalty_leaves_its_images_alone(batch):
    before = [images.clone() for images in batch]
    critic = smooth_critic()
    penalty_at(critic, batch).backward()
    for images, copy in zip(batch, before, strict=True):
        torch.testing.assert_close(images, copy, rtol=0, atol=0)
        assert not images.requires_grad
    assert critic[0].weight.grad.abs().sum() > 0
