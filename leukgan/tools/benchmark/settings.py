"""The settings of the benchmark and their checks, and the GAN of each case."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from leukgan.config import Settings, check_choice, check_minimums, output_file
from leukgan.errors import InputError

if TYPE_CHECKING:
    from leukgan.gans import GAN

IMAGE_SIZES = (32, 64, 128, 256)
PRECISIONS = ("fp32", "bf16")
LEAST = {"batch_size": 2, "repeats": 1, "threads": 1}  # batch normalisation needs two images


class Case(NamedTuple):
    """One row of the benchmark, written 64-16-fp32."""

    image_size: int  # height and width of the images
    width: int  # channels of the critic's first block
    precision: str  # fp32, or bf16: mixed precision as in training, weights and losses stay single

    def __str__(self) -> str:
        return f"{self.image_size}-{self.width}-{self.precision}"


@dataclass
class BenchmarkSettings(Settings):
    """The keys of experiments/benchmark.py, which conf/benchmark.yaml explains."""

    cases: list[str] = MISSING
    output: str | None = MISSING
    batch_size: int = MISSING
    repeats: int = MISSING
    device: str = MISSING
    threads: int | None = MISSING
    gan: dict[str, Any] = MISSING
    trust: list[str] = MISSING

    def check(self) -> None:
        import torch  # here and below: help needs the names of settings alone

        check_minimums(self, LEAST)
        check_choice("device", [self.device], ("auto", "cpu", "cuda"))
        if self.device == "cuda" and not torch.cuda.is_available():
            raise InputError(
                "device=cuda asks for a GPU and this machine has none that torch can use; take device=cpu."
            )

        for key in ("image_size", "critic_width"):
            if self.gan.get(key) is not None:
                raise InputError(f"gan.{key} is each case's own; write for example 'cases=[64-16-fp32]'.")

        if not self.cases:
            raise InputError("cases must name at least one; write for example 'cases=[64-16-fp32]'.")
        cases = [parse_case(text) for text in self.cases]
        output_file(self.output, "speed.json")
        for case in cases:
            self.build_gan(case)

    @property
    def chosen_device(self) -> str:
        """The device to measure on: cpu or cuda."""
        import torch

        return "cuda" if self.device != "cpu" and torch.cuda.is_available() else "cpu"

    def build_gan(self, case: Case) -> GAN:
        """A case's untrained GAN, ready to be trained on the device.

        The generator is four times as wide as the critic, as the paper's is, unless its width was given.
        """
        from leukgan.study.instantiate import instantiate

        given = {key: value for key, value in self.gan.items() if value is not None}
        widths = {"critic_width": case.width, "generator_width": 4 * case.width}
        gan: GAN = instantiate("gan", {**widths, **given, "image_size": case.image_size}).train()
        gan.average_generator.eval()
        return gan.to(self.chosen_device)


ConfigStore.instance().store("benchmark_settings", BenchmarkSettings)


def parse_case(text: str) -> Case:
    """The case that is written as image size, critic width and precision.

    Raises:
        InputError: It is written otherwise, or can't be measured.
    """
    parts = re.fullmatch(r"(\d+)-(\d+)-(\w+)", str(text))
    if parts and parts[3] == "fp16":
        raise InputError(
            f"cases can't have fp16, got {text}: its range ends at 65504 and 6e-8, which the penalty's squared norms "
            "exceed and its gradients fall below; take bf16."
        )
    if not parts or int(parts[1]) not in IMAGE_SIZES or int(parts[2]) < 1 or parts[3] not in PRECISIONS:
        raise InputError(
            f"cases must be written like 64-16-fp32: an image size of {', '.join(map(str, IMAGE_SIZES))}, "
            f"a critic width of at least 1 and {' or '.join(PRECISIONS)}, got {text}."
        )
    return Case(int(parts[1]), int(parts[2]), parts[3])
