"""Laws of several processes that train one GAN: their shares together are the whole, in numbers, sums and updates."""

import pytest
import torch
from torch import nn
from two_processes import whole_of

from leukgan.gans import DCGAN, WGANGP, InfoGAN, InfoWGANGP
from leukgan.gans.accelerators import distributed
from leukgan.gans.gan import descend
from leukgan.gans.layers import BatchNorm, OutputNorm, keep_mask
from leukgan.gans.losses import gradient_penalty

ALL_OPTIONS = {
    "augmentation": ["translation", "cutout", "colour"],
    "adaptive_target": 0.1,
    "adaptive_images": 100,
    "lecam_weight": 0.1,
}
KINDS = {
    "WGANGP": (WGANGP, {}),
    "WGANGP-of-both-classes": (WGANGP, {"conditional": True}),
    "DCGAN": (DCGAN, {}),
    "InfoGAN": (InfoGAN, {}),
    "InfoWGANGP": (InfoWGANGP, {"q_update": "generator"}),
}


def test_one_process_is_alone():
    batch = torch.arange(5)
    assert (distributed.rank(), distributed.world_size(), distributed.strategy()) == (0, 1, "auto")
    for given in (distributed.local_shard(batch), distributed.mean(batch), distributed.drawn(torch.arange, 5)):
        assert torch.equal(given, batch)
    gradient = torch.ones(3)
    distributed.average([gradient])
    assert torch.equal(gradient, torch.ones(3))


def shares(batch):
    return (
        distributed.rank(),
        distributed.world_size(),
        distributed.local_shard(batch),
        distributed.drawn(torch.arange, 3),
    )


def test_shares_are_disjoint_and_together_the_whole(both):
    batch = torch.arange(20).view(10, 2)
    first, second = both(shares, batch)
    assert [first[:2], second[:2]] == [(0, 2), (1, 2)]
    assert torch.equal(first[2], batch[::2])
    assert torch.equal(whole_of([first[2], second[2]]), batch)
    assert torch.equal(whole_of([first[3], second[3]]), torch.arange(6))


def draws(gan, images):
    """All that a training draws for some images, those of a source of its own, and what comes next."""
    torch.manual_seed(0)
    images = distributed.local_shard(images)
    maps = torch.empty(len(images), 5, 7, 3)
    labels = torch.zeros(len(images), dtype=torch.int64) if gan.classes else None
    drawn = {
        "latents": gan.latents(len(images), labels),
        "mask": keep_mask(maps, 0.3),
        "mask of channels_last": keep_mask(maps.contiguous(memory_format=torch.channels_last), 0.3),
        "mask of bf16": keep_mask(maps.bfloat16(), 0.3),
        "augmented": gan.augment(images),
    }
    mixed = []
    gradient_penalty(lambda x: mixed.append(x) or x.flatten(1).sum(1), images, torch.zeros_like(images))
    own = gan.latents(4, 0 if gan.classes else None, torch.Generator().manual_seed(1))
    return drawn | {"mixed": mixed[0].detach()}, own, torch.get_rng_state()


@pytest.mark.parametrize("kind", KINDS)
def test_what_two_processes_draw_is_what_one_draws(both, gan_of, kind):
    made, options = KINDS[kind]
    gan = gan_of(made, augmentation=["translation", "cutout", "colour"], **options)
    images = torch.rand(6, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.random.fork_rng():
        alone, own, after = draws(gan, images)
    (first, *of_first), (second, *of_second) = both(draws, gan, images)
    for name, expected in alone.items():
        torch.testing.assert_close(whole_of([first[name], second[name]]), expected, rtol=0, atol=2e-6, msg=name)
    for own_too, after_too in (of_first, of_second):
        assert torch.equal(own_too, own)
        assert torch.equal(after_too, after)


def normalised(layer, x, weight):
    """Values, gradients of their weighted sum and the layer afterwards."""
    x = distributed.local_shard(x).clone().requires_grad_()
    values = layer(x)
    (values * distributed.local_shard(weight)).sum().backward()
    return values.detach(), x.grad, [p.grad for p in layer.parameters()], layer.state_dict()


@pytest.mark.parametrize(
    ("own", "stock"),
    [
        (BatchNorm(3), nn.BatchNorm1d(3, eps=1e-3, momentum=0.01)),
        (BatchNorm(3), nn.BatchNorm2d(3, eps=1e-3, momentum=0.01)),
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
    """Training's values of maps in bf16, then those of an evaluation."""
    with torch.autocast("cpu", torch.bfloat16):
        values = layer(distributed.local_shard(x))
    return values, layer.eval()(distributed.local_shard(x).float())


def test_maps_of_bf16_are_normalised_in_single_precision(both):
    torch.manual_seed(0)
    x = (torch.randn(6, 3, 4, 5) + 10).bfloat16().contiguous(memory_format=torch.channels_last)
    layer, stock = BatchNorm(3), BatchNorm(3)
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


def trained(gan, batches):
    """What steps of plain gradient descent leave: Adam's first ones follow the sign of a gradient's rounding."""
    gradients, metrics = [], []

    def descent(optimizer):
        plain = torch.optim.SGD(optimizer.param_groups[0]["params"], lr=1e-3)
        plain.register_step_pre_hook(
            lambda *_: gradients.append([p.grad.clone() for p in plain.param_groups[0]["params"]])
        )
        return plain

    optimizers = [descent(optimizer) for optimizer in gan.configure_optimizers()]
    for number, (images, labels) in enumerate(batches):
        torch.manual_seed(number)
        batch = [(distributed.local_shard(x), distributed.local_shard(y)) for x, y in zip(images, labels, strict=True)]
        metrics.append(gan.step(batch if gan.classes else [x for x, _ in batch], *optimizers))
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


def test_two_processes_train_as_one(trainings):
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
