"""Laws of the critic's convolution: it is the stock layer, in values and in first and second derivatives."""

import pytest
import torch
from torch import nn

from leukgan.gans.accelerators.convolution import StridedConvolution


def pair(inputs, outputs, dtype=torch.float64):
    """The stock layer and ours with the same weights."""
    torch.manual_seed(0)
    stock, ours = nn.Conv2d(inputs, outputs, 5, stride=2, padding=2), StridedConvolution(inputs, outputs)
    nn.init.normal_(stock.bias)
    ours.load_state_dict(stock.state_dict())
    return stock.to(dtype), ours.to(dtype)


def images(inputs, size, dtype=torch.float64):
    return torch.randn(2, inputs, size, size, dtype=dtype).contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("inputs", "size"), [(3, 8), (4, 6), (6, 12), (128, 8), (130, 4), (128, 12)])
def test_a_strided_convolution_is_the_stock_one_with_all_its_derivatives(inputs, size, memory_format):
    """Values, gradients, and gradients of a penalty on the gradient by the input, on each of its ways to compute."""
    torch.manual_seed(0)
    own = StridedConvolution(inputs, 5).double().to(memory_format=memory_format)
    stock = nn.Conv2d(inputs, 5, 5, stride=2, padding=2).double()
    stock.load_state_dict(own.state_dict())
    start = torch.randn(3, inputs, size, size + 2, dtype=torch.float64)
    weights = torch.randn(3, 5, size // 2, size // 2 + 1, dtype=torch.float64)
    results = []
    for layer in (own, stock):
        x = start.clone().contiguous(memory_format=memory_format).requires_grad_()
        scale = torch.ones((), dtype=torch.float64, requires_grad=True)
        value = layer(x)
        first = torch.autograd.grad((value.square() * weights).sum(), [x, *layer.parameters()])
        (slope,) = torch.autograd.grad((scale * layer(x) * weights).sum(), x, create_graph=True)
        second = torch.autograd.grad(slope.pow(3).sum(), [scale, layer.weight])
        results.append([value, *first, slope, *second])
    for one, other in zip(*results, strict=True):
        assert one.any()
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)


def test_bf16_autocast_is_the_stock_layer_s():
    results = []
    for layer in pair(8, 4, torch.float32):
        torch.manual_seed(1)
        x = images(8, 8, torch.float32).requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            y = layer(x)
            y.float().square().sum().backward()
        results.append([y, x.grad, layer.weight.grad, layer.bias.grad])
    assert results[1][0].dtype == torch.bfloat16
    assert results[1][2].dtype == torch.float32
    torch.testing.assert_close(results[1], results[0], rtol=0.02, atol=0.02)


def test_maps_are_channels_last():
    _, layer = pair(8, 4, torch.float32)
    x = images(8, 8, torch.float32).requires_grad_()
    y = layer.to(memory_format=torch.channels_last)(x)
    y.sum().backward()
    assert y.is_contiguous(memory_format=torch.channels_last)
    assert x.grad.is_contiguous(memory_format=torch.channels_last)
