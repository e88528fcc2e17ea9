"""Laws of a GAN of both classes: labels reach the generator and the critic, and each class can be asked for."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from leukgan.gans.networks import to_networks


@pytest.fixture
def batch():
    """Two labelled real batches."""
    source = torch.Generator().manual_seed(0)
    return [
        (torch.randint(256, (4, 3, 32, 32), dtype=torch.uint8, generator=source), torch.tensor(labels))
        for labels in ([0, 1, 1, 0], [1, 1, 0, 1])
    ]


def one_hot(labels):
    return F.one_hot(labels, 2).float()


def test_the_generator_draws_the_classes_of_the_real_batch(conditional_gan, batch):
    """And its critic sees the real images with their own labels, and learns both classes' embeddings."""
    module = conditional_gan()
    critic_loss, asked, seen = module.critic_loss, [], []

    def watched(real, fake, condition):
        seen.append((real, condition))
        return critic_loss(real, fake, condition)

    module.critic_loss = watched
    module.generator.register_forward_pre_hook(lambda _, inputs: asked.append(inputs[0][:, 8:].clone()))
    before = module.critic.embedding.weight.detach().clone()
    module.step(batch, *module.configure_optimizers())
    drawn = [labels for _, labels in batch] + ([] if module.settings.reuse_fakes else [batch[-1][1]])
    torch.testing.assert_close(asked, [one_hot(labels) for labels in drawn], rtol=0, atol=0)
    expected = [(to_networks(images), one_hot(labels)) for images, labels in batch]
    torch.testing.assert_close(seen, expected, rtol=0, atol=0)
    assert (module.critic.embedding.weight != before).any(0).tolist() == [True, True]


def test_the_critic_is_told_the_class_of_every_image(conditional_gan, batch):
    """Of real and of fake images, in its own updates and in the generator's."""
    module = conditional_gan()
    score, told = module.critic.score, []

    def watched(features, condition):
        told.append(condition)
        assert len(features) == len(condition)
        return score(features, condition)

    module.critic.score = watched
    module.step(batch, *module.configure_optimizers())
    # Calls of each critic update, and of the generator's, which R3GAN pairs with real images.
    calls, last = {"WGANGP": (2, 1), "DCGAN": (1, 1), "R3GAN": (1, 2)}[type(module).__name__]
    assert len(told) == 2 * calls + last
    for call, conditions in enumerate(told):
        _, labels = batch[min(call // calls, 1)]
        for condition in conditions.split(4):
            torch.testing.assert_close(condition, one_hot(labels), rtol=0, atol=0)


def test_a_score_is_the_unconditional_one_and_the_product_with_its_class_s_embedding(conditional_gan, batch):
    """Miyato and Koyama (2018), eq. 3."""
    module = conditional_gan(critic_dropout=0.0)
    (images, labels), _ = batch
    features = module.critic.trunk(to_networks(images))
    expected = [
        module.critic.unit(f).item() + (f @ module.critic.embedding.weight[:, label]).item()
        for f, label in zip(features, labels, strict=True)
    ]
    assert module.critic(to_networks(images), one_hot(labels)).tolist() == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_each_class_s_images_are_drawn_from_its_label(conditional_gan):
    module = conditional_gan()
    negative, positive = (module.sample(4, seed=1, label=label) for label in (0, 1))
    assert (negative != positive).any(axis=(1, 2, 3)).all()
    latents = [module.latents(4, label, torch.Generator().manual_seed(1)) for label in (0, 1)]
    torch.testing.assert_close(latents[0][:, :8], latents[1][:, :8], rtol=0, atol=0)
    np.testing.assert_array_equal(module.images(latents[1]), positive)


def test_a_class_must_be_named(conditional_gan):
    with pytest.raises(ValueError, match="needs the label of what it shall draw: 0 or 1"):
        conditional_gan().sample(4)
