"""The settings that all GANs share, with the study's recipe as defaults."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from leukgan.data.images import check_image_size
from leukgan.errors import InputError
from leukgan.gans.augmentation import AUGMENTATIONS
from leukgan.gans.networks import CRITICS, GENERATORS

PROJECTED = "projected"  # the critic on frozen features

# The smallest value of a setting, an int where it must be whole, and the largest.
LIMITS: dict[str, tuple[float, float]] = {
    "latent_size": (1, math.inf),
    "critic_width": (1, math.inf),
    "generator_width": (16, math.inf),
    "critic_dropout": (0.0, 0.99),
    "penalty_every": (1, math.inf),
    "n_critic": (1, math.inf),
    "critic_learning_rate": (0.0, math.inf),
    "generator_learning_rate": (0.0, math.inf),
    "learning_rate_decay": (0.0, 1.0),
    "optimizer_epsilon": (0.0, math.inf),
    "ema_decay": (0.0, 1.0),
    "adaptive_target": (0.0, 0.99),
    "adaptive_images": (1, math.inf),
    "lecam_weight": (0.0, math.inf),
    "classes": (2, math.inf),
    "seed": (0, math.inf),
}


@dataclass(frozen=True, kw_only=True)
class GANSettings:
    """Constructor arguments of every GAN; a subclass adds a model's own and overrides the defaults that differ.

    Attributes:
        image_size: Height and width of the images: 32, 64, 128 or 256.
        latent_size: Length of the generator's noise.
        generator: upsampling (the study's), transposed (DCGAN's), or skip_layer, for few images.
        critic: strided (the study's), residual, or projected, on frozen features of EfficientNet-lite0.
        minibatch_std: Whether the critic sees how far images spread within groups of four; batch_size must then be a
            multiple of four.
        critic_width: Channels of the critic's first block, which double up to eight times this; in projected, of all.
        generator_width: Channels of the generator's first block; they halve down to a sixteenth of this, or to 32 in
            skip_layer.
        output_norm: Whether the generator's last convolution is batch-normalised too.
        critic_dropout: Share of activations dropped after each block of the critic.
        penalty_every: Generator steps between two with a gradient penalty, whose weight is as many times larger.
        n_critic: Critic updates, each on a fresh real batch, per generator update.
        reuse_fakes: Whether the generator is updated on the images of the last critic update instead of on fresh ones,
            which saves a pass through it; DCGAN's tutorials do.
        optimizer: adam or rmsprop.
        critic_learning_rate: Learning rate of the critic.
        generator_learning_rate: Learning rate of the generator.
        learning_rate_decay: Share of the training, at its end, over which both learning rates fall linearly to zero;
            the training then needs an end: a number of steps, or a time.
        betas: Adam's decay rates, for both networks; RMSprop's smoothing is the second.
        optimizer_epsilon: Epsilon of the optimiser (1e-7 is Keras' value).
        ema_decay: Decay per generator step of the averaged generator, which samples are drawn from.
        ema_warmup: Whether that decay starts low: at most (1 + t) / (10 + t) in step t.
        augmentation: Changes of the critic's images, real and fake alike: translation, cutout, colour.
        adaptive_target: Share of overfitting that the probability of augmentation is steered towards (Karras et al.,
            2020, use 0.6); 0 augments every image.
        adaptive_images: Real images in which that probability can go from 0 to 1.
        lecam_weight: Weight of the LeCam regularisation of scores.
        conditional: Whether one model learns several classes, for GANs without codes.
        classes: Number of classes that a conditional model learns.
        start_from: Checkpoint of a GAN with the same networks, of another class or data set, whose weights a training
            starts with.
        seed: Seed of the initial weights and of everything that training draws.

    Raises:
        InputError: A value is out of its range, or settings contradict each other.
    """

    image_size: int
    latent_size: int = 128
    generator: str = "upsampling"
    critic: str = "strided"
    minibatch_std: bool = False
    critic_width: int = 64
    generator_width: int = 256
    output_norm: bool = False
    critic_dropout: float = 0.3
    penalty_every: int = 1
    n_critic: int = 5
    reuse_fakes: bool = False
    optimizer: str = "adam"
    critic_learning_rate: float = 2e-4
    generator_learning_rate: float = 2e-4
    learning_rate_decay: float = 0.0
    betas: tuple[float, float] = (0.5, 0.9)
    optimizer_epsilon: float = 1e-7
    ema_decay: float = 0.99
    ema_warmup: bool = False
    augmentation: Sequence[str] = ()
    adaptive_target: float = 0.0
    adaptive_images: int = 100_000
    lecam_weight: float = 0.0
    conditional: bool = False
    classes: int = 2
    start_from: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        check_image_size(self.image_size)
        for name, (smallest, largest) in LIMITS.items():
            check_number(name, getattr(self, name), smallest, largest)
        check_choice("generator", self.generator, tuple(GENERATORS))
        check_choice("critic", self.critic, (*CRITICS, PROJECTED))
        check_choice("optimizer", self.optimizer, ("adam", "rmsprop"))

        if self.critic == PROJECTED and (self.minibatch_std or self.critic_dropout > 0):
            raise InputError(
                "gan.critic=projected has neither dropout nor a spread of batches; set gan.critic_dropout=0 "
                "gan.minibatch_std=false."
            )
        pair = isinstance(self.betas, Sequence) and len(self.betas) == 2
        if not pair or not all(isinstance(beta, int | float) and 0 <= beta < 1 for beta in self.betas):
            raise InputError(f"gan.betas must be two numbers from 0 to below 1, got {self.betas!r}.")

        unknown = [name for name in self.augmentation if name not in AUGMENTATIONS]
        if unknown or isinstance(self.augmentation, str):
            raise InputError(
                f"gan.augmentation must be a list of {', '.join(AUGMENTATIONS)}, got {self.augmentation}; "
                "write for example 'gan.augmentation=[translation,cutout]'."
            )
        if self.adaptive_target > 0 and not self.augmentation:
            raise InputError(
                "gan.adaptive_target steers gan.augmentation, which is empty; "
                "add 'gan.augmentation=[translation,cutout]'."
            )

    def as_arguments(self) -> dict[str, Any]:
        """The constructor's arguments as plain values, as checkpoints hold them."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.init}


def check_number(name: str, value: float, smallest: float, largest: float = math.inf) -> None:
    """Refuse a number out of its range, and one that is not whole where `smallest` is."""
    kinds, noun = (int, "a whole number") if isinstance(smallest, int) else ((int, float), "a number")
    if not isinstance(value, kinds):
        raise InputError(f"gan.{name} must be {noun}, got {value!r}.")
    if not smallest <= value <= largest:
        bound = f"at least {smallest}" if largest == math.inf else f"from {smallest} to {largest}"
        raise InputError(f"gan.{name} must be {bound}, got {value}.")


def check_choice(name: str, value: str, known: Sequence[str]) -> None:
    """Refuse a value that is none of the known ones."""
    if value not in known:
        raise InputError(f"gan.{name} must be {' or '.join(known)}, got {value!r}.")
