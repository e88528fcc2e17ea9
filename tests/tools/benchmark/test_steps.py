"""Laws of the timed steps, and of their needed work: what the layers' shapes say, and what torch counts."""

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from leukgan.gans import DCGAN, WGANGP
from leukgan.gans.layers import LeakyDropout
from leukgan.gans.losses import gradient_penalty
from leukgan.tools.benchmark.plain import plain_critic, plain_generator
from leukgan.tools.benchmark.steps import layer_flops, needed_flops, our_step, random_batch


def test_a_batch_is_what_a_step_takes(gan):
    batch = random_batch(gan(n_critic=3), 4)
    assert [(images.dtype, tuple(images.shape)) for images in batch] == [(torch.uint8, (4, 3, 32, 32))] * 3
    assert not batch[0].equal(batch[1])


def test_a_conditional_gan_gets_labels(gan):
    ((images, labels),) = random_batch(gan(n_critic=1, conditional=True), 4)
    assert images.shape == (4, 3, 32, 32)
    assert labels.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_our_step_runs_in_the_precision(gan, precision, dtype):
    module = gan()
    seen = set()
    module.generator[0].register_forward_hook(lambda layer, inputs, output: seen.add(output.dtype))
    our_step(module, random_batch(module, 4), precision)()
    assert seen == {dtype}


def test_steps_train(gan):
    module = gan()
    weights = [module.critic.unit.weight, module.generator[0].weight, module.average_generator[0].weight]
    before = [weight.detach().clone() for weight in weights]
    our_step(module, random_batch(module, 4), "fp32")()
    assert not any(weight.equal(old) for weight, old in zip(weights, before, strict=True))


class Counter(TorchDispatchMode):
    """Adds up torch's own formulas (its FlopCounterMode can't be used around the penalty's graph)."""

    flops = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if func.overloadpacket in flop_registry:
            self.flops += flop_registry[func.overloadpacket](*args, **(kwargs or {}), out_val=result)
        return result


def do_no_more_than_needed(settings, batch_size):
    """One generator step's derivatives, with nothing computed that is not used."""
    size, latent_size = settings["image_size"], settings["latent_size"]
    critic = plain_critic(size, settings["critic_width"], 0.0)
    for index in range(2, len(critic) - 2, 4):
        critic[index] = LeakyDropout(0.0)  # its second derivative is no tensor of zeros
    generator = plain_generator(size, latent_size, settings["generator_width"], output_norm=True)
    real = torch.randn(batch_size, 3, size, size)
    for _ in range(settings["n_critic"]):
        with torch.no_grad():
            fake = generator(torch.randn(batch_size, latent_size))
        loss = critic(torch.cat([real, fake])).mean() + gradient_penalty(critic, real, fake)
        torch.autograd.grad(loss, critic.parameters(), allow_unused=True)
    loss = critic(generator(torch.randn(batch_size, latent_size))).mean()
    torch.autograd.grad(loss, generator.parameters())


def test_work_of_a_toy_step_is_known(gan):
    critic = [2 * 25 * 3 * 4 * 16**2, 2 * 25 * 4 * 8 * 8**2, 2 * 25 * 8 * 16 * 4**2, 2 * 16 * 16]
    generator = [2 * 8 * 256, 2 * 9 * 16 * 8 * 8**2, 2 * 9 * 8 * 4 * 16**2, 2 * 9 * 4 * 3 * 32**2]
    real_and_fake = 6 * sum(critic) - 2 * critic[0]
    penalty = 4 * sum(critic[:3]) + 3 * critic[3]
    last = 2 * sum(critic) + generator[0] * 2 + 3 * sum(generator[1:])
    assert needed_flops(gan(n_critic=3), 6) == 6 * (3 * (sum(generator) + real_and_fake + penalty) + last)


@pytest.mark.parametrize("size", [32, 64])
def test_torch_counts_as_much_of_a_step_that_does_no_more(gan, size):
    module = gan(image_size=size)
    with Counter() as counter:
        do_no_more_than_needed(module.hparams, batch_size=4)
    assert needed_flops(module, 4) == counter.flops


@pytest.mark.parametrize(("width", "gflop"), [(64, 567.7), (16, 38.3)])
def test_work_of_the_paper_s_step_is_known(width, gflop):
    gan = WGANGP(image_size=64, critic_width=width, generator_width=4 * width).train()
    assert needed_flops(gan, 32) / 1e9 == pytest.approx(gflop, abs=0.05)


def test_without_a_penalty_its_work_is_not_needed(gan):
    both = needed_flops(gan(n_critic=1), 1)
    critic = [2 * 25 * 3 * 4 * 16**2, 2 * 25 * 4 * 8 * 8**2, 2 * 25 * 8 * 16 * 4**2, 2 * 16 * 16]
    assert both - needed_flops(gan(n_critic=1, penalty_weight=0.0), 1) == 4 * sum(critic[:3]) + 3 * critic[3]


def test_images_that_are_reused_are_drawn_once(gan):
    _, generator = layer_flops(gan())
    assert needed_flops(gan(), 4) - needed_flops(gan(reuse_fakes=True), 4) == 4 * sum(generator)


def test_transposed_convolutions_work_at_each_place_of_their_input():
    gan = DCGAN(image_size=32, latent_size=8, critic_width=4, generator_width=16).train()
    weights = [layer.weight.numel() for layer in gan.generator if isinstance(layer, nn.ConvTranspose2d)]
    _, (dense, *blocks) = layer_flops(gan)
    assert dense == 2 * 8 * 256
    assert blocks == [2 * weight * side**2 for weight, side in zip(weights, (4, 4, 8, 16), strict=True)]


def test_counting_leaves_the_gan_alone(gan):
    module = gan()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    needed_flops(module, 4)
    assert all(value.equal(before[name]) for name, value in module.state_dict().items())
    assert not any(layer._forward_hooks for layer in module.modules())
