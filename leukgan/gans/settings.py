"""What the settings of a GAN can be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from leukgan.data.images import check_image_size
from leukgan.errors import InputError
from leukgan.gans.augmentation import AUGMENTATIONS

# The least that a setting can be, an int where it must be whole, and the most.
LIMITS: dict[str, tuple[float, float]] = {
    "latent_size": (1, math.inf),
    "critic_width": (1, math.inf),
    "generator_width": (16, math.inf),
    "critic_dropout": (0.0, 0.99),
    "n_critic": (1, math.inf),
    "penalty_weight": (0.0, math.inf),
    "critic_learning_rate": (0.0, math.inf),
    "generator_learning_rate": (0.0, math.inf),
    "ema_decay": (0.0, 1.0),
    "adaptive_target": (0.0, 0.99),
    "adaptive_images": (1, math.inf),
    "lecam_weight": (0.0, math.inf),
    "categories": (0, math.inf),
    "continuous_codes": (0, math.inf),
    "information_weight": (0.0, math.inf),
    "seed": (0, math.inf),
}
CHOICES = {"optimizer": ("adam", "rmsprop"), "q_update": ("both", "generator")}


def check_settings(settings: Mapping[str, Any]) -> None:
    """Refuse values that no training can have.

    Raises:
        InputError: A value is out of its range, or settings contradict each other.
    """
    check_image_size(settings["image_size"])
    for name, (least, most) in LIMITS.items():
        value = settings.get(name, least)
        if isinstance(least, int) and not isinstance(value, int):
            raise InputError(f"gan.{name} must be a whole number, got {value}.")
        if not least <= value <= most:
            bound = f"at least {least}" if most == math.inf else f"from {least} to {most}"
            raise InputError(f"gan.{name} must be {bound}, got {value}.")
    for name, known in CHOICES.items():
        if settings.get(name, known[0]) not in known:
            raise InputError(f"gan.{name} must be {' or '.join(known)}, got {settings[name]!r}.")
    betas = settings["betas"]
    if len(betas) != 2 or not all(0 <= beta < 1 for beta in betas):
        raise InputError(f"gan.betas must be two numbers from 0 to below 1, got {betas}.")
    unknown = [name for name in settings["augmentation"] if name not in AUGMENTATIONS]
    if unknown or isinstance(settings["augmentation"], str):
        raise InputError(
            f"gan.augmentation must be a list of {', '.join(AUGMENTATIONS)}, got {settings['augmentation']}; "
            "write for example 'gan.augmentation=[translation,cutout]'."
        )
    if settings["adaptive_target"] > 0 and not settings["augmentation"]:
        raise InputError(
            "gan.adaptive_target steers gan.augmentation, which is empty; add 'gan.augmentation=[translation,cutout]'."
        )
    if settings.get("categories", 2) == 1 or settings.get("categories", 2) + settings.get("continuous_codes", 0) == 0:
        raise InputError("a GAN with codes needs gan.categories of 2 or more, or gan.continuous_codes of 1 or more.")
