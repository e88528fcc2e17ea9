"""Laws of the networks: sizes and widths as in ARCHITECTURES.md, Keras' constants, and one product for two layers."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from leukgan.gans.networks import SLOPE, Critic, Generator, LeakyDropout, SamePadConvolution, Upsample, keep_mask

SIZES = [32, 64, 128, 256]


def meta(network, **arguments):
    with torch.device("meta"):
        return network(**arguments)


def generator_of(size, width=256, output_norm=True):
    return meta(Generator, image_size=size, latent_size=128, width=width, output_norm=output_norm)


def outputs_of(network, kind, x):
    """Channels and height of the output of each layer of a kind."""
    found = []
    for layer in network.modules():
        if isinstance(layer, kind):
            layer.register_forward_hook(lambda layer, inputs, output: found.append((output.shape[1], output.shape[2])))
    network(x)
    return found


class ConvolutionCounter(TorchDispatchMode):
    """Counts the convolutions that are really done, gradients included."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        if function is torch.ops.aten.convolution.default:
            self.count += 1
        elif function is torch.ops.aten.convolution_backward.default:
            self.count += sum(arguments[-1][:2])  # gradients of the input and of the weights
        return function(*arguments, **(options or {}))


def stock_layers(x, mask):
    """LeakyReLU, then dropout with a given mask."""
    return F.leaky_relu(x, SLOPE) * mask


@pytest.mark.parametrize("size", SIZES)
def test_networks_turn_latents_into_images_into_scores(size):
    images = generator_of(size)(torch.empty(2, 128, device="meta"))
    assert images.shape == (2, 3, size, size)
    assert meta(Critic, image_size=size, width=64, dropout=0.3)(images).shape == (2,)


@pytest.mark.parametrize(
    ("size", "table"),
    [
        (64, [(64, 32), (128, 16), (256, 8), (512, 4)]),
        (128, [(64, 64), (128, 32), (256, 16), (512, 8), (512, 4)]),
        (256, [(64, 128), (128, 64), (256, 32), (512, 16), (512, 8), (512, 4)]),
    ],
)
def test_the_critic_has_the_study_s_maps(size, table):
    critic = meta(Critic, image_size=size, width=64, dropout=0.3)
    assert outputs_of(critic, nn.Conv2d, torch.empty(2, 3, size, size, device="meta")) == table


@pytest.mark.parametrize(
    ("size", "table"),
    [
        (64, [(128, 8), (64, 16), (32, 32), (3, 64)]),
        (128, [(128, 8), (64, 16), (32, 32), (16, 64), (3, 128)]),
        (256, [(128, 8), (64, 16), (32, 32), (16, 64), (16, 128), (3, 256)]),
    ],
)
def test_the_generator_has_the_study_s_maps(size, table):
    assert outputs_of(generator_of(size), nn.Conv2d, torch.empty(2, 128, device="meta")) == table


@pytest.mark.parametrize(("size", "millions"), [(64, 4.3), (128, 10.9), (256, 17.4)])
def test_the_networks_have_the_study_s_number_of_parameters(size, millions):
    critic = meta(Critic, image_size=size, width=64, dropout=0.3)
    assert sum(p.numel() for p in critic.parameters()) / 1e6 == pytest.approx(millions, abs=0.06)
    assert sum(p.numel() for p in generator_of(size).parameters()) / 1e6 == pytest.approx(0.9, abs=0.06)


def test_the_critic_is_convolution_activation_and_one_dense_unit():
    critic = meta(Critic, image_size=32, width=64, dropout=0.3)
    kinds = [SamePadConvolution, LeakyDropout] * 3 + [nn.Flatten, nn.Linear, nn.Flatten]
    assert [type(layer) for layer in critic] == kinds
    assert {layer.rate for layer in critic.modules() if isinstance(layer, LeakyDropout)} == {0.3}


@pytest.mark.parametrize("output_norm", [True, False])
def test_the_generator_normalises_all_layers_and_the_last_on_demand(output_norm):
    generator = generator_of(32, output_norm=output_norm)
    head = [nn.Linear, nn.BatchNorm1d, nn.LeakyReLU, nn.Unflatten]
    block = [Upsample, nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU]
    last = [Upsample, nn.Conv2d, *[nn.BatchNorm2d] * output_norm, nn.Tanh]
    assert [type(layer) for layer in generator] == head + block * 2 + last
    biased = [layer.bias is not None for layer in generator.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    assert biased == [False, False, False, not output_norm]


def test_batch_normalisation_has_keras_constants():
    norms = [layer for layer in generator_of(64).modules() if isinstance(layer, nn.modules.batchnorm._BatchNorm)]
    assert {(norm.eps, norm.momentum) for norm in norms} == {(1e-3, 0.01)}


def test_kernels_are_glorot_uniform_and_biases_zero():
    torch.manual_seed(0)
    networks = (
        Critic(image_size=32, width=16, dropout=0.3),
        Generator(image_size=32, latent_size=128, width=64, output_norm=False),
    )
    layers = [layer for network in networks for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    assert len(layers) == 8
    for layer in layers:
        outputs, inputs, *kernel = layer.weight.shape
        bound = math.sqrt(6 / ((inputs + outputs) * math.prod(kernel)))
        assert layer.weight.abs().max().item() == pytest.approx(bound, rel=0.02)
        assert layer.weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.1)
        assert layer.weight.mean().item() == pytest.approx(0, abs=5 * bound / math.sqrt(3 * layer.weight.numel()))
        assert layer.bias is None or not layer.bias.any()


@pytest.mark.parametrize("size", [8, 32])
def test_a_same_convolution_samples_where_tensorflow_does(size):
    """y[i] = sum_k w[k] x[2 i + k - 1] on each axis: of the five rows and columns, one lies before and two behind."""
    torch.manual_seed(0)
    layer = SamePadConvolution(3, 4).double()
    x = torch.randn(2, 3, size, size, dtype=torch.float64)
    expected = layer.bias[:, None, None].expand(2, 4, size // 2, size // 2).clone()
    for row in range(size // 2):
        for column in range(size // 2):
            for i in range(5):
                for j in range(5):
                    y, z = 2 * row + i - 1, 2 * column + j - 1
                    if 0 <= y < size and 0 <= z < size:
                        expected[:, :, row, column] += x[:, :, y, z] @ layer.weight[:, :, i, j].T
    torch.testing.assert_close(layer(x), expected, rtol=1e-12, atol=1e-12)


def test_upsampling_doubles_each_pixel():
    x = torch.arange(24.0).reshape(1, 2, 3, 4)
    torch.testing.assert_close(Upsample()(x), x.repeat_interleave(2, 2).repeat_interleave(2, 3), rtol=0, atol=0)


def test_images_lie_between_minus_one_and_one():
    torch.manual_seed(0)
    generator = Generator(image_size=32, latent_size=8, width=16, output_norm=True)
    images = generator(100 * torch.randn(16, 8))
    assert images.abs().max() <= 1
    assert images.std() > 0.1


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_one_product_is_leaky_relu_then_dropout(rate, training):
    """Values, first and second derivatives, on a function whose second derivative is not zero."""
    layer = LeakyDropout(rate).train(training)
    torch.manual_seed(0)
    x = torch.randn(4, 3, 6, 6, dtype=torch.float64)
    x[0, 0, 0] = 0
    torch.manual_seed(1)
    mask = keep_mask(x, rate) if training and rate else torch.ones_like(x)
    weights = torch.randn(4, 3, 6, 6, dtype=torch.float64)
    results = []
    for function in (layer, lambda x: stock_layers(x, mask)):
        torch.manual_seed(1)
        a = x.clone().requires_grad_()
        value = function(a**3 + a)
        (first,) = torch.autograd.grad((value.square() * weights).sum(), a, create_graph=True)
        (second,) = torch.autograd.grad((first * weights).sum(), a)
        results.append((value, first, second))
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def test_the_penalty_carries_no_zeros_back_through_convolutions():
    """With stock layers, the second backward pass convolves a tensor of zeros all the way back."""

    class Stock(nn.Module):
        def forward(self, x):
            return F.leaky_relu(x, SLOPE)

    def work(activation):
        convolutions = [SamePadConvolution(4, 4), activation, SamePadConvolution(4, 4), activation]
        critic = nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(4 * 8 * 8, 1))
        x = torch.randn(2, 4, 32, 32, requires_grad=True)
        with ConvolutionCounter() as counter:
            (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
            torch.autograd.grad(gradient.square().sum(), [critic[0].weight, critic[2].weight])
        return counter.count

    assert work(LeakyDropout(0.0)) == work(nn.Identity())  # which has no second derivative
    assert work(Stock()) > work(nn.Identity())


def test_leaky_dropout_has_no_second_derivative():
    x = torch.randn(2, 3, 4, 4, requires_grad=True)
    (gradient,) = torch.autograd.grad(LeakyDropout(0.0)(x).sum(), x, create_graph=True)
    assert not gradient.requires_grad


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5])
def test_the_dropped_share_is_the_rate_in_256ths(rate):
    torch.manual_seed(0)
    mask = keep_mask(torch.empty(1000, 1000), rate)
    dropped = round(rate * 256) / 256
    assert (mask == 0).double().mean().item() == pytest.approx(
        dropped, abs=5 * math.sqrt(dropped * (1 - dropped)) / 1000
    )
    assert mask.mean(dtype=torch.float64).item() == pytest.approx(1, abs=0.006)
    assert mask.unique().tolist() == pytest.approx([0, 1 / (1 - dropped)])


def test_dropping_0_3_means_77_of_256():
    values = keep_mask(torch.empty(10000), 0.3).unique().tolist()
    assert values == pytest.approx([0, 256 / (256 - 77)])


def test_every_byte_of_a_draw_is_random():
    """Eight values come from one 64-bit draw: each of the eight places drops as often, and independently."""
    torch.manual_seed(0)
    dropped = (keep_mask(torch.empty(80_000, 8), 0.3) == 0).double()
    assert dropped.mean(0).tolist() == pytest.approx([77 / 256] * 8, abs=0.008)
    correlations = torch.corrcoef(dropped.T) - torch.eye(8)
    assert correlations.abs().max().item() == pytest.approx(0, abs=0.018)
    neighbours = torch.corrcoef(torch.stack([dropped[:-1, 7], dropped[1:, 0]]))[0, 1]
    assert neighbours.item() == pytest.approx(0, abs=0.018)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_mask_has_shape_layout_and_type_of_its_input(memory_format, dtype):
    x = torch.randn(3, 5, 7, 2).to(dtype).contiguous(memory_format=memory_format)  # 210 values: no multiple of eight
    mask = keep_mask(x, 0.3)
    assert (mask.shape, mask.stride(), mask.dtype) == (x.shape, x.stride(), x.dtype)
    assert LeakyDropout(0.3)(x).stride() == x.stride()
    assert LeakyDropout(0.3).eval()(x).stride() == x.stride()


def test_dropout_is_for_training_only():
    x = torch.randn(50, 50)
    layer = LeakyDropout(0.3)
    assert not torch.equal(layer(x), layer(x))
    torch.testing.assert_close(layer.eval()(x), F.leaky_relu(x, SLOPE), rtol=0, atol=0)


def test_layouts_of_the_networks_stay_channels_last():
    critic = Critic(image_size=32, width=4, dropout=0.3).to(memory_format=torch.channels_last)
    layouts = []
    for layer in list(critic)[:-3]:
        layer.register_forward_hook(
            lambda layer, inputs, output: layouts.append(output.is_contiguous(memory_format=torch.channels_last))
        )
    critic(torch.randn(2, 3, 32, 32).contiguous(memory_format=torch.channels_last))
    assert layouts == [True] * 6


def test_scores_are_single_precision_under_autocast():
    critic = Critic(image_size=32, width=4, dropout=0.3)
    with torch.autocast("cpu", torch.bfloat16):
        assert critic(torch.randn(2, 3, 32, 32)).dtype == torch.float32
