"""Laws of the networks for few images."""

import math

import pytest
import torch
from torch import nn
from torch._subclasses import FakeTensorMode

from leukgan.errors import InputError
from leukgan.gans import R3GAN
from leukgan.gans.few_images import MinibatchStd, ResidualBlock, SkipLayerGenerator, UpsampledConvolution, excitation
from leukgan.gans.networks import Critic

SHAPES = FakeTensorMode()  # in it, tensors have shapes and types, and no values
SIZES = [32, 64, 128, 256]


def generator_of(size, width=256, latent_size=128):
    return SkipLayerGenerator(image_size=size, latent_size=latent_size, width=width, slope=0.2, output_norm=False)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["strided", "residual"])
def test_latents_become_images_become_scores_at_every_size(size, kind):
    with SHAPES:
        images = generator_of(size)(torch.empty(4, 128))
        critic = Critic(image_size=size, width=32, dropout=0.1, kind=kind, minibatch_std=True)
        assert images.shape == (4, 3, size, size)
        assert critic(images).shape == (4,)
        assert critic.trunk(images).shape == (4, critic.features)


@pytest.mark.parametrize(
    ("size", "channels"),
    [(32, [128, 64, 32]), (64, [128, 64, 32, 32]), (256, [128, 64, 32, 32, 32, 32])],
)
def test_each_size_has_two_convolutions_and_never_under_32_channels(size, channels):
    with SHAPES:
        blocks = generator_of(size).blocks
    found = [[layer.out_channels for layer in block if isinstance(layer, nn.Conv2d)] for block in blocks]
    assert found == [[count, count] for count in channels]


@pytest.mark.parametrize("side", [4, 8, 9])
def test_an_upsampled_convolution_is_upsampling_and_a_convolution_with_its_derivatives(side):
    torch.manual_seed(0)
    layer = UpsampledConvolution(3, 5).double()
    x = torch.randn(2, 3, side, side, dtype=torch.float64, requires_grad=True)
    upsampled = nn.functional.interpolate(x, scale_factor=2, mode="nearest")
    expected, found = nn.functional.conv2d(upsampled, layer.weight, padding=1), layer(x)
    torch.testing.assert_close(found, expected)

    direction = torch.randn_like(expected)
    gradients = [torch.autograd.grad(maps, (x, layer.weight), direction) for maps in (found, expected)]
    torch.testing.assert_close(*gradients)


def test_each_map_gates_the_map_eight_times_as_large():
    torch.manual_seed(0)
    generator = generator_of(64, width=32, latent_size=4).eval()
    for gate in generator.gates:
        nn.init.zeros_(gate[3].weight)  # so that the gate is the sigmoid of its bias
    latents = torch.randn(2, 4)

    maps = [generator.start(latents)]
    for index, block in enumerate(generator.blocks, start=1):
        maps.append(block(maps[-1]) / (2 if index >= 3 else 1))
    torch.testing.assert_close(generator(latents), generator.image(maps[-1]))
    assert [gate[1].in_channels for gate in generator_of(64).gates] == [256, 128]  # maps of 4 and 8 px


def test_excitation_pools_to_four_by_four_and_is_a_factor_of_each_channel():
    torch.manual_seed(0)
    gate = excitation(8, 3, 5, slope=0.2)
    x = torch.randn(2, 3, 8, 8)
    pooled = x.unflatten(2, (4, 2)).unflatten(4, (4, 2)).mean((3, 5))  # (2, 3, 4, 4)
    hidden = nn.functional.leaky_relu(torch.einsum("bihw,oihw->bo", pooled, gate[1].weight) + gate[1].bias, 0.2)
    expected = (hidden @ gate[3].weight.flatten(1).T + gate[3].bias).sigmoid()
    torch.testing.assert_close(gate(x), expected[:, :, None, None])


def test_a_residual_block_is_its_convolutions_beside_a_pooled_projection():
    torch.manual_seed(0)
    block = ResidualBlock(3, 6, dropout=0.0, slope=0.2).double()
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    first, second = (layer for layer in block.main if isinstance(layer, nn.Conv2d))
    leaky = nn.functional.leaky_relu
    main = leaky(second(leaky(first(x), 0.2)), 0.2)
    skip = nn.functional.conv2d(x, block.skip[1].weight)
    expected = nn.functional.avg_pool2d(main + skip, 2) / math.sqrt(2)
    torch.testing.assert_close(block(x), expected)


def test_minibatch_std_adds_the_mean_spread_of_each_group_of_four():
    features = torch.tensor([[0.0, 1.0], [0.0, 1.0], [4.0, 1.0], [4.0, 1.0], *[[5.0, 7.0]] * 4], dtype=torch.float64)
    found = MinibatchStd()(features)
    torch.testing.assert_close(found[:, :2], features)
    # Group one: spreads 2 and 0; group two: none. The constant under the root is 1e-8.
    torch.testing.assert_close(found[:, 2], torch.tensor([1.0] * 4 + [0.0] * 4, dtype=torch.float64), rtol=0, atol=2e-4)


def test_minibatch_std_scores_single_images_out_of_training_in_the_order_of_training():
    layer = MinibatchStd().eval()
    features = torch.randn(3, 5)
    torch.testing.assert_close(layer(features), torch.cat([features, torch.zeros(3, 1)], 1))


def test_minibatch_std_refuses_a_batch_of_incomplete_groups():
    with pytest.raises(ValueError, match="groups of 4 images, got a batch of 6"):
        MinibatchStd()(torch.randn(6, 2))


@pytest.mark.parametrize("setting", ["generator", "critic"])
def test_an_unknown_network_is_refused_with_those_known(setting):
    with pytest.raises(InputError, match=rf"gan\.{setting} must be .* or .*, got 'other'"):
        R3GAN(image_size=32, **{setting: "other"})


def test_images_and_gradients_keep_the_memory_layout_of_convolutions():
    gan = R3GAN(image_size=32, latent_size=8, critic_width=4, generator_width=16)
    images = gan.generator(torch.randn(4, 8))
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_a_batch_without_whole_groups_is_refused_before_training(fit):
    with pytest.raises(InputError, match="take a multiple of 4"):
        fit(R3GAN(image_size=32, latent_size=8, critic_width=4, generator_width=16), batch_size=6)
