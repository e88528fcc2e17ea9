"""Laws of several processes that train one GAN: their shares together are the whole, in images, sums and updates."""

from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import pytest
import torch
from gans.two_processes import whole_of
from torch import nn

from leukgan.gans import DCGAN, WGANGP, InfoGAN, InfoWGANGP, augmentation, layers
from leukgan.gans.accelerators import distributed
from leukgan.gans.accelerators.adapt import adapt_layers
from leukgan.gans.gan import descend
from leukgan.gans.layers import MapNorm, OutputNorm, UnitNorm

ALL_OPTIONS = {
    "augmentation": ["translation", "cutout", "colour"],
    "adaptive_target": 0.1,
    "adaptive_images": 100,
    "lecam_weight": 0.1,
}
KINDS = {
    "WGANGP": (WGANGP, {"conditional": True}),
    "DCGAN": (DCGAN, {}),
    "InfoGAN": (InfoGAN, {}),
    "InfoWGANGP": (InfoWGANGP, {"q_update": "generator"}),
}


def test_one_process_is_alone():
    batch, gradient = torch.arange(5), torch.ones(3)
    assert (distributed.rank(), distributed.world_size()) == (0, 1)
    assert distributed.trainer_arguments()["strategy"] == "auto"
    for given in (distributed.local_shard(batch), distributed.mean_with_gradient(batch)):
        assert torch.equal(given, batch)
    assert distributed.all_reduce_mean({"loss": batch[2]}) == {"loss": 2}
    distributed.average_gradients([gradient])
    assert torch.equal(gradient, torch.ones(3))


def shares(batch):
    return distributed.rank(), distributed.world_size(), distributed.local_shard(batch)


def test_shares_are_disjoint_and_together_the_whole(both):
    batch = torch.arange(20).view(10, 2)
    first, second = both(shares, batch)
    assert [first[:2], second[:2]] == [(0, 2), (1, 2)]
    assert torch.equal(first[2], batch[::2])
    assert torch.equal(whole_of([first[2], second[2]]), batch)


def draws(gan, step):
    """What a generator step draws of each kind: latents, dropout's mask, the augmentation's numbers."""
    distributed.seed_step(gan.settings.seed, step, gan.device)
    return [gan.latents(4), layers.keep_mask(torch.empty(4, 64), 0.3), augmentation.uniform(torch.empty(4, 1), 0, 1)]


def test_each_process_draws_noise_of_its_own_and_draws_it_again(both, gan_of):
    gan = gan_of(InfoGAN)
    first, second = both(draws, gan, 3)
    torch.testing.assert_close(both(draws, gan, 3), [first, second], rtol=0, atol=0)

    # Nothing is drawn twice: not by the other process, in another step, nor by a training of another seed.
    others = both(draws, gan, 4) + both(draws, gan_of(InfoGAN, seed=gan.settings.seed + 1), 3)
    everything = [first, second, *others]
    for number, drawn in enumerate(everything):
        for again in everything[:number]:
            assert not any(torch.equal(one, other) for one, other in zip(drawn, again, strict=True))


def normalised(layer, x, weight):
    """Values, gradients of their weighted sum and the layer afterwards."""
    adapt_layers(layer, torch.device("cpu"))
    x = distributed.local_shard(x).clone().requires_grad_()
    values = layer(x)
    (values * distributed.local_shard(weight)).sum().backward()
    return values.detach(), x.grad, [p.grad for p in layer.parameters()], layer.state_dict()


@pytest.mark.parametrize(
    ("own", "stock"),
    [
        (UnitNorm(3), nn.BatchNorm1d(3, eps=1e-3, momentum=0.01)),
        (MapNorm(3), nn.BatchNorm2d(3, eps=1e-3, momentum=0.01)),
        (OutputNorm(), nn.BatchNorm2d(3, eps=1e-3, momentum=0.01)),
    ],
    ids=["of-units", "of-maps", "of-images"],
)
def test_batch_normalisation_of_shares_is_torch_s_of_the_whole_batch(both, own, stock):
    torch.manual_seed(0)
    x, weight = torch.randn(2, 6, 3, *[4, 5] * (stock._get_name() == "BatchNorm2d"), dtype=torch.float64)
    x = x * 3 + torch.arange(6).view(-1, *[1] * (x.dim() - 1))  # the two shares differ
    for layer in (own.double(), stock.double()):
        nn.init.uniform_(layer.weight, generator=torch.Generator().manual_seed(1))
        nn.init.uniform_(layer.bias, generator=torch.Generator().manual_seed(2))
    values, gradient, gradients, state = normalised(stock, x, weight)
    found = both(normalised, own, x, weight)
    close = {"rtol": 1e-12, "atol": 1e-12}
    torch.testing.assert_close(whole_of([ours[0] for ours in found]), values, **close)
    torch.testing.assert_close(whole_of([ours[1] for ours in found]), gradient, **close)
    torch.testing.assert_close([a + b for a, b in zip(found[0][2], found[1][2], strict=True)], gradients, **close)
    for ours in found:
        torch.testing.assert_close(ours[3], state, **close)


def normalised_maps(layer, x):
    """Training's values of maps in bf16, then an evaluation's."""
    adapt_layers(layer, torch.device("cpu"))
    with torch.autocast("cpu", torch.bfloat16):
        values = layer(distributed.local_shard(x))
    return values, layer.eval()(distributed.local_shard(x).float())


def test_maps_of_bf16_are_normalised_in_single_precision(both):
    torch.manual_seed(0)
    x = (torch.randn(6, 3, 4, 5) + 10).bfloat16().contiguous(memory_format=torch.channels_last)
    layer, stock = MapNorm(3), MapNorm(3)
    values, evaluated = normalised_maps(stock, x)
    found = both(normalised_maps, layer, x)
    assert {(ours[0].dtype, ours[0].is_contiguous(memory_format=torch.channels_last)) for ours in found} == {
        (torch.bfloat16, True)
    }
    torch.testing.assert_close(whole_of([ours[0] for ours in found]), values, rtol=0.01, atol=0.01)
    torch.testing.assert_close(whole_of([ours[1] for ours in found]), evaluated, rtol=1e-5, atol=1e-5)


def updated():
    weights = [nn.Parameter(torch.zeros(2, 3)), nn.Parameter(torch.zeros(1))]
    loss = (weights[0].sum() + 2 * weights[1].sum()) * (1 + distributed.rank())
    norm = descend(torch.optim.SGD(weights, lr=1.0), loss)
    return [w.detach() for w in weights], norm


def test_an_update_goes_down_the_mean_of_all_gradients(both):
    for weights, norm in both(updated):
        torch.testing.assert_close(weights, [torch.full((2, 3), -1.5), torch.full((1,), -3.0)])
        assert norm.item() == pytest.approx((6 * 1.5**2 + 3**2) ** 0.5)


@contextmanager
def shares_of_the_same_draws():
    """Let each process draw the whole batch's numbers, which one seed gives to all, and take its share of them."""

    def of_count(draw):
        return lambda count, *shape, **how: distributed.local_shard(draw(count * processes, *shape, **how))

    def of_size(draw):
        return lambda high, size, **how: distributed.local_shard(draw(high, (size[0] * processes, *size[1:]), **how))

    def of_tensor(draw):
        return lambda like, *bounds: distributed.local_shard(draw(torch.cat([like] * processes), *bounds))

    processes = distributed.world_size()
    with ExitStack() as patches:
        for module, name, share in (
            (torch, "randn", of_count),
            (torch, "rand", of_count),
            (torch, "randint", of_size),
            (layers, "keep_mask", of_tensor),
            (augmentation, "uniform", of_tensor),
        ):
            patches.enter_context(patch.object(module, name, share(getattr(module, name))))
        yield


def trained(gan, batches):
    """What steps of plain gradient descent leave: Adam's first ones follow the sign of a gradient's rounding."""
    gradients, metrics = [], []

    def descent(optimizer):
        plain = torch.optim.SGD(optimizer.param_groups[0]["params"], lr=1e-3)
        plain.register_step_pre_hook(
            lambda *_: gradients.append([p.grad.clone() for p in plain.param_groups[0]["params"]])
        )
        return plain

    adapt_layers(gan, gan.device)
    optimizers = [descent(optimizer) for optimizer in gan.configure_optimizers()]
    with shares_of_the_same_draws():
        for number, pair in enumerate(batches):
            torch.manual_seed(number)
            batch = [tuple(map(distributed.local_shard, item)) for item in zip(*pair, strict=True)]
            metrics.append(gan.step(batch if gan.classes else [images for images, _ in batch], *optimizers))
        metrics.append(gan.critic_metrics(*batch[0]))
    return {"weights": dict(gan.state_dict()), "gradients": gradients, "metrics": metrics}


@pytest.fixture(scope="module", params=KINDS)
def trainings(request, both, gan_of):
    """What three steps with every option leave in one process, and in each of two."""
    kind, options = KINDS[request.param]
    gan = gan_of(kind, **ALL_OPTIONS, **options)
    gan.augmentation_probability.fill_(0.5)
    source = torch.Generator().manual_seed(0)
    batches = [
        (torch.randint(256, (2, 4, 3, 32, 32), generator=source, dtype=torch.uint8), torch.arange(8).view(2, 4) % 2)
        for _ in range(3)
    ]
    with torch.random.fork_rng():
        found = both(trained, gan, batches)
        return trained(gan, batches), found


def test_the_same_draws_give_two_processes_the_gradients_of_one(trainings):
    """Within the rounding of sums in another order, which is at most 2e-5 of a tensor's largest value here."""
    alone, found = trainings
    for part, expected in alone.items():
        for name, one, other in tensors_of(part, expected, found[0][part]):
            assert (one - other).abs().max() <= 3e-4 * one.abs().max().clamp(min=1e-3), name


def tensors_of(name, one, other):
    """The tensors of two nested structures by pairs, in double precision."""
    if isinstance(one, torch.Tensor):
        yield name, one.double(), other.double()
    else:
        assert len(one) == len(other)
        for key in one if isinstance(one, dict) else range(len(one)):
            yield from tensors_of(f"{name} {key}", one[key], other[key])


def test_both_processes_hold_the_same_weights_and_tell_the_same(trainings):
    """To the bit."""
    _, (first, second) = trainings
    for part in ("weights", "metrics"):
        for name, one, other in tensors_of(part, first[part], second[part]):
            assert torch.equal(one, other), name


def test_every_option_has_left_its_trace(trainings):
    """So that the tests above compare something."""
    alone, _ = trainings
    assert 0 < alone["weights"]["augmentation_probability"] < 1
    assert (alone["weights"]["average_scores"] != 0).all()
    assert len({metrics["critic_loss"].item() for metrics in alone["metrics"]}) == 4
