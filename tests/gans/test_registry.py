"""Laws of the registry: what it takes to add a GAN, and by which names checkpoints find theirs."""

from dataclasses import dataclass
from inspect import signature

import numpy as np
import pytest
import torch
from gans.trainings import KilledError, kill_at

from leukgan.errors import InputError
from leukgan.gans import (
    DCGAN,
    GAN,
    WGANGP,
    InfoGAN,
    InfoWGANGP,
    Training,
    gan_title,
    load_gan,
    register_gan,
    training_images,
)
from leukgan.gans.settings import GANSettings
from leukgan.run_folder.digests import place_with_digest

OLDER_NAMES = {"wgan_gp": "WGANGP", "dcgan": "DCGAN", "infogan": "InfoGAN", "info_wgan_gp": "InfoWGANGP"}
LENGTH = {"generator_steps": 12, "steps_per_epoch": 8}


@dataclass(frozen=True, kw_only=True)
class HingeSettings(GANSettings):
    """A setting of its own, and another default of a shared one."""

    margin: float = 1.0
    n_critic: int = 2


class HingeGAN(GAN):
    """The hinge loss (Lim and Ye, 2017) in WGAN-GP's networks."""

    title = "Hinge GAN"
    Settings = HingeSettings

    def critic_loss(self, real, fake, condition):
        scores, metrics = self.score_batch(real, fake, condition)
        margin = self.settings.margin
        loss = (margin - scores.real).relu().mean() + (margin + scores.fake).relu().mean()
        return loss + self.critic_regularisation(scores, condition), metrics

    def generator_loss(self, fake_scores, score_real):
        return -fake_scores.mean()


register_gan("hinge", HingeGAN)


class Unregistered(WGANGP):
    """Another GAN, which inherits the name of a registered one."""


def name_like_older_versions(path):
    """Name the GAN of a checkpoint, and the data module whose state it holds, by their classes."""
    checkpoint = torch.load(path, weights_only=True)
    checkpoint["gan"] = OLDER_NAMES[checkpoint["gan"]]  # which asserts today's name
    checkpoint["CellData"] = checkpoint.pop("data")
    torch.save(checkpoint, aside := path.with_name("aside"))
    place_with_digest(aside, path)


def test_a_new_gan_trains_and_its_checkpoint_gives_it_back(gan_of, fit):
    module = gan_of(HingeGAN, margin=0.5)
    untrained = module.sample(4)
    again = load_gan(fit(module, steps=3))
    assert type(again) is HingeGAN
    assert again.settings == module.settings
    torch.testing.assert_close(again.state_dict(), module.state_dict(), rtol=0, atol=0)
    np.testing.assert_array_equal(again.sample(4), module.sample(4))
    assert (again.sample(4) != untrained).any()


def test_a_new_gan_has_its_title_and_its_settings_with_defaults():
    assert gan_title("hinge") == "Hinge GAN"
    settings = signature(HingeGAN).parameters
    assert (settings["margin"].default, settings["n_critic"].default) == (1.0, 2)
    assert settings.keys() - signature(DCGAN).parameters.keys() == {"margin"}


def test_a_gan_that_is_not_registered_is_refused_before_it_trains(gan_of, fit, tmp_path):
    module = gan_of(Unregistered)
    sentence = (
        r"^Unregistered is not a registered GAN, so its checkpoints could not be loaded; "
        r"call leukgan\.gans\.register_gan\('<name>', Unregistered\) in its module\.$"
    )
    with pytest.raises(InputError, match=sentence):
        fit(module)
    assert module.generator_step == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [WGANGP, DCGAN, InfoGAN, InfoWGANGP])
def test_a_checkpoint_of_older_versions_gives_its_gan_and_its_images(gan_of, kind, images, fit):
    module = gan_of(kind)
    path = fit(module, steps=2)
    name_like_older_versions(path)
    again = load_gan(path)
    assert type(again) is type(module)
    torch.testing.assert_close(again.state_dict(), module.state_dict(), rtol=0, atol=0)
    assert training_images(path) == list(images().sha256)


def test_a_training_of_older_versions_continues_to_the_same_end(gan, data, images, tmp_path):
    def train(name, progress=lambda step, metrics: None, **given):
        batches = data(**given, **LENGTH)
        Training(accelerator="cpu", log_every=5).fit(gan(), batches, tmp_path / name, progress=progress)
        return torch.load(tmp_path / name / "last.ckpt", weights_only=True)

    whole = train("whole")
    with pytest.raises(KilledError):
        train("continued", kill_at(10))
    name_like_older_versions(tmp_path / "continued" / "last.ckpt")
    with pytest.raises(InputError, match=r"^the checkpoint was trained on other images; "):
        train("continued", images=images(seed=1))
    continued = train("continued")
    assert continued["generator_step"] == whole["generator_step"] == 12
    assert continued["data"] == whole["data"]
    torch.testing.assert_close(continued["state_dict"], whole["state_dict"], rtol=0, atol=0)
    assert "CellData" not in continued
