"""A WGAN-GP's generator step as tutorials write it: what our own step is measured against."""

import copy
import math

import torch
from torch import Tensor, nn

from leukgan.gans import WGANGP


class PlainWGANGP:
    """The training of a WGANGP without options (see `has_plain_step`), from the same weights, in stock layers.

    Real and fake images go through the critic one after the other, fake images carry a gradient that is then cut, and
    the penalty is autograd's second derivative of the stock layers.
    """

    def __init__(self, gan: WGANGP) -> None:
        settings = gan.hparams
        self.latent_size = settings["latent_size"]
        self.penalty_weight = settings["penalty_weight"]
        self.ema_decay = settings["ema_decay"]
        self.device = gan.device
        self.critic = plain_critic(settings["image_size"], settings["critic_width"], settings["critic_dropout"])
        self.generator = plain_generator(
            settings["image_size"], self.latent_size, settings["generator_width"], settings["output_norm"]
        )
        copy_weights(gan.critic, self.critic.to(self.device), turn=True)
        copy_weights(gan.generator, self.generator.to(self.device))
        self.average_generator = copy.deepcopy(self.generator).eval()
        adam = {"betas": tuple(settings["betas"]), "eps": settings["optimizer_epsilon"]}
        self.critic_optimizer = torch.optim.Adam(self.critic.parameters(), lr=settings["critic_learning_rate"], **adam)
        self.generator_optimizer = torch.optim.Adam(
            self.generator.parameters(), lr=settings["generator_learning_rate"], **adam
        )

    def step(self, batch: list[Tensor]) -> dict[str, Tensor]:
        """A critic update for each batch of real images uint8 (B, 3, H, W), then one generator update."""
        for images in batch:
            real = images.float() / 127.5 - 1
            fake = self.generator(self.latents(len(real))).detach()
            penalty = self.gradient_penalty(real, fake)
            critic_loss = self.critic(fake).mean() - self.critic(real).mean() + self.penalty_weight * penalty
            self.critic_optimizer.zero_grad()
            critic_loss.backward()
            self.critic_optimizer.step()

        generator_loss = -self.critic(self.generator(self.latents(len(images)))).mean()
        self.generator_optimizer.zero_grad()
        generator_loss.backward()
        self.generator_optimizer.step()
        self.update_average()
        return {"critic_loss": critic_loss.detach(), "generator_loss": generator_loss.detach()}

    def latents(self, count: int) -> Tensor:
        """Standard normal latents (count, Z)."""
        return torch.randn(count, self.latent_size, device=self.device)

    def gradient_penalty(self, real: Tensor, fake: Tensor) -> Tensor:
        """Mean squared distance of the critic's gradient norm from one, between images (B, 3, H, W)."""
        weight = torch.rand(len(real), 1, 1, 1, device=self.device)
        mixed = (weight * real + (1 - weight) * fake).requires_grad_(True)
        scores = self.critic(mixed)
        gradient = torch.autograd.grad(scores, mixed, grad_outputs=torch.ones_like(scores), create_graph=True)[0]
        norm = gradient.reshape(len(real), -1).norm(2, dim=1)  # (B,)
        return ((norm - 1) ** 2).mean()

    @torch.no_grad()
    def update_average(self) -> None:
        """Move the averaged generator towards the trained one."""
        averages = self.average_generator.state_dict()
        for name, current in self.generator.state_dict().items():
            if current.is_floating_point():
                averages[name].mul_(self.ema_decay).add_(current, alpha=1 - self.ema_decay)


def plain_critic(image_size: int, width: int, dropout: float) -> nn.Sequential:
    """Images (B, 3, H, W) to scores (B, 1)."""
    layers: list[nn.Module] = []
    channels = 3
    for block in range(int(math.log2(image_size)) - 2):
        outputs = width * min(2**block, 8)
        layers += [nn.ZeroPad2d((1, 2, 1, 2)), nn.Conv2d(channels, outputs, kernel_size=5, stride=2)]
        layers += [nn.LeakyReLU(0.2), nn.Dropout(dropout)]
        channels = outputs
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * 4 * 4, 1))


def plain_generator(image_size: int, latent_size: int, width: int, output_norm: bool) -> nn.Sequential:
    """Latents (B, Z) to images (B, 3, H, W) in [-1, 1]."""
    layers: list[nn.Module] = [
        nn.Linear(latent_size, width * 4 * 4, bias=False),
        nn.BatchNorm1d(width * 4 * 4, eps=1e-3, momentum=0.01),
        nn.LeakyReLU(0.2),
        nn.Unflatten(1, (width, 4, 4)),
    ]
    channels = width
    for block in range(int(math.log2(image_size)) - 3):
        outputs = max(width // 2 ** (block + 1), width // 16)
        layers += [nn.Upsample(scale_factor=2), nn.Conv2d(channels, outputs, kernel_size=3, padding=1, bias=False)]
        layers += [nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01), nn.LeakyReLU(0.2)]
        channels = outputs
    layers += [nn.Upsample(scale_factor=2), nn.Conv2d(channels, 3, kernel_size=3, padding=1, bias=not output_norm)]
    if output_norm:
        layers += [nn.BatchNorm2d(3, eps=1e-3, momentum=0.01)]
    return nn.Sequential(*layers, nn.Tanh())


def copy_weights(source: nn.Module, target: nn.Module, *, turn: bool = False) -> None:
    """Copy parameters and buffers, which both networks have in the same order.

    With `turn`, kernels and maps are turned by 180 degrees: a GAN's critic turns its images, where the plain one pads
    them.
    """
    for ours, plain in zip(source.state_dict().values(), target.state_dict().values(), strict=True):
        if turn and ours.dim() == 4:
            plain.copy_(ours.flip(2, 3))  # a convolution's kernels
        elif turn and ours.dim() == 2:
            plain.copy_(ours.unflatten(1, (-1, 4, 4)).flip(2, 3).flatten(1))  # the dense unit, over maps of 4x4
        else:
            plain.copy_(ours)


def has_plain_step(gan: object) -> bool:
    """Whether a GAN is a WGAN-GP without the options that the plain step lacks."""
    if type(gan) is not WGANGP:
        return False
    settings = gan.hparams
    options = (settings["conditional"], settings["augmentation"], settings["lecam_weight"], settings["ema_warmup"])
    return not any(options) and settings["optimizer"] == "adam"
