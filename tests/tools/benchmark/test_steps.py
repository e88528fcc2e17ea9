"""Laws of the steps that are timed: their precision, what they get, and the process that they run in."""

import pytest
import torch

from leukgan.tools.benchmark import memory
from leukgan.tools.benchmark.steps import batch_of, our_step, plain_step


def test_a_batch_is_what_a_step_takes(gan):
    batch = batch_of(gan(n_critic=3), 4)
    assert [(images.dtype, tuple(images.shape)) for images in batch] == [(torch.uint8, (4, 3, 32, 32))] * 3
    assert not batch[0].equal(batch[1])


def test_a_conditional_gan_gets_labels(gan):
    ((images, labels),) = batch_of(gan(n_critic=1, conditional=True), 4)
    assert images.shape == (4, 3, 32, 32)
    assert labels.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_our_step_runs_in_the_precision(gan, precision, dtype):
    module = gan()
    seen = set()
    module.generator[0].register_forward_hook(lambda layer, inputs, output: seen.add(output.dtype))
    our_step(module, batch_of(module, 4), precision)()
    assert seen == {dtype}


def test_steps_train(gan):
    module = gan()
    weights = [module.critic.unit.weight, module.generator[0].weight, module.average_generator[0].weight]
    before = [weight.detach().clone() for weight in weights]
    our_step(module, batch_of(module, 4), "fp32")()
    assert not any(weight.equal(old) for weight, old in zip(weights, before, strict=True))


def test_the_plain_step_is_single_precision(gan):
    module = gan()
    losses = plain_step(module, batch_of(module, 4))()
    assert {loss.dtype for loss in losses.values()} == {torch.float32}


def test_a_process_gets_its_threads_and_keeps_its_memory(monkeypatch):
    done = []
    monkeypatch.setattr(torch, "set_num_threads", lambda count: done.append(count))
    monkeypatch.setattr(memory, "keep_memory", lambda: done.append("kept"))
    monkeypatch.setattr(memory.sys, "platform", "linux")
    memory.prepare_process(3)
    memory.prepare_process(None)
    assert done == [3, "kept", "kept"]
