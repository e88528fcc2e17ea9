"""A guided search for a GAN's settings, by any number of workers within one budget."""

from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig
from rich.console import Console

from leukgan.cli import app
from leukgan.config import as_override
from leukgan.search.gan_search import search_gans
from leukgan.search.space import Point


@app("search")
def main(cfg: DictConfig) -> Path:
    arguments = list(HydraConfig.get().overrides.task)

    def settings_of(name: str, point: Point) -> DictConfig:
        chosen = [as_override(f"{key}={value}") for key, value in point.items()]
        return hydra.compose("search", [*arguments, *chosen, f"name={name}", f"trial_of={cfg.name}"])

    console = Console(stderr=True)
    return search_gans(cfg, arguments, settings_of, lambda words: console.print(words, soft_wrap=True, highlight=False))


if __name__ == "__main__":
    main()
