"""Laws of a GAN's settings: what no training can have is refused in a sentence."""

import re

import pytest

from leukgan.errors import InputError
from leukgan.gans import WGANGP, InfoGAN, InfoWGANGP


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("n_critic", 0, "at least 1"),
        ("n_critic", 2.5, "a whole number"),
        ("n_critic", "5", "a whole number"),
        ("critic_dropout", "0.3", "a number"),
        ("latent_size", 0, "at least 1"),
        ("latent_size", 8.0, "a whole number"),
        ("critic_width", 0, "at least 1"),
        ("generator_width", 8, "at least 16"),
        ("critic_dropout", 1.0, "from 0.0 to 0.99"),
        ("critic_dropout", -0.1, "from 0.0 to 0.99"),
        ("critic_learning_rate", -1e-4, "at least 0.0"),
        ("generator_learning_rate", float("nan"), "at least 0.0"),
        ("learning_rate_decay", 1.5, "from 0.0 to 1.0"),
        ("ema_decay", 1.1, "from 0.0 to 1.0"),
        ("ema_decay", -0.1, "from 0.0 to 1.0"),
        ("adaptive_target", 1.0, "from 0.0 to 0.99"),
        ("adaptive_target", -0.6, "from 0.0 to 0.99"),
        ("adaptive_images", 0, "at least 1"),
        ("adaptive_images", 1e5, "a whole number"),
        ("lecam_weight", -0.1, "at least 0.0"),
        ("seed", -1, "at least 0"),
        ("optimizer", "sgd", "adam or rmsprop"),
    ],
)
def test_impossible_settings_are_refused(gan, name, value, rule):
    with pytest.raises(InputError, match=rf"^gan\.{name} must be {rule}, got {re.escape(repr(value))}\.$"):
        gan(**{name: value})


@pytest.mark.parametrize(
    ("kind", "name", "value", "rule"),
    [
        (WGANGP, "penalty_weight", -1.0, "at least 0.0"),
        (InfoWGANGP, "penalty_weight", float("nan"), "at least 0.0"),
        (InfoGAN, "categories", -1, "at least 0"),
        (InfoWGANGP, "categories", 2.5, "a whole number"),
        (InfoGAN, "continuous_codes", -1, "at least 0"),
        (InfoWGANGP, "information_weight", -1.0, "at least 0.0"),
        (InfoGAN, "q_update", "critic", "both or generator"),
    ],
)
def test_impossible_settings_of_one_gan_are_refused(kind, name, value, rule):
    with pytest.raises(InputError, match=rf"^gan\.{name} must be {rule}, got {re.escape(repr(value))}\.$"):
        kind(image_size=32, **{name: value})


@pytest.mark.parametrize("image_size", [16, 48, 512, "64"])
def test_impossible_sizes_are_refused(gan, image_size):
    with pytest.raises(InputError, match=rf"image_size .* got {image_size!r}"):
        gan(image_size=image_size)


@pytest.mark.parametrize("names", [["rotation"], ["cutout", "translate"], "cutout"])
def test_unknown_augmentations_are_refused(gan, names):
    rule = re.escape(f"gan.augmentation must be a list of translation, cutout, colour, got {names}; write for example ")
    with pytest.raises(InputError, match=rf"^{rule}'gan\.augmentation=\[translation,cutout\]'\.$"):
        gan(augmentation=names)


def test_steering_of_no_augmentation_is_refused(gan):
    with pytest.raises(InputError, match=r"^gan\.adaptive_target steers gan\.augmentation, which is empty; add .*\.$"):
        gan(adaptive_target=0.6)


@pytest.mark.parametrize("betas", [(0.5, 2.0), (0.5, -0.1), (0.5, float("nan")), 0.9, ("0.5", 0.9)])
def test_decay_rates_outside_0_and_1_are_refused(gan, betas):
    with pytest.raises(InputError, match=r"^gan\.betas must be two numbers from 0 to below 1, got "):
        gan(betas=betas)
