"""R3GAN: relativistic pairing with both zero-centred penalties (Huang et al., 2024), on networks for few images."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from leukgan.gans.gan import GAN, Metrics
from leukgan.gans.losses import relativistic_pairing_loss, zero_centred_penalty
from leukgan.gans.settings import GANSettings, check_number


@dataclass(frozen=True, kw_only=True)
class R3GANSettings(GANSettings):
    """A recipe for some ten to some hundred images of a class.

    Attributes:
        penalty_weight: Gamma, at least 0: half of it weighs the penalty at real images, R1, and that at fake ones, R2.
    """

    generator: str = "skip_layer"
    minibatch_std: bool = True
    critic_width: int = 32
    critic_dropout: float = 0.0
    penalty_every: int = 4
    penalty_weight: float = 5.0
    n_critic: int = 1
    reuse_fakes: bool = True
    critic_learning_rate: float = 4e-4
    generator_learning_rate: float = 4e-4
    betas: tuple[float, float] = (0.0, 0.99)
    ema_decay: float = 0.998
    ema_warmup: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("penalty_weight", self.penalty_weight, 0.0)


class R3GAN(GAN):
    """GAN whose critic compares each fake image with a real one; its arguments are the fields of `R3GANSettings`.

    The loss has no minimum to which modes can be dropped unseen, and the two penalties together make it converge
    locally, which no such loss does without them.
    """

    title = "R3GAN"
    penalty_metrics = ("r1", "r2")
    Settings: ClassVar[type[GANSettings]] = R3GANSettings
    settings: R3GANSettings

    def critic_loss(self, real: Tensor, fake: Tensor, condition: Tensor) -> tuple[Tensor, Metrics]:
        if self.penalised:
            real, fake = real.detach().requires_grad_(), fake.detach().requires_grad_()
        scores, metrics = self.score_batch(real, fake, condition)
        loss = relativistic_pairing_loss(scores.real, scores.fake) + self.critic_regularisation(scores, condition)

        if self.penalised:
            r1, r2 = zero_centred_penalty(scores.real, real), zero_centred_penalty(scores.fake, fake)
            loss = loss + self.settings.penalty_weight / 2 * self.settings.penalty_every * (r1 + r2)
            metrics |= {"r1": r1, "r2": r2}
        return loss, metrics

    def generator_loss(self, fake_scores: Tensor, score_real: Callable[[], Tensor]) -> Tensor:
        return relativistic_pairing_loss(fake_scores, score_real().detach())
