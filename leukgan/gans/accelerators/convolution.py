"""The critic's convolution, with its derivatives written out: most of a training's time is spent in them."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional as F

FEW_CHANNELS = 4  # of an image rather than of a map
MANY_CHANNELS = 128


class StridedConvolution(nn.Conv2d):
    """5x5 convolution of stride 2 and padding 2, to half the size, whose gradient can be differentiated again.

    Values and derivatives are the stock layer's, faster: the gradient penalty's derivative by the weights is the
    convolution's own weight gradient, where torch's generic one convolves with kernels as large as the maps.
    With `create_graph`, gradients reach the input only, which is all that a penalty takes.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, kernel_size=5, stride=2, padding=2)

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.weight, self.bias
        assert bias is not None
        if torch.is_autocast_enabled(x.device.type):
            dtype = torch.get_autocast_dtype(x.device.type)
            x, weight, bias = x.to(dtype), weight.to(dtype), bias.to(dtype)
        return Convolution.apply(x, weight, bias)


class Convolution(Function):
    """Images (B, C, H, W), weight (O, C, 5, 5) and bias (O,) to maps (B, O, H/2, W/2)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return F.conv2d(x, weight, bias, stride=2, padding=2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        (gradient,) = gradients
        if torch.is_grad_enabled():  # create_graph
            return InputGradient.apply(gradient, weight), None, None
        by_input = input_gradient(gradient, weight) if ctx.needs_input_grad[0] else None
        if not ctx.needs_input_grad[1]:  # a frozen critic, through which a generator learns
            return by_input, None, None
        return by_input, weight_gradient(gradient, x, weight), gradient.sum((0, 2, 3))


class InputGradient(Function):
    """The convolution's gradient by its input, as a differentiable function of the output's gradient and the weight."""

    @staticmethod
    def forward(ctx: Any, gradient: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(gradient, weight)
        return input_gradient(gradient, weight)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        gradient, weight = ctx.saved_tensors
        (x,) = gradients  # it stands where the convolution's input stood
        return F.conv2d(x, weight, stride=2, padding=2), weight_gradient(gradient, x, weight)


def input_gradient(gradient: Tensor, weight: Tensor) -> Tensor:
    """Gradient (B, C, H, W) by the input, from the output's (B, O, H/2, W/2)."""
    if weight.shape[1] > FEW_CHANNELS:
        return F.conv_transpose2d(gradient, weight, stride=2, padding=2, output_padding=1)
    # Each pixel of a 2x2 cell is a 3x3 convolution of its own; all four in one have enough channels to be fast.
    outputs, inputs = weight.shape[:2]
    cells = F.pad(weight, (0, 1, 0, 1)).view(outputs, inputs, 3, 2, 3, 2)
    kernels = cells.permute(1, 3, 5, 0, 2, 4).flip(4, 5).reshape(inputs * 4, outputs, 3, 3)
    kernels = kernels.contiguous(memory_format=torch.channels_last)
    return F.pixel_shuffle(F.conv2d(gradient, kernels, padding=1), 2)


def weight_gradient(gradient: Tensor, x: Tensor, weight: Tensor) -> Tensor:
    """Gradient (O, C, 5, 5) by the weight, from the output's (B, O, H/2, W/2) and the input (B, C, H, W)."""
    if gradient.device.type == "cpu" and gradient.shape[2] <= 4 and weight.shape[1] >= MANY_CHANNELS:
        # Few places and many channels: one product of matrices is up to three times faster than the convolution.
        rows = gradient.permute(0, 2, 3, 1).flatten(0, 2)  # (B * H/2 * W/2, O)
        return (rows.mT @ patches(x)).view(len(weight), 5, 5, -1).permute(0, 3, 1, 2)
    return torch.ops.aten.convolution_backward(
        gradient, x, weight, [len(weight)], [2, 2], [2, 2], [1, 1], False, [0, 0], 1, [False, True, False]
    )[1]


def patches(x: Tensor) -> Tensor:
    """What each place of the output sees of the input (B, C, H, W): (B * H/2 * W/2, 5 * 5 * C)."""
    padded = F.pad(x, (2, 2, 2, 2)).permute(0, 2, 3, 1).contiguous()  # (B, H + 4, W + 4, C)
    batch, down, right, channel = padded.stride()
    shape = (len(x), x.shape[2] // 2, x.shape[3] // 2, 5, 5, x.shape[1])
    seen = padded.as_strided(shape, (batch, 2 * down, 2 * right, down, right, channel))
    return seen.reshape(-1, 25 * x.shape[1])
