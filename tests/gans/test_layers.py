"""Laws of the layers: TensorFlow's sampling grid, Keras' constants, and one product for two layers."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from leukgan.gans.accelerators.convolution import StridedConvolution
from leukgan.gans.layers import (
    HalfTurn,
    LeakyDropout,
    MapNorm,
    OutputNorm,
    UnitNorm,
    Upsample,
    keep_mask,
)
from leukgan.gans.networks import transposed_convolution


def turned(x):
    return x.flip(2, 3)


def tensorflow_same(x, weight, bias):
    """y[i] = sum_k w[k] x[2 i + k - 1] on each axis: of the five rows and columns, one lies before and two behind."""
    height, width = x.shape[2] // 2, x.shape[3] // 2
    y = bias[:, None, None].expand(len(x), len(weight), height, width).clone()
    for row in range(height):
        for column in range(width):
            for i in range(5):
                for j in range(5):
                    above, left = 2 * row + i - 1, 2 * column + j - 1
                    if 0 <= above < x.shape[2] and 0 <= left < x.shape[3]:
                        y[:, :, row, column] += x[:, :, above, left] @ weight[:, :, i, j].T
    return y


def tensorflow_transposed(x, weight, stride):
    """x[i] w[k] goes to y[s i + k - before], of which `before` is 2 at stride 1 and 1 at stride 2."""
    height, width = (stride * side for side in x.shape[2:])
    before = {1: 2, 2: 1}[stride]
    y = torch.zeros(len(x), weight.shape[1], height, width, dtype=x.dtype)
    for row in range(x.shape[2]):
        for column in range(x.shape[3]):
            for i in range(5):
                for j in range(5):
                    above, left = stride * row + i - before, stride * column + j - before
                    if 0 <= above < height and 0 <= left < width:
                        y[:, :, above, left] += x[:, :, row, column] @ weight[:, :, i, j]
    return y


@pytest.mark.parametrize("size", [(8, 8), (6, 10)])
def test_convolutions_of_the_turned_image_sample_where_tensorflow_s_do_with_turned_kernels(size):
    torch.manual_seed(0)
    first, second = StridedConvolution(3, 4).double(), StridedConvolution(4, 5).double()
    x = torch.randn(2, 3, size[0] * 2, size[1] * 2, dtype=torch.float64)
    expected = tensorflow_same(x, turned(first.weight), first.bias)
    expected = tensorflow_same(expected, turned(second.weight), second.bias)
    torch.testing.assert_close(turned(second(first(HalfTurn()(x)))), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [(4, 4), (3, 5)])
def test_a_turned_transposed_convolution_scatters_where_tensorflow_s_does_with_a_turned_kernel(stride, size):
    torch.manual_seed(0)
    layer = transposed_convolution(3, 2, stride=stride).double()
    x = torch.randn(2, 3, *size, dtype=torch.float64)
    expected = tensorflow_transposed(x, turned(layer.weight), stride)
    torch.testing.assert_close(HalfTurn()(layer(turned(x))), expected, rtol=1e-12, atol=1e-12)


def test_the_output_s_normalisation_is_batch_normalisation():
    torch.manual_seed(0)
    x = torch.randn(4, 3, 6, 6).contiguous(memory_format=torch.channels_last)
    own, stock = OutputNorm(), MapNorm(3)
    torch.testing.assert_close(own(x), stock(x))
    torch.testing.assert_close(own.state_dict(), stock.state_dict())


def test_upsampling_doubles_each_pixel():
    x = torch.arange(24.0).reshape(1, 2, 3, 4)
    torch.testing.assert_close(Upsample()(x), x.repeat_interleave(2, 2).repeat_interleave(2, 3), rtol=0, atol=0)


@pytest.mark.parametrize("slope", [0.2, 0.3])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_one_product_is_leaky_relu_then_dropout(rate, training, slope):
    """Values, first and second derivatives, on a function whose second derivative is not zero."""
    layer = LeakyDropout(rate, slope).train(training)
    torch.manual_seed(0)
    x = torch.randn(4, 3, 6, 6, dtype=torch.float64)
    x[0, 0, 0] = 0
    torch.manual_seed(1)
    mask = keep_mask(x, rate) if training and rate else torch.ones_like(x)
    weights = torch.randn(4, 3, 6, 6, dtype=torch.float64)
    stock = nn.LeakyReLU(slope)
    results = []
    for function in (layer, lambda x: stock(x) * mask):
        torch.manual_seed(1)
        a = x.clone().requires_grad_()
        value = function(a**3 + a)
        (first,) = torch.autograd.grad((value.square() * weights).sum(), a, create_graph=True)
        (second,) = torch.autograd.grad((first * weights).sum(), a)
        results.append((value, first, second))
    for one, other in zip(*results, strict=True):
        assert one.any()
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def test_leaky_dropout_has_no_second_derivative():
    """Or the gradient penalty would carry a tensor of zeros back through all convolutions."""
    x = torch.randn(2, 3, 4, 4, requires_grad=True)
    (gradient,) = torch.autograd.grad(LeakyDropout(0.0)(x).sum(), x, create_graph=True)
    assert not gradient.requires_grad


def test_dropout_is_for_training_only():
    x = torch.randn(50, 50)
    layer = LeakyDropout(0.3)
    assert not torch.equal(layer(x), layer(x))
    torch.testing.assert_close(layer.eval()(x), F.leaky_relu(x, 0.2), rtol=0, atol=0)


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


@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 4, 4)])
def test_batch_normalisation_is_keras_formula(shape):
    """(x - mean) / sqrt(variance + 0.001), and a hundredth of the batch's mean enters the running one."""
    torch.manual_seed(0)
    x = 0.05 * torch.randn(shape, dtype=torch.float64) + 3
    layer = (UnitNorm if len(shape) == 2 else MapNorm)(5).double()
    axes = [axis for axis in range(len(shape)) if axis != 1]
    mean, variance = x.mean(axes, keepdim=True), x.var(axes, correction=0, keepdim=True)
    torch.testing.assert_close(layer(x), (x - mean) / (variance + 1e-3).sqrt())
    torch.testing.assert_close(layer.running_mean, 0.01 * mean.flatten())
