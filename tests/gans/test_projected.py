"""Laws of the projected GAN: frozen features stay, heads learn at four scales, and other features judge."""

import pytest
import torch
from apps import TOY, refusal_of
from gans.trainings import assert_same
from toys import toy_data, toy_gan, toy_images

from leukgan.errors import InputError
from leukgan.gans import R3GAN, ProjectedGAN, Training, load_gan
from leukgan.gans.losses import hinge_loss
from leukgan.gans.projected_critic import ProjectedCritic

LEARNED = ("heads.", "embedding.")


@pytest.fixture(scope="module")
def critic():
    return ProjectedCritic(image_size=32, width=4, classes=2)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A class-conditional GAN before and after two generator steps, and its checkpoint."""
    before, gan = (toy_gan(ProjectedGAN, conditional=True, n_critic=1) for _ in range(2))
    data = toy_data(toy_images(classes=2), label=None, n_critic=1, generator_steps=2)
    folder = tmp_path_factory.mktemp("gan")
    return before, gan, Training(accelerator="cpu").fit(gan, data, folder, progress=lambda *_: None)


@pytest.mark.parametrize("size", [32, 128, 256])
def test_scores_are_the_mean_of_sixteen_logits_at_each_of_four_scales(size):
    critic = ProjectedCritic(image_size=size, width=4)
    images = torch.rand(2, 3, size, size) * 2 - 1
    logits = critic.trunk(images)
    assert logits.shape == (2, critic.features) == (2, 64)
    torch.testing.assert_close(critic.eval()(images), critic.trunk(images).mean(1))
    assert torch.stack(logits.split(16, dim=1)).std(2).min() > 0


def test_a_class_weighs_the_logits(critic):
    logits, labels = torch.randn(3, 64), torch.tensor([0, 1, 1])
    weights = 1 + critic.embedding.weight.T[labels]  # (3, 64)
    torch.testing.assert_close(critic.score(logits, torch.eye(2)[labels]), (weights * logits).mean(1))


def test_coarse_maps_reach_the_fine_heads_and_no_other_way_round(critic):
    """Maps are mixed from coarse to fine, so the coarsest logits know the coarsest map alone."""
    maps = [torch.randn(1, 4, 2 ** (5 - i), 2 ** (5 - i), requires_grad=True) for i in range(4)]
    stand_in = ProjectedCritic(image_size=32, width=4)
    stand_in.parts = torch.nn.ModuleList(Returns(value) for value in maps)
    stand_in.channel_mixing = torch.nn.ModuleList(torch.nn.Identity() for _ in maps)
    logits = stand_in.trunk(torch.zeros(1, 3, 128, 128))
    for scale, part in enumerate(logits.split(16, dim=1)):
        gradients = torch.autograd.grad(part.sum(), maps, retain_graph=True, allow_unused=True)
        reached = [gradient is not None and bool(gradient.any()) for gradient in gradients]
        assert reached == [index >= scale for index in range(4)]


class Returns(torch.nn.Module):
    def __init__(self, value):
        super().__init__()
        self.value = value

    def forward(self, _):
        return self.value


def test_training_moves_the_heads_and_no_frozen_weight(trained):
    before, gan, _ = trained
    old, new = dict(before.critic.named_parameters()), dict(gan.critic.named_parameters())
    for name, value in old.items():
        assert torch.equal(value, new[name]) != name.startswith(LEARNED), name
        assert new[name].requires_grad == name.startswith(LEARNED)
    statistics = {name: value for name, value in before.critic.named_buffers() if "running" in name}
    assert statistics
    assert_same(statistics, {name: value for name, value in gan.critic.named_buffers() if name in statistics})


def test_training_mode_leaves_the_frozen_batch_statistics_alone(critic):
    before = {name: value.clone() for name, value in critic.parts.named_buffers()}
    critic.train().trunk(torch.rand(2, 3, 32, 32))
    assert critic.heads.training
    assert_same(before, dict(critic.parts.named_buffers()))


def test_its_checkpoint_gives_it_back(trained):
    _, gan, path = trained
    again = load_gan(path)
    assert_same(dict(again.state_dict()), dict(gan.state_dict()))
    assert again.sample(2, label=1).shape == (2, 3, 32, 32)


def test_the_hinge_loss_is_zero_beyond_its_margin_and_linear_within():
    assert hinge_loss(torch.tensor([1.0, 5.0]), torch.tensor([-1.0, -3.0])) == 0
    assert hinge_loss(torch.tensor([[0.5, -1.0]]), torch.tensor([[0.0, 2.0]])) == pytest.approx(1.25 + 2.0)


def test_other_losses_take_the_projected_critic_without_what_it_lacks():
    with pytest.raises(InputError, match=r"gan\.critic=projected has neither .*minibatch_std=false\.$"):
        toy_gan(R3GAN, critic="projected")
    gan = toy_gan(R3GAN, critic="projected", minibatch_std=False)
    assert isinstance(gan.critic, ProjectedCritic)


def test_its_own_features_may_not_judge_it(tmp_path):
    toy = [argument for argument in TOY if not argument.startswith("quality.")]
    refusal = refusal_of("study", tmp_path, *toy, "gan=projected", "quality.track_every=0")
    assert "learns to please EfficientNet-lite0's features, so that quality.features must be others" in refusal
