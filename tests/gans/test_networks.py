"""Laws of the networks: sizes and widths as in ARCHITECTURES.md, and what conditions do to scores and images."""

import pytest
import torch
from torch import nn
from torch._subclasses import FakeTensorMode

from leukgan.gans.accelerators.convolution import StridedConvolution
from leukgan.gans.layers import HalfTurn, LeakyDropout, OutputNorm
from leukgan.gans.networks import Critic, TransposedGenerator, UpsamplingGenerator

SHAPES = FakeTensorMode()  # in it, tensors have shapes and types, and no values
SIZES = [32, 64, 128, 256]
GENERATORS = [
    (UpsamplingGenerator, {"slope": 0.2, "output_norm": True}),
    (TransposedGenerator, {"slope": 0.3, "output_norm": False}),
]


def hollow(network, **arguments):
    with SHAPES:
        return network(**arguments)


def critic_of(size, **changes):
    return hollow(Critic, **{"image_size": size, "width": 64, "dropout": 0.3} | changes)


def upsampling_of(size, width=256, output_norm=True):
    return hollow(
        UpsamplingGenerator, image_size=size, latent_size=128, width=width, slope=0.2, output_norm=output_norm
    )


def transposed_of(size, width=256):
    return hollow(TransposedGenerator, image_size=size, latent_size=128, width=width, slope=0.3, output_norm=False)


def small_critic(**changes):
    torch.manual_seed(0)
    return Critic(**{"image_size": 32, "width": 4, "dropout": 0.3} | changes)


def small_generator(network, settings, **changes):
    torch.manual_seed(0)
    return network(**{"image_size": 32, "latent_size": 8, "width": 16} | settings | changes)


def outputs_of(network, kind, shape):
    """Channels and height of the output of each layer of a kind, for an input of a shape."""
    found = []
    for layer in network.modules():
        if isinstance(layer, kind):
            layer.register_forward_hook(lambda layer, inputs, output: found.append((output.shape[1], output.shape[2])))
    with SHAPES:
        network(torch.empty(shape))
    return found


def slopes_of(network):
    return {
        layer.slope if isinstance(layer, LeakyDropout) else layer.negative_slope
        for layer in network.modules()
        if isinstance(layer, LeakyDropout | nn.LeakyReLU)
    }


@pytest.mark.parametrize(
    ("size", "table"),
    [
        (64, [(64, 32), (128, 16), (256, 8), (512, 4)]),
        (128, [(64, 64), (128, 32), (256, 16), (512, 8), (512, 4)]),
        (256, [(64, 128), (128, 64), (256, 32), (512, 16), (512, 8), (512, 4)]),
    ],
)
def test_the_critic_has_the_study_s_maps(size, table):
    critic = critic_of(size)
    assert outputs_of(critic, nn.Conv2d, (2, 3, size, size)) == table
    assert critic.features == table[-1][0] * 16


@pytest.mark.parametrize(
    ("size", "table"),
    [
        (64, [(128, 8), (64, 16), (32, 32), (3, 64)]),
        (128, [(128, 8), (64, 16), (32, 32), (16, 64), (3, 128)]),
        (256, [(128, 8), (64, 16), (32, 32), (16, 64), (16, 128), (3, 256)]),
    ],
)
def test_the_generator_has_the_study_s_maps(size, table):
    assert outputs_of(upsampling_of(size), nn.Conv2d, (2, 128)) == table


@pytest.mark.parametrize(
    ("size", "table"),
    [
        (32, [(128, 4), (64, 8), (32, 16), (3, 32)]),
        (64, [(128, 4), (64, 8), (32, 16), (16, 32), (3, 64)]),
        (128, [(128, 4), (64, 8), (32, 16), (16, 32), (16, 64), (3, 128)]),
        (256, [(128, 4), (64, 8), (32, 16), (16, 32), (16, 64), (16, 128), (3, 256)]),
    ],
)
def test_the_transposed_generator_has_the_tutorial_s_maps_carried_on(size, table):
    """Stride 1 first, then one doubling a layer, the last of them to the image."""
    generator = transposed_of(size)
    assert outputs_of(generator, nn.ConvTranspose2d, (2, 128)) == table


@pytest.mark.parametrize(("size", "millions"), [(64, 4.3), (128, 10.9), (256, 17.4)])
def test_the_networks_have_the_study_s_number_of_parameters(size, millions):
    assert sum(p.numel() for p in critic_of(size).parameters()) / 1e6 == pytest.approx(millions, abs=0.06)
    assert sum(p.numel() for p in upsampling_of(size).parameters()) / 1e6 == pytest.approx(0.9, abs=0.06)


def test_the_critic_is_convolution_activation_and_one_dense_unit():
    critic = critic_of(32, dropout=0.25, slope=0.3)
    assert [type(layer) for layer in critic.trunk] == [HalfTurn] + [StridedConvolution, LeakyDropout] * 3 + [nn.Flatten]
    assert {layer.rate for layer in critic.modules() if isinstance(layer, LeakyDropout)} == {0.25}
    assert slopes_of(critic) == {0.3}
    assert slopes_of(critic_of(32)) == {0.2}
    assert (critic.unit.in_features, critic.unit.out_features) == (critic.features, 1)
    assert critic.embedding is None


@pytest.mark.parametrize("output_norm", [True, False])
def test_the_generator_normalises_all_layers_and_the_last_on_demand(output_norm):
    generator = upsampling_of(32, output_norm=output_norm)
    head = [nn.Linear, nn.BatchNorm1d, nn.LeakyReLU, nn.Unflatten]
    block = [nn.Upsample, nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU]
    last = [nn.Upsample, nn.Conv2d, *[OutputNorm] * output_norm, nn.Tanh]
    assert [type(layer) for layer in generator] == head + block * 2 + last
    biased = [layer.bias is not None for layer in generator.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    assert biased == [False, False, False, not output_norm]
    assert slopes_of(generator) == {0.2}


def test_the_transposed_generator_normalises_all_layers_but_the_last_and_has_no_bias():
    generator = transposed_of(32)
    head = [nn.Linear, nn.BatchNorm1d, nn.LeakyReLU, nn.Unflatten]
    block = [nn.ConvTranspose2d, nn.BatchNorm2d, nn.LeakyReLU]
    assert [type(layer) for layer in generator] == head + block * 3 + [nn.ConvTranspose2d, HalfTurn, nn.Tanh]
    weighted = [layer for layer in generator.modules() if isinstance(layer, nn.ConvTranspose2d | nn.Linear)]
    assert [layer.bias for layer in weighted] == [None] * 5
    assert slopes_of(generator) == {0.3}


@pytest.mark.parametrize("make", [upsampling_of, transposed_of])
def test_batch_normalisation_has_keras_constants(make):
    norms = [layer for layer in make(64).modules() if isinstance(layer, nn.modules.batchnorm._BatchNorm)]
    assert {(norm.eps, norm.momentum) for norm in norms} == {(1e-3, 0.01)}


@pytest.mark.parametrize(("network", "settings"), GENERATORS)
def test_networks_start_like_keras(network, settings):
    """Each kernel is bounded by sqrt(6 / (inputs + outputs)), and reaches nearly that far."""
    for module in (small_critic(width=16, classes=2), small_generator(network, settings, width=64)):
        layers = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)]
        assert len(layers) >= 4
        for layer in layers:
            one, other, *kernel = layer.weight.shape
            bound = (6 / ((one + other) * torch.Size(kernel).numel())) ** 0.5
            assert layer.weight.abs().max().item() == pytest.approx(bound, rel=0.02)
            assert layer.weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.05)
            assert layer.bias is None or not layer.bias.any()


@pytest.mark.parametrize(("network", "settings"), GENERATORS)
def test_images_lie_between_minus_one_and_one(network, settings):
    images = small_generator(network, settings)(100 * torch.randn(16, 8))
    assert images.abs().max() <= 1
    assert images.std() > 0.1


@pytest.mark.parametrize(("network", "settings"), GENERATORS)
def test_images_depend_on_all_of_the_latent(network, settings):
    """On each number of it: noise and, behind it, the condition."""
    generator = small_generator(network, settings, latent_size=10).eval()
    latent = torch.randn(1, 10)
    images = generator(latent + torch.cat([torch.zeros(1, 10), torch.eye(10)]))
    assert (images[1:] - images[0]).abs().amax((1, 2, 3)).min() > 1e-3


def test_without_classes_a_score_knows_no_condition():
    """The codes of an information GAN are read from images, never given."""
    critic, images = small_critic().eval(), torch.rand(4, 3, 32, 32)
    torch.testing.assert_close(critic(images, torch.randn(4, 12)), critic(images), rtol=0, atol=0)


def test_layouts_of_the_networks_stay_channels_last():
    critic = small_critic().to(memory_format=torch.channels_last)
    layouts = []
    for layer in list(critic.trunk)[:-1]:
        layer.register_forward_hook(
            lambda layer, inputs, output: layouts.append(output.is_contiguous(memory_format=torch.channels_last))
        )
    critic(torch.randn(2, 3, 32, 32).contiguous(memory_format=torch.channels_last))
    assert layouts == [True] * 7


@pytest.mark.parametrize("classes", [0, 2])
def test_scores_are_single_precision_under_autocast(classes):
    critic = small_critic(classes=classes)
    with torch.autocast("cpu", torch.bfloat16):
        assert critic(torch.randn(2, 3, 32, 32), torch.eye(2)).dtype == torch.float32
