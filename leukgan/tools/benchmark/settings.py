"""The settings of the benchmark: their schema and their checks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from leukgan.config import check_choice, check_minimums, output_file
from leukgan.errors import InputError
from leukgan.gans import GAN
from leukgan.study.instantiate import check_target, instantiate
from leukgan.tools.benchmark.cases import Case, case_of

LEAST = {"batch_size": 2, "repeats": 1, "threads": 1}  # batch normalisation needs two images


@dataclass
class BenchmarkSettings:
    """Every key at the top of the benchmark's configuration; any other is an error."""

    cases: list[str] = MISSING
    output: str | None = MISSING
    batch_size: int = MISSING
    repeats: int = MISSING
    device: str = MISSING
    threads: int | None = MISSING
    gan: dict[str, Any] = MISSING


ConfigStore.instance().store("benchmark_settings", BenchmarkSettings)


@dataclass(frozen=True)
class Benchmark:
    """What is measured, and how.

    Attributes:
        cases: The rows.
        gan: The GAN's class and the arguments that the user gave, for every case.
        batch_size: Real images for each critic update.
        repeats: Timed pairs of our step and the plain one.
        device: cpu or cuda.
        output: The file that gets the rows.
    """

    cases: tuple[Case, ...]
    gan: dict[str, Any]
    batch_size: int
    repeats: int
    device: str
    output: Path | None

    def gan_of(self, case: Case) -> GAN:
        """A case's untrained GAN, ready to be trained on the device.

        The generator is four times as wide as the critic, as the paper's is, unless its width was given.
        """
        widths = {"critic_width": case.width, "generator_width": 4 * case.width}
        gan = instantiate("gan", {"image_size": case.image_size, **widths, **self.gan}).train()
        gan.average_generator.eval()
        return gan.to(self.device)


def benchmark_of(config: BenchmarkSettings) -> Benchmark:
    """Check all settings before any work starts.

    Raises:
        InputError: A setting is wrong.
    """
    check_minimums(config, LEAST)
    check_choice("device", [config.device], ("auto", "cpu", "cuda"))
    if config.device == "cuda" and not torch.cuda.is_available():
        raise InputError("device=cuda asks for a GPU and this machine has none that torch can use; take device=cpu.")
    check_target("gan", config.gan)
    for key in ("image_size", "critic_width"):
        if config.gan.get(key) is not None:
            raise InputError(f"gan.{key} is each case's own; write for example 'cases=[64-16-fp32]'.")
    if not config.cases:
        raise InputError("cases must name at least one; write for example 'cases=[64-16-fp32]'.")
    benchmark = Benchmark(
        cases=tuple(case_of(text) for text in config.cases),
        gan={key: value for key, value in config.gan.items() if key != "image_size"},
        batch_size=config.batch_size,
        repeats=config.repeats,
        device="cuda" if config.device != "cpu" and torch.cuda.is_available() else "cpu",
        output=output_file(config.output, "speed.json"),
    )
    for case in benchmark.cases:
        benchmark.gan_of(case)
    return benchmark
