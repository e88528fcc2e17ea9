"""Laws of the formulas."""

import pytest
import torch

from leukgan.gans.accelerators.convolution import StridedConvolution
from leukgan.gans.layers import LeakyDropout
from leukgan.gans.losses import cross_entropy, gradient_penalty, mutual_information_bound, non_saturating_loss


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


def study_critic():
    """A critic of the study's layers, with dropout, in double precision."""
    torch.manual_seed(2)
    layers = (
        StridedConvolution(3, 6),
        LeakyDropout(0.3),
        StridedConvolution(6, 8),
        LeakyDropout(0.3),
        torch.nn.Flatten(),
        torch.nn.Linear(8, 1),
        torch.nn.Flatten(0),
    )
    return torch.nn.Sequential(*layers).double()


def penalty_at(critic, batch, seed=0):
    """The penalty where the seed fixes mixing weights and dropout."""
    torch.manual_seed(seed)
    return gradient_penalty(critic, *batch)


def drawn_codes(count, categories, continuous, seed=0):
    source = torch.Generator().manual_seed(seed)
    category = torch.randint(max(categories, 1), (count,), generator=source)
    one_hot = torch.eye(max(categories, 1), dtype=torch.float64)[category][:, :categories]
    others = torch.rand(count, continuous, generator=source, dtype=torch.float64) * 2 - 1
    predicted = 2 * torch.randn(count, categories + continuous, generator=source, dtype=torch.float64)
    return torch.cat([one_hot, others], 1), predicted


def test_the_penalty_is_taken_on_lines_between_real_and_fake_one_weight_an_image(batch):
    real, fake = batch
    seen = []

    def critic(x):
        seen.append(x.detach().clone())
        return x.sum((1, 2, 3))

    torch.manual_seed(0)
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
    torch.testing.assert_close(penalty_at(critic, batch), expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("make", [smooth_critic, study_critic])
def test_the_penalty_s_gradient_is_that_of_finite_differences(batch, make):
    """Where the critic has dropout, its masks are the same at both ends of each difference."""
    critic = make()
    parameters = list(critic.parameters())
    gradients = torch.autograd.grad(penalty_at(critic, batch), parameters, materialize_grads=True)
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
        assert (gradient * direction).sum().item() == pytest.approx(slope, rel=1e-6, abs=1e-9)
        assert parameter.dim() == 1 or gradient.abs().max() > 1e-4


def test_the_penalty_and_its_gradient_are_finite_where_the_gradient_is_zero(batch):
    scale = torch.zeros((), dtype=torch.float64, requires_grad=True)
    penalty = gradient_penalty(lambda x: scale * x.square().sum((1, 2, 3)), *batch)
    penalty.backward()
    assert penalty.item() == pytest.approx(1, abs=1e-5)
    assert scale.grad.isfinite()


@pytest.mark.parametrize("scores", [(1e4, -1e4), (-1e4, 1e4)])
def test_cross_entropies_of_extreme_logits_are_finite(scores):
    real, fake = (torch.tensor([score]) for score in scores)
    wrong = 2e4 if scores[0] < 0 else 0
    assert cross_entropy(real, fake).item() == pytest.approx(wrong)
    assert non_saturating_loss(real).item() == pytest.approx(wrong / 2)


@pytest.mark.parametrize(("categories", "continuous"), [(4, 3), (4, 0), (0, 3), (10, 2)])
def test_the_bound_is_entropy_and_log_likelihood_of_torch_s_distributions(categories, continuous):
    codes, predicted = drawn_codes(50, categories, continuous)
    expected = torch.zeros((), dtype=torch.float64)
    if categories:
        given = torch.distributions.Categorical(logits=predicted[:, :categories])
        prior = torch.distributions.Categorical(logits=torch.zeros(categories, dtype=torch.float64))
        expected = expected + prior.entropy() + given.log_prob(codes[:, :categories].argmax(1)).mean()
    if continuous:
        given = torch.distributions.Normal(predicted[:, categories:], 1.0)
        prior = torch.distributions.Uniform(torch.tensor(-1.0), torch.tensor(1.0))
        expected = expected + continuous * prior.entropy() + given.log_prob(codes[:, categories:]).sum(1).mean()
    torch.testing.assert_close(mutual_information_bound(codes, predicted, categories), expected, rtol=1e-7, atol=0)


@pytest.mark.parametrize(("categories", "continuous"), [(3, 2), (3, 0), (0, 2)])
def test_the_bound_s_gradient_is_that_of_finite_differences(categories, continuous):
    codes, predicted = drawn_codes(6, categories, continuous)
    predicted.requires_grad_()
    assert torch.autograd.gradcheck(lambda p: mutual_information_bound(codes, p, categories), [predicted])
    (gradient,) = torch.autograd.grad(mutual_information_bound(codes, predicted, categories), predicted)
    assert gradient.abs().amax(0).min() > 1e-3  # each prediction counts
